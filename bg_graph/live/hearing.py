"""Brings announcements to a hub: those of this process on SQLite, those of every process on PostgreSQL, by one connection
that listens and is made anew, with growing pauses, whenever it is lost.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bg_graph.live.hub import Hub
from bg_graph.store.announcements import CHANNEL, WrongPayload, read_payload
from bg_graph.store.conflicts import DATABASE_LOST
from bg_graph.store.engine import Database, database_url

log = structlog.get_logger(__name__)

APPLICATION = "bg-graph listening"
"""How the connection is named in PostgreSQL's list of connections."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """How long the listening connection waits for what, in seconds."""

    shortest: float = 0.1
    """Before the first attempt to make a lost connection anew; doubled with each that fails."""
    longest: float = 10.0
    """Before any attempt."""
    check: float = 20.0
    """Between two questions to the database whether it is still there: a cut cable says nothing."""
    patience: float = 10.0
    """For an answer of the database."""


@asynccontextmanager
async def hearing(
    database: Database, hub: Hub, *, listen_url: str | None = None, pauses: Pauses = Pauses()
) -> AsyncIterator[Hub]:
    """Have the hub hear all announcements for as long as the `with` lasts.

    `listen_url` is PostgreSQL's own address, where that of the database leads through a pooler that can't listen.
    It does not wait for the first connection: when that is made, as after every gap, all followers are woken.
    """
    if not database.tells_processes:
        with database.announcements.heard_by(hub.tell):
            yield hub
        return
    url = database_url(listen_url) if listen_url else database.engine.url
    task = asyncio.create_task(_Listening(url, hub, pauses).run())
    try:
        yield hub
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@dataclass(slots=True)
class _Listening:
    """The connection that listens, over all its lives."""

    url: Any
    hub: Hub
    pauses: Pauses
    _failures: int = field(default=0, init=False)

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            try:
                await self._listen()
            except DATABASE_LOST as fault:
                self._tell_of(fault)
            except Exception:
                log.exception("listening failed and is begun anew")
            self._failures += 1
            longest = min(self.pauses.shortest * 2 ** min(self._failures, 20), self.pauses.longest)
            await asyncio.sleep(random.uniform(longest / 2, longest))  # noqa: S311 - so that processes come back apart

    async def _listen(self) -> None:
        """From one connection to its loss."""
        named = {"timeout": self.pauses.patience, "server_settings": {"application_name": APPLICATION}}
        engine = create_async_engine(self.url, poolclass=NullPool, hide_parameters=True, connect_args=named)
        async with engine.connect() as connection:
            driver = (await connection.get_raw_connection()).driver_connection
            assert driver is not None
            lost = asyncio.Event()
            driver.add_termination_listener(lambda _: lost.set())
            await driver.add_listener(CHANNEL, self._hear)
            if self._failures:
                log.info("listening to the database again")
            self._failures = 0
            self.hub.tell_all()
            while not lost.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.pauses.check):
                        await lost.wait()
                        continue
                await driver.execute("SELECT 1", timeout=self.pauses.patience)
        raise ConnectionError("the connection was closed")

    def _hear(self, _connection: object, _process: int, _channel: str, payload: object) -> None:
        try:
            self.hub.tell(read_payload(str(payload)))
        except WrongPayload as fault:
            # another version's words: better one look too many than one too few
            log.warning("notification not understood", fault=str(fault))
            self.hub.tell_all()

    def _tell_of(self, fault: BaseException) -> None:
        if self._failures == 0:
            log.warning("changes made by other processes are not heard: no connection to listen by", fault=str(fault))
