"""A few connections to the mail server, kept open between messages: a new one for each would cost more than the message."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bg_email_smtp.connecting import Connector
from bg_email_smtp.connection import SmtpConnection
from bg_email_smtp.settings import SmtpSettings
from bg_graph.plugins.errors import ProviderError, Unavailable


@dataclass(frozen=True, slots=True)
class _Idle:
    """A connection that waits for its next message, and when it stops waiting."""

    connection: SmtpConnection
    expiry: asyncio.TimerHandle


class Pool:
    """At most so many connections; one that is used by nobody is closed after a while."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._connector = Connector(settings)
        self._places = asyncio.Semaphore(settings.connections)
        self._idle: list[_Idle] = []
        self._goodbyes: set[asyncio.Task[None]] = set()
        self._closed = False

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[SmtpConnection]:
        """A connection that the server has just answered on. It is used again unless its use was broken off."""
        await self._take_place()
        try:
            connection = await self._ready()
            try:
                yield connection
            except ProviderError:
                self._put_back(connection)
                raise
            except BaseException:  # broken off, by a cancellation say: an answer may still be on its way
                connection.abort()
                raise
            self._put_back(connection)
        finally:
            self._places.release()

    async def close(self) -> None:
        """Say goodbye on all connections; those in use are closed after their message."""
        self._closed = True
        while self._idle:
            self._say_goodbye(self._take_idle())
        if self._goodbyes:
            await asyncio.wait(self._goodbyes)

    async def _take_place(self) -> None:
        if self._closed:
            raise Unavailable("the provider is closed")
        try:
            async with asyncio.timeout(self._settings.timeout):
                await self._places.acquire()
        except TimeoutError:
            raise Unavailable(
                "all connections to the mail server are in use; plugins.smtp.connections may be more"
            ) from None

    async def _ready(self) -> SmtpConnection:
        while self._idle:
            connection = self._take_idle()
            try:
                if connection.is_open and await connection.is_ready():
                    return connection
            except BaseException:
                connection.abort()
                raise
        return SmtpConnection(await self._connector.connect(), self._settings.timeout)

    def _put_back(self, connection: SmtpConnection) -> None:
        if not connection.is_open:
            return
        if self._closed:
            self._say_goodbye(connection)
            return
        loop = asyncio.get_running_loop()
        self._idle.append(_Idle(connection, loop.call_later(self._settings.idle, self._expire, connection)))

    def _take_idle(self) -> SmtpConnection:
        idle = self._idle.pop()  # the one used last: the others may expire
        idle.expiry.cancel()
        return idle.connection

    def _expire(self, connection: SmtpConnection) -> None:
        self._idle = [idle for idle in self._idle if idle.connection is not connection]
        self._say_goodbye(connection)

    def _say_goodbye(self, connection: SmtpConnection) -> None:
        task = asyncio.get_running_loop().create_task(connection.quit())
        self._goodbyes.add(task)
        task.add_done_callback(self._goodbyes.discard)
