"""What workers that died leave behind: unknown, then settled by a provider that can tell, and never sent again blindly."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import update

from bg_graph.email.commands.settling import resolve_delivery
from bg_graph.email.dispatch.answers import record
from bg_graph.email.dispatch.claiming import Claimed, Holder
from bg_graph.email.dispatch.delivering import Delivering
from bg_graph.email.dispatch.departing import Departure, depart
from bg_graph.email.dispatch.letters import Letter
from bg_graph.email.dispatch.recovery import bury, settle
from bg_graph.email.rules.attempts import Result
from bg_graph.email.rules.deliveries import DeliveryStatus, Outcome
from bg_graph.email.tables import DeliveryRow, EmailSendRow
from bg_graph.hosting.email_hosts import Carrier
from bg_graph.plugins.email import Accepted, EmailAbility, Recipient, Refused, SendAnswer, SendRequest
from bg_graph.plugins.errors import Unavailable
from bg_graph.store.connection import table_of
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant
from tests.conftest import NOW
from tests.email.recording import RecordingProvider, accepting
from tests.email.sending_world import PROVIDER, Sending, sender, sending
from tests.email.working import at_work, claimed_by, hosts_of, until_all, worker_of
from tests.hosting.hosted_providers import email_host
from tests.world import World

LEASE = timedelta(seconds=60)
LATER = NOW + LEASE
FIND = frozenset({EmailAbility.FIND_SEND})
ONCE = frozenset({EmailAbility.IDEMPOTENT})
BOTH = FIND | ONCE


async def abandoned(world: World, members: int = 1) -> tuple[Sending, Any, list[Claimed]]:
    """Deliveries on record as under way, at a worker that died."""
    given = await sending(world, members=members)
    send_id = await given.send()
    claimed = await claimed_by(world.database, "dead", LEASE, NOW)
    letters = {each: Letter(each.id, "e", Recipient(key=each.id.hex, address="x@acme.test")) for each in claimed}
    departure = await depart(world.database, world.tenant, letters, Holder("dead", LEASE), now=NOW)
    assert len(departure.leaving) == members
    return given, send_id, claimed


async def lost(world: World, members: int = 1) -> tuple[Sending, Any, list[Claimed]]:
    """The same, recorded as unknown."""
    given, send_id, claimed = await abandoned(world, members)
    assert await bury(world.database, now=LATER) == members
    return given, send_id, claimed


async def test_what_was_under_way_at_a_worker_that_died_is_unknown_once_its_lease_has_run_out(world: World) -> None:
    given, send_id, _ = await abandoned(world, 3)
    assert await bury(world.database, now=LATER - timedelta(seconds=1)) == 0
    assert {status for status, _ in await given.statuses(send_id)} == {"SENDING"}
    assert await bury(world.database, now=LATER) == 3
    assert await given.statuses(send_id) == [("UNKNOWN", "WORKER_LOST")] * 3
    assert await bury(world.database, now=LATER) == 0


async def test_an_answer_that_is_written_while_the_worker_is_taken_for_lost_stands(world: World) -> None:
    given, send_id, (claimed,) = await abandoned(world)
    delivery = table_of(DeliveryRow)
    async with world.database.writing(world.tenant) as db:
        sent = update(delivery).where(of_tenant(delivery), delivery.c.id == claimed.id).values(status="SENT")
        await db.execute(sent)
        burying = asyncio.create_task(bury(world.database, now=LATER))
        await asyncio.sleep(0.3)  # it has found the delivery under way, and waits for this transaction
        assert not burying.done()
    assert await burying == 0
    assert await given.statuses(send_id) == [("SENT", None)]


async def test_followers_of_the_send_are_told_that_it_is_unknown(world: World) -> None:
    _, send_id, _ = await abandoned(world)
    heard: list[Any] = []
    if world.database.tells_processes:
        pytest.skip("PostgreSQL tells them itself: tests/live")
    with world.database.announcements.heard_by(heard.extend):
        await bury(world.database, now=LATER)
    assert [(each.topic, each.subject_id) for each in heard] == [("send", send_id)]


async def settled_by(world: World, provider: RecordingProvider, *, attempts: int, now: datetime) -> int:
    """Have what is unknown settled by a provider; gives how many deliveries were."""
    hosts = hosts_of(provider)
    carrying = partial(hosts.carrying, PROVIDER)
    return await settle(world.database, PROVIDER, carrying, attempts=attempts, now=now)


async def test_a_slow_workers_answer_settles_what_was_taken_for_lost(world: World) -> None:
    given, send_id, (slow,) = await lost(world)
    await record(world.database, world.tenant, {slow: Result(DeliveryStatus.SENT, message_id="<1@t>")}, now=LATER)
    assert await given.statuses(send_id) == [("SENT", None)]


@pytest.mark.parametrize("abilities", [frozenset(), FIND, ONCE, BOTH], ids=["neither", "finds", "once", "both"])
async def test_what_did_not_go_out_is_queued_again_only_where_a_key_is_taken_once(
    world: World, abilities: frozenset[EmailAbility]
) -> None:
    given, send_id, claimed = await lost(world)
    provider = RecordingProvider(abilities=abilities)
    await settled_by(world, provider, attempts=3, now=LATER)
    ((status, _),) = await given.statuses(send_id)
    assert status == ("QUEUED" if EmailAbility.IDEMPOTENT in abilities else "UNKNOWN")
    assert provider.asked == ([claimed[0].id.hex] if EmailAbility.FIND_SEND in abilities else [])


async def test_what_may_have_left_of_a_cancelled_send_is_not_taken_for_cancelled(world: World) -> None:
    given, send_id, _ = await lost(world)
    await world.change(EmailSendRow, send_id, cancelled_at=NOW)
    await settled_by(world, RecordingProvider(abilities=ONCE), attempts=3, now=LATER)
    assert await given.statuses(send_id) == [("QUEUED", "NO_ANSWER")]


@pytest.mark.parametrize("abilities", [FIND, BOTH], ids=["finds", "both"])
async def test_what_the_provider_finds_is_settled_as_it_says(world: World, abilities: frozenset[EmailAbility]) -> None:
    given, send_id, (first, second) = await lost(world, 2)
    provider = RecordingProvider(abilities=abilities)
    provider.taken = {
        first.id.hex: Accepted(key=first.id.hex, message_id="<1@t>"),
        second.id.hex: Refused(key=second.id.hex, code="550", message="no"),
    }
    assert await settled_by(world, provider, attempts=3, now=LATER) == 2
    rows = {row.id: row for row in await given.deliveries(send_id)}
    assert (rows[first.id].status, rows[first.id].provider_message_id) == ("SENT", "<1@t>")
    assert (rows[second.id].status, rows[second.id].reason) == ("FAILED", "REFUSED")
    assert provider.sent == []


async def test_a_provider_that_cannot_tell_now_is_asked_again_later_and_less_and_less_often(world: World) -> None:
    given, send_id, _ = await lost(world)
    provider = RecordingProvider(abilities=FIND)
    now, waits = LATER, []
    for _ in range(6):
        await settled_by(world, provider, attempts=3, now=now)
        (row,) = await given.deliveries(send_id)
        waits.append(row.not_before - now)
        now = row.not_before
    assert len(provider.asked) == 6
    assert waits[0] == timedelta(seconds=10)
    assert waits == sorted(waits)
    assert waits[-1] < timedelta(hours=1)


async def test_two_workers_do_not_ask_for_the_same_delivery_at_once(world: World) -> None:
    await lost(world, 5)
    provider = RecordingProvider(abilities=FIND)
    await asyncio.gather(*(settled_by(world, provider, attempts=3, now=LATER) for _ in range(4)))
    assert len(provider.asked) == len(set(provider.asked)) == 5


async def test_while_the_provider_is_down_nothing_is_settled(world: World) -> None:
    class Down(RecordingProvider):
        async def find_send(self, request: Any) -> list[SendAnswer] | None:
            raise Unavailable("refused")

    given, send_id, _ = await lost(world)
    assert await settled_by(world, Down(abilities=BOTH), attempts=3, now=LATER) == 0
    assert await given.statuses(send_id) == [("UNKNOWN", "WORKER_LOST")]


async def test_what_was_tried_as_often_as_it_may_is_left_to_a_person(world: World) -> None:
    given, send_id, _ = await lost(world)
    await settled_by(world, RecordingProvider(abilities=ONCE), attempts=1, now=LATER)
    assert await given.statuses(send_id) == [("UNKNOWN", "WORKER_LOST")]


async def test_what_a_person_settled_is_not_settled_again(world: World) -> None:
    given, send_id, (slow,) = await lost(world)
    async with world.database.writing(world.tenant) as db:
        assert await resolve_delivery(db, sender(world.tenant), slow.id, Outcome.DROP, now=LATER) is None
    await settled_by(world, RecordingProvider(abilities=BOTH), attempts=3, now=LATER)
    await record(world.database, world.tenant, {slow: Result(DeliveryStatus.UNKNOWN, "NO_ANSWER")}, now=LATER)
    assert await given.statuses(send_id) == [("CANCELLED", "DROPPED")]


async def test_an_idempotent_provider_ends_with_everything_sent_and_nothing_unknown(world: World) -> None:
    given = await sending(world, members=6)
    send_id = await given.send()
    dead = [True] * 6

    async def answering(request: SendRequest) -> Sequence[SendAnswer]:
        answers = await accepting(request)
        if dead:
            dead.pop()
            provider.taken |= {answer.key: answer for answer in answers[: len(dead) % 2]}
            raise ConnectionError("after it was taken, or before")
        return answers

    provider = RecordingProvider(answering=answering, abilities=BOTH)
    async with at_work(worker_of(world.database, provider, deadline=1.0, lease=3.0)):
        rows = await until_all(given, send_id, "SENT")
    assert len(rows) == 6
    assert {row.attempt for row in rows} == {1, 2}
    found = {row.id.hex for row in rows if row.attempt == 1}
    assert len(provider.sent) == 6 + (6 - len(found)), "what was found had gone out was not asked for again"


@pytest.mark.parametrize(("left", "begun"), [(4.9, False), (5.0, False), (5.1, True)])
async def test_a_call_that_could_outlast_the_lease_is_not_begun(left: float, begun: bool) -> None:
    one = Claimed(new_id(), new_id(), new_id(), 1)
    letter = Letter(one.id, "e", Recipient(key=one.id.hex, address="x@acme.test"))
    provider = RecordingProvider()
    delivering = Delivering(lambda: NOW, attempts=3, gap=timedelta(0))
    carrier = Carrier(email_host(PROVIDER, provider, deadline=5.0), "acme")
    departure = Departure({one: letter}, NOW + timedelta(seconds=left), {})
    (results,) = [each async for each in delivering.results(carrier, departure, NOW)]
    assert results[one].status == (DeliveryStatus.SENT if begun else DeliveryStatus.QUEUED)
    assert bool(provider.sent) is begun
