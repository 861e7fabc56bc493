"""The pulse of a connection that stays open: waits for the other side, but not past the next beat, nor when woken."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


class Beats:
    """Beats of one connection, a number of seconds apart. It takes no task of its own."""

    __slots__ = ("_due", "_scope", "_seconds", "_woken")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._due = asyncio.get_running_loop().time() + seconds
        self._scope: asyncio.Timeout | None = None
        self._woken = False

    def wake(self) -> None:
        """End the present wait, or the next one, at once."""
        self._woken = True
        if self._scope is not None and not self._scope.expired():
            self._scope.reschedule(asyncio.get_running_loop().time())

    async def wait(self, other: Awaitable[T]) -> T | None:
        """What came from the other side; None when a beat is due or somebody woke us."""
        try:
            async with asyncio.timeout_at(0 if self._woken else self._due) as self._scope:
                return await other
        except TimeoutError:
            return None
        finally:
            self._scope = None
            self._woken = False

    def is_due(self) -> bool:
        """Whether a beat is due; the next is counted from it."""
        now = asyncio.get_running_loop().time()
        if now < self._due:
            return False
        self._due = now + self._seconds
        return True
