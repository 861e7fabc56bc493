"""What is known of e-mail addresses, whoever has them: marking one, and keeping what an import brings in line with it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from bg_graph.accounts.differences import Change, Differences, Record
from bg_graph.accounts.rules import INVALID_BY_MARK, UNSUBSCRIBED_BY_MARK, AddressMark
from bg_graph.accounts.tables import AddressMarkRow, PersonRow
from bg_graph.store.chunks import chunks
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant

Marks = Mapping[str, frozenset[AddressMark]]
"""The marks of addresses, by the key of the address."""

_mark, _person = table_of(AddressMarkRow), table_of(PersonRow)


async def marks_of(db: TenantConnection, address_keys: Iterable[str | None]) -> Marks:
    """The marks of these addresses, of those that have any."""
    found: dict[str, set[AddressMark]] = defaultdict(set)
    for keys in chunks(sorted({key for key in address_keys if key is not None})):
        statement = select(_mark.c.address_key, _mark.c.kind).where(of_tenant(_mark), _mark.c.address_key.in_(keys))
        for row in await db.rows(statement):
            found[row.address_key].add(AddressMark(row.kind))
    return {key: frozenset(kinds) for key, kinds in found.items()}


async def mark_address(
    db: TenantConnection, address_key: str, mark: AddressMark, *, at: datetime, now: datetime, detail: str | None = None
) -> list[UUID]:
    """Mark an address, and everybody who has it; an address that has the mark keeps it as it was.

    Gives the people to whom it is news. People who come to have the address later are held to the mark too.
    """
    values = {"address_key": address_key, "kind": mark, "at": at, "detail": detail}
    await db.upsert(AddressMarkRow, [values], key=("address_key", "kind"), update=())
    flag = _person.c[_flag(mark)]
    holders = (of_tenant(_person), _person.c.email_key == address_key, flag.is_(False))
    # Locked in the order of ids: an import, which changes people in an order of its own, must not be met half-way.
    found = await db.rows(select(_person.c.id).where(*holders).order_by(_person.c.id).with_for_update(key_share=True))
    if found:
        await db.execute(update(_person).where(*holders).values({flag.name: True, "updated_at": now}))
    return [row.id for row in found]


async def heed_marks(db: TenantConnection, differing: Differences) -> Differences:
    """What an import of people would do, with the marks of their addresses kept: no file takes an unsubscribe back."""
    after = [*differing.added, *(change.after for change in differing.changed)]
    marks = await marks_of(db, (record["email_key"] for record in after))
    if not marks:
        return differing
    changes = [Change(each.id, each.before, _marked(each.after, marks)) for each in differing.changed]
    changed = tuple(each for each in changes if any(each.touches(column) for column in each.after))
    return replace(
        differing,
        added=tuple(_marked(record, marks) for record in differing.added),
        changed=changed,
        unchanged=differing.unchanged + len(changes) - len(changed),
    )


def _marked(record: Record, marks: Marks) -> Record:
    flags: dict[str, Any] = {_flag(mark): True for mark in marks.get(record["email_key"], ())}
    return {**record, **flags}


def _flag(mark: AddressMark) -> str:
    """The column of a person that a mark of the address sets."""
    assert mark in INVALID_BY_MARK | UNSUBSCRIBED_BY_MARK, mark
    return "email_invalid" if mark in INVALID_BY_MARK else "unsubscribed"
