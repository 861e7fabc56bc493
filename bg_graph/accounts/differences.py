"""Comparing records from outside with the stored rows of the same key, and writing what differs, in batches."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Row, Table, bindparam, select, update
from sqlmodel import SQLModel

from bg_graph.store.chunks import chunks
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant

Key = TypeVar("Key")
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """A stored row that is to be changed: its values now, and then."""

    id: UUID
    before: Record
    after: Record

    def touches(self, column: str) -> bool:
        """Whether the change gives this column another value."""
        return bool(self.before[column] != self.after[column])


@dataclass(frozen=True, slots=True)
class Differences:
    """What storing a batch of records would do. Records that equal what is stored are only counted."""

    added: tuple[Record, ...]
    changed: tuple[Change, ...]
    unchanged: int

    @property
    def touched(self) -> list[UUID]:
        """The rows that are new or get another value."""
        return [*(record["id"] for record in self.added), *(change.id for change in self.changed)]

    def touching(self, column: str) -> list[UUID]:
        """Stored rows that get another value in this column."""
        return [change.id for change in self.changed if change.touches(column)]


def as_given(record: Record) -> Record:
    """The record as it is: nothing follows from its values."""
    return record


@dataclass(frozen=True, slots=True)
class Shape:
    """How records of one sort are stored: the table, the unique key (the tenant aside) by which a record finds its row,
    the values of a new row's columns that a record does not name, and what follows from other values (sort keys).
    """

    row: type[SQLModel]
    key: tuple[str, ...]
    blank: Record
    derive: Callable[[Record], Record] = as_given


def differences(shape: Shape, stored: Mapping[Key, Record], records: Mapping[Key, Record]) -> Differences:
    """Compare records with the stored ones of the same key. A column that a record does not name keeps its value."""
    added: list[Record] = []
    changed: list[Change] = []
    for key, record in records.items():
        before = stored.get(key)
        if before is None:
            added.append({**shape.derive({**shape.blank, **record}), "id": new_id()})
            continue
        after = shape.derive({**before, **record})
        if any(before[column] != value for column, value in after.items()):
            changed.append(Change(before["id"], before, after))
    return Differences(tuple(added), tuple(changed), len(records) - len(added) - len(changed))


async def find(
    db: TenantConnection,
    row: type[SQLModel],
    source: str,
    external_ids: Iterable[str],
    columns: Sequence[str] = ("id",),
) -> dict[str, Row[Any]]:
    """The stored rows with these ids of a source, by that id, with the columns wanted."""
    table = table_of(row)
    wanted = [table.c[name] for name in dict.fromkeys(("external_id", *columns))]
    statement = select(*wanted).where(
        of_tenant(table), table.c.source == source, table.c.external_id.in_(bindparam("ids", expanding=True))
    )
    found: dict[str, Row[Any]] = {}
    for ids in chunks(sorted(set(external_ids))):
        found.update((each.external_id, each) for each in await db.rows(statement, {"ids": ids}))
    return found


async def compare(db: TenantConnection, shape: Shape, source: str, records: Mapping[str, Record]) -> Differences:
    """What storing records of a source would do, by their ids there. References are ids of ours."""
    if not records:
        return Differences((), (), 0)
    given = {key: {**record, "source": source, "external_id": key} for key, record in records.items()}
    first = next(iter(given.values()))
    columns = ["id", *shape.derive({**shape.blank, **first})]
    found = await find(db, shape.row, source, given, columns)
    return differences(shape, {key: dict(row._mapping) for key, row in found.items()}, given)


async def write(db: TenantConnection, shape: Shape, differing: Differences, *, now: datetime) -> None:
    """Add and change rows that were compared in this transaction; what another import added meanwhile is left to it."""
    table = table_of(shape.row)
    made = {"created_at": now} if "created_at" in table.c else {}
    touched = {"updated_at": now} if "updated_at" in table.c else {}
    added = [{**record, **made, **touched} for record in differing.added]
    await db.upsert(shape.row, added, key=shape.key, update=())
    if differing.changed:
        columns = [name for name in differing.changed[0].after if name != "id"]
        await db.execute_each(
            _update_of(table, [*columns, *touched]),
            [_parameters(change, columns, touched) for change in differing.changed],
        )


def _update_of(table: Table, columns: Iterable[str]) -> Any:
    values = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in columns}
    return update(table).where(of_tenant(table), table.c.id == bindparam("row_id")).values(values)


def _parameters(change: Change, columns: Iterable[str], touched: Record) -> dict[str, Any]:
    values = {f"new_{name}": change.after[name] for name in columns}
    return {**values, **{f"new_{name}": value for name, value in touched.items()}, "row_id": change.id}
