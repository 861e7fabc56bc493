"""Tells listeners what happened: each change at least once, to one listener in order, to all of them side by side.

What is to be told lies in the store. A process holds a listener by a lease while it tells it, so that no two tell it at
one time; where that process dies, another goes on when the lease has run out.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Protocol
from uuid import UUID

import structlog
from sqlalchemy import Row

from bg_graph.hosting.hooks import backlog
from bg_graph.hosting.hosted import FAILED, Hosted, PluginFailed
from bg_graph.plugins.changes import Change, ChangeTopic
from bg_graph.plugins.errors import Misconfigured, ProviderError, Rejected, Unavailable
from bg_graph.store.clock import Clock, system_clock
from bg_graph.store.conflicts import DATABASE_LOST
from bg_graph.store.engine import Database
from bg_graph.store.ids import new_id

BATCH = 20
"""Changes that are told before it is written down that they were: at most so many are told again after a crash."""
log = structlog.get_logger(__name__)

Listeners = Callable[[str], Sequence[Hosted]]
"""Who listens to a tenant (by its name)."""
About = Callable[[str, UUID | None], tuple[ChangeTopic, str | None]]
"""What a change of a kind is about: its topic, and its subject's id in the API."""


class TenantToldOf(Protocol):
    """A tenant as a teller sees it."""

    @property
    def id(self) -> UUID:
        """Its id."""

    @property
    def name(self) -> str:
        """Its name."""


Tenants = Callable[[Database], Awaitable[Sequence[TenantToldOf]]]
"""Lists the tenants."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How a teller deals with listeners that fail, and how often it looks; times in seconds."""

    attempts: int = 8
    """How often a listener may fail at one change before that is set aside. That its system is away does not count."""
    first_pause: float = 1.0
    """After the first failure; doubled with each one more."""
    longest_pause: float = 300.0
    spare: float = 5.0
    """How much longer than one call a lease lasts."""
    look: float = 2.0
    """Between two looks at what is to be told, where nothing is announced."""
    enrol: float = 60.0
    """Between two looks at which tenants there are."""


@dataclass(frozen=True, slots=True)
class _Telling:
    """A listener that is being told, for a tenant."""

    tenant: TenantToldOf
    hosted: Hosted


