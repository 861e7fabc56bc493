"""A subject's present state, again and again: at once, and after each of its changes."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TypeVar

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection

from bg_graph.graph.errors import Coded, ErrorCode
from bg_graph.live.hub import Following

T = TypeVar("T")

log = structlog.get_logger(__name__)

RETRY = 2.0
"""Seconds until a state that could not be read, since the database was away, is tried again, unless there are news."""


async def states(following: Following, read: Callable[[], Awaitable[T | None]]) -> AsyncGenerator[T, None]:
    """The present state now, then after each news; several changes during one state's way to the client are one news.

    A database that is away is waited for. Raises Coded with NOT_FOUND once there is no such subject (any more).
    """
    while True:
        try:
            state = await read()
        except (DBAPIError, NoConnection, OSError) as fault:
            log.warning("a followed state can't be read, will be tried again", fault=type(fault).__name__)
            await following.news(RETRY)
            continue
        if state is None:
            raise Coded(ErrorCode.NOT_FOUND, "There is nothing with this id that you may see; nothing is followed.")
        yield state
        await following.news()
