"""From a selection and a declaration to one SELECT, and from its rows back to records.

Rows that a key points at and aggregates are selected in the same statement: as outer joins and as correlated subqueries.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, FromClause, Row, Select, Table, and_, bindparam, select
from sqlalchemy.sql import visitors
from sqlalchemy.sql.selectable import Alias, Join
from sqlalchemy.sql.util import ClauseAdapter

from bg_graph.execution.declarations import Aggregate, Link, One, Order, Related, Shape
from bg_graph.execution.records import Record
from bg_graph.execution.selection import Inner, Selection

Hold = Callable[[FromClause], ColumnElement[bool]]
"""Gives the condition that holds a table to the rows that the caller may see."""

Adapt = Callable[[ColumnElement[Any]], ColumnElement[Any]]


def tables_in(source: FromClause) -> Iterator[FromClause]:
    """The tables and aliases that a FROM is made of; derived tables left out, since they hold themselves."""
    if isinstance(source, Join):
        yield from tables_in(source.left)
        yield from tables_in(source.right)
    elif isinstance(source, Table) or (isinstance(source, Alias) and isinstance(source.element, Table)):
        yield source


@dataclass(frozen=True, slots=True)
class Reading:
    """Where a selection's values stand in a row of the result."""

    selection: Selection
    values: tuple[tuple[str, int], ...]
    inner: tuple[tuple[str, "Reading"], ...]
    present: int | None

    def record(self, row: Row[Any]) -> Record | None:
        """The record in a row; None where the key points at nothing."""
        if self.present is not None and row[self.present] is None:
            return None
        values = {label: row[place] for label, place in self.values}
        return Record(self.selection, values, {name: reading.record(row) for name, reading in self.inner})


class Builder:
    """Gathers the columns and joins of one statement."""

    def __init__(self, hold: Hold, source: FromClause) -> None:
        self._hold = hold
        self.source = source
        self.columns: list[ColumnElement[Any]] = []
        self._own = list(tables_in(source))
        self._joined: set[FromClause] = set(self._own)
        self._numbers = count(1)

    def add(self, expression: ColumnElement[Any]) -> int:
        """Select a value; gives its place in the row."""
        self.columns.append(expression.label(f"c{len(self.columns)}"))
        return len(self.columns) - 1

    def reach(self, shape: Shape, *expressions: ColumnElement[Any]) -> None:
        """Join the linked tables of the statement's own shape that the expressions speak of."""
        for link in links_for(shape, expressions):
            if link.target not in self._joined:
                self._joined.add(link.target)
                self._join(link.target, [near == far for near, far in link.on], optional=link.optional)

    def read(self, selection: Selection) -> Reading:
        """Select all that is asked of the statement's own rows."""
        self.reach(selection.shape, *(asked.expression for asked in selection.columns))
        return self._read(selection, _unchanged)

    def _read(self, selection: Selection, adapt: Adapt) -> Reading:
        values = [(asked.label, self.add(adapt(asked.expression))) for asked in selection.columns]
        values += [(name, self.add(self._aggregate(each, adapt, name))) for name, each in selection.aggregates]
        inner = tuple((each.name, self._read_inner(each, adapt)) for each in selection.inner)
        return Reading(selection, tuple(values), inner, None)

    def _read_inner(self, inner: Inner, adapt: Adapt) -> Reading:
        if not isinstance(inner.declaration, One):
            given = inner.declaration.given
            return self._read(inner.selection, lambda asked: adapt(given.get(getattr(asked, "name", ""), asked)))
        link = inner.declaration.link
        alias = self._alias(link.target)
        near = [adapt(mine) for mine, _ in link.on]
        self._join(alias, [mine == alias.c[theirs.name] for mine, (_, theirs) in zip(near, link.on, strict=True)])
        onward = ClauseAdapter(alias).traverse
        reach = self._reach_inner(inner.selection, alias)
        reading = self._read(inner.selection, lambda asked: reach(onward(asked)))
        return replace(reading, present=self.add(alias.c.id))

    def _reach_inner(self, selection: Selection, alias: FromClause) -> Adapt:
        adapters = []
        for link in links_for(selection.shape, [asked.expression for asked in selection.columns]):
            linked = self._alias(link.target)
            self._join(linked, [alias.c[mine.name] == linked.c[theirs.name] for mine, theirs in link.on])
            adapters.append(ClauseAdapter(linked))

        def adapt(asked: ColumnElement[Any]) -> ColumnElement[Any]:
            for adapter in adapters:
                asked = adapter.traverse(asked)
            return asked

        return adapt

    def _aggregate(self, aggregate: Aggregate, adapt: Adapt, name: str) -> ColumnElement[Any]:
        rows, expression = named_apart(aggregate.rows, name, aggregate.expression)
        pairs = [theirs == adapt(mine) for theirs, mine in zip(rows.key, rows.by, strict=True)]
        held = [self._hold(table) for table in tables_in(rows.source)]
        inner = select(expression).select_from(rows.source).where(*held, *pairs)
        if rows.where is not None:
            inner = inner.where(rows.where)
        return inner.correlate_except(rows.source, *tables_in(rows.source)).scalar_subquery()

    def _alias(self, table: Table) -> FromClause:
        """The table under a name of its own. A number keeps it short: PostgreSQL cuts names off after 63 bytes."""
        return table.alias(f"{table.name}_{next(self._numbers)}")

    def _join(self, target: FromClause, pairs: Sequence[ColumnElement[bool]], *, optional: bool = True) -> None:
        self.source = self.source.join(target, and_(self._hold(target), *pairs), isouter=optional)

    def select(self, *conditions: ColumnElement[bool]) -> Select[Any]:
        """The finished SELECT, each of its own tables held."""
        held = [self._hold(table) for table in self._own]
        return select(*self.columns).select_from(self.source).where(*held, *conditions)


def _unchanged(asked: ColumnElement[Any]) -> ColumnElement[Any]:
    return asked


def named_apart(rows: Related, name: str, expression: ColumnElement[Any]) -> tuple[Related, ColumnElement[Any]]:
    """The same rows under another name, so that a table may stand in the statement twice."""
    if rows.join is not None:
        return rows, expression
    alias = rows.target.alias(f"{name}_of")
    adapt = ClauseAdapter(alias).traverse
    where = None if rows.where is None else adapt(rows.where)
    return replace(rows, key=tuple(adapt(each) for each in rows.key), where=where, join=alias), adapt(expression)


def links_for(shape: Shape, expressions: Sequence[ColumnElement[Any]]) -> list[Link]:
    """The links of a shape that lead to tables which the expressions speak of."""
    spoken = {table for expression in expressions for table in _tables_of(expression)}
    return [link for link in shape.links if link.target in spoken]


def _tables_of(expression: ColumnElement[Any]) -> set[FromClause]:
    found = set()
    for part in visitors.iterate(expression):
        table = getattr(part, "table", None)
        if table is not None:
            found.add(table)
    return found


def ordered_expressions(order: Order) -> list[ColumnElement[Any]]:
    """The expressions that an order compares."""
    return [key.expression for key in order]


def bind(expression: ColumnElement[bool], values: Mapping[str, Any]) -> ColumnElement[bool]:
    """A filter's expression with the caller's values in it."""

    def replaced(element: Any, **_: Any) -> BindParameter[Any] | None:
        if not isinstance(element, BindParameter) or element.key not in values:
            return None
        return bindparam(None, values[element.key], type_=element.type, expanding=element.expanding)

    found: ColumnElement[bool] = visitors.replacement_traverse(expression, {}, replaced)
    return found
