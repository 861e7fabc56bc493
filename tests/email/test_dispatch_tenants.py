"""Each tenant's e-mails are carried by its own provider, and each delivery by the one that it was asked for."""

from datetime import timedelta
from uuid import UUID

import pytest

from bg_graph.email.composing import Renderer
from bg_graph.email.dispatch.letters import Writer
from bg_graph.email.dispatch.recovery import settle
from bg_graph.email.dispatch.worker import Options, Worker
from bg_graph.email.rules.deliveries import DeliveryStatus
from bg_graph.email.tables import DeliveryRow
from bg_graph.hosting.email_hosts import Carrier, EmailHosts
from bg_graph.hosting.hosted import Hosted
from bg_graph.plugins.email import Accepted, EmailAbility
from bg_graph.store.ids import new_id
from bg_graph.tenancy.names import TenantNames
from tests.conftest import NOW
from tests.email.recording import RecordingProvider
from tests.email.sending_world import PROVIDER, Sending, sending
from tests.email.working import at_work, link, until, until_all
from tests.hosting.hosted_providers import hosted
from tests.world import World

BOTH = frozenset({EmailAbility.FIND_SEND, EmailAbility.IDEMPOTENT})


class Two:
    """A provider of the same plugin for each of two tenants; nobody for others."""

    email_plugins = (PROVIDER,)

    def __init__(self, acme: RecordingProvider, other: RecordingProvider | None) -> None:
        given = {"acme": acme, "other": other}
        self.held = {name: hosted(each, "email", PROVIDER) for name, each in given.items() if each is not None}

    def email(self, tenant: str) -> Hosted | None:
        return self.held.get(tenant)

    def carrying(self, plugin: str, tenant: str) -> Hosted | None:
        return self.held.get(tenant) if plugin == PROVIDER else None

    def hosted_of(self, plugin: str) -> list[Hosted]:
        return list(self.held.values())


def hosts_of(world: World, acme: RecordingProvider, other: RecordingProvider | None) -> EmailHosts:
    return EmailHosts(Two(acme, other), TenantNames(world.database).name_of)


def worker(world: World, hosts: EmailHosts) -> Worker:
    options = Options(rate=1000.0, attempts=3, lease=20.0, poll=0.02)
    return Worker(world.database, hosts, PROVIDER, Writer(link, Renderer()), options)


async def test_each_tenant_is_served_by_its_own_provider(world: World, other_world: World) -> None:
    ours, theirs = await sending(world, members=2), await sending(other_world, members=3)
    sends = [(ours, await ours.send()), (theirs, await theirs.send())]
    acme, other = RecordingProvider(), RecordingProvider(batch=10)
    async with at_work(worker(world, hosts_of(world, acme, other))):
        for given, send_id in sends:
            await until_all(given, send_id, "SENT")
    assert {request.tenant for request in acme.requests} == {"acme"}
    assert {request.tenant for request in other.requests} == {"other"}
    assert (len(acme.sent), len(other.sent)) == (2, 3)


async def test_what_nobody_carries_waits_and_does_not_go_to_another(world: World, other_world: World) -> None:
    ours, theirs = await sending(world, members=2), await sending(other_world, members=3)
    first, second = await ours.send(), await theirs.send()
    acme = RecordingProvider()
    async with at_work(worker(world, hosts_of(world, acme, None))):
        await until_all(ours, first, "SENT")
        await until_all_wait(theirs, second)
    assert {status for status, _ in await theirs.statuses(second)} == {"QUEUED"}
    assert len(acme.sent) == 2


async def until_all_wait(given: Sending, send_id: UUID) -> None:
    """Until the deliveries of a send are put off, and held by nobody."""

    async def holds() -> bool:
        rows = await given.deliveries(send_id)
        return all(row.not_before > NOW + timedelta(seconds=30) and row.worker is None for row in rows)

    await until(holds)


async def test_what_is_unknown_is_settled_by_the_provider_of_its_own_tenant(world: World, other_world: World) -> None:
    ours, theirs = await sending(world, members=1), await sending(other_world, members=1)
    acme, other = RecordingProvider(abilities=BOTH), RecordingProvider(abilities=BOTH)
    keys = []
    for given, provider in ((ours, acme), (theirs, other)):
        (row,) = await given.deliveries(await given.send())
        await given.put(row.id, "UNKNOWN", not_before=NOW, attempt=1)
        provider.taken = {row.id.hex: Accepted(key=row.id.hex, message_id=f"<{row.id.hex}>")}
        keys.append(row.id.hex)
    hosts = hosts_of(world, acme, other)

    async def carrying(tenant_id: object) -> Carrier | None:
        return await hosts.carrying(PROVIDER, tenant_id)

    later = NOW + timedelta(minutes=1)
    assert await settle(world.database, PROVIDER, carrying, attempts=3, now=later) == 2
    assert (acme.asked, other.asked) == ([keys[0]], [keys[1]])
    for each in (world, other_world):
        assert (await each.one(DeliveryRow)).status == DeliveryStatus.SENT


@pytest.mark.parametrize("known", [True, False])
async def test_a_tenant_is_named_to_its_provider_by_its_name(world: World, known: bool) -> None:
    names = TenantNames(world.database)
    tenant = world.tenant if known else new_id()
    assert await names.name_of(tenant) == ("acme" if known else None)
    assert await names.id_of("acme" if known else "nobody") == (world.tenant if known else None)
