"""Whatever a provider does behind its fence, callers are free in time, and the next call is served."""

import asyncio
import logging
import os
import pickle
from collections.abc import AsyncIterator, Awaitable, Callable
from time import perf_counter
from typing import Any

import pytest

from bg_graph.hosting.breaker import Breaker
from bg_graph.hosting.fences.options import FenceOptions, Isolation
from bg_graph.hosting.fences.wire import WrongFrame, checked
from bg_graph.hosting.hosted import Hosted, PluginFailed, State
from bg_graph.hosting.storage import PassingStorage
from bg_graph.plugins.errors import ProviderError, Unavailable
from bg_graph.plugins.plugin import Plugin
from tests.hosting.misbehaving import ERRORS, PLUGIN, Asked, Settings

FENCED = (Isolation.THREAD, Isolation.PROCESS)
Hosting = Callable[..., Hosted]


@pytest.fixture
async def hosting() -> AsyncIterator[Hosting]:
    """Makes providers in use, and closes them at the end."""
    made: list[Hosted] = []

    def make(isolation: Isolation, plugin: Plugin = PLUGIN, **options: Any) -> Hosted:
        settings = options.pop("settings", Settings())
        fence = FenceOptions(isolation=isolation, **{"deadline": 10.0, **options})
        made.append(Hosted(plugin, "summary", settings, fence=fence, storage=PassingStorage(), breaker=_patient))
        return made[-1]

    yield make
    for each in made:
        await each.close()


def _patient() -> Breaker:
    return Breaker(failures=1000)


async def act(hosted: Hosted, what: str, value: Any = None, *, seconds: float = 10.0) -> Any:
    return await hosted.call("act", Asked(what, value), tenant="acme", seconds=seconds)


async def standstill(work: Awaitable[Any]) -> float:
    """The longest time that the server's loop did not come round while something was awaited."""
    longest, ended = 0.0, False

    async def watch() -> None:
        nonlocal longest
        while not ended:
            began = perf_counter()
            await asyncio.sleep(0.001)
            longest = max(longest, perf_counter() - began)

    watching = asyncio.create_task(watch())
    await asyncio.gather(work, return_exceptions=True)
    ended = True
    await watching
    return longest


@pytest.mark.parametrize("isolation", list(Isolation))
async def test_a_provider_answers_and_keeps_what_it_knows(hosting: Hosting, isolation: Isolation) -> None:
    hosted = hosting(isolation)
    await hosted.start()
    assert (hosted.attribute("batch", int, 1), hosted.attribute("abilities", frozenset, None)) == (
        7,
        frozenset({"ANY"}),
    )
    assert await act(hosted, "echo", {"a": (1, 2.5, None)}) == {"a": (1, 2.5, None)}
    assert await act(hosted, "count") == 2
    assert (await hosted.check()).message == "fine"
    assert hosted.status.state is State.HEALTHY


@pytest.mark.parametrize("isolation", list(Isolation))
async def test_each_tenant_has_its_own_texts_in_the_storage(hosting: Hosting, isolation: Isolation) -> None:
    hosted = hosting(isolation)
    assert await act(hosted, "keep", ("acme", "cursor", "7")) == {"cursor": "7"}
    assert await act(hosted, "kept", ("acme", "cursor")) == "7"
    assert await act(hosted, "kept", ("globex", "cursor")) is None
    with pytest.raises(PluginFailed):
        await act(hosted, "keep", ("acme", "", "7"))


@pytest.mark.parametrize("isolation", list(Isolation))
@pytest.mark.parametrize("number", range(len(ERRORS)))
async def test_errors_of_the_contract_come_out_as_they_went_in(
    hosting: Hosting, isolation: Isolation, number: int
) -> None:
    with pytest.raises(type(ERRORS[number])) as raised:
        await act(hosting(isolation), "error", number)
    assert str(raised.value) == str(ERRORS[number])
    assert vars(raised.value) == vars(ERRORS[number])


