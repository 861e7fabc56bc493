"""What listeners are still to be told, as the store has it: who may tell, what comes next, what is set aside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, exists, func, or_, select, update

from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.engine import Database
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant
from bg_graph.store.telling import TOPIC, ListenerRow, TellingRow

GONE = timedelta(days=7)
"""A plugin that no process had enabled for so long listens no more: what it was to be told is given up."""
_listener, _telling = table_of(ListenerRow), table_of(TellingRow)


SEEN = timedelta(hours=1)
"""How seldom it is written down that a plugin is still enabled."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A listener with something to be told: when it may be."""

    tenant_id: UUID
    plugin: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a listener was not told yet."""

    waiting: int = 0
    set_aside: int = 0
    codes: tuple[str, ...] = ()
    """Why changes were set aside."""
    error: str | None = None
    """What was wrong with the last of them."""
    error_at: datetime | None = None


async def enrol(db: TenantConnection, plugins: Sequence[str], now: datetime) -> Sequence[str]:
    """Have plugins listen from now on, those that do not yet; gives those that no process has had for long, now forgotten."""
    row = {"since": now, "seen_at": now, "not_before": now, "failures": 0}
    rows = [{"id": new_id(), "plugin": plugin, **row} for plugin in plugins]
    await db.upsert(ListenerRow, rows, key=("plugin",), update=("seen_at",))
    old = (of_tenant(_listener), _listener.c.seen_at < now - GONE)
    gone = [each.plugin for each in await db.rows(select(_listener.c.plugin).where(*old))]
    if gone:
        await db.execute(delete(_listener).where(*old))
        await db.execute(delete(_telling).where(of_tenant(_telling), _telling.c.plugin.in_(gone)))
    return gone


async def seen(database: Database) -> Mapping[UUID, Mapping[str, datetime]]:
    """When a process last had each listener enabled, by tenant and plugin."""
    found: dict[UUID, dict[str, datetime]] = {}
    async with database.system(reading=True) as system:
        for row in await system.rows(select(_listener.c.tenant_id, _listener.c.plugin, _listener.c.seen_at)):
            found.setdefault(row.tenant_id, {})[row.plugin] = row.seen_at
    return found


async def waiting(database: Database) -> list[Waiting]:
    """The listeners of all tenants that have something to be told, and from when on they may be."""
    told = exists().where(
        _telling.c.tenant_id == _listener.c.tenant_id,
        _telling.c.plugin == _listener.c.plugin,
        _telling.c.set_aside_at.is_(None),
    )
    columns = [_listener.c[name] for name in ("tenant_id", "plugin", "not_before", "lease_until")]
    async with database.system(reading=True) as system:
        rows = await system.rows(select(*columns).where(told))
    return [Waiting(row.tenant_id, row.plugin, max(row.not_before, row.lease_until or row.not_before)) for row in rows]


async def hold(db: TenantConnection, plugin: str, holder: str, until: datetime, now: datetime) -> bool:
    """Take a listener, or go on holding it; False where another process has it."""
    free = or_(_listener.c.holder == holder, _listener.c.lease_until.is_(None), _listener.c.lease_until <= now)
    taking = update(_listener).where(of_tenant(_listener), _listener.c.plugin == plugin, free)
    return await db.execute(taking.values(holder=holder, lease_until=until)) == 1


async def let_go(db: TenantConnection, plugin: str, holder: str) -> None:
    """Hold a listener no more."""
    mine = (of_tenant(_listener), _listener.c.plugin == plugin, _listener.c.holder == holder)
    await db.execute(update(_listener).where(*mine).values(holder=None, lease_until=None))


async def next_of(db: TenantConnection, plugin: str, limit: int) -> Sequence[Row[Any]]:
    """What a listener is told next, the oldest first."""
    mine = (of_tenant(_telling), _telling.c.plugin == plugin, _telling.c.set_aside_at.is_(None))
    return await db.rows(select(_telling).where(*mine).order_by(_telling.c.id).limit(limit))


async def told(db: TenantConnection, plugin: str, ids: Sequence[UUID]) -> None:
    """These were told: they are done with, and the listener works."""
    await db.execute(delete(_telling).where(of_tenant(_telling), _telling.c.id.in_(ids)))
    working = update(_listener).where(of_tenant(_listener), _listener.c.plugin == plugin, _listener.c.failures > 0)
    await db.execute(working.values(failures=0))


async def pause(db: TenantConnection, plugin: str, failures: int, until: datetime) -> None:
    """Leave a listener alone until then."""
    mine = (of_tenant(_listener), _listener.c.plugin == plugin)
    await db.execute(update(_listener).where(*mine).values(failures=failures, not_before=until))


async def failures_of(db: TenantConnection, plugin: str) -> int:
    """How often in a row a listener could not be told."""
    found = await db.value(select(_listener.c.failures).where(of_tenant(_listener), _listener.c.plugin == plugin))
    return int(found or 0)


async def note(db: TenantConnection, telling_id: UUID, **values: object) -> None:
    """Write down what became of a change that a listener did not take."""
    await db.execute(update(_telling).where(of_tenant(_telling), _telling.c.id == telling_id).values(**values))


async def tell_again(db: TenantConnection, plugin: str) -> int:
    """Have a listener be told again what was set aside; how many changes that are."""
    aside = (of_tenant(_telling), _telling.c.plugin == plugin, _telling.c.set_aside_at.is_not(None))
    clean = {"set_aside_at": None, "code": None, "error": None, "attempts": 0}
    count = await db.execute(update(_telling).where(*aside).values(**clean))
    at_once = update(_listener).where(of_tenant(_listener), _listener.c.plugin == plugin)
    await db.execute(at_once.values(failures=0, not_before=_listener.c.since))
    db.announce(TOPIC, None)
    return count


async def backlogs(db: TenantConnection) -> Mapping[str, Backlog]:
    """What the tenant's listeners were not told yet, by plugin."""
    aside = _telling.c.set_aside_at.is_not(None)
    counts = select(_telling.c.plugin, aside.label("aside"), _telling.c.code, func.count().label("many"))
    rows = await db.rows(counts.where(of_tenant(_telling)).group_by(_telling.c.plugin, aside, _telling.c.code))
    latest = select(_telling.c.plugin, _telling.c.error, _telling.c.set_aside_at).where(of_tenant(_telling), aside)
    errors = {row.plugin: row for row in await db.rows(latest.order_by(_telling.c.set_aside_at))} if rows else {}
    listening = await db.rows(select(_listener.c.plugin).where(of_tenant(_listener)))
    found = {}
    for plugin in {row.plugin for row in (*rows, *listening)}:
        mine = [row for row in rows if row.plugin == plugin]
        last = errors.get(plugin)
        found[plugin] = Backlog(
            sum(row.many for row in mine if not row.aside),
            sum(row.many for row in mine if row.aside),
            tuple(sorted({row.code for row in mine if row.aside and row.code})),
            last.error if last else None,
            last.set_aside_at if last else None,
        )
    return found
