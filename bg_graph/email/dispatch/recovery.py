"""What a worker that died, or an answer that did not come, leaves behind: recorded as unknown, then settled by the provider
where it can tell, never by sending again blindly.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, literal_column, select, update

from bg_graph.email.commands.sends import TOPIC
from bg_graph.email.dispatch.answers import record
from bg_graph.email.dispatch.claiming import Claimed
from bg_graph.email.dispatch.delivering import answered
from bg_graph.email.rules.attempts import Reason, Result
from bg_graph.email.rules.deliveries import DeliveryStatus
from bg_graph.email.tables import DeliveryRow
from bg_graph.hosting.email import EmailHost
from bg_graph.hosting.email_hosts import Carrier
from bg_graph.plugins.email import EmailAbility, FindRequest, SendAnswer
from bg_graph.plugins.errors import ProviderError
from bg_graph.store.connection import table_of
from bg_graph.store.engine import Database
from bg_graph.store.scope import of_tenant

AT_ONCE = 200
"""Deliveries that are looked after in one go."""
SOONEST, LATEST = timedelta(seconds=10), timedelta(hours=1)
"""How long is waited before the provider is asked again for one that it could not tell of: half of the time that it has
been unknown, within these bounds."""

_delivery = table_of(DeliveryRow)
_SETTLING = frozenset({EmailAbility.FIND_SEND, EmailAbility.IDEMPOTENT})
"""One of these is needed to tell what became of a delivery."""
_WORKER_LOST = Result(DeliveryStatus.UNKNOWN, Reason.WORKER_LOST, "the worker that sent it gave no more sign of life")
log = structlog.get_logger(__name__)


async def bury(database: Database, *, now: datetime) -> int:
    """Record as unknown what was under way at workers whose lease has run out; gives how many that were.

    Such a worker may still be there, but slow: its answer counts, whenever it comes.
    """
    under_way = (_is(DeliveryStatus.SENDING), _delivery.c.lease_until <= now)
    count = 0
    for tenant_id, lost in await _found(database, *under_way):
        async with database.writing(tenant_id) as db:
            ids = (of_tenant(_delivery), _delivery.c.id.in_([each.id for each in lost]))
            # Locked in the order of ids, as all who lock several do.
            await db.rows(select(_delivery.c.id).where(*ids).order_by(_delivery.c.id).with_for_update())
            of_lost = update(_delivery).where(*ids)
            values = {"status": _WORKER_LOST.status, "reason": _WORKER_LOST.reason, "detail": _WORKER_LOST.detail}
            free = {"worker": None, "lease_until": None, "not_before": now, "updated_at": now}
            count += await db.execute(of_lost.where(*under_way).values(**values, **free))
            for send_id in {each.send_id for each in lost}:
                db.announce(TOPIC, send_id)
    if count:
        log.warning("deliveries are unknown: a worker is gone", deliveries=count)
    return count


Carrying = Callable[[UUID], Awaitable[Carrier | None]]
"""Who carries the deliveries of a tenant; None where nobody does now."""


async def settle(database: Database, provider: str, carrying: Carrying, *, attempts: int, now: datetime) -> int:
    """Settle what is unknown of a provider's deliveries by asking it; gives how many were.

    What did go out is SENT (or FAILED). What did not is queued again only where the provider takes a key once (IDEMPOTENT):
    a call that was slow may still be on its way. All else stays unknown, for a person to settle.
    """
    due = (_is(DeliveryStatus.UNKNOWN), _delivery.c.provider == provider, _delivery.c.not_before <= now)
    count = 0
    for tenant_id, found in await _found(database, *due):
        carrier = await carrying(tenant_id)
        if carrier is None or not carrier.host.abilities & _SETTLING:
            continue
        unknown = await _taken(database, tenant_id, [each.id for each in found], now)
        answers = await _asked(carrier, unknown)
        if answers is None:
            continue
        results = {each: result for each in unknown if (result := _settled(carrier.host, each, answers, attempts, now))}
        written = await record(database, tenant_id, results, now=now)
        count += written.total()
        log.info("unknown deliveries settled", tenant=tenant_id.hex, **{key.lower(): n for key, n in written.items()})
    return count


async def _found(database: Database, *conditions: ColumnElement[bool]) -> list[tuple[UUID, list[Claimed]]]:
    """Deliveries of all tenants, by tenant."""
    columns = (_delivery.c.tenant_id, _delivery.c.id, _delivery.c.send_id, _delivery.c.attempt)
    async with database.system(reading=True) as system:
        rows = await system.rows(select(*columns).where(*conditions).limit(AT_ONCE))
    claims = (Claimed(row.tenant_id, row.id, row.send_id, row.attempt) for row in rows)
    found = sorted(claims, key=lambda each: (each.tenant_id, each.id))
    return [(tenant_id, list(each)) for tenant_id, each in groupby(found, key=lambda each: each.tenant_id)]


async def _taken(database: Database, tenant_id: UUID, ids: Sequence[UUID], now: datetime) -> list[Claimed]:
    """Those of these deliveries that nobody else asks for at this moment, and nobody will for a while."""
    due = (_is(DeliveryStatus.UNKNOWN), _delivery.c.not_before <= now)
    columns = (_delivery.c.tenant_id, _delivery.c.id, _delivery.c.send_id, _delivery.c.attempt, _delivery.c.updated_at)
    ours = select(*columns).where(of_tenant(_delivery), _delivery.c.id.in_(ids), *due)
    async with database.writing(tenant_id) as db:
        rows = await db.rows(ours.order_by(_delivery.c.id).with_for_update(skip_locked=True))
        for row in rows:
            again_at = now + min(max((now - row.updated_at) / 2, SOONEST), LATEST)
            of_row = update(_delivery).where(of_tenant(_delivery), _delivery.c.id == row.id)
            await db.execute(of_row.values(not_before=again_at))
    return [Claimed(row.tenant_id, row.id, row.send_id, row.attempt) for row in rows]


async def _asked(carrier: Carrier, unknown: Sequence[Claimed]) -> Mapping[str, SendAnswer] | None:
    """The provider's answers by key; a key without one did not go out, or cannot be told of. None: ask again later."""
    host = carrier.host
    if not unknown or not host.can(EmailAbility.FIND_SEND):
        return {}
    request = FindRequest(tenant=carrier.tenant, keys=tuple(each.id.hex for each in unknown))
    try:
        answers = await host.find_send(request)
    except ProviderError as fault:
        log.warning("unknown deliveries can't be settled yet", provider=host.name, reason=str(fault))
        return None
    return {answer.key: answer for answer in answers or ()}


def _settled(
    host: EmailHost, unknown: Claimed, answers: Mapping[str, SendAnswer], attempts: int, now: datetime
) -> Result | None:
    """What a delivery is settled as; None where only a person can."""
    answer = answers.get(unknown.id.hex)
    if answer is not None:
        return answered(answer)
    if host.can(EmailAbility.IDEMPOTENT) and unknown.attempt < attempts:
        return Result(DeliveryStatus.QUEUED, Reason.NO_ANSWER, not_before=now)
    return None


def _is(status: DeliveryStatus) -> ColumnElement[bool]:
    """The status, said in words: SQLite uses an index of those alone only then."""
    return _delivery.c.status == literal_column(f"'{status}'")
