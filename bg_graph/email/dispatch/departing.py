"""The last look before a provider is called, and the record that it is: committed before anything can leave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from bg_graph.email.commands.sends import TOPIC
from bg_graph.email.dispatch.claiming import Claimed, Holder
from bg_graph.email.dispatch.letters import Letter
from bg_graph.email.reads import recipients_of_deliveries
from bg_graph.email.rules.attempts import Result
from bg_graph.email.rules.deliveries import DeliveryStatus
from bg_graph.email.rules.sending import skip_reason
from bg_graph.email.tables import DeliveryRow
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.engine import Database
from bg_graph.store.scope import of_tenant

_delivery = table_of(DeliveryRow)


@dataclass(frozen=True, slots=True)
class Departure:
    """What may be handed over now, until when it is held, and what was ended instead."""

    leaving: Mapping[Claimed, Letter]
    lease_until: datetime
    ended: Mapping[UUID, Result]


async def depart(
    database: Database, tenant_id: UUID, letters: Mapping[Claimed, Letter], holder: Holder, *, now: datetime
) -> Departure:
    """Record an attempt of each delivery that is still queued, still ours, and may still be sent; end the others.

    One transaction, in which the deliveries are locked: of a cancellation at the same time, either it comes first and the
    delivery does not leave, or it finds the delivery under way.
    """
    async with database.writing(tenant_id) as db:
        ours = await _still_ours(db, list(letters), holder, now)
        ended = await _ends(db, {claimed: letters[claimed] for claimed in ours})
        leaving = {claimed: letters[claimed] for claimed in ours if claimed.id not in ended}
        await _end(db, ended, now)
        await _begin(db, [claimed.id for claimed in leaving], now + holder.lease, now)
        for send_id in {claimed.send_id for claimed in ours}:
            db.announce(TOPIC, send_id)
    return Departure(leaving, now + holder.lease, ended)


async def _still_ours(db: TenantConnection, claimed: Sequence[Claimed], holder: Holder, now: datetime) -> list[Claimed]:
    statement = (
        select(_delivery.c.id, _delivery.c.attempt)
        .where(of_tenant(_delivery), _delivery.c.id.in_([each.id for each in claimed]))
        .where(_delivery.c.status == DeliveryStatus.QUEUED)
        .where(_delivery.c.worker == holder.worker, _delivery.c.lease_until > now)
        .order_by(_delivery.c.id)
        .with_for_update()
    )
    made = {row.id: row.attempt for row in await db.rows(statement)}
    return [each for each in claimed if made.get(each.id) == each.attempt - 1]


async def _ends(db: TenantConnection, letters: Mapping[Claimed, Letter]) -> dict[UUID, Result]:
    """Those that must not leave, and why: the people as they stand now, then the letter."""
    recipients = await recipients_of_deliveries(db, [claimed.id for claimed in letters])
    ends: dict[UUID, Result] = {}
    for claimed, letter in letters.items():
        reason = skip_reason(recipients[claimed.id])
        if reason is not None:
            ends[claimed.id] = Result(DeliveryStatus.SKIPPED, reason)
        elif letter.fault is not None:
            ends[claimed.id] = letter.fault
    return ends


async def _end(db: TenantConnection, ends: Mapping[UUID, Result], now: datetime) -> None:
    for delivery_id, result in ends.items():
        values: dict[str, Any] = {"status": result.status, "reason": result.reason, "detail": result.detail}
        free = {"worker": None, "lease_until": None, "updated_at": now}
        of_delivery = update(_delivery).where(of_tenant(_delivery), _delivery.c.id == delivery_id)
        await db.execute(of_delivery.values(**values, **free))


async def _begin(db: TenantConnection, delivery_ids: Sequence[UUID], lease_until: datetime, now: datetime) -> None:
    if delivery_ids:
        leaving = update(_delivery).where(of_tenant(_delivery), _delivery.c.id.in_(delivery_ids))
        values = {"status": DeliveryStatus.SENDING, "lease_until": lease_until, "updated_at": now}
        await db.execute(leaving.values(**values, attempt=_delivery.c.attempt + 1, reason=None, detail=None))
