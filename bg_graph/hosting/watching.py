"""Asks every provider in use, now and then, whether it works: never in a request, so that the answer stands when it is asked for."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

import structlog

from bg_graph.hosting.hosted import Hosted, State

EVERY = 60.0
"""Seconds between two checks of a provider."""
FIRST = 1.0
"""Seconds before the first, at most."""
log = structlog.get_logger(__name__)

Providers = Callable[[], Iterable[Hosted]]
"""Those in use now."""


@asynccontextmanager
async def watching(providers: Providers, *, every: float = EVERY, first: float = FIRST) -> AsyncIterator[None]:
    """Check all providers for as long as the `with` lasts. A check under way at its end is broken off."""
    task = asyncio.create_task(keep_checking(providers, every, first))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def keep_checking(providers: Providers, every: float = EVERY, first: float = FIRST) -> None:
    """Check all providers side by side, again and again; tell in the log of each that changes. Ends by being cancelled."""
    before: dict[Hosted, State] = {}
    await asyncio.sleep(random.uniform(0, first))  # noqa: S311 - so that many servers do not ask at one moment
    while True:
        hosted = list(providers())
        try:
            await asyncio.gather(*(each.check() for each in hosted))
        except Exception:  # a fault of ours: the next round is not to be lost by it
            log.exception("plugins could not be checked")
        for each in hosted:
            status = each.status
            if before.get(each, State.HEALTHY) is not status.state:
                tell = log.info if status.state is State.HEALTHY else log.warning
                tell("plugin is " + status.state.lower(), plugin=each.name, reason=status.last_error)
            before[each] = status.state
        await asyncio.sleep(every * random.uniform(0.9, 1.1))  # noqa: S311 - so that many servers do not ask at one moment
