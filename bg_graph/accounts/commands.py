"""Storing accounts, people and what belongs to them as other systems tell it, in batches; deletes and merges.

What follows for buying groups is not decided here: people must have left their groups before they move or go.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update
from sqlmodel import SQLModel

from bg_graph.accounts.differences import Record, Shape
from bg_graph.accounts.rules import full_name, text_key, utc_day
from bg_graph.accounts.tables import (
    AccountJourneyRow,
    AccountRow,
    ActivityRow,
    ContactRoleRow,
    LeadRow,
    OpportunityRow,
    PersonRow,
)
from bg_graph.store.chunks import chunks
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant

BY_SOURCE = ("source", "external_id")
"""The unique key of every row that came from another system."""

_account = table_of(AccountRow)
_person = table_of(PersonRow)
_contact_role = table_of(ContactRoleRow)


def _with_name_key(record: Record) -> Record:
    return {**record, "name_key": text_key(record["name"])}


def _with_person_keys(record: Record) -> Record:
    name = full_name(record["first_name"], record["last_name"])
    return {
        **record,
        "name": name,
        "name_key": text_key(name),
        "title_key": _key(record["job_title"]),
        "email_key": _key(record["email"]),
        "phone_key": _key(record["phone"]),
    }


def _with_day(record: Record) -> Record:
    return {**record, "day": utc_day(record["at"])}


def _key(text: str | None) -> str | None:
    return None if text is None else text_key(text)


ACCOUNTS = Shape(
    AccountRow,
    BY_SOURCE,
    dict.fromkeys(("industry", "website", "country", "employee_count", "parent_id")),
    _with_name_key,
)
PERSONS = Shape(
    PersonRow,
    BY_SOURCE,
    {
        **dict.fromkeys(("first_name", "job_title", "email", "phone", "mobile_phone")),
        **dict.fromkeys(("city", "state", "country", "postal_code")),
        **dict.fromkeys(("email_invalid", "email_suspended", "unsubscribed"), False),
    },
    _with_person_keys,
)
"""People. Those whose `account_id` changes must leave their groups before they are written."""

OPPORTUNITIES = Shape(
    OpportunityRow,
    BY_SOURCE,
    {**dict.fromkeys(("kind", "amount", "currency", "close_date")), "columns": {}},
    _with_name_key,
)
CONTACT_ROLES = Shape(ContactRoleRow, BY_SOURCE, {"role": None, "is_primary": False})
LEADS = Shape(LeadRow, BY_SOURCE, {})
ACTIVITIES = Shape(ActivityRow, BY_SOURCE, {}, _with_day)
JOURNEYS = Shape(AccountJourneyRow, BY_SOURCE, {})


async def contact_roles_of_pairs(
    db: TenantConnection, pairs: Collection[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], tuple[UUID, str]]:
    """The stored contact roles (id, id in the source) of these (opportunity id, person id) pairs."""
    table = _contact_role
    found: dict[tuple[UUID, UUID], tuple[UUID, str]] = {}
    for ids in chunks({opportunity_id for opportunity_id, _ in pairs}):
        statement = select(table.c.id, table.c.external_id, table.c.opportunity_id, table.c.person_id).where(
            of_tenant(table), table.c.opportunity_id.in_(ids)
        )
        for row in await db.rows(statement):
            found[row.opportunity_id, row.person_id] = (row.id, row.external_id)
    return found


async def delete_rows(db: TenantConnection, row: type[SQLModel], ids: Iterable[UUID]) -> None:
    """Delete rows; what the database cascades goes with them (a person's leads, activities and contact roles)."""
    table = table_of(row)
    for piece in chunks(ids):
        await db.execute(delete(table).where(of_tenant(table), table.c.id.in_(piece)))


async def persons_of_accounts(db: TenantConnection, account_ids: Iterable[UUID]) -> list[UUID]:
    """The people of these accounts."""
    found: list[UUID] = []
    for piece in chunks(account_ids):
        statement = select(_person.c.id).where(of_tenant(_person), _person.c.account_id.in_(piece))
        found.extend(row.id for row in await db.rows(statement))
    return found


async def set_parents(db: TenantConnection, parents: Mapping[UUID, UUID | None], *, now: datetime) -> None:
    """Give accounts another parent account, or none."""
    statement = (
        update(_account)
        .where(of_tenant(_account), _account.c.id == bindparam("row_id"))
        .values(parent_id=bindparam("new_parent_id", type_=_account.c.parent_id.type), updated_at=now)
    )
    await db.execute_each(
        statement, [{"row_id": account, "new_parent_id": parent} for account, parent in parents.items()]
    )


async def merge_persons(db: TenantConnection, masters: Mapping[UUID, UUID], *, now: datetime) -> None:
    """Move what hangs on people to those they are merged into (values), then delete them. They have left their groups.

    A contact role that the other person has in the same opportunity already is not moved.
    """
    await _drop_double_contact_roles(db, masters)
    for row in (LeadRow, ActivityRow, ContactRoleRow):
        await _repoint(db, row, "person_id", masters, now)
    await delete_rows(db, PersonRow, masters)


async def merge_accounts(db: TenantConnection, masters: Mapping[UUID, UUID], *, now: datetime) -> None:
    """Move what hangs on accounts to those they are merged into (values), then delete them. Their groups are gone."""
    for row in (PersonRow, OpportunityRow, AccountJourneyRow):
        await _repoint(db, row, "account_id", masters, now)
    await _repoint(db, AccountRow, "parent_id", masters, now)
    own_parent = update(_account).where(of_tenant(_account), _account.c.parent_id == _account.c.id)
    await db.execute(own_parent.values(parent_id=None))
    await delete_rows(db, AccountRow, masters)


async def delete_accounts(db: TenantConnection, account_ids: Collection[UUID], *, now: datetime) -> None:
    """Delete accounts with their people, opportunities and journeys. Their groups are gone; children lose the parent."""
    for row in (PersonRow, OpportunityRow, AccountJourneyRow):
        table = table_of(row)
        for piece in chunks(account_ids):
            await db.execute(delete(table).where(of_tenant(table), table.c.account_id.in_(piece)))
    for piece in chunks(account_ids):
        orphaned = update(_account).where(of_tenant(_account), _account.c.parent_id.in_(piece))
        await db.execute(orphaned.values(parent_id=None, updated_at=now))
    await delete_rows(db, AccountRow, account_ids)


async def _repoint(
    db: TenantConnection, row: type[SQLModel], column: str, masters: Mapping[UUID, UUID], now: datetime
) -> None:
    table = table_of(row)
    touched = {"updated_at": now} if "updated_at" in table.c else {}
    statement = (
        update(table)
        .where(of_tenant(table), table.c[column] == bindparam("old_id"))
        .values({column: bindparam("new_id", type_=table.c[column].type), **touched})
    )
    await db.execute_each(statement, [{"old_id": old, "new_id": new} for old, new in masters.items()])


async def _drop_double_contact_roles(db: TenantConnection, masters: Mapping[UUID, UUID]) -> None:
    """Keep one contact role for each opportunity among people who become one: the master's, else the first."""
    table = _contact_role
    everybody = {**masters, **{master: master for master in masters.values()}}
    rows: list[Any] = []
    for piece in chunks(everybody):
        statement = select(table.c.id, table.c.opportunity_id, table.c.person_id).where(
            of_tenant(table), table.c.person_id.in_(piece)
        )
        rows.extend(await db.rows(statement))
    kept: set[tuple[UUID, UUID]] = set()
    double: list[UUID] = []
    for row in sorted(rows, key=lambda each: (each.person_id in masters, each.id)):
        pair = (row.opportunity_id, everybody[row.person_id])
        if pair in kept:
            double.append(row.id)
        kept.add(pair)
    await delete_rows(db, ContactRoleRow, double)
