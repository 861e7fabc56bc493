"""Statements for lists and pages: the rows that point at one parent or at many, the first of each, and how many there are."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, column, func, select, tuple_, values

from bg_graph.execution.declarations import Order, Related
from bg_graph.execution.keyset import after, order_by
from bg_graph.execution.records import Record
from bg_graph.execution.selection import Selection
from bg_graph.execution.statements import Builder, Hold, Reading, ordered_expressions

Keys = Sequence[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Wish:
    """Which of the related rows are wanted: conditions, order, how many, and after which key values.

    Two wishes for the same rows with the same `signature` want the same.
    """

    order: Order
    signature: Hashable
    conditions: tuple[ColumnElement[bool], ...] = ()
    limit: int | None = None
    after: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True)
class RelatedReading:
    """Where parent key, record and order values stand in a row of the result."""

    key: tuple[int, ...]
    order: tuple[int, ...]
    reading: Reading

    def key_of(self, row: Any) -> tuple[Any, ...]:
        """The parent that a row belongs to."""
        return tuple(row[place] for place in self.key)

    def order_of(self, row: Any) -> tuple[Any, ...]:
        """The row's values of the order's keys, for its cursor."""
        return tuple(row[place] for place in self.order)

    def record(self, row: Any) -> Record:
        """The record in a row."""
        record = self.reading.record(row)
        assert record is not None
        return record


def select_related(
    rows: Related, selection: Selection, wish: Wish, keys: Keys, hold: Hold
) -> tuple[Select[Any], RelatedReading]:
    """The rows of all parents in one statement: for one parent by LIMIT, for many by their number within the parent."""
    builder = Builder(hold, rows.source)
    expressions = ordered_expressions(wish.order)
    builder.reach(selection.shape, *expressions, *wish.conditions)
    key_places = tuple(builder.add(each) for each in rows.key)
    order_places = tuple(builder.add(each) for each in expressions)
    reading = RelatedReading(key_places, order_places, builder.read(selection))
    conditions = _conditions(rows, wish, keys)
    if len(keys) <= 1 or wish.limit is None:
        return builder.select(*conditions).order_by(*order_by(wish.order)).limit(wish.limit), reading
    number = builder.add(func.row_number().over(partition_by=list(rows.key), order_by=order_by(wish.order)))
    numbered = builder.select(*conditions).subquery()
    columns = list(numbered.c)
    return select(*columns).where(columns[number] <= wish.limit).order_by(columns[number]), reading


def count_related(rows: Related, selection: Selection, wish: Wish, keys: Keys, hold: Hold) -> Select[Any]:
    """How many rows each parent has: key columns, then the number. Parents without rows are absent."""
    builder = Builder(hold, rows.source)
    builder.reach(selection.shape, *wish.conditions)
    for each in rows.key:
        builder.add(each)
    builder.add(func.count())
    return builder.select(*_conditions(rows, wish, keys)).group_by(*rows.key)


def select_by_id(selection: Selection, ids: Sequence[Any], hold: Hold) -> tuple[Select[Any], int, Reading]:
    """The rows with these ids; the place of the id in a row, and how to read it."""
    table = selection.shape.table
    assert table is not None
    builder = Builder(hold, table)
    place = builder.add(table.c.id)
    reading = builder.read(selection)
    return builder.select(_one_of((table.c.id,), [(each,) for each in ids])), place, reading


def _conditions(rows: Related, wish: Wish, keys: Keys) -> list[ColumnElement[bool]]:
    found = list(wish.conditions)
    if rows.key:
        found.insert(0, _one_of(rows.key, keys))
    if rows.where is not None:
        found.append(rows.where)
    if wish.after is not None:
        found.append(after(wish.order, wish.after))
    return found


def _one_of(columns: Sequence[ColumnElement[Any]], keys: Keys) -> ColumnElement[bool]:
    if len(columns) == 1:
        only = columns[0]
        wanted = [key[0] for key in keys]
        if len(wanted) == 1:
            return only == bindparam(None, wanted[0], type_=only.type)
        return only.in_(bindparam(None, wanted, type_=only.type, expanding=True))
    if len(keys) == 1:
        return and_(*(each == value for each, value in zip(columns, keys[0], strict=True)))
    names = (column(f"key{place}", each.type) for place, each in enumerate(columns))
    # Not a list of tuples: PostgreSQL makes one long OR of it, whose depth overflows its stack at some thousand keys.
    return tuple_(*columns).in_(values(*names, name="wanted").data(list(keys)).scalar_values())
