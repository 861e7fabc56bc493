"""What a provider reports of deliveries: moves them forward, becomes activities of people, marks addresses."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, bindparam, select, update

from bg_graph.accounts.address_marks import mark_address
from bg_graph.accounts.fact_marks import FactSource, mark_facts
from bg_graph.accounts.rules import AddressMark, utc_day
from bg_graph.accounts.tables import ActivityRow, PersonRow
from bg_graph.email.commands.sends import TOPIC
from bg_graph.email.rules.deliveries import HARD_BOUNCE, SOFT_BOUNCE, DeliveryStatus, outcome_of
from bg_graph.email.rules.kept_texts import kept_text
from bg_graph.email.tables import DeliveryEventRow, DeliveryRow, EmailRow, EmailSendRow
from bg_graph.plugins.email import DeliveryEvent, EventKind
from bg_graph.store.chunks import chunks
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.engine import Database
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant
from bg_graph.store.telling import News, tell_listeners

ACTIVITY_KINDS: Mapping[EventKind, str] = MappingProxyType(
    {
        EventKind.DELIVERED: "EMAIL_DELIVERED",
        EventKind.OPENED: "OPEN_EMAIL",
        EventKind.CLICKED: "CLICK_EMAIL",
        EventKind.BOUNCED: "EMAIL_BOUNCED",
        EventKind.UNSUBSCRIBED: "UNSUBSCRIBE_EMAIL",
        EventKind.COMPLAINED: "EMAIL_COMPLAINT",
    }
)
"""The activity type that each report becomes."""

_delivery, _event = table_of(DeliveryRow), table_of(DeliveryEventRow)
_send, _email, _person = table_of(EmailSendRow), table_of(EmailRow), table_of(PersonRow)


@dataclass(frozen=True, slots=True)
class Taken:
    """How many reports were new, had come before, or speak of no delivery that we know."""

    accepted: int = 0
    repeated: int = 0
    unknown: int = 0

    def __add__(self, other: "Taken") -> "Taken":
        return Taken(self.accepted + other.accepted, self.repeated + other.repeated, self.unknown + other.unknown)


@dataclass(frozen=True, slots=True)
class _Found:
    """The delivery that a report speaks of."""

    tenant_id: UUID
    delivery_id: UUID


_Located = Mapping[UUID, list[DeliveryEvent]]
"""Reports by delivery."""

MaySpeakOf = Callable[[UUID], Awaitable[bool]]
"""Whether whoever reports may speak of a tenant's deliveries."""


async def all_tenants(_tenant_id: UUID) -> bool:
    """Whoever reports speaks for the installation."""
    return True


async def apply_events(
    database: Database,
    provider: str,
    events: Sequence[DeliveryEvent],
    *,
    now: datetime,
    may_speak_of: MaySpeakOf = all_tenants,
) -> Taken:
    """Take in what a provider reports, in any order and however often it comes; each report counts once.

    One transaction for each tenant that the reports speak of. A report of a delivery that is not known is left out: it
    may be of another installation. So is one of a tenant that the reporter may not speak of: it learns nothing of it.
    Source: domain.md, "E-mail"; issue "The Members tab acts", section 4.
    """
    unique = list({event.id: event for event in map(_kept, reversed(events))}.values())[::-1]
    found = await _locate(database, provider, unique, may_speak_of)
    by_tenant: dict[UUID, dict[UUID, list[DeliveryEvent]]] = defaultdict(lambda: defaultdict(list))
    for event in unique:
        if event.id in found:
            place = found[event.id]
            by_tenant[place.tenant_id][place.delivery_id].append(event)
    taken = Taken(repeated=len(events) - len(unique), unknown=len(unique) - len(found))
    for tenant_id, located in by_tenant.items():
        async with database.writing(tenant_id) as db:
            taken += await _apply(db, provider, located, now)
    return taken


async def _locate(
    database: Database, provider: str, events: Iterable[DeliveryEvent], may_speak_of: MaySpeakOf
) -> dict[str, _Found]:
    """The delivery of each report, by the report's id: by its key, else by the message's id. A tenant is not named."""
    keys = {event.id: _uuid(event.key) for event in events}
    messages = {event.id: event.message_id for event in events if keys[event.id] is None and event.message_id}
    columns = (_delivery.c.tenant_id, _delivery.c.id, _delivery.c.provider_message_id)
    rows: list[Row[Any]] = []
    async with database.system(reading=True) as system:
        for condition in _conditions(keys.values(), messages.values()):
            statement = select(*columns).where(_delivery.c.provider == provider, condition)
            rows.extend(await system.rows(statement.order_by(_delivery.c.id)))
    spoken_of = {tenant: await may_speak_of(tenant) for tenant in {row.tenant_id for row in rows}}
    rows = [row for row in rows if spoken_of[row.tenant_id]]  # before message ids are compared: another's hide none
    by_key = {row.id: _Found(row.tenant_id, row.id) for row in rows}
    by_message = _unambiguous(rows)
    named = {event: by_key.get(key) for event, key in keys.items() if key is not None}
    named |= {event: by_message.get(message) for event, message in messages.items()}
    return {event: place for event, place in named.items() if place is not None}