@pytest.mark.parametrize("isolation", list(Isolation))
@pytest.mark.parametrize(("what", "value"), [("bug", "swordfish"), ("exit", 3), ("cancel", None)])
async def test_everything_else_is_the_plugins_error_and_tells_no_text_of_it(
    hosting: Hosting, isolation: Isolation, what: str, value: Any, caplog: pytest.LogCaptureFixture
) -> None:
    hosted = hosting(isolation)
    with pytest.raises(PluginFailed) as raised:
        await act(hosted, what, value)
    told = f"{raised.value} {hosted.status.last_error} {caplog.text}"
    assert "misbehaving" in told
    assert "swordfish" not in told
    assert await act(hosted, "echo", 1) == 1


@pytest.mark.parametrize("isolation", FENCED)
@pytest.mark.parametrize("what", ["block", "wait", "swallow", pytest.param("spin", marks=pytest.mark.slow)])
async def test_a_call_that_does_not_end_frees_its_caller_in_time_and_the_server_goes_on(
    hosting: Hosting, isolation: Isolation, what: str
) -> None:
    hosted = hosting(isolation)
    await act(hosted, "echo")
    began = perf_counter()
    stood = await standstill(act(hosted, what, 1.5, seconds=0.2))
    assert perf_counter() - began < 1.2
    assert stood < 0.7
    assert await act(hosted, "echo", 2) == 2
    assert hosted.status.failures == 1


async def test_a_thread_in_which_calls_are_stuck_is_left_and_another_begun(hosting: Hosting) -> None:
    hosted = hosting(Isolation.THREAD)
    await act(hosted, "echo")
    stuck = [act(hosted, "block", 1.5, seconds=0.2) for _ in range(3)]
    assert all(isinstance(each, ProviderError) for each in await asyncio.gather(*stuck, return_exceptions=True))
    began = perf_counter()
    assert await act(hosted, "echo", 1) == 1
    assert perf_counter() - began < 1
    assert hosted.status.restarts == 1


async def test_a_call_that_never_reached_a_stuck_thread_is_known_not_to_have_begun(hosting: Hosting) -> None:
    hosted = hosting(Isolation.THREAD)
    await act(hosted, "echo")
    blocking = asyncio.create_task(act(hosted, "block", 0.8, seconds=0.5))
    await asyncio.sleep(0.1)
    with pytest.raises(Unavailable):
        await act(hosted, "echo", seconds=0.1)
    with pytest.raises(PluginFailed):
        await blocking
    await asyncio.sleep(0.5)
    assert await act(hosted, "count") == 3  # the first, the one that blocked, this one


async def test_a_provider_that_is_stuck_again_and_again_is_given_up(hosting: Hosting) -> None:
    hosted = hosting(Isolation.THREAD)
    for _ in range(4):
        calls = [act(hosted, "block", 1.5, seconds=0.05) for _ in range(3)]
        await asyncio.gather(*calls, return_exceptions=True)
    with pytest.raises(Unavailable, match="left alone"):
        await act(hosted, "echo")
    assert hosted.status.restarts == 3
    assert hosted.status.state is State.DOWN


@pytest.mark.parametrize(("isolation", "what"), [(Isolation.THREAD, "exit_behind"), (Isolation.PROCESS, "exit_behind"), (Isolation.PROCESS, "crash")])  # fmt: skip
async def test_the_end_of_what_it_runs_in_fails_all_that_wait_and_it_is_begun_anew(
    hosting: Hosting, isolation: Isolation, what: str
) -> None:
    hosted = hosting(isolation)
    await act(hosted, "echo")
    waiting = asyncio.create_task(act(hosted, "wait", 8))
    await asyncio.sleep(0.1)
    began = perf_counter()
    outcomes = await asyncio.gather(act(hosted, what, 3), waiting, return_exceptions=True)
    assert [type(each) for each in outcomes] == [PluginFailed, PluginFailed]
    assert perf_counter() - began < 3
    assert await act(hosted, "echo", 1) == 1
    assert hosted.status.restarts == 1


async def test_a_process_of_its_own_is_one(hosting: Hosting) -> None:
    assert await act(hosting(Isolation.PROCESS), "where") != os.getpid()
    assert await act(hosting(Isolation.THREAD), "where") == os.getpid()


