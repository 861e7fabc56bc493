"""Leaving a provider alone that fails: after some failures in a row it rests, then one call tries whether it works again."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from pybreaker import STATE_CLOSED, STATE_OPEN, CircuitBreaker, CircuitBreakerError, CircuitMemoryStorage

from bg_graph.plugins.errors import Unavailable

FAILURES = 5
"""In a row, before the provider rests."""
REST = timedelta(seconds=30)
"""How long it rests."""


class Resting(Unavailable):
    """The provider was not asked, since it failed too often a moment ago."""


class _Failure(Exception):
    """Tells the breaker of a failure."""


class Breaker:
    """Counts one provider's failures for one tenant."""

    def __init__(self, *, failures: int = FAILURES, rest: timedelta = REST) -> None:
        self._state = CircuitMemoryStorage(STATE_CLOSED)
        self._breaker = CircuitBreaker(failures, rest.total_seconds(), state_storage=self._state)
        self._rest = rest
        self._trying = False

    @property
    def resting(self) -> bool:
        """Whether calls are turned away now."""
        return self._breaker.current_state == STATE_OPEN and self._seconds_left() > 0

    @contextmanager
    def admitted(self) -> Iterator["Verdict"]:
        """Let a call through, and hear what became of it: a verdict that is not given counts for nothing. Raises Resting."""
        probing = self._breaker.current_state != STATE_CLOSED
        if probing and (self._trying or self._seconds_left() > 0):
            raise Resting("it failed several times and is left alone for a while", retry_after=self._seconds_left())
        self._trying = probing
        verdict = Verdict()
        try:
            yield verdict
        finally:
            if probing:
                self._trying = False
            self._count(verdict)

    def _count(self, verdict: "Verdict") -> None:
        if verdict.worked is None:
            return
        with suppress(CircuitBreakerError, _Failure):
            self._breaker.call(_passed if verdict.worked else _failed)

    def _seconds_left(self) -> float:
        opened = self._state.opened_at
        return 0.0 if opened is None else max(0.0, (opened + self._rest - datetime.now(UTC)).total_seconds())


class Verdict:
    """What became of a call, as far as the provider's health goes; None: it tells nothing."""

    worked: bool | None = None


def _passed() -> None:
    """A call worked."""


def _failed() -> None:
    raise _Failure
