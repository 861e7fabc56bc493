"""Strawberry types over tables: which columns are shown, and the declared fields between them.

`type_of` makes a type from a row class; `field_of` lets a higher room add a field to a lower room's type.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import strawberry
from sqlalchemy import Column, ColumnElement, FromClause, Table, func
from sqlmodel import SQLModel
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.auto import StrawberryAuto

from bg_graph.execution.declarations import (
    Aggregate,
    Batch,
    ById,
    Filter,
    Link,
    Many,
    NodeId,
    One,
    Order,
    Ordering,
    Paged,
    Part,
    Related,
    Shape,
    Value,
    label_of,
)
from bg_graph.execution.fields import DeclaredField, argument
from bg_graph.execution.records import Record
from bg_graph.store.connection import table_of

T = TypeVar("T", bound=type)


@strawberry.interface(description="An object that can be fetched again by its id.")
class Node:
    """Whatever has an opaque id."""

    id: strawberry.ID = strawberry.field(description="Opaque id, unique in the product.")

    @classmethod
    def resolve_type(cls, node: Record, *_: Any) -> str:
        """Name of the type that the row is shown as."""
        return node.type.__name__


def type_of(row: type[SQLModel], *, prefix: str, description: str, links: Sequence[Link] = ()) -> Callable[[T], T]:
    """A type whose objects are rows of a table, with an opaque id that begins with `prefix`.

    Fields annotated `strawberry.auto` take type and description from the column; any annotation without a value is a
    column of the same name.
    """
    table = table_of(row)

    def decorate(cls: T) -> T:
        _fill_columns(cls, row, table)
        if issubclass(cls, Node):
            field = DeclaredField(NodeId(prefix, table.c.id), description="Opaque id, unique in the product.")
            _add(cls, "id", strawberry.ID, field)
        return _finish(cls, Shape(cls, prefix, table, tuple(links)), description)

    return decorate


def part_type(*, description: str) -> Callable[[T], T]:
    """A type without a row of its own: it shows the row of whoever holds it (`part`)."""

    def decorate(cls: T) -> T:
        return _finish(cls, Shape(cls, "", None), description)

    return decorate


def _finish(cls: T, shape: Shape, description: str) -> T:
    def is_type_of(record: object, _info: object) -> bool:
        return isinstance(record, Record) and record.type is cls

    setattr(cls, "__shape__", shape)  # noqa: B010
    setattr(cls, "is_type_of", staticmethod(is_type_of))  # noqa: B010
    return strawberry.type(cls, description=description)


def _fill_columns(cls: type, row: type[SQLModel], table: Table) -> None:
    for name, annotation in list(cls.__annotations__.items()):
        if name in cls.__dict__:
            continue
        model = row.model_fields[name]
        shown = (
            model.annotation if isinstance(annotation, StrawberryAuto) or annotation is strawberry.auto else annotation
        )
        _add(cls, name, shown, DeclaredField(_value(table.c[name]), description=model.description))


def _add(cls: type, name: str, annotation: Any, field: DeclaredField) -> None:
    cls.__annotations__[name] = annotation
    setattr(cls, name, field)


def _value(expression: ColumnElement[Any], label: str | None = None) -> Value:
    return Value(expression, label or label_of(expression))


def field_of(cls: type, name: str, annotation: Any, field: DeclaredField) -> None:
    """Add a field to a lower room's type. Raises ValueError where the type has such a field already."""
    definition = cls.__strawberry_definition__  # type: ignore[attr-defined]
    if any(each.python_name == name for each in definition.fields):
        raise ValueError(f"{cls.__name__} has a field {name} already")
    field.python_name = name
    field.name = name
    field.type_annotation = strawberry.annotation.StrawberryAnnotation(annotation)
    field.origin = cls
    definition.fields.append(field)


def column(expression: Column[Any] | ColumnElement[Any], description: str, *, label: str | None = None) -> Any:
    """A column of a linked table, or (with a `label`) an expression."""
    return DeclaredField(_value(expression, label), description=description)


def one(target: type[SQLModel], by: Column[Any], description: str, *, also: Sequence[tuple[Any, Any]] = ()) -> Any:
    """The row that our key points at."""
    return DeclaredField(One(link_to(target, by, also=also)), description=description)


def link_to(target: type[SQLModel], by: Column[Any], *, also: Sequence[tuple[Any, Any]] = ()) -> Link:
    """How we reach a row by our key (and by further pairs of columns: ours, theirs)."""
    table = table_of(target)
    return Link(table, ((by, table.c.id), *also))


def part(description: str, **given: ColumnElement[Any]) -> Any:
    """An object that shows this row from another side."""
    return DeclaredField(Part(given), description=description)


def related(
    target: type[SQLModel],
    key: ColumnElement[Any] | Sequence[ColumnElement[Any]] = (),
    by: ColumnElement[Any] | Sequence[ColumnElement[Any]] = (),
    *,
    where: ColumnElement[bool] | None = None,
    join: FromClause | None = None,
) -> Related:
    """The rows whose `key` equals our `by`."""
    return Related(table_of(target), _several(key), _several(by), where, join)


def _several(columns: Any) -> tuple[ColumnElement[Any], ...]:
    return tuple(columns) if isinstance(columns, Sequence) else (columns,)


def many(rows: Related, order: Order, description: str, *, first: int | None = None) -> Any:
    """A list of rows that point at us; with `first`, the caller may ask for another number."""
    arguments = [] if first is None else [argument("first", int | None, "How many at most, 0 to 500.", default=first)]
    return DeclaredField(Many(rows, order, first), description=description, arguments=arguments)


def first_of(rows: Related, order: Order, description: str) -> Any:
    """The first of the rows that point at us, or null."""
    return DeclaredField(Many(rows, order, 1, single=True), description=description)


def paged(
    rows: Related,
    ordering: Ordering,
    description: str,
    *,
    first: int = 20,
    filters: Mapping[str, Filter] | None = None,
    narrow: Mapping[str, ColumnElement[bool]] | None = None,
    arguments: Mapping[str, tuple[Any, str]] | None = None,
) -> Any:
    """A connection to the rows that point at us. `arguments` (name: type, description) are wishes for filter and order."""
    declared = Paged(rows, ordering, filters or {}, narrow or {}, first)
    given = [
        argument("first", int | None, "How many at most, 0 to 500.", default=first),
        argument("after", str | None, "Cursor of the item before the first wanted one."),
    ]
    given += [argument(name, kind | None, text) for name, (kind, text) in (arguments or {}).items()]
    return DeclaredField(declared, description=description, arguments=given)


def aggregate(rows: Related, expression: ColumnElement[Any], description: str) -> Any:
    """One value over the rows that point at us."""
    return DeclaredField(Aggregate(rows, expression), description=description)


def count(rows: Related, description: str) -> Any:
    """How many rows point at us."""
    return aggregate(rows, func.count(), description)


def batch(
    function: Callable[..., Awaitable[Sequence[Any]]],
    needs: Sequence[ColumnElement[Any]],
    description: str,
    arguments: Sequence[StrawberryArgument] = (),
) -> Any:
    """A value for each parent of a level from one call of `function(parents, info)`; `needs` are the columns it reads.

    Arguments that the caller gives are handed on by name.
    """
    return DeclaredField(Batch(function, tuple(needs)), description=description, arguments=arguments)


def by_id(description: str) -> Any:
    """The object with an id, or null."""
    return DeclaredField(ById(), description=description, arguments=[argument("id", strawberry.ID, "Opaque id.")])
