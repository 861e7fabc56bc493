"""Tokens and limits: one token for all, so many calls in twenty seconds, so many at one time, and the day's share."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bg_email_marketo.pace import DayQuota, Pace, seconds_to_reset, share
from bg_graph.plugins.email import Accepted, ListRequest
from bg_graph.plugins.errors import Misconfigured, Unavailable
from tests.email.marketo_desk import at, person
from tests.email.marketo_server import Fault, Marketo

LISTS = ListRequest(tenant="acme")


async def test_many_callers_share_one_token(marketo: Marketo) -> None:
    async with at(marketo) as desk:
        await asyncio.gather(*(desk.send(person(number)) for number in range(20)))
    assert marketo.given == 1


async def test_when_a_token_ends_amid_many_calls_it_is_renewed_once(marketo: Marketo) -> None:
    for number in range(20):
        marketo.lead(f"person{number}@example.com")
    async with at(marketo) as desk:
        await desk.emails()
        marketo.tokens.clear()
        answers = await asyncio.gather(*(desk.send(person(number)) for number in range(20)))
    assert all(isinstance(each, Accepted) for some in answers for each in some.values())
    assert marketo.given == 2
    assert all(marketo.sent_to(lead) == 1 for lead in marketo.leads)


async def test_a_token_that_lives_no_more_is_renewed_before_it_is_used(marketo: Marketo) -> None:
    marketo.lives = 0
    async with at(marketo) as desk:
        await desk.emails()
        given = marketo.given
        await desk.send(person(1))
    assert marketo.given > given > 0


async def test_wrong_credentials_are_misconfigured(marketo: Marketo) -> None:
    async with at(marketo, client_id="somebody else") as desk:
        with pytest.raises(Misconfigured):
            await desk.provider.list_workspaces(LISTS)
        with pytest.raises(Misconfigured):
            await desk.provider.check()


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=503),
        Fault(status=429),
        Fault(body=b"<html>"),
        Fault(body=b"[]"),
        Fault(body=b'{"access_token": "a\\nb", "expires_in": 9}'),
        Fault(body=b'{"access_token": 5}'),
        Fault(silent=2.0),
    ],
    ids=["503", "429", "html", "list", "line break", "number", "silent"],
)
async def test_an_identity_service_that_gives_no_token_is_unavailable(marketo: Marketo, fault: Fault) -> None:
    marketo.fails("token", fault)
    async with at(marketo, timeout=0.5, connect_timeout=0.5) as desk:
        with pytest.raises(Unavailable):
            await desk.provider.list_workspaces(LISTS)
        assert (await desk.provider.list_workspaces(LISTS)).items


async def test_asking_for_health_costs_no_call_of_the_quota(marketo: Marketo) -> None:
    async with at(marketo) as desk:
        assert (await desk.provider.check()).healthy
    assert marketo.calls == []


async def test_no_more_calls_are_under_way_than_are_ours(marketo: Marketo) -> None:
    marketo.delay = 0.02
    async with at(marketo, at_once=10, leave_for_others=0.5) as desk:
        await asyncio.gather(*(desk.send(person(number)) for number in range(30)))
    assert marketo.most_at_once == 5


async def test_no_window_has_more_calls_than_are_ours() -> None:
    pace, begun = Pace(10, 4, window=0.2), list[float]()

    async def call() -> None:
        async with pace.turn():
            begun.append(asyncio.get_running_loop().time())

    await asyncio.gather(*(call() for _ in range(35)))
    begun.sort()
    assert len(begun) == 35
    assert all(later - earlier > 0.199 for earlier, later in zip(begun, begun[10:], strict=False))
    assert begun[-1] - begun[0] < 2, "and it is no slower than it must"


async def test_a_call_that_is_given_up_while_it_waits_takes_no_turn_away() -> None:
    pace = Pace(2, 1, window=0.3)

    async def call() -> None:
        async with pace.turn():
            pass

    await asyncio.gather(call(), call())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await call()
    async with asyncio.timeout(1):
        await call()


async def test_what_others_have_used_of_the_day_counts(marketo: Marketo) -> None:
    marketo.used_today = 70
    async with at(marketo, daily_calls=100, leave_for_others=0.3) as desk:
        with pytest.raises(Unavailable) as raised:
            await desk.provider.list_workspaces(LISTS)
    assert raised.value.retry_after
    assert marketo.count("usage.json") == 1
    assert len(marketo.calls) == 1


async def test_our_own_calls_count_where_marketo_does_not_tell(marketo: Marketo) -> None:
    marketo.fails("usage", Fault("603"))
    async with at(marketo, daily_calls=10, leave_for_others=0.0) as desk:
        with pytest.raises(Unavailable):
            for number in range(20):
                await desk.send(person(number))
    assert len(marketo.calls) == 10


def test_the_day_of_the_quota_begins_at_midnight_cst() -> None:
    assert seconds_to_reset(datetime(2026, 11, 23, 5, 59, tzinfo=UTC)) == 60
    assert seconds_to_reset(datetime(2026, 11, 23, 6, 0, tzinfo=UTC)) == 86_400
    now = [datetime(2026, 11, 23, 5, 59, tzinfo=UTC)]
    quota = DayQuota(100, 0.25, lambda: now[0])
    quota.used(74)
    assert quota.left() == 1
    quota.spend()
    assert quota.left() == 0
    now[0] += timedelta(minutes=1)
    assert quota.left() == 75


@pytest.mark.parametrize(("limit", "left", "ours"), [(100, 0.25, 75), (10, 0.99, 1), (1, 0.0, 1), (10, 0.0, 10)])
def test_something_is_always_ours(limit: int, left: float, ours: int) -> None:
    assert share(limit, left) == ours