def _unambiguous(rows: Iterable[Row[Any]]) -> dict[str, _Found]:
    """The delivery of each message id that exactly one delivery has."""
    found: dict[str, set[_Found]] = defaultdict(set)
    for row in rows:
        found[row.provider_message_id].add(_Found(row.tenant_id, row.id))
    return {message: places.pop() for message, places in found.items() if len(places) == 1}


def _conditions(keys: Iterable[UUID | None], messages: Iterable[str]) -> Iterable[ColumnElement[bool]]:
    for ids in chunks(sorted({key for key in keys if key is not None})):
        yield _delivery.c.id.in_(ids)
    for names in chunks(sorted(set(messages))):
        yield _delivery.c.provider_message_id.in_(names)


def _uuid(key: str | None) -> UUID | None:
    """The delivery's id in a recipient's key: 32 hex digits; None for any other text."""
    if key is None or len(key) != 32 or not all(digit in "0123456789abcdef" for digit in key):
        return None
    return UUID(hex=key)


async def _apply(db: TenantConnection, provider: str, located: _Located, now: datetime) -> Taken:
    """Take in the reports of one tenant. Its deliveries are locked first, so that what they become is written once."""
    rows = await _locked(db, located)
    fresh = await _recorded(db, provider, located, now)
    news = [(row, events) for row in rows if (events := [event for event in located[row.id] if event.id in fresh])]
    await _move(db, news, now)
    await _write_activities(db, provider, news, now)
    await _mark(db, news, now)
    await tell_listeners(
        db,
        [
            News(f"{provider} {event.id}", event.kind.value, row.id, event.at, provider)
            for row, events in news
            for event in events
        ],
    )
    for row, _ in news:
        db.announce(TOPIC, row.send_id)
    if news:
        await mark_facts(db, FactSource.EVENTS)
    return Taken(accepted=len(fresh), repeated=sum(map(len, located.values())) - len(fresh))


async def _locked(db: TenantConnection, delivery_ids: Iterable[UUID]) -> list[Row[Any]]:
    names = (
        "id",
        "send_id",
        "person_id",
        "address_key",
        "status",
        "reason",
        "detail",
        "provider_message_id",
        "sent_at",
    )
    columns = [_delivery.c[name] for name in (*names, "updated_at", "worker", "lease_until")]
    rows: list[Row[Any]] = []
    for ids in chunks(sorted(delivery_ids)):
        statement = select(*columns).where(of_tenant(_delivery), _delivery.c.id.in_(ids)).order_by(_delivery.c.id)
        rows.extend(await db.rows(statement.with_for_update()))
    return rows


async def _recorded(db: TenantConnection, provider: str, located: _Located, now: datetime) -> set[str]:
    """Write the reports down; gives the ids of those that were not there yet."""
    ids = {event.id: new_id() for events in located.values() for event in events}
    values = [
        {
            "id": ids[event.id],
            "delivery_id": delivery_id,
            "provider": provider,
            "external_id": event.id,
            "kind": event.kind.value,
            "at": event.at,
            "received_at": now,
            "hard": event.hard,
            "url": event.url,
            "raw": event.raw,
        }
        for delivery_id, events in located.items()
        for event in events
    ]
    await db.upsert(DeliveryEventRow, values, key=("provider", "external_id"), update=())
    fresh: set[str] = set()
    for some in chunks(sorted(ids)):
        statement = select(_event.c.id, _event.c.external_id).where(
            of_tenant(_event), _event.c.provider == provider, _event.c.external_id.in_(some)
        )
        fresh |= {row.external_id for row in await db.rows(statement) if row.id == ids[row.external_id]}
    return fresh


_News = Sequence[tuple[Row[Any], list[DeliveryEvent]]]
"""Deliveries, each with the reports of it that are new."""

_MOVING = ("status", "reason", "detail", "provider_message_id", "sent_at", "updated_at", "worker", "lease_until")
_MOVE = (
    update(_delivery)
    .where(of_tenant(_delivery), _delivery.c.id == bindparam("row_id"))
    .values({name: bindparam(f"new_{name}", type_=_delivery.c[name].type) for name in _MOVING})
)


async def _move(db: TenantConnection, news: _News, now: datetime) -> None:
    """Move deliveries forward."""
    moves = [{"row_id": row.id, **_moved(row, events, now)} for row, events in news]
    await db.execute_each(_MOVE, moves)


def _moved(row: Row[Any], events: Sequence[DeliveryEvent], now: datetime) -> dict[str, Any]:
    before = DeliveryStatus(row.status)
    after = outcome_of(before, (event.kind for event in events))
    values = {name: getattr(row, name) for name in _MOVING}
    if after is not before:
        first = min(min(event.at for event in events), now)
        values |= {"status": after, "reason": None, "updated_at": now, "sent_at": row.sent_at or first}
        values |= {"worker": None, "lease_until": None}
    if after is DeliveryStatus.BOUNCED:
        values |= _bounced(row, events)
    message = next((event.message_id for event in events if event.message_id), None)
    values["provider_message_id"] = row.provider_message_id or message
    return {f"new_{name}": value for name, value in values.items()}


