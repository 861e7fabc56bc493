"""Asks every provider in use, now and then, whether it works: never in a request, so that the answer stands when it is asked for."""

import asyncio
import random
from collections.abc import Callable, Iterable

import structlog

from bg_graph.hosting.hosted import Hosted, State

EVERY = 60.0
"""Seconds between two checks of a provider."""
log = structlog.get_logger(__name__)


async def keep_checking(providers: Callable[[], Iterable[Hosted]], every: float = EVERY) -> None:
    """Check all providers side by side, again and again; tell in the log of each that changes. Ends by being cancelled."""
    before: dict[Hosted, State] = {}
    while True:
        hosted = list(providers())
        await asyncio.gather(*(each.check() for each in hosted))
        for each in hosted:
            status = each.status
            if before.get(each, State.HEALTHY) is not status.state:
                tell = log.info if status.state is State.HEALTHY else log.warning
                tell("plugin is " + status.state.lower(), plugin=each.name, reason=status.last_error)
            before[each] = status.state
        await asyncio.sleep(every * random.uniform(0.9, 1.1))  # noqa: S311 - so that many servers do not ask at one moment
