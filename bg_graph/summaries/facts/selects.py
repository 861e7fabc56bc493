"""Facts as rows: each kind of fact is one SELECT of the same columns, so that a subject's facts come in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Float,
    FromClause,
    Select,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from bg_graph.plugins.summaries import FactKind
from bg_graph.store.types import UtcDateTime

IDS: BindParameter[Any] = bindparam("ids", type_=Uuid(), expanding=True)
"""The subjects of a statement."""
NOW: BindParameter[Any] = bindparam("now", type_=UtcDateTime())
"""End of the time that counts as lately."""
LATELY: BindParameter[Any] = bindparam("lately", type_=UtcDateTime())
"""Activities after it are recent."""
BEFORE: BindParameter[Any] = bindparam("before", type_=UtcDateTime())
"""Activities after it, and not recent, are what trends are compared with."""

LATELY_DAYS = 30
"""Activities of so many days are summarised: the window of the engagement scores. Source: domain.md."""
SHOWN = 3
"""How many members, topics and the like are brought out."""

_TEXTS, _NUMBERS = 3, 5


@dataclass(frozen=True, slots=True)
class FactSelect:
    """A SELECT of facts of one kind. `part` is the key of a fact, with the place behind it where there are several."""

    part: str
    kind: FactKind
    select: Select[Any]
    texts: tuple[str, ...]
    numbers: tuple[str, ...]
    constants: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class FactRow:
    """One fact as the database told it."""

    subject_id: Any
    part: str
    place: int
    ref: Any
    name: str | None
    texts: tuple[str | None, ...]
    numbers: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The columns of a fact: whose it is, the row it tells about, its name, its place among its like, its values."""

    subject: ColumnElement[Any]
    name: ColumnElement[Any] | None = None
    ref: ColumnElement[Any] | None = None
    place: ColumnElement[Any] | None = None
    texts: Mapping[str, ColumnElement[Any]] = field(default_factory=dict)
    numbers: Mapping[str, ColumnElement[Any]] = field(default_factory=dict)
    constants: Mapping[str, int] = field(default_factory=dict)


def told(part: str, kind: FactKind, columns: Told, source: FromClause, *conditions: ColumnElement[bool]) -> FactSelect:
    """The SELECT of facts of one kind. Numbers travel as floats, exact for every count."""
    texts = _padded([cast(each, Text) for each in columns.texts.values()], cast(null(), Text), _TEXTS)
    numbers = _padded([cast(each, Float) for each in columns.numbers.values()], cast(null(), Float), _NUMBERS)
    statement = (
        select(
            columns.subject.label("subject_id"),
            literal(part, Text).label("part"),
            (literal(0.0, Float) if columns.place is None else cast(columns.place, Float)).label("place"),
            (cast(null(), Uuid) if columns.ref is None else columns.ref).label("ref"),
            cast(null() if columns.name is None else columns.name, Text).label("name"),
            *(each.label(f"text_{number}") for number, each in enumerate(texts)),
            *(each.label(f"number_{number}") for number, each in enumerate(numbers)),
        )
        .select_from(source)
        .where(*conditions)
    )
    return FactSelect(part, kind, statement, tuple(columns.texts), tuple(columns.numbers), columns.constants)


def number_in(subject: ColumnElement[Any], *order: ColumnElement[Any]) -> ColumnElement[int]:
    """The place of a row among those of its subject, from 1."""
    return func.row_number().over(partition_by=subject, order_by=order)


def together(selects: Sequence[FactSelect]) -> CompoundSelect[Any]:
    """All facts in one statement."""
    return union_all(*(each.select for each in selects))


def row_of(row: Sequence[Any]) -> FactRow:
    """A row of such a statement."""
    subject, part, place, ref, name, *values = row
    return FactRow(subject, part, int(place), ref, name, tuple(values[:_TEXTS]), tuple(values[_TEXTS:]))


def _padded(given: list[ColumnElement[Any]], empty: ColumnElement[Any], length: int) -> list[ColumnElement[Any]]:
    return given + [empty] * (length - len(given))
