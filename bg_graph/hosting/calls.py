"""Calling a plugin so that nobody waits longer than was said, even where it ignores being cancelled."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

Answer = TypeVar("Answer")


class Calls:
    """The calls of one provider, those included that nobody waits for any more and that have not ended yet."""

    def __init__(self) -> None:
        self._left: set[asyncio.Task[Any]] = set()

    async def ended(
        self, call: Callable[..., Awaitable[Answer]], *request: object, seconds: float
    ) -> asyncio.Task[Answer] | None:
        """The call with what became of it, or None where it had not ended in time; it is cancelled then."""
        task = asyncio.create_task(_run(call, request))
        self._left.add(task)
        task.add_done_callback(self._forget)
        try:
            done, _ = await asyncio.wait({task}, timeout=seconds)
        finally:
            task.cancel()
        return task if done else None

    def leave(self) -> None:
        """Cancel what is left."""
        for task in self._left:
            task.cancel()

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._left.discard(task)
        if not task.cancelled():
            task.exception()  # has been told where somebody still waited


async def _run(call: Callable[..., Awaitable[Answer]], request: tuple[object, ...]) -> Answer:
    try:
        return await call(*request)
    except SystemExit as asked:
        raise RuntimeError("asked the process to exit") from asked