class Teller:
    """Tells the listeners of all tenants. Any number of them may run at once, in any processes."""

    def __init__(
        self,
        database: Database,
        listeners: Listeners,
        tenants: Tenants,
        about: About,
        *,
        clock: Clock = system_clock,
        patience: Patience = Patience(),
    ) -> None:
        self._database, self._listeners, self._list_tenants, self._about = database, listeners, tenants, about
        self._clock, self._patience = clock, patience
        self._me = new_id().hex
        self._tenants: dict[UUID, TenantToldOf] = {}
        self._under_way: dict[tuple[UUID, str], asyncio.Task[None]] = {}
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look at once whether there is something to be told."""
        self._woken.set()

    async def run(self) -> None:
        """Tell until cancelled. What is being told then is broken off, and told again by whoever comes next."""
        loop = asyncio.get_running_loop()
        enrol_at = 0.0
        try:
            while True:
                seconds = self._patience.first_pause
                try:
                    if loop.time() >= enrol_at:
                        await self.enrol()
                        enrol_at = loop.time() + self._patience.enrol
                    seconds = await self._begin()
                except DATABASE_LOST as fault:
                    log.warning("listeners wait, for the database does not answer", fault=type(fault).__name__)
                except Exception:
                    log.exception("listeners could not be looked after")
                await self._wait(min(seconds, max(self._patience.first_pause, enrol_at - loop.time())))
        finally:
            await self._end()

    async def enrol(self) -> None:
        """Look which tenants there are, and have who listens to them listen: what happens from now on is kept for it."""
        self._tenants = {each.id: each for each in await self._list_tenants(self._database)}
        known, now = await backlog.seen(self._database), self._clock()
        for tenant in self._tenants.values():
            before = known.get(tenant.id, {})
            plugins = [hosted.name for hosted in self._listeners(tenant.name)]
            stale = [name for name in plugins if name not in before or before[name] < now - backlog.SEEN]
            if not stale and all(at >= now - backlog.GONE for at in before.values()):
                continue
            async with self._database.writing(tenant.id) as db:
                gone = await backlog.enrol(db, plugins, now)
            for plugin in gone:
                log.warning("a plugin listens no more; what it was to be told is given up", plugin=plugin)

    async def _begin(self) -> float:
        """Begin to tell whom something is to be told; gives the seconds after which to look again."""
        now, soonest = self._clock(), self._patience.look
        for each in await backlog.waiting(self._database):
            tenant, key = self._tenants.get(each.tenant_id), (each.tenant_id, each.plugin)
            hosted = None if tenant is None else self._listener(tenant, each.plugin)
            if tenant is None or hosted is None or key in self._under_way:
                continue
            left = (each.at - now).total_seconds()
            if left > 0:
                soonest = min(soonest, left)
                continue
            task = asyncio.create_task(self._tell(_Telling(tenant, hosted)))
            self._under_way[key] = task
            task.add_done_callback(partial(self._ended, key))
        return soonest

    def _listener(self, tenant: TenantToldOf, plugin: str) -> Hosted | None:
        return next((each for each in self._listeners(tenant.name) if each.name == plugin), None)

    def _ended(self, key: tuple[UUID, str], _task: asyncio.Task[None]) -> None:
        self._under_way.pop(key, None)
        self._woken.set()  # something may have come since it looked last

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            pass
        self._woken.clear()

    async def _end(self) -> None:
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _tell(self, telling: _Telling) -> None:
        """Tell one listener all that there is, where no other process does."""
        plugin = telling.hosted.name
        try:
            if await self._held(telling):
                try:
                    while await self._tell_some(telling):
                        pass
                finally:
                    async with self._database.writing(telling.tenant.id) as db:
                        await backlog.let_go(db, plugin, self._me)
        except Exception as fault:
            tell = log.warning if isinstance(fault, DATABASE_LOST) else log.exception
            tell("a listener could not be told", plugin=plugin, tenant=telling.tenant.name, fault=type(fault).__name__)
            await asyncio.sleep(self._patience.first_pause)

    async def _held(self, telling: _Telling) -> bool:
        now = self._clock()
        until = now + timedelta(seconds=telling.hosted.options.deadline + self._patience.spare)
        async with self._database.writing(telling.tenant.id) as db:
            return await backlog.hold(db, telling.hosted.name, self._me, until, now)

    async def _tell_some(self, telling: _Telling) -> bool:
        """Tell the next changes; whether to go on."""
        async with self._database.reading(telling.tenant.id) as db:
            rows = await backlog.next_of(db, telling.hosted.name, BATCH)
        done: list[UUID] = []
        loop = asyncio.get_running_loop()
        held_until = loop.time() + self._patience.spare
        fault: ProviderError | None = None
        try:
            for row in rows:
                if loop.time() > held_until - self._patience.spare / 2:
                    break  # told slowly: what was told is written down, and the lease made longer, before it goes on
                fault = await self._told(telling, row)
                if fault is not None:
                    break
                done.append(row.id)
        finally:
            await self._write_down(telling, done)
        if fault is not None:
            return await self._failed(telling, rows[len(done)], fault)
        return bool(rows) and await self._held(telling)

    async def _told(self, telling: _Telling, row: Row[Any]) -> ProviderError | None:
        """Tell one change; gives what went wrong."""
        topic, subject = self._about(row.kind, row.subject_id)
        name = telling.tenant.name
        change = Change(
            id=row.change_id, tenant=name, topic=topic, kind=row.kind, subject=subject, at=row.at, by=row.by
        )
        try:
            await telling.hosted.call("on_change", change, tenant=name, guarded=False)
        except ProviderError as fault:
            return fault
        return None

    async def _write_down(self, telling: _Telling, ids: Sequence[UUID]) -> None:
        if ids:
            async with self._database.writing(telling.tenant.id) as db:
                await backlog.told(db, telling.hosted.name, ids)

    async def _failed(self, telling: _Telling, row: Row[Any], fault: ProviderError) -> bool:
        """Set a change aside that the listener will never take, or leave the listener alone for a while; whether to go on."""
        plugin, now = telling.hosted.name, self._clock()
        is_away = isinstance(fault, Unavailable | Misconfigured)
        attempts = row.attempts + (not is_away)
        refused = isinstance(fault, Rejected) and not isinstance(fault, PluginFailed)
        sets_aside = refused or attempts >= self._patience.attempts
        values: dict[str, object] = {"attempts": attempts, "error": str(fault)}
        if sets_aside:
            values |= {"set_aside_at": now, "code": fault.code if isinstance(fault, Rejected) else FAILED}
            log.warning(
                "change set aside", plugin=plugin, tenant=telling.tenant.name, change=row.change_id, reason=str(fault)
            )
        async with self._database.writing(telling.tenant.id) as db:
            await backlog.note(db, row.id, **values)
            failures = 0 if sets_aside else await backlog.failures_of(db, plugin) + 1
            until = now if sets_aside else now + self._pause(failures, fault)
            await backlog.pause(db, plugin, failures, until)
        return sets_aside and await self._held(telling)

    def _pause(self, failures: int, fault: ProviderError) -> timedelta:
        patience = self._patience
        growing = min(patience.first_pause * 2 ** min(failures - 1, 20), patience.longest_pause)
        asked = getattr(fault, "retry_after", None) or 0.0
        spread = growing * random.uniform(0.75, 1)  # noqa: S311 - so that listeners do not come back at one moment
        return timedelta(seconds=max(spread, min(asked, patience.longest_pause)))
