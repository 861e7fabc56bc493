"""How fast Marketo is called: calls in a sliding window, calls at one time, and what is left of the day.

A leaky bucket (as rate-limiting libraries have it) lets twice its capacity through within one window, which Marketo answers
with 606; so the times of the calls are kept.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone

WINDOW = 20.0
"""Seconds in which Marketo counts calls. Source: providers.md, section 1, "Limits"."""
CST = timezone(timedelta(hours=-6))
"""The day of the quota begins at midnight here, also in summer."""

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The present moment (aware)."""
    return datetime.now(UTC)


def share(limit: int, left_for_others: float) -> int:
    """How much of a limit is ours; always something."""
    return max(1, int(limit * (1 - left_for_others)))


def seconds_to_reset(now: datetime) -> float:
    """Seconds until the day's quota begins anew."""
    there = now.astimezone(CST)
    midnight = (there + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight - there).total_seconds()


class Pace:
    """Lets so many calls begin in a window, and so many be under way at one time."""

    def __init__(self, calls: int, at_once: int, *, window: float = WINDOW) -> None:
        self.calls, self.at_once, self.window = calls, at_once, window
        self._begun: deque[float] = deque()
        self._turn = asyncio.Lock()
        self._places = asyncio.Semaphore(at_once)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """A place for a call, in the order in which they were asked for."""
        async with self._places:
            await self._wait()
            yield

    async def _wait(self) -> None:
        async with self._turn:
            loop = asyncio.get_running_loop()
            if len(self._begun) >= self.calls:
                await asyncio.sleep(max(0.0, self._begun[0] + self.window - loop.time()))
                self._begun.popleft()
            self._begun.append(loop.time())


class DayQuota:
    """What is known of the day's quota, which all integrations of the subscription share."""

    def __init__(self, daily_calls: int, left_for_others: float, clock: Clock = system_clock) -> None:
        self._ours_up_to = share(daily_calls, left_for_others)
        self._clock = clock
        self._day: object = None
        self._used = 0
        self._spent = False

    def count(self) -> None:
        """Count a call of ours."""
        self._renew()
        self._used += 1

    def used(self, calls: int) -> None:
        """Take over how many calls everybody together has made today, as Marketo tells it."""
        self._renew()
        self._used = max(self._used, calls)

    def spend(self) -> None:
        """Marketo says that the day's calls are used up."""
        self._renew()
        self._spent = True

    def left(self) -> int:
        """Calls that we may still make today."""
        self._renew()
        return 0 if self._spent else max(0, self._ours_up_to - self._used)

    def seconds_to_reset(self) -> float:
        """Seconds until the day's quota begins anew."""
        return seconds_to_reset(self._clock())

    def _renew(self) -> None:
        day = self._clock().astimezone(CST).date()
        if day != self._day:
            self._day, self._used, self._spent = day, 0, False
