"""Reading what decides about recipients: addresses, what is known of people, the marks of addresses."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, select

from bg_graph.accounts.address_marks import Marks, marks_of
from bg_graph.accounts.tables import PersonRow
from bg_graph.buying_groups.tables import MemberRow
from bg_graph.email.rules.sending import Recipient
from bg_graph.email.tables import DeliveryRow
from bg_graph.store.chunks import chunks
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant

_person, _member = table_of(PersonRow), table_of(MemberRow)
_delivery = table_of(DeliveryRow)
_STANDING = (_person.c.email_invalid, _person.c.email_suspended, _person.c.unsubscribed)
"""What is known of a person that may speak against writing to her."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """A member as a recipient."""

    person_id: UUID
    recipient: Recipient


async def members_as_recipients(
    db: TenantConnection, group_id: UUID, member_ids: Iterable[UUID]
) -> dict[UUID, Addressee]:
    """Those of these members that are in the group, by member id."""
    rows: list[Row[Any]] = []
    for ids in chunks(member_ids):
        statement = (
            select(_member.c.id, _person.c.id.label("person_id"), _person.c.email, _person.c.email_key, *_STANDING)
            .join(_person, _person.c.id == _member.c.person_id)
            .where(of_tenant(_member), of_tenant(_person), _member.c.group_id == group_id, _member.c.id.in_(ids))
        )
        rows.extend(await db.rows(statement))
    marks = await marks_of(db, (row.email_key for row in rows))
    return {row.id: Addressee(row.person_id, _recipient(row, row.email, row.email_key, marks)) for row in rows}


async def recipients_of_deliveries(db: TenantConnection, delivery_ids: Iterable[UUID]) -> dict[UUID, Recipient]:
    """The recipients of deliveries as they stand now, by delivery id: to be judged again before anything leaves.

    A delivery goes to the address that it was asked for. Whoever is gone, or has no address any more, has none here either.
    """
    rows: list[Row[Any]] = []
    of_delivery = and_(_person.c.id == _delivery.c.person_id, of_tenant(_person))
    for ids in chunks(delivery_ids):
        statement = (
            select(_delivery.c.id, _delivery.c.address, _delivery.c.address_key, _person.c.email, *_STANDING)
            .outerjoin(_person, of_delivery)
            .where(of_tenant(_delivery), _delivery.c.id.in_(ids))
        )
        rows.extend(await db.rows(statement))
    marks = await marks_of(db, (row.address_key for row in rows))
    return {row.id: _recipient(row, row.email and row.address, row.address_key, marks) for row in rows}


def _recipient(row: Row[Any], address: str | None, address_key: str | None, marks: Marks) -> Recipient:
    return Recipient(
        address,
        address_key,
        invalid=bool(row.email_invalid),
        suspended=bool(row.email_suspended),
        unsubscribed=bool(row.unsubscribed),
        marks=frozenset() if address_key is None else marks.get(address_key, frozenset()),
    )
