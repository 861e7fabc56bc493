"""Queued deliveries reach the provider: each once, at its pace, and only whom may still be written to."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from time import monotonic
from typing import Any

import pytest

from bg_graph.accounts.rules import AddressMark
from bg_graph.accounts.tables import AddressMarkRow, PersonRow
from bg_graph.email.commands.sends import cancel_send
from bg_graph.email.dispatch.claiming import Claim, Holder, claim, release
from bg_graph.email.dispatch.departing import depart
from bg_graph.email.dispatch.letters import Letter
from bg_graph.email.tables import EmailSendRow
from bg_graph.plugins.email import EmailAbility, Recipient, SendAnswer, SendRequest
from bg_graph.store.engine import Database, open_database
from tests.conftest import NOW, add_tenant
from tests.email.recording import RecordingProvider, accepting
from tests.email.sending_world import PROVIDER, Sending, sender, sending
from tests.email.working import at_work, claimed_by, until, until_all, worker_of
from tests.world import World

LEASE = timedelta(seconds=60)
HOST_CONTENT = frozenset({EmailAbility.HOST_CONTENT})


async def test_each_queued_delivery_reaches_the_provider_once_and_is_sent(world: World) -> None:
    given = await sending(world, members=7)
    send_id = await given.send()
    provider = RecordingProvider()
    async with at_work(worker_of(world.database, provider)):
        rows = await until_all(given, send_id, "SENT")
    assert sorted(provider.sent) == sorted(row.id.hex for row in rows)
    assert {row.attempt for row in rows} == {1}
    assert [row.provider_message_id for row in rows] == [f"<{row.id.hex}@test>" for row in rows]
    assert all(row.sent_at and row.worker is None and row.lease_until is None for row in rows)


async def test_a_provider_that_keeps_no_e_mails_is_handed_the_message_with_its_unsubscribe_link(world: World) -> None:
    given = await sending(world, "anna@acme.test")
    send_id = await given.send()
    provider = RecordingProvider(abilities=HOST_CONTENT)
    async with at_work(worker_of(world.database, provider)):
        (row,) = await until_all(given, send_id, "SENT")
    (recipient,) = provider.requests[0].recipients
    assert recipient.address == "anna@acme.test"
    assert recipient.message is not None
    assert recipient.message.subject == "Hello"
    assert f"https://bg.test/unsubscribe/{row.unsubscribe_token}" in recipient.message.headers["List-Unsubscribe"]


async def test_two_tenants_are_served_from_one_queue(world: World, other_world: World) -> None:
    ours, theirs = await sending(world, members=2), await sending(other_world, members=3)
    sends = [(ours, await ours.send()), (theirs, await theirs.send())]
    provider = RecordingProvider()
    async with at_work(worker_of(world.database, provider)):
        for given, send_id in sends:
            await until_all(given, send_id, "SENT")
    tenants = Counter(request.tenant for request in provider.requests for _ in request.recipients)
    assert tenants == {"acme": 2, "other": 3}


async def test_a_provider_that_takes_many_at_once_is_given_those_of_one_e_mail_together(world: World) -> None:
    given = await sending(world, members=9)
    send_id = await given.send()
    provider = RecordingProvider(batch=4)
    async with at_work(worker_of(world.database, provider, concurrency=1)):
        await until_all(given, send_id, "SENT")
    assert [len(request.recipients) for request in provider.requests] == [4, 4, 1]


async def test_no_more_calls_are_made_at_a_time_than_wanted(world: World) -> None:
    given = await sending(world, members=20)
    send_id = await given.send()

    async def slowly(request: SendRequest) -> list[SendAnswer]:
        await asyncio.sleep(0.03)
        return await accepting(request)

    provider = RecordingProvider(answering=slowly)
    async with at_work(worker_of(world.database, provider, concurrency=3)):
        await until_all(given, send_id, "SENT")
    assert 1 < provider.most_under_way <= 3


async def test_deliveries_leave_one_after_the_other_at_the_rate(world: World) -> None:
    given = await sending(world, members=12)
    send_id = await given.send()
    times = []

    async def noting(request: SendRequest) -> list[SendAnswer]:
        times.append(monotonic())
        return await accepting(request)

    async with at_work(worker_of(world.database, RecordingProvider(answering=noting), rate=20.0)):
        await until_all(given, send_id, "SENT")
    assert all(later - earlier > 0.04 for earlier, later in pairwise(times))


async def test_all_workers_together_keep_the_rate_and_claim_only_what_leaves_soon(world: World) -> None:
    given = await sending(world, members=50)
    await given.send()

    async def claimed(worker: str, now: datetime) -> Claim:
        return await claim(world.database, PROVIDER, Holder(worker, LEASE), 8, rate=10.0, now=now)

    claims = [await claimed(f"worker {number}", NOW) for number in range(4)]
    assert [len(each.deliveries) for each in claims] == [5, 5, 5, 0]
    assert [each.leaves_at for each in claims[:3]] == [NOW, NOW + timedelta(seconds=0.5), NOW + timedelta(seconds=1)]
    assert claims[3].leaves_at == NOW + timedelta(seconds=0.5), "when it is worth asking again"
    later = NOW + timedelta(seconds=60)
    assert (await claimed("late", later)).leaves_at == later, "what was not used is not made up for"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"unsubscribed": True}, "UNSUBSCRIBED"),
        ({"email_suspended": True}, "SUSPENDED"),
        ({"email_invalid": True}, "INVALID"),
        ({"email": None, "email_key": None}, "NO_ADDRESS"),
    ],
)
async def test_who_may_not_be_sent_to_any_more_is_skipped_before_it_leaves(
    world: World, change: dict[str, Any], reason: str
) -> None:
    given = await sending(world, members=2)
    send_id = await given.send()
    await world.change(PersonRow, given.people[0], **change)
    provider = RecordingProvider()
    async with at_work(worker_of(world.database, provider)):
        rows = await until_all(given, send_id, "SENT", "SKIPPED")
    assert [(row.status, row.reason) for row in rows] == [("SKIPPED", reason), ("SENT", None)]
    assert provider.sent == [rows[1].id.hex]


@pytest.mark.parametrize("mark", list(AddressMark))
async def test_an_address_that_was_marked_meanwhile_is_not_written_to(world: World, mark: AddressMark) -> None:
    given = await sending(world, "anna@acme.test")
    send_id = await given.send()
    await world.add(AddressMarkRow(address_key="anna@acme.test", kind=mark, at=NOW))
    provider = RecordingProvider()
    async with at_work(worker_of(world.database, provider)):
        (row,) = await until_all(given, send_id, "SKIPPED")
    assert row.reason == ("INVALID" if mark is AddressMark.BOUNCED else "UNSUBSCRIBED")
    assert not provider.sent


async def test_a_person_who_is_gone_is_not_written_to(world: World) -> None:
    given = await sending(world, members=2)
    send_id = await given.send()
    await given.put((await given.deliveries(send_id))[0].id, "QUEUED", person_id=given.group)  # an id of no person
    provider = RecordingProvider()
    async with at_work(worker_of(world.database, provider)):
        rows = await until_all(given, send_id, "SENT", "SKIPPED")
    assert [(row.status, row.reason) for row in rows] == [("SKIPPED", "NO_ADDRESS"), ("SENT", None)]


async def test_where_there_is_nothing_to_send_the_delivery_fails_and_the_provider_is_not_called(world: World) -> None:
    given = await sending(world, members=2)
    send_id = await given.send()
    provider = RecordingProvider(abilities=HOST_CONTENT)
    await world.change(EmailSendRow, send_id, content_id=None)
    async with at_work(worker_of(world.database, provider)):
        rows = await until_all(given, send_id, "FAILED")
    assert {(row.reason, row.attempt) for row in rows} == {("NO_MESSAGE", 0)}
    assert not provider.sent


async def test_what_is_claimed_is_still_queued_and_no_other_worker_claims_it(world: World) -> None:
    given = await sending(world, members=5)
    send_id = await given.send()
    first = await claimed_by(world.database, "one", LEASE, NOW, 3)
    second = await claimed_by(world.database, "two", LEASE, NOW, 50)
    assert (len(first), len(second)) == (3, 2)
    assert not {each.id for each in first} & {each.id for each in second}
    rows = await given.deliveries(send_id)
    assert {(row.status, row.attempt) for row in rows} == {("QUEUED", 0)}
    assert await claimed_by(world.database, "three", LEASE, NOW) == []


async def test_a_claim_whose_lease_has_run_out_is_anybodys_again_and_the_first_cannot_send_it(world: World) -> None:
    given = await sending(world, members=1)
    await given.send()
    late = NOW + LEASE
    (ours,) = await claimed_by(world.database, "one", LEASE, NOW)
    (theirs,) = await claimed_by(world.database, "two", LEASE, late)
    assert theirs == ours
    letter = Letter(ours.id, "e", Recipient(key=ours.id.hex, address="person0@acme.test"))
    for worker, leaves in (("one", False), ("two", True)):
        departure = await depart(world.database, world.tenant, {ours: letter}, Holder(worker, LEASE), now=late)
        assert bool(departure.leaving) is leaves


async def test_a_worker_whose_own_lease_has_run_out_does_not_send(world: World) -> None:
    given = await sending(world, members=1)
    send_id = await given.send()
    (ours,) = await claimed_by(world.database, "one", LEASE, NOW)
    letter = Letter(ours.id, "e", Recipient(key=ours.id.hex, address="person0@acme.test"))
    departure = await depart(world.database, world.tenant, {ours: letter}, Holder("one", LEASE), now=NOW + LEASE)
    assert not departure.leaving
    assert await given.statuses(send_id) == [("QUEUED", None)]


async def test_a_cancellation_that_comes_before_the_call_wins(world: World) -> None:
    given = await sending(world, members=1)
    send_id = await given.send()
    (ours,) = await claimed_by(world.database, "one", LEASE, NOW)
    async with world.database.writing(world.tenant) as db:
        assert await cancel_send(db, sender(world.tenant), send_id, now=NOW) is None
    letter = Letter(ours.id, "e", Recipient(key=ours.id.hex, address="person0@acme.test"))
    departure = await depart(world.database, world.tenant, {ours: letter}, Holder("one", LEASE), now=NOW)
    assert not departure.leaving
    assert await given.statuses(send_id) == [("CANCELLED", None)]


async def test_while_a_send_is_cancelled_each_delivery_is_either_sent_or_cancelled(world: World) -> None:
    given = await sending(world, members=30)
    send_id = await given.send()

    async def slowly(request: SendRequest) -> list[SendAnswer]:
        await asyncio.sleep(0.01)
        return await accepting(request)

    provider = RecordingProvider(answering=slowly)
    async with at_work(worker_of(world.database, provider, concurrency=2)):
        await until(lambda: sent(provider))
        async with world.database.writing(world.tenant) as db:
            assert await cancel_send(db, sender(world.tenant), send_id, now=NOW) is None
        rows = await until_all(given, send_id, "SENT", "CANCELLED")
    assert sorted(provider.sent) == sorted(row.id.hex for row in rows if row.status == "SENT")
    assert {row.status for row in rows} == {"SENT", "CANCELLED"}


async def sent(provider: RecordingProvider) -> bool:
    return bool(provider.sent)


async def test_a_worker_that_is_stopped_finishes_its_calls_and_gives_back_what_it_has_only_claimed(
    world: World,
) -> None:
    given = await sending(world, members=12)
    send_id = await given.send()

    async def slowly(request: SendRequest) -> list[SendAnswer]:
        await asyncio.sleep(0.3)
        return await accepting(request)

    provider = RecordingProvider(answering=slowly)
    async with at_work(worker_of(world.database, provider, concurrency=2)):
        await until(lambda: sent(provider))
    rows = await given.deliveries(send_id)
    assert {row.status for row in rows} == {"SENT", "QUEUED"}
    assert sorted(provider.sent) == sorted(row.id.hex for row in rows if row.status == "SENT")
    assert {row.worker for row in rows} == {None}


async def test_only_the_workers_own_claims_are_given_back(world: World) -> None:
    given = await sending(world, members=2)
    send_id = await given.send()
    await claimed_by(world.database, "one", LEASE, NOW, 1)
    await claimed_by(world.database, "two", LEASE, NOW, 1)
    assert await release(world.database, "one") == 1
    assert {row.worker for row in await given.deliveries(send_id)} == {None, "two"}


async def test_what_is_not_due_yet_waits(world: World) -> None:
    given = await sending(world, members=2)
    send_id = await given.send()
    later = NOW + timedelta(seconds=30)
    await given.put((await given.deliveries(send_id))[0].id, "QUEUED", not_before=later)
    assert len(await claimed_by(world.database, "one", LEASE, NOW)) == 1
    assert len(await claimed_by(world.database, "one", LEASE, later)) == 1


async def test_deliveries_of_another_provider_are_left_alone(world: World) -> None:
    given = await sending(world, members=2)
    await given.send()
    found = await claim(world.database, "another", Holder("one", LEASE), 10, rate=1000.0, now=NOW)
    assert found.deliveries == ()


@pytest.mark.slow
async def test_many_workers_at_once_send_each_delivery_once(postgres_database: str) -> None:
    databases = [open_database(postgres_database, pool_size=3) for _ in range(4)]
    given, send_ids = await many_sends(databases[0], sends=4, members=50)
    provider = RecordingProvider()
    async with at_work(*(worker_of(each, provider) for each in databases)):
        for send_id in send_ids:
            await until_all(given, send_id, "SENT")
    assert len(provider.sent) == 200
    assert not provider.twice
    for each in databases:
        await each.close()


async def many_sends(database: Database, sends: int, members: int) -> tuple[Sending, list[Any]]:
    from_tests = await add_tenant(database, "acme")
    given = await sending(World(database, from_tests, NOW), members=members)
    return given, [await given.send(idempotency_key=f"send {number}") for number in range(sends)]
