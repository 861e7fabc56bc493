"""Settling by hand a delivery of which nobody knows whether it went out."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from bg_graph.email.commands.sends import NEEDS_SEND, QUEUE, TOPIC, Refused
from bg_graph.email.rules.deliveries import DROPPED, SETTLED, DeliveryStatus, Outcome
from bg_graph.email.rules.sending import Fault
from bg_graph.email.tables import DeliveryRow
from bg_graph.store.changes import Item, LoggedChange, record_changes
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant
from bg_graph.tenancy.rules import Caller, Right

RESOLVED = "DELIVERY_RESOLVED"
"""What the change log, whose subject is the send, says of it."""
_delivery = table_of(DeliveryRow)


async def resolve_delivery(
    db: TenantConnection, caller: Caller, delivery_id: UUID | None, outcome: Outcome, *, now: datetime
) -> Refused | None:
    """Settle an UNKNOWN delivery: it was sent, or it was not and is dropped, or it was not and is queued again.

    Who settled it stands in the delivery; who, when and how stand in the change log for ever.
    Source: domain.md, "E-mail".
    """
    if not caller.may(Right.SEND):
        return Refused((Fault("FORBIDDEN", NEEDS_SEND),))
    row = None if delivery_id is None else await _locked(db, delivery_id)
    if row is None:
        return Refused((Fault("NOT_FOUND", "There is no such delivery.", ("deliveryId",)),))
    if row.status != DeliveryStatus.UNKNOWN:
        message = f"This delivery is {row.status}: only one whose outcome is unknown can be settled by hand."
        return Refused((Fault("NOT_UNKNOWN", message, ("deliveryId",)),))
    after = _after(row, outcome, now)
    settled = update(_delivery).where(of_tenant(_delivery), _delivery.c.id == row.id)
    await db.execute(settled.values(**after, settled_by=caller.name, updated_at=now, worker=None, lease_until=None))
    await record_changes(db, [_logged(row, after, outcome, caller, now)])
    db.announce(TOPIC, row.send_id)
    if outcome is Outcome.QUEUE_AGAIN:
        db.announce(QUEUE, row.send_id)
    return None


async def _locked(db: TenantConnection, delivery_id: UUID) -> Row[Any] | None:
    names = ("id", "send_id", "person_id", "status", "reason", "sent_at", "not_before")
    statement = select(*(_delivery.c[name] for name in names)).where(of_tenant(_delivery))
    return await db.row(statement.where(_delivery.c.id == delivery_id).with_for_update())


def _after(row: Row[Any], outcome: Outcome, now: datetime) -> dict[str, Any]:
    return {
        "status": SETTLED[outcome],
        "reason": DROPPED if outcome is Outcome.DROP else None,
        "sent_at": row.sent_at or (now if outcome is Outcome.SENT else None),
        "not_before": now if outcome is Outcome.QUEUE_AGAIN else row.not_before,
    }


def _logged(row: Row[Any], after: dict[str, Any], outcome: Outcome, caller: Caller, now: datetime) -> LoggedChange:
    """The change log's entry: the source is who acts, a user or an automation."""
    before = {"delivery": row.id.hex, "status": row.status, "reason": row.reason}
    then = {"delivery": row.id.hex, "status": after["status"], "reason": after["reason"], "outcome": outcome}
    source = "JOURNEY" if caller.automation else "MANUAL"
    items = (Item(before, then, row.person_id),)
    return LoggedChange(row.send_id, now, caller.name, source, RESOLVED, items)