def _bounced(row: Row[Any], events: Sequence[DeliveryEvent]) -> dict[str, Any]:
    """Why a delivery bounced, and the provider's words for it; what will never work says more than what may."""
    bounces = [event for event in events if event.kind is EventKind.BOUNCED]
    hard = [event for event in bounces if event.hard]
    if row.reason == HARD_BOUNCE or not bounces:
        return {"reason": row.reason, "detail": row.detail}
    word = (hard or bounces)[0].raw
    return {"reason": HARD_BOUNCE if hard else SOFT_BOUNCE, "detail": word or row.detail}


async def _write_activities(db: TenantConnection, provider: str, news: _News, now: datetime) -> None:
    """Each report is an activity of the person, of those who are still there."""
    present = await _present(db, {row.person_id for row, _ in news})
    names = await _email_names(db, {row.send_id for row, _ in news})
    activities = [
        {
            "id": new_id(),
            "person_id": row.person_id,
            "kind": ACTIVITY_KINDS[event.kind],
            "at": min(event.at, now),
            "day": utc_day(min(event.at, now)),
            "asset_name": names.get(row.send_id),
            "asset_url": event.url,
            "source": provider,
            "external_id": event.id,
        }
        for row, events in news
        if row.person_id in present
        for event in events
    ]
    await db.upsert(ActivityRow, activities, key=("source", "external_id"), update=())


async def _present(db: TenantConnection, person_ids: Iterable[UUID]) -> set[UUID]:
    present: set[UUID] = set()
    for ids in chunks(sorted(person_ids)):
        statement = select(_person.c.id).where(of_tenant(_person), _person.c.id.in_(ids))
        present.update(row.id for row in await db.rows(statement))
    return present


async def _email_names(db: TenantConnection, send_ids: Iterable[UUID]) -> dict[UUID, str]:
    names: dict[UUID, str] = {}
    for ids in chunks(sorted(send_ids)):
        statement = (
            select(_send.c.id, _email.c.name)
            .join(_email, _email.c.id == _send.c.email_id)
            .where(of_tenant(_send), of_tenant(_email), _send.c.id.in_(ids))
        )
        names.update({row.id: row.name for row in await db.rows(statement)})
    return names


async def _mark(db: TenantConnection, news: _News, now: datetime) -> None:
    """Mark the addresses that bounced for good, complained or unsubscribed; in one order, whichever reports came first."""
    marks = {
        (row.address_key, mark): event
        for row, events in news
        for event in events
        if row.address_key is not None and (mark := mark_of(event)) is not None
    }
    for (address_key, mark), event in sorted(marks.items(), key=lambda each: each[0]):
        detail = event.raw or f"reported of delivery {event.key or event.message_id}"
        await mark_address(db, address_key, mark, at=min(event.at, now), now=now, detail=detail)


async def may_unsubscribe(database: Database, token: str) -> bool:
    """Whether an unsubscribe link is one of ours."""
    async with database.system(reading=True) as system:
        found = await system.rows(select(_delivery.c.id).where(_delivery.c.unsubscribe_token == token))
    return bool(found)


async def unsubscribe(database: Database, token: str, *, now: datetime) -> bool:
    """Take in that whoever got a delivery followed its unsubscribe link; False where no delivery has this token.

    It is a report like a provider's, counted once. The mark is set again however often the link is followed.
    """
    columns = (_delivery.c.tenant_id, _delivery.c.id, _delivery.c.provider, _delivery.c.address_key)
    async with database.system(reading=True) as system:
        rows = await system.rows(select(*columns).where(_delivery.c.unsubscribe_token == token))
    if not rows:
        return False
    row = rows[0]
    event = DeliveryEvent(
        id=f"unsubscribe-{row.id.hex}", kind=EventKind.UNSUBSCRIBED, at=now, key=row.id.hex, raw="unsubscribe link"
    )
    taken = await apply_events(database, row.provider, [event], now=now)
    if taken.repeated and row.address_key is not None:
        async with database.writing(row.tenant_id) as db:
            await mark_address(db, row.address_key, AddressMark.UNSUBSCRIBED, at=now, now=now, detail=event.raw)
    return True


def mark_of(event: DeliveryEvent) -> AddressMark | None:
    """What a report says of the address, whoever has it; a bounce that may not last says nothing."""
    match event.kind:
        case EventKind.BOUNCED:
            return AddressMark.BOUNCED if event.hard else None
        case EventKind.COMPLAINED:
            return AddressMark.COMPLAINED
        case EventKind.UNSUBSCRIBED:
            return AddressMark.UNSUBSCRIBED
        case _:
            return None


def _kept(event: DeliveryEvent) -> DeliveryEvent:
    """A report whose texts the databases can keep."""
    return replace(
        event,
        id=kept_text(event.id) or "",
        key=kept_text(event.key),
        message_id=kept_text(event.message_id),
        url=kept_text(event.url),
        raw=kept_text(event.raw),
    )
