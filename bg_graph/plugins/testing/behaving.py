"""Checks of how any provider behaves: it leaves the loop alone, lets itself be cancelled, keeps calls, tenants and secrets apart."""

import asyncio
import time
import traceback
from collections.abc import Iterator
from multiprocessing.reduction import ForkingPickler
from typing import Any

from pydantic import BaseModel, SecretBytes, SecretStr

from bg_graph.plugins.errors import Misconfigured, ProviderError, Unavailable
from bg_graph.plugins.health import Health
from bg_graph.plugins.testing.building import context_of, settings_of
from bg_graph.plugins.testing.checks import NotForThis, demand
from bg_graph.plugins.testing.exam import check
from bg_graph.plugins.testing.later import as_of_later
from bg_graph.plugins.testing.stating import Statements
from bg_graph.plugins.testing.watching import grown, held, left_behind, logged, longest_stop

STOP = 0.25
"""Seconds for which a call may keep the loop from running."""
PROMPT = 1.0
"""Seconds within which a cancelled call has ended."""
SHORT = 0.3
"""Seconds after which an exam cancels a call to a slow system."""
MOST_GROWTH = 1_500
"""Bytes by which memory may grow for each call."""
_AT_ONCE = 20
_DOWN = "settings with which its system can't be reached"
_WRONG = "well-formed settings that its system refuses, such as a wrong password"
_SLOW = "settings with which its system takes ten seconds for an answer"


