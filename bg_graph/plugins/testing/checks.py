"""What a check of an exam is: a sentence, the coroutine that proves it, and the ways in which it can come out."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn

PATIENCE = 60.0
"""Seconds after which a check is given up, unless said otherwise."""
_DRAINED = 0.5  # seconds that tasks have to end when they are cancelled at the end of a check


class ExamFailed(AssertionError):
    """The provider breaks the contract. The message says what was wrong, and what to do."""


class NotGiven(Exception):
    """The check can't be made, since the exam was not given what it needs. Shown as skipped."""


class NotForThis(Exception):
    """The check is not for this provider, by the abilities that it declares. Shown as not applicable."""


class Outcome(StrEnum):
    """How a check came out."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    """The exam lacks something; `--plugin-strict` fails on it."""
    NOT_APPLICABLE = "not applicable"
    """The provider does not declare the ability."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a check of an exam came out, behind which fence."""

    check: str
    """Name of the test method."""
    outcome: Outcome
    reason: str = ""
    fault: BaseException | None = None
    """What a failed check raised."""


@dataclass(frozen=True, slots=True)
class Check:
    """A check as it is declared in an exam."""

    name: str
    body: Callable[[Any], Awaitable[None]]
    fenced: bool
    """It is made behind each fence that is asked for; else inline alone."""


def demand(truth: object, sentence: str) -> None:
    """Fail the check with a sentence for the author where something is not true."""
    __tracebackhide__ = True
    if not truth:
        raise ExamFailed(sentence)


def skipped(need: str) -> NoReturn:
    """Skip the check: the exam needs what `need` names."""
    raise NotGiven(need)


def ran(body: Coroutine[Any, Any, None], patience: float = PATIENCE) -> None:
    """Run a check in a loop of its own, which is left even where the provider does not let go."""
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # what a provider leaves behind has a check of its own
    try:
        loop.run_until_complete(_within(body, patience))
    finally:
        loop.run_until_complete(_drained())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


async def _within(body: Coroutine[Any, Any, None], patience: float) -> None:
    task = asyncio.ensure_future(body)
    done, _ = await asyncio.wait({task}, timeout=patience)
    demand(done, f"The check had not ended after {patience:g} seconds: a call of the provider never came back.")
    await task


async def _drained() -> None:
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    if rest:
        await asyncio.wait(rest, timeout=_DRAINED)
