"""Taking deliveries from the queue: by lease, of all tenants, so that no two workers hold the same one.

A claim is no attempt: a claimed delivery is still QUEUED, can be cancelled, and is free again when its lease runs out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, literal_column, or_, select, tuple_, update

from bg_graph.email.dispatch.pace import AHEAD, gap, next_departure, set_next
from bg_graph.email.rules.deliveries import DeliveryStatus
from bg_graph.email.tables import DeliveryRow
from bg_graph.store.connection import table_of
from bg_graph.store.engine import Database

_delivery = table_of(DeliveryRow)
_QUEUED = _delivery.c.status == literal_column(f"'{DeliveryStatus.QUEUED}'")
"""Said in words, since SQLite uses an index of the queued ones only then."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A worker that claims, and for how long it holds what it claimed."""

    worker: str
    lease: timedelta


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that a worker holds."""

    tenant_id: UUID
    id: UUID
    send_id: UUID
    attempt: int
    """Number of the attempt that the worker would make: it tells that one from every other attempt of the delivery."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What was claimed, and from when on it may leave; nothing: when it is worth asking again, None where nobody knows."""

    deliveries: tuple[Claimed, ...]
    leaves_at: datetime | None = None


async def claim(database: Database, provider: str, holder: Holder, limit: int, *, rate: float, now: datetime) -> Claim:
    """Claim up to so many deliveries of a provider that are due, the longest due first, and their departures.

    `rate`: how many may leave in a second, of all workers together.
    """
    async with database.system(reading=True) as system:
        # Asked without the writer's lock first: on SQLite an idle worker would hold up everybody else.
        if not await system.rows(_due(provider, now, 1)):
            return Claim(())
    async with database.system() as system:
        leaves_at = await next_departure(system, provider, now)
        if leaves_at - now > AHEAD:
            return Claim((), leaves_at - AHEAD)
        within = max(1, int(AHEAD / 2 / gap(rate)))
        rows = await system.rows(_due(provider, now, min(limit, within)).with_for_update(skip_locked=True))
        if not rows:
            return Claim(())
        found = tuple(Claimed(row.tenant_id, row.id, row.send_id, row.attempt + 1) for row in rows)
        held = {"worker": holder.worker, "lease_until": now + holder.lease}
        await system.execute(update(_delivery).where(_are(found)).values(held))
        await set_next(system, provider, leaves_at + len(found) * gap(rate))
    return Claim(found, leaves_at)


async def release(
    database: Database, worker: str, only: Sequence[Claimed] | None = None, *, until: datetime | None = None
) -> int:
    """Give back what a worker has only claimed, or `only` these of it, to wait `until` then; gives how many that were."""
    held = and_(_QUEUED, _delivery.c.worker == worker)
    if only is not None:
        held = and_(held, _are(only))
    async with database.system() as system:
        await system.rows(select(_delivery.c.id).where(held).order_by(_delivery.c.id).with_for_update())
        later = {} if until is None else {"not_before": until}
        return await system.execute(update(_delivery).where(held).values(worker=None, lease_until=None, **later))


async def rest(database: Database, provider: str, until: datetime) -> None:
    """Have all workers leave a provider alone until then."""
    async with database.system() as system:
        await set_next(system, provider, until)


def _due(provider: str, now: datetime, limit: int) -> Select[Any]:
    free = or_(_delivery.c.lease_until.is_(None), _delivery.c.lease_until <= now)
    return (
        select(_delivery.c.tenant_id, _delivery.c.id, _delivery.c.send_id, _delivery.c.attempt)
        .where(_QUEUED, _delivery.c.provider == provider, _delivery.c.not_before <= now, free)
        .order_by(_delivery.c.not_before, _delivery.c.id)
        .limit(limit)
    )


def _are(claimed: Sequence[Claimed]) -> ColumnElement[bool]:
    return tuple_(_delivery.c.tenant_id, _delivery.c.id).in_([(each.tenant_id, each.id) for each in claimed])
