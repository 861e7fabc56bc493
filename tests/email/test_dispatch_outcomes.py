"""What a provider's answers and failures make of a delivery: tried again only where nothing can have left."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select

from bg_graph.accounts.tables import AddressMarkRow
from bg_graph.email.commands.sends import cancel_send
from bg_graph.email.dispatch.answers import record
from bg_graph.email.dispatch.claiming import Claimed
from bg_graph.email.dispatch.patience import before_attempt
from bg_graph.email.rules.attempts import Result, status_after
from bg_graph.email.rules.deliveries import DeliveryStatus
from bg_graph.email.tables import EmailSendRow, ProviderPaceRow
from bg_graph.plugins.email import Accepted, Refused, SendAnswer, SendRequest
from bg_graph.plugins.errors import Misconfigured, OutcomeUnknown, ProviderError, Rejected, Unavailable, Unsupported
from bg_graph.store.connection import table_of
from bg_graph.store.engine import Database
from tests.conftest import NOW
from tests.email.recording import Answering, RecordingProvider, accepting
from tests.email.sending_world import Sending, sender, sending
from tests.email.working import at_work, until_all, worker_of
from tests.world import World

S = DeliveryStatus


def raising(*faults: Exception) -> Answering:
    """Raises these, one a call, then accepts."""
    left = list(faults)

    async def answer(request: SendRequest) -> Sequence[SendAnswer]:
        if left:
            raise left.pop(0)
        return await accepting(request)

    return answer


def refusing(**how: Any) -> Answering:
    async def answer(request: SendRequest) -> Sequence[SendAnswer]:
        return [
            Refused(key=each.key, code="550 5.1.1", message="no such mailbox", **how) for each in request.recipients
        ]

    return answer


async def one_delivery(
    world: World, answering: Answering, *statuses: str, **options: Any
) -> tuple[Any, RecordingProvider]:
    """What becomes of one delivery."""
    given = await sending(world, "anna@acme.test")
    send_id = await given.send()
    provider = RecordingProvider(answering=answering)
    async with at_work(worker_of(world.database, provider, **options)):
        (row,) = await until_all(given, send_id, *statuses)
    return row, provider


@pytest.mark.parametrize(
    "fault",
    [OutcomeUnknown("the connection broke"), ValueError("anna@acme.test"), asyncio.CancelledError(), SystemExit(1)],
    ids=lambda fault: type(fault).__name__,
)
async def test_a_call_of_which_nobody_knows_what_it_did_is_unknown_and_not_repeated(
    world: World, fault: Exception
) -> None:
    row, provider = await one_delivery(world, raising(fault), "UNKNOWN")
    await asyncio.sleep(0.1)
    assert (row.reason, row.attempt) == ("NO_ANSWER", 1)
    assert "anna" not in row.detail
    assert len(provider.sent) == 1


async def test_our_own_deadline_leaves_a_delivery_unknown_even_where_the_provider_ignores_being_cancelled(
    world: World,
) -> None:
    async def deaf(request: SendRequest) -> Sequence[SendAnswer]:
        try:
            await asyncio.sleep(1.5)
        except asyncio.CancelledError:
            await asyncio.sleep(0.5)
        return await accepting(request)

    row, provider = await one_delivery(world, deaf, "UNKNOWN", deadline=0.2)
    assert row.reason == "NO_ANSWER"
    assert "0.2 seconds" in row.detail
    assert len(provider.sent) == 1


async def test_a_recipient_that_the_answer_leaves_out_is_unknown_and_one_that_nobody_asked_for_counts_for_nobody(
    world: World,
) -> None:
    async def careless(request: SendRequest) -> Sequence[SendAnswer]:
        first, _, third = request.recipients
        doubled = [Accepted(key=third.key), Refused(key=third.key, code="550", message="or not")]
        return [Accepted(key=first.key), Accepted(key="0" * 32), *doubled]

    given = await sending(world, members=3)
    send_id = await given.send()
    provider = RecordingProvider(answering=careless, batch=3)
    async with at_work(worker_of(world.database, provider, concurrency=1)):
        rows = await until_all(given, send_id, "SENT", "UNKNOWN")
    by_key = {row.id.hex: row.status for row in rows}
    asked = [each.key for each in provider.requests[0].recipients]
    assert [by_key[key] for key in asked] == ["SENT", "UNKNOWN", "UNKNOWN"]


async def test_where_nothing_left_it_is_tried_again_later(world: World) -> None:
    row, provider = await one_delivery(world, raising(Unavailable("refused")), "SENT", clock=quick_clock(), lease=1e8)
    assert (row.attempt, row.reason, row.detail) == (2, None, None)
    assert len(provider.sent) == 2


async def test_it_is_not_tried_for_ever(world: World) -> None:
    faults = [Unavailable("refused") for _ in range(9)]
    row, provider = await one_delivery(world, raising(*faults), "FAILED", clock=quick_clock(), lease=1e8, attempts=3)
    assert (row.attempt, row.reason, row.detail) == (3, "GAVE_UP", "refused")
    assert len(provider.sent) == 3


async def test_while_it_waits_for_the_next_attempt_it_says_why_and_until_when(world: World) -> None:
    given = await sending(world, members=1)
    send_id = await given.send()
    provider = RecordingProvider(answering=raising(Unavailable("refused")))
    async with at_work(worker_of(world.database, provider, clock=lambda: NOW)):
        row = await until_reason(given, send_id, "UNAVAILABLE")
    assert (row.status, row.detail, row.worker, row.lease_until) == ("QUEUED", "refused", None, None)
    assert timedelta(seconds=5) <= row.not_before - NOW <= timedelta(seconds=10)


async def test_the_pause_that_the_system_asks_for_is_kept_and_holds_for_everybody(world: World) -> None:
    given = await sending(world, members=20)
    send_id = await given.send()
    provider = RecordingProvider(answering=raising(*(Unavailable("slow down", retry_after=300) for _ in range(20))))
    async with at_work(worker_of(world.database, provider, concurrency=1, clock=lambda: NOW)):
        row = await until_reason(given, send_id, "UNAVAILABLE")
        await asyncio.sleep(0.2)
    assert row.not_before >= NOW + timedelta(seconds=300)
    assert await next_at(world.database) >= NOW + timedelta(seconds=300)
    assert len(provider.sent) == 1


async def test_a_provider_that_is_down_is_left_alone_after_a_few_calls(world: World) -> None:
    given = await sending(world, members=30)
    await given.send()
    provider = RecordingProvider(answering=raising(*(Unavailable("refused") for _ in range(99))))
    async with at_work(worker_of(world.database, provider, concurrency=1, clock=lambda: NOW)):
        await asyncio.sleep(1.0)
    assert len(provider.sent) == 5
    assert await next_at(world.database) == NOW + timedelta(seconds=30)


async def test_wrong_settings_stop_all_sending_for_a_while_and_fail_nothing(world: World) -> None:
    given = await sending(world, members=10)
    send_id = await given.send()
    provider = RecordingProvider(answering=raising(*(Misconfigured("login refused") for _ in range(99))))
    worker = worker_of(world.database, provider, concurrency=1, clock=lambda: NOW)
    async with at_work(worker):
        row = await until_reason(given, send_id, "MISCONFIGURED")
        await asyncio.sleep(0.2)
    assert (row.status, row.detail) == ("QUEUED", "login refused")
    assert row.not_before == NOW + timedelta(minutes=5) <= await next_at(world.database)
    assert len(provider.sent) == 1


@pytest.mark.parametrize("fault", [Rejected("TOO_LARGE", "the message is too large"), Unsupported("it cannot do that")])
async def test_what_the_provider_would_refuse_again_fails(world: World, fault: ProviderError) -> None:
    row, provider = await one_delivery(world, raising(fault), "FAILED")
    assert row.reason == "REFUSED"
    assert str(fault) in row.detail
    assert len(provider.sent) == 1


async def test_a_refused_recipient_fails_with_the_providers_words_and_marks_nothing(world: World) -> None:
    row, _ = await one_delivery(world, refusing(), "FAILED")
    assert (row.reason, row.detail) == ("REFUSED", "550 5.1.1 no such mailbox")
    assert await world.rows(AddressMarkRow) == []


async def test_an_address_that_does_not_work_is_marked_so_that_nobody_is_written_to_there_again(world: World) -> None:
    row, _ = await one_delivery(world, refusing(bad_address=True), "FAILED")
    assert row.reason == "BAD_ADDRESS"
    (mark,) = await world.rows(AddressMarkRow)
    assert (mark.address_key, mark.kind) == ("anna@acme.test", "BOUNCED")


async def under_way(world: World, status: str = "SENDING", **columns: Any) -> tuple[Sending, Any, Claimed]:
    """A delivery whose first attempt is under way, or came to this status meanwhile."""
    given = await sending(world, "anna@acme.test")
    send_id = await given.send()
    (row,) = await given.deliveries(send_id)
    await given.put(row.id, status, attempt=1, worker="one", lease_until=NOW, **columns)
    return given, send_id, Claimed(world.tenant, row.id, send_id, 1)


SENT = Result(S.SENT, message_id="<1@test>")
AGAIN = Result(S.QUEUED, "UNAVAILABLE", not_before=NOW)


@pytest.mark.parametrize(
    ("meanwhile", "result", "after"),
    [
        ("SENDING", SENT, "SENT"),
        ("UNKNOWN", SENT, "SENT"),
        ("QUEUED", SENT, "SENT"),
        ("DELIVERED", SENT, "DELIVERED"),
        ("OPENED", SENT, "OPENED"),
        ("BOUNCED", SENT, "BOUNCED"),
        ("CANCELLED", SENT, "CANCELLED"),
        ("UNKNOWN", AGAIN, "QUEUED"),
        ("DELIVERED", AGAIN, "DELIVERED"),
        ("CANCELLED", AGAIN, "CANCELLED"),
        ("DELIVERED", Result(S.UNKNOWN, "NO_ANSWER"), "DELIVERED"),
        ("SENT", Result(S.UNKNOWN, "NO_ANSWER"), "SENT"),
        ("DELIVERED", Result(S.FAILED, "REFUSED"), "DELIVERED"),
    ],
)
async def test_an_answer_never_takes_a_delivery_back(world: World, meanwhile: str, result: Result, after: str) -> None:
    given, send_id, attempt = await under_way(world, meanwhile)
    for _ in range(2):
        await record(world.database, world.tenant, {attempt: result}, now=NOW)
    (row,) = await given.deliveries(send_id)
    assert row.status == after
    assert row.provider_message_id == result.message_id


async def test_a_result_counts_for_its_own_attempt_alone(world: World) -> None:
    given, send_id, attempt = await under_way(world)
    await given.put(attempt.id, "SENDING", attempt=2)
    await record(world.database, world.tenant, {attempt: AGAIN}, now=NOW)
    assert await given.statuses(send_id) == [("SENDING", None)]


@pytest.mark.parametrize("status", ["SENDING", "QUEUED"])
async def test_an_earlier_attempt_that_turns_out_to_have_left_ends_the_later_one(world: World, status: str) -> None:
    given, send_id, first = await under_way(world)
    await given.put(first.id, status, attempt=2)
    await record(world.database, world.tenant, {first: SENT}, now=NOW)
    await record(world.database, world.tenant, {replace(first, attempt=2): AGAIN}, now=NOW)
    assert await given.statuses(send_id) == [("SENT", None)]


@pytest.mark.parametrize("status", ["SENDING", "UNKNOWN"])
async def test_what_did_not_leave_of_a_send_that_was_cancelled_meanwhile_is_not_tried_again(
    world: World, status: str
) -> None:
    given, send_id, attempt = await under_way(world, status)
    await world.change(EmailSendRow, send_id, cancelled_at=NOW)
    await record(world.database, world.tenant, {attempt: AGAIN}, now=NOW)
    assert await given.statuses(send_id) == [("CANCELLED", None)]


async def test_a_cancellation_beside_an_attempt_that_comes_to_nothing_leaves_nothing_queued(world: World) -> None:
    given = await sending(world, members=6)
    send_id = await given.send()
    rows = await given.deliveries(send_id)
    for row in rows[:5]:
        await given.put(row.id, "SENDING", attempt=1)
    attempts = [Claimed(world.tenant, row.id, send_id, 1) for row in rows[:5]]

    async def cancel() -> None:
        async with world.database.writing(world.tenant) as db:
            assert await cancel_send(db, sender(world.tenant), send_id, now=NOW) is None

    writes = (record(world.database, world.tenant, {each: AGAIN}, now=NOW) for each in attempts)
    await asyncio.gather(*writes, cancel())
    assert {status for status, _ in await given.statuses(send_id)} == {"CANCELLED"}


@pytest.mark.parametrize(
    "odd", ["a\0b", "a\ud800b", "".join(map(chr, range(0x4E00, 0x5E00)))], ids=["NUL", "half", "long"]
)
async def test_words_of_a_provider_that_a_database_cannot_keep_hold_nothing_up(world: World, odd: str) -> None:
    given, send_id, attempt = await under_way(world)
    await record(world.database, world.tenant, {attempt: Result(S.SENT, message_id=odd)}, now=NOW)
    (row,) = await given.deliveries(send_id)
    assert row.status == "SENT"
    assert row.provider_message_id[0] == odd[0]


async def test_a_refusal_in_words_that_a_database_cannot_keep_is_written(world: World) -> None:
    given, send_id, attempt = await under_way(world)
    result = Result(S.FAILED, "BAD_ADDRESS", "no\0 mailbox", bad_address=True)
    await record(world.database, world.tenant, {attempt: result}, now=NOW)
    assert [row.detail for row in await given.deliveries(send_id)] == ["no mailbox"]
    assert [mark.detail for mark in await world.rows(AddressMarkRow)] == ["no mailbox"]


def test_an_unknown_outcome_is_only_of_what_was_under_way() -> None:
    moved = {status: status_after(status, Result(S.UNKNOWN)) for status in S}
    assert {status for status, after in moved.items() if after} == {S.SENDING}


def test_pauses_grow_are_never_alike_and_never_shorter_than_what_was_asked_for() -> None:
    pauses = [before_attempt(number).total_seconds() for number in range(2, 9)]
    assert all(later > 2 * earlier - 5 for earlier, later in pairwise(pauses))
    assert len({before_attempt(2) for _ in range(20)}) > 1
    assert before_attempt(2, 500) >= timedelta(seconds=500)
    assert before_attempt(2, 10**9) <= timedelta(hours=1), "no system has us wait for ever"


def quick_clock() -> Any:
    """A clock on which an hour passes each time that it is looked at: no pause is ever long."""
    looks = iter(range(10**9))
    return lambda: NOW + timedelta(hours=next(looks))


async def until_reason(given: Sending, send_id: Any, reason: str) -> Any:
    async with asyncio.timeout(15):
        while True:
            found = [row for row in await given.deliveries(send_id) if row.reason == reason]
            if found:
                return found[0]
            await asyncio.sleep(0.02)


async def next_at(database: Database) -> Any:
    async with database.system(reading=True) as system:
        return (await system.rows(select(table_of(ProviderPaceRow).c.next_at)))[0][0]