async def test_memory_that_runs_full_ends_the_call_and_not_the_server(hosting: Hosting) -> None:
    hosted = hosting(Isolation.PROCESS, memory=300)
    with pytest.raises(PluginFailed):
        await act(hosted, "fill", 1_000_000_000)
    assert await act(hosted, "fill", 1_000_000) == 1_000_000


@pytest.mark.parametrize("what", ["function", "dangerous"])
async def test_what_may_not_cross_between_processes_is_refused(hosting: Hosting, what: str) -> None:
    hosted = hosting(Isolation.PROCESS)
    with pytest.raises(PluginFailed):
        await act(hosted, what)
    assert await act(hosted, "echo", 1) == 1


def test_a_frame_names_no_function_of_the_server() -> None:
    for given in (os.system, eval, Hosted, pickle.loads):
        with pytest.raises(WrongFrame):
            checked(pickle.dumps(given))
    with pytest.raises(WrongFrame):
        checked(b"no pickle")


async def test_what_the_provider_prints_disturbs_nothing(hosting: Hosting, capfd: pytest.CaptureFixture[str]) -> None:
    hosted = hosting(Isolation.PROCESS)
    await act(hosted, "print", "hello")
    assert await act(hosted, "echo", 1) == 1
    assert "hello" in capfd.readouterr().err


@pytest.mark.parametrize("isolation", list(Isolation))
async def test_its_logger_writes_to_our_log_under_its_name(
    hosting: Hosting, isolation: Isolation, caplog: pytest.LogCaptureFixture
) -> None:
    hosted = hosting(isolation)
    with caplog.at_level(logging.WARNING):
        await act(hosted, "log", "hello")
        await asyncio.sleep(0.05)
    assert ("bg_graph.plugin.misbehaving", logging.WARNING, "it says hello") in caplog.record_tuples


@pytest.mark.parametrize("isolation", list(Isolation))
async def test_a_provider_that_cannot_be_built_is_told_and_nothing_was_done(
    hosting: Hosting, isolation: Isolation
) -> None:
    hosted = hosting(isolation, settings=Settings(broken=True))
    await hosted.start()
    assert hosted.status.state is State.DOWN
    with pytest.raises(Unavailable) as raised:
        await act(hosted, "echo")
    assert "swordfish" not in f"{raised.value} {hosted.status.last_error}"


async def test_a_factory_without_a_name_cannot_go_to_another_process_and_that_is_said(hosting: Hosting) -> None:
    nameless = Plugin(name="nameless", version="1", title="", settings=Settings, provides={"summary": lambda *_: None})
    with pytest.raises(Unavailable, match="process of its own"):
        await act(hosting(Isolation.PROCESS, nameless), "echo")


@pytest.mark.parametrize("isolation", list(Isolation))
async def test_calls_beyond_the_places_are_not_begun(hosting: Hosting, isolation: Isolation) -> None:
    hosted = hosting(isolation, concurrency=1)
    await act(hosted, "echo")
    first = asyncio.create_task(act(hosted, "wait", 0.6, seconds=5))
    await asyncio.sleep(0.05)
    with pytest.raises(Unavailable, match="1 places"):
        await act(hosted, "echo", seconds=0.1)
    await first
    assert await act(hosted, "count") == 3


@pytest.mark.parametrize("isolation", list(Isolation))
async def test_calls_side_by_side_get_their_own_answers(hosting: Hosting, isolation: Isolation) -> None:
    hosted = hosting(isolation, concurrency=50)
    assert await asyncio.gather(*(act(hosted, "echo", n) for n in range(50))) == list(range(50))


async def test_nothing_of_the_settings_is_in_what_is_shown(hosting: Hosting) -> None:
    hosted = hosting(Isolation.THREAD)
    assert "swordfish" not in f"{hosted!r} {hosted.status!r} {hosted.settings_hash} {hosted.options}"
    assert hosted.settings_hash != hosting(Isolation.THREAD, settings=Settings(secret="other")).settings_hash  # type: ignore[arg-type]
