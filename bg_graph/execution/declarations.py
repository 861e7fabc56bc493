"""What a field can be declared as: data that says where its value comes from. No SQL is run and nothing is resolved here."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import BindParameter, Column, ColumnElement, FromClause, Table, bindparam

VALUE: BindParameter[Any] = bindparam("value")
"""Stands in a filter's expression for the value that the caller gives."""

VALUES: BindParameter[Any] = bindparam("value", expanding=True)
"""Stands in a filter's expression for a list of values."""

MAX_PAGE = 500
"""Largest number of items in a page. Source: domain.md, "Members tab"."""


@dataclass(frozen=True, slots=True)
class Link:
    """How a row reaches exactly one row of another table, whose columns it may show as its own.

    `on` pairs columns of the row's table (or expressions over them) with columns of `target`.
    """

    target: Table
    on: tuple[tuple[ColumnElement[Any], Column[Any]], ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """One part of an order. Where `nullable`, empty values come last in either direction."""

    expression: ColumnElement[Any]
    descending: bool = False
    nullable: bool = False


Order = tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the row itself: a column of its table or of a linked one, or an expression over them."""

    expression: ColumnElement[Any]
    label: str


@dataclass(frozen=True, slots=True)
class NodeId:
    """The opaque id of the row: its type's prefix and its key."""

    prefix: str
    column: Column[Any]


@dataclass(frozen=True, slots=True)
class One:
    """The row that a key of ours points at."""

    link: Link


@dataclass(frozen=True, slots=True)
class Part:
    """An object that has no row of its own: it shows our row from another side.

    `given` maps the columns that the part's fields ask for to columns of our row.
    """

    given: Mapping[str, ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class Related:
    """The rows that point at us.

    `key` are columns in `source` that equal our columns `by` (none: the rows of the whole tenant); `target` is the table
    whose rows they are; `source` is that table, or a join that holds it.
    """

    target: Table
    key: tuple[ColumnElement[Any], ...] = ()
    by: tuple[ColumnElement[Any], ...] = ()
    where: ColumnElement[bool] | None = None
    join: FromClause | None = None

    @property
    def source(self) -> FromClause:
        """Where the rows are selected from."""
        return self.target if self.join is None else self.join


@dataclass(frozen=True, slots=True)
class Many:
    """A list of rows that point at us, in a given order; `first` is its default length (None: all, for lists that the
    domain bounds). With `single`, the first of them or null.
    """

    rows: Related
    order: Order
    first: int | None = None
    single: bool = False
    filters: Mapping[str, "Filter"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition that a caller may ask for: an expression with `VALUE` (or parameters that `convert` names) in it.

    `convert` turns the caller's value into parameters; where it gives several sets, all of them must hold.
    """

    expression: ColumnElement[bool]
    convert: Callable[[Any], Sequence[Mapping[str, Any]]] = lambda value: ({"value": value},)


@dataclass(frozen=True, slots=True)
class Ordering:
    """The orders that a caller may ask for; `default` holds without a wish, `tie` decides among equals."""

    default: Order
    tie: Order
    fields: Mapping[Enum, Order] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Paged:
    """A connection: the rows that point at us, filtered and ordered as the caller wishes, page by page.

    `narrow` gives conditions that hold unless the named filter is asked for (for instance: no archived groups).
    """

    rows: Related
    ordering: Ordering
    filters: Mapping[str, Filter] = field(default_factory=dict)
    narrow: Mapping[str, ColumnElement[bool]] = field(default_factory=dict)
    first: int = 20


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One value over the rows that point at us, such as their number."""

    rows: Related
    expression: ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """What no table holds: a function that takes all parents of a level and gives a value for each.

    `needs` are the columns of the parents that it reads.
    """

    function: Callable[..., Awaitable[Sequence[Any]]]
    needs: tuple[ColumnElement[Any], ...]


@dataclass(frozen=True, slots=True)
class ById:
    """A row of the tenant by its opaque id."""


Declaration: TypeAlias = Value | NodeId | One | Part | Many | Paged | Aggregate | Batch | ById


@dataclass(frozen=True, slots=True)
class Shape:
    """A type whose rows stand in a table, and the rows that each of them reaches."""

    type: type
    prefix: str
    table: Table | None
    links: tuple[Link, ...] = ()


class Asked(NamedTuple):
    """A value to select, with the label under which it is kept."""

    label: str
    expression: ColumnElement[Any]


def label_of(expression: ColumnElement[Any]) -> str:
    """The label under which a column's value is kept: table and column, or the bare name."""
    table = getattr(expression, "table", None)
    name = getattr(expression, "name", None)
    if name is None:
        raise TypeError(f"an expression needs a label of its own: {expression}")
    return f"{table.name}.{name}" if table is not None else str(name)
