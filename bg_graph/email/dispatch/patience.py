"""How long is waited before what failed is tried again: longer each time, never all at once."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_never, wait_exponential_jitter

from bg_graph.store.conflicts import DATABASE_LOST

MISCONFIGURED = timedelta(minutes=5)
"""How long a provider whose settings are wrong is left alone."""
AT_A_TIME = 5
"""Calls in a row that found the provider unavailable, after which it is left alone for a while."""
FOR_A_WHILE = timedelta(seconds=30)
LONGEST_ASKED = timedelta(hours=1)
"""A provider that asks for a longer pause is asked again after this."""

_DELIVERY = wait_exponential_jitter(multiplier=5, max=14_400, exp_base=4, jitter=5)
_DATABASE = wait_exponential_jitter(multiplier=0.2, max=10, jitter=0.5)

Answer = TypeVar("Answer")
log = structlog.get_logger(__name__)


def before_attempt(number: int, retry_after: float | None = None) -> timedelta:
    """How long to wait before this attempt (the second, third and so on); not less than the system asked for."""
    state = RetryCallState(AsyncRetrying(), None, (), {})
    state.attempt_number = number - 1
    return max(timedelta(seconds=_DELIVERY(state)), asked_pause(retry_after or 0.0))


def asked_pause(retry_after: float) -> timedelta:
    """The pause that a system asks for (seconds), within reason."""
    return timedelta(seconds=min(max(retry_after, 0.0), LONGEST_ASKED.total_seconds()))


async def until_written(write: Callable[[], Awaitable[Answer]]) -> Answer:
    """Write what must not be forgotten, however long the database is away. The write is repeated whole."""
    attempts = AsyncRetrying(
        retry=retry_if_exception_type(DATABASE_LOST), wait=_DATABASE, stop=stop_never, before_sleep=_tell
    )
    return await attempts(write)


def _tell(state: RetryCallState) -> None:
    fault = None if state.outcome is None else state.outcome.exception()
    log.warning("answers of the provider are kept until the database is back", fault=type(fault).__name__)