class Behaviour(Statements):
    """How any provider behaves."""

    @check(fenced=False)
    async def test_it_does_not_block_the_loop(self) -> None:
        """While a call is under way, everything else on its loop goes on."""
        stops = []
        for number in range(3):  # a busy machine makes a loop stand still too; three times in a row is the provider
            async with self.provider() as built:
                stops.append(await longest_stop(built.call(*self.heavy(number))))
            if stops[-1] < STOP:
                return
        demand(
            False,
            f"The loop stood still for {min(stops):.2f} s during a call: await what waits, and give "
            "what computes to asyncio.to_thread.",
        )

    @check()
    async def test_a_cancelled_call_ends_at_once_and_the_next_one_works(self) -> None:
        """Cancelling is obeyed, and breaks nothing."""
        async with self.provider() as built:
            for steps in range(4):
                task = asyncio.ensure_future(built.call(*self.usual(steps)))
                for _ in range(steps):
                    await asyncio.sleep(0)
                await self._ends(task)
            await self._works(built, 10)

    @check()
    async def test_a_call_to_a_slow_system_can_be_given_up(self) -> None:
        """A call that waits for its system is left at the host's deadline, at once."""
        slow = self.given("slow_settings", _SLOW)
        async with self.provider(slow) as built:
            task = asyncio.ensure_future(built.call(*self.usual(0)))
            await asyncio.wait({task}, timeout=SHORT)
            await self._ends(task)

    @check()
    async def test_calls_at_one_time_do_not_mix(self) -> None:
        """Each of many calls at one time has its own answer."""
        async with self.provider() as built:
            calls = [self.usual(number) for number in range(_AT_ONCE)]
            await self.alone(built, calls)
            answers = await asyncio.gather(*(built.call(method, request) for method, request in calls))
            for (_, request), answer in zip(calls, answers, strict=True):
                strange = self.strangeness(request, answer)
                demand(strange is None, f"Of {_AT_ONCE} calls at one time one had a wrong answer: {strange}")

    @check()
    async def test_tenants_do_not_mix(self) -> None:
        """Calls of two tenants at one time have their own answers, and each reaches its own tenant's storage alone."""
        async with self.provider() as built:
            calls = [self.usual(number, ("alpha", "beta")[number % 2]) for number in range(10)]
            await self.alone(built, calls)
            answers = await asyncio.gather(*(built.call(method, request) for method, request in calls))
            for (_, request), answer in zip(calls, answers, strict=True):
                strange = self.strangeness(request, answer)
                demand(strange is None, f"Calls of two tenants at one time: {strange}")
        for caller, owner in self.storage.strangers[:1]:
            demand(False, f"In a call of {caller} the storage of {owner} was used: take the tenant of the request.")

    @check(fenced=False)
    async def test_requests_and_answers_cross_to_another_process(self) -> None:
        """What goes in stays as it was, and what comes out is the same after it was pickled."""
        async with self.provider() as built:
            for method, request in self.calls_of_all_methods():
                before = ForkingPickler.dumps(request)
                answer = await built.call(method, request)
                demand(
                    ForkingPickler.loads(before) == request, f"{method} changed its request: the host may use it again."
                )
                demand(
                    crosses(answer),
                    f"The answer of {method} is not the same after pickling: give the contract's own types.",
                )

    @check()
    async def test_fields_that_a_later_contract_adds_are_ignored(self) -> None:
        """A later minor of the contract may add fields with defaults to a request."""
        async with self.provider() as built:
            for method, request in self.calls_of_all_methods():
                later = as_of_later(request)
                if later is not None:
                    await built.call(method, later)

    @check()
    async def test_errors_are_those_of_the_contract(self) -> None:
        """Where its system is down, each method raises errors of the contract or answers; nothing else."""
        down = self.given("down_settings", _DOWN)
        async with self.provider(down) as built:
            for method, request in self.calls_of_all_methods():
                try:
                    await built.call(method, request)
                except ProviderError:
                    continue
                except Exception as fault:
                    demand(
                        False, f"{method} raised {type(fault).__name__} where the system is down: raise Unavailable."
                    )

    @check()
    async def test_a_call_to_a_system_that_is_down_is_unavailable(self) -> None:
        """Nothing was done and it may go better later: Unavailable, which the host repeats."""
        down = self.given("down_settings", _DOWN)
        raised = await self._raised(down)
        demand(
            isinstance(raised, Unavailable) or not isinstance(raised, ProviderError),
            f"{type(raised).__name__} where the system can't be reached: raise Unavailable.",
        )
        demand(raised is not None, "The call succeeded though its system can't be reached.")

    @check()
    async def test_wrong_credentials_are_told_as_misconfigured(self) -> None:
        """What somebody has to mend is not repeated: Misconfigured."""
        wrong = self.given("wrong_settings", _WRONG)
        raised = await self._raised(wrong)
        demand(
            isinstance(raised, Misconfigured),
            f"{type(raised).__name__ if raised else 'No error'} where the system refuses the settings: raise Misconfigured.",
        )

    @check()
    async def test_check_tells_that_it_works(self) -> None:
        """Health in words, and healthy where everything is there."""
        async with self.provider() as built:
            health = await built.call("check")
            demand(isinstance(health, Health), f"check() gave a {type(health).__name__}, not a Health.")
            demand(health.healthy is True, f"check() says that it does not work: {health.message}")

    @check()
    async def test_check_tells_a_system_that_is_down(self) -> None:
        """A system that can't be reached is not healthy, and not misconfigured: it may come back by itself."""
        down = self.given("down_settings", _DOWN)
        state = await self._state(down)
        demand(
            state == "down",
            f"check() tells {state} where the system is down: give Health(healthy=False) or raise Unavailable.",
        )

    @check()
    async def test_check_tells_wrong_settings(self) -> None:
        """What somebody has to mend is told apart from what comes back by itself."""
        wrong = self.given("wrong_settings", _WRONG)
        state = await self._state(wrong)
        demand(state == "misconfigured", f"check() tells {state} where the settings are wrong: raise Misconfigured.")

    @check(fenced=False)
    async def test_it_can_be_closed_twice_and_unused(self) -> None:
        """Closing is safe at any time."""
        for used in (False, True):
            built = self.built()
            if used:
                await built.call(*self.usual(0))
            for time_of in ("first", "second"):
                try:
                    await built.close()
                except Exception as fault:
                    demand(False, f"The {time_of} close() raised {type(fault).__name__}: {fault}")

    @check(fenced=False)
    async def test_closing_one_leaves_another_working(self) -> None:
        """Providers of one plugin share nothing: tenants with other settings have others."""
        async with self.provider() as other:
            await other.call(*self.usual(0))
            one = self.built()
            await one.call(*self.usual(1))
            await one.close()
            await self._works(other, 2)

    @check(fenced=False)
    async def test_nothing_stays_behind_after_close(self) -> None:
        """No task, thread, file or connection of it is left."""
        async with self.provider() as first:  # what is loaded at the first call may stay
            await first.call(*self.usual(0))
        await left_behind(held())
        before = held()
        built = self.built()
        await asyncio.gather(*(built.call(*self.usual(number)) for number in range(1, 4)))
        await built.close()
        rest = await left_behind(before)
        demand(not rest, f"After close() there is still {', '.join(rest)}.")

    @check(fenced=False)
    async def test_memory_is_steady_over_many_calls(self) -> None:
        """Nothing is gathered from call to call."""
        async with self.provider() as built:
            more = await grown(
                lambda number: built.call(*self.usual(number)), calls=self.memory_calls, forget=self.forget
            )
        demand(
            more < MOST_GROWTH * max(100, self.memory_calls),
            f"Memory grew by {more / 1e6:.1f} MB over {self.memory_calls} calls: bound what is kept "
            "(is it the test's own fake? Let it forget in `forget`).",
        )

    @check(fenced=False)
    async def test_no_secret_is_shown(self) -> None:
        """No secret stands in the provider's repr, in its errors or in what it logs."""
        given = [each for each in (self.settings, self.wrong_settings, self.down_settings) if each is not None]
        secrets = {text for each in given for text in secrets_in(settings_of(self.plugin, each)) if len(text) > 3}
        if not secrets:
            raise NotForThis("it has no secrets among the settings of the exam")
        with logged(context_of(self.plugin, self.storage).logger) as lines:
            said = [text for each in given for text in await self._said(each)]
        for place, texts in (("its repr or an error", said), ("a line of the log", lines)):
            shown = any(secret in text for secret in secrets for text in texts)
            demand(not shown, f"A secret stands in {place}: keep it a SecretStr up to where it is used.")

    # What the checks share.

    def heavy(self, number: int) -> tuple[str, Any]:
        """A call that makes the provider work hard."""
        return self.usual(number)

    async def _ends(self, task: "asyncio.Future[Any]") -> None:
        before = time.perf_counter()
        task.cancel()
        await asyncio.wait({task}, timeout=PROMPT)
        demand(
            task.done(),
            f"A cancelled call was still running after {PROMPT:g} s: let CancelledError pass, and clean up quickly.",
        )
        fault = None if task.cancelled() else task.exception()
        demand(
            fault is None or isinstance(fault, ProviderError),
            f"A cancelled call raised {fault!r} after {time.perf_counter() - before:.1f} s.",
        )

    async def _works(self, built: Any, number: int) -> None:
        method, request = self.usual(number)
        try:
            strange = self.strangeness(request, await built.call(method, request))
        except Exception as fault:
            strange = f"{type(fault).__name__}: {fault}"
        demand(strange is None, f"A call after it does not work: {strange}")

    async def _raised(self, settings: Any) -> Exception | None:
        """What an ordinary call raises under other settings."""
        try:
            async with self.provider(settings) as built:
                await built.call(*self.usual(0))
        except Exception as fault:
            return fault
        return None

    async def _state(self, settings: Any) -> str:
        """What `check` tells under other settings: works, down, misconfigured, or what it raised."""
        try:
            async with self.provider(settings) as built:
                health = await built.call("check")
        except Misconfigured:
            return "misconfigured"
        except Unavailable:
            return "down"
        except Exception as fault:
            return f"nothing (it raised {type(fault).__name__})"
        return "that it works" if health.healthy else "down"

    async def _said(self, settings: Any) -> list[str]:
        """All that the provider says of itself under these settings: repr, health, errors with what caused them."""
        said = []
        try:
            async with self.provider(settings) as built:
                said += [repr(built.provider), str(built.provider)]
                said.append(str(await built.call("check")))
                await built.call(*self.usual(0))
        except Exception as fault:
            said += traceback.format_exception_only(fault)
            said += [str(each) for each in (fault.__cause__, fault.__context__) if each is not None]
        return said


def crosses(answer: object) -> bool:
    """Whether an answer is the same after it went to another process."""
    try:
        return bool(ForkingPickler.loads(ForkingPickler.dumps(answer)) == answer)
    except Exception:
        return False


def secrets_in(settings: BaseModel) -> Iterator[str]:
    """The secrets in settings."""
    for _, value in settings:
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
        elif isinstance(value, SecretBytes):
            yield value.get_secret_value().decode(errors="replace")
        elif isinstance(value, BaseModel):
            yield from secrets_in(value)
