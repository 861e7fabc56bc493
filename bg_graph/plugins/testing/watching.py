"""Watches a provider at work: whether the loop stands still, what is logged, what stays behind, how memory grows."""

import asyncio
import gc
import logging
import os
import threading
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

TICK = 0.005
"""Seconds between two looks at the loop."""
STRETCHES = 9
"""Stretches of calls over which the growth of memory is measured, each by itself."""
_DESCRIPTORS = Path("/dev/fd")
_SETTLES = 1.5  # seconds that threads and connections have to go after `close`
_LOOKS = 30
_LOOPS_OWN = ("asyncio_", "ThreadPoolExecutor-")  # threads of the loop's executor: they are the loop's


async def longest_stop(call: Awaitable[Any]) -> float:
    """The longest time, in seconds, for which the loop stood still while a call was under way."""
    worst = 0.0
    task = asyncio.ensure_future(call)
    while not task.done():
        before = time.perf_counter()
        await asyncio.sleep(TICK)
        worst = max(worst, time.perf_counter() - before - TICK)
    await task
    return worst


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record) + f" {record.args!r}")


@contextmanager
def logged(logger: logging.Logger) -> Iterator[list[str]]:
    """The lines that a logger takes at any level, and all others from INFO upwards, while the block runs."""
    handler, root = _Lines(), logging.getLogger()
    levels = root.level, logger.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logger.setLevel(logging.DEBUG)
    try:
        yield handler.lines
    finally:
        root.removeHandler(handler)
        root.setLevel(levels[0])
        logger.setLevel(levels[1])


@dataclass(frozen=True, slots=True)
class Held:
    """What a process holds at a moment."""

    tasks: frozenset[str]
    threads: frozenset[str]
    files: int

    def beyond(self, before: "Held") -> list[str]:
        """What is held now and was not before, each in words."""
        more = [f"the task {task}" for task in sorted(self.tasks - before.tasks)]
        more += [f"the thread {thread}" for thread in sorted(self.threads - before.threads)]
        files = self.files - before.files
        return [*more, f"{files} open files or sockets"] if files > 0 else more


def held() -> Held:
    """What the process holds now."""
    tasks = frozenset(f"{task.get_name()} ({task.get_coro()!r})" for task in asyncio.all_tasks())
    threads = (each for each in threading.enumerate() if not each.name.startswith(_LOOPS_OWN))
    files = len(os.listdir(_DESCRIPTORS)) if _DESCRIPTORS.exists() else 0
    return Held(tasks, frozenset(f"{each.name} {each.ident}" for each in threads), files)


async def left_behind(before: Held) -> list[str]:
    """What is still held that was not before; what is about to go has a moment for it."""
    gc.collect()
    until = time.monotonic() + _SETTLES
    more = held().beyond(before)
    for _ in range(_LOOKS):
        if not more or time.monotonic() > until:
            break
        await asyncio.sleep(_SETTLES / _LOOKS)
        more = held().beyond(before)
    return more


async def grown(call: Callable[[int], Awaitable[Any]], *, calls: int, forget: Callable[[], None]) -> int:
    """By how many bytes the memory of the process grows over so many calls, after a tenth of them to warm up.

    The median of nine stretches counts, so that a cache that fills or a table that doubles once is not taken for a leak.
    """
    stretch = max(1, calls // (STRETCHES + 1))
    tracemalloc.start()
    try:
        await _many(call, range(stretch), forget)
        held_after = [tracemalloc.get_traced_memory()[0]]
        for number in range(1, STRETCHES + 1):
            await _many(call, range(number * stretch, (number + 1) * stretch), forget)
            held_after.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    return STRETCHES * int(median(after - before for before, after in pairwise(held_after)))


async def _many(call: Callable[[int], Awaitable[Any]], numbers: range, forget: Callable[[], None]) -> None:
    for number in numbers:
        await call(number)
        if number % 100 == 0:
            forget()
    forget()
    gc.collect()
