"""Writing down what attempts came to, whatever has happened to the deliveries meanwhile."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, select, update

from bg_graph.accounts.address_marks import mark_address
from bg_graph.accounts.rules import AddressMark
from bg_graph.email.commands.sends import TOPIC
from bg_graph.email.dispatch.claiming import Claimed
from bg_graph.email.rules.attempts import Result, after_cancellation, status_after
from bg_graph.email.rules.deliveries import OWN_ENDS, DeliveryStatus
from bg_graph.email.rules.kept_texts import kept_text
from bg_graph.email.tables import DeliveryRow, EmailSendRow
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.engine import Database
from bg_graph.store.scope import of_tenant
from bg_graph.store.telling import News, tell_listeners

_delivery, _send = table_of(DeliveryRow), table_of(EmailSendRow)
_AGAIN = DeliveryStatus.QUEUED
_TOLD = (DeliveryStatus.SENT, DeliveryStatus.FAILED)
"""What listeners are told of; reports of the provider tell the rest."""
PRODUCT = "bg-graph"
"""Who sends, where listeners are told."""
log = structlog.get_logger(__name__)


async def record(
    database: Database, tenant_id: UUID, results: Mapping[Claimed, Result], *, now: datetime
) -> Counter[DeliveryStatus]:
    """Write the results of a tenant's attempts; gives the statuses that came of it. Written twice, it changes nothing more.

    A result counts for its own attempt alone, but for one that says that the e-mail is gone: that holds whatever was begun
    since. None takes a delivery back. What did not leave of a send that was cancelled meanwhile is cancelled too.
    """
    by_id = {claimed.id: (claimed, result) for claimed, result in results.items()}
    counts: Counter[DeliveryStatus] = Counter()
    news: list[News] = []
    async with database.writing(tenant_id) as db:
        rows = await _rows(db, list(by_id))
        cancelled = await _cancelled(
            db, {claimed.send_id for claimed, result in by_id.values() if result.status == _AGAIN}
        )
        for row in rows:
            claimed, result = by_id[row.id]
            if row.attempt == claimed.attempt - 1:
                continue  # the attempt never came to be on record
            if claimed.send_id in cancelled:
                result = after_cancellation(result)
            if row.attempt != claimed.attempt and not (
                row.attempt > claimed.attempt and result.status == DeliveryStatus.SENT
            ):
                log.warning(
                    "a result came too late", delivery=row.id.hex, attempt=claimed.attempt, result=result.status
                )
                continue
            status = await _write(db, row, result, now)
            if status is not None:
                counts[status] += 1
                db.announce(TOPIC, claimed.send_id)
                if status in _TOLD:
                    news.append(News(f"{status} {row.id.hex}", status, row.id, now, PRODUCT))
        await tell_listeners(db, news)
    return counts


async def _rows(db: TenantConnection, delivery_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    names = ("id", "status", "attempt", "address_key", "provider_message_id", "sent_at")
    statement = select(*(_delivery.c[name] for name in names)).where(of_tenant(_delivery))
    return await db.rows(statement.where(_delivery.c.id.in_(delivery_ids)).order_by(_delivery.c.id).with_for_update())


async def _cancelled(db: TenantConnection, send_ids: Collection[UUID]) -> set[UUID]:
    """Those of these sends that were cancelled. Asked once the deliveries are locked, which a cancellation does too."""
    if not send_ids:
        return set()
    cancelled = select(_send.c.id).where(of_tenant(_send), _send.c.cancelled_at.is_not(None))
    return {row.id for row in await db.rows(cancelled.where(_send.c.id.in_(send_ids)))}


async def _write(db: TenantConnection, row: Row[Any], result: Result, now: datetime) -> DeliveryStatus | None:
    """Write one result; gives the new status, None where it is as it was."""
    present = DeliveryStatus(row.status)
    status = status_after(present, result)
    values: dict[str, Any] = {}
    if status is not None:
        values = {"status": status, "reason": result.reason, "detail": kept_text(result.detail), "updated_at": now}
        values |= {"worker": None, "lease_until": None}
        if result.not_before is not None:
            values["not_before"] = result.not_before
    if result.status == DeliveryStatus.SENT:
        if present in OWN_ENDS:
            log.warning("the provider took what was given up", delivery=row.id.hex, status=present)
        message_id = row.provider_message_id or kept_text(result.message_id)
        values |= {"provider_message_id": message_id, "sent_at": row.sent_at or now}
    if values:
        await db.execute(update(_delivery).where(of_tenant(_delivery), _delivery.c.id == row.id).values(values))
    if result.bad_address and row.address_key is not None:
        await _mark(db, row.address_key, result, now)
    return status


async def _mark(db: TenantConnection, address_key: str, result: Result, now: datetime) -> None:
    """An address that a mail server refused for good is one that bounced: nobody is written to there again."""
    await mark_address(db, address_key, AddressMark.BOUNCED, at=now, now=now, detail=kept_text(result.detail))
