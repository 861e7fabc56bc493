"""A provider that fails again and again is left alone for a while, for the tenant it failed for; then one call tries."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bg_graph.hosting.breaker import Breaker, Resting
from bg_graph.hosting.fences.options import FenceOptions, Isolation
from bg_graph.hosting.hosted import Hosted, State
from bg_graph.hosting.storage import PassingStorage
from bg_graph.plugins.errors import ProviderError
from tests.hosting.misbehaving import PLUGIN, Asked, Settings

REST = timedelta(seconds=0.3)


@pytest.fixture
def hosted() -> Hosted:
    return Hosted(
        PLUGIN,
        "summary",
        Settings(),
        fence=FenceOptions(isolation=Isolation.INLINE, deadline=1),
        storage=PassingStorage(),
        breaker=lambda: Breaker(rest=REST),
    )


async def outcome(hosted: Hosted, what: str, value: Any = None, tenant: str = "acme", **more: Any) -> Any:
    try:
        return await hosted.call("act", Asked(what, value), tenant=tenant, **more)
    except ProviderError as fault:
        return type(fault).__name__


async def failed(hosted: Hosted, times: int) -> list[Any]:
    return [await outcome(hosted, "bug", "x") for _ in range(times)]


async def test_the_sixth_call_after_five_failures_is_not_made(hosted: Hosted) -> None:
    assert await failed(hosted, 6) == ["PluginFailed"] * 5 + ["Resting"]
    assert hosted.status.calls == 5
    assert hosted.status.state is State.RESTING


async def test_after_the_rest_one_call_tries_while_the_others_are_still_turned_away(hosted: Hosted) -> None:
    await failed(hosted, 5)
    await asyncio.sleep(0.35)
    probing = asyncio.create_task(outcome(hosted, "wait", 0.1))
    await asyncio.sleep(0.02)
    assert await outcome(hosted, "echo", 1) == "Resting"
    assert await probing is None
    assert await outcome(hosted, "echo", 1) == 1
    assert hosted.status.state is State.HEALTHY


async def test_a_probe_that_fails_begins_another_rest(hosted: Hosted) -> None:
    await failed(hosted, 5)
    await asyncio.sleep(0.35)
    assert await failed(hosted, 2) == ["PluginFailed", "Resting"]


async def test_a_success_in_between_begins_the_count_anew(hosted: Hosted) -> None:
    await failed(hosted, 4)
    assert await outcome(hosted, "echo", 1) == 1
    assert await failed(hosted, 5) == ["PluginFailed"] * 5


async def test_other_tenants_are_not_affected(hosted: Hosted) -> None:
    await failed(hosted, 6)
    assert await outcome(hosted, "echo", 1, tenant="globex") == 1


@pytest.mark.parametrize(("number", "counts"), [(0, True), (1, True), (2, True), (3, False), (4, False)])
async def test_refusals_of_a_request_are_no_failures_of_the_provider(hosted: Hosted, number: int, counts: bool) -> None:
    for _ in range(5):
        await outcome(hosted, "error", number)
    assert (await outcome(hosted, "echo", 1) == "Resting") is counts


async def lied(hosted: Hosted, times: int) -> list[str]:
    """Calls that are answered with what breaks the contract."""
    outcomes = []
    for _ in range(times):
        try:
            async with hosted.asked("act", Asked("echo", 1), tenant="acme") as called:
                raise called.wrong("answered with a number")
        except ProviderError as fault:
            outcomes.append(type(fault).__name__)
    return outcomes


async def test_answers_that_break_the_contract_are_failures_of_the_provider(hosted: Hosted) -> None:
    assert await lied(hosted, 1) == ["PluginFailed"]
    assert (hosted.status.state, hosted.status.last_error) == (State.DOWN, "act answered with a number")
    assert await lied(hosted, 5) == ["PluginFailed"] * 4 + ["Resting"]
    assert (hosted.status.state, hosted.status.failures) == (State.RESTING, 5)


async def test_a_provider_that_broke_the_contract_is_well_again_by_an_answer_not_by_saying_so(hosted: Hosted) -> None:
    await lied(hosted, 1)
    assert (await hosted.check()).healthy
    states = [hosted.status.state]
    assert await outcome(hosted, "echo", 1) == 1
    assert [*states, hosted.status.state] == [State.DOWN, State.HEALTHY]


async def test_an_answer_that_is_partly_of_no_use_is_told_and_is_no_failure(hosted: Hosted) -> None:
    for _ in range(6):
        async with hosted.asked("act", Asked("echo", 1), tenant="acme") as called:
            called.blemished("gave one of two")
    assert (hosted.status.state, hosted.status.failures) == (State.HEALTHY, 0)
    assert hosted.status.last_error == "act gave one of two"


async def test_a_caller_who_leaves_says_nothing_of_the_provider(hosted: Hosted) -> None:
    for _ in range(8):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(outcome(hosted, "wait", 1), 0.01)
    assert await outcome(hosted, "echo", 1) == 1


async def test_callers_with_their_own_patience_are_not_turned_away(hosted: Hosted) -> None:
    await failed(hosted, 5)
    assert await outcome(hosted, "echo", 1, guarded=False) == 1


def test_a_rest_tells_how_long_it_lasts() -> None:
    breaker = Breaker(failures=1)
    with breaker.admitted() as verdict:
        verdict.worked = False
    with pytest.raises(Resting) as raised, breaker.admitted():
        raise AssertionError("was let through")
    assert raised.value.retry_after == pytest.approx(30, abs=1)
