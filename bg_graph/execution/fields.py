"""The Strawberry field that carries a declaration, and how each kind of declaration is resolved by loaders.

Another executor may read `DeclaredField.declaration` instead and never call `get_result`.
"""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from graphql import GraphQLError, GraphQLResolveInfo
from sqlalchemy import ColumnElement
from strawberry import Info
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from bg_graph.execution.declarations import (
    MAX_PAGE,
    Aggregate,
    Batch,
    ById,
    Declaration,
    Filter,
    Key,
    Many,
    NodeId,
    One,
    Order,
    Paged,
    Part,
    Shape,
    Value,
)
from bg_graph.execution.keyset import WrongCursor, cursor_of, mark_of, values_of
from bg_graph.execution.loading import Loading
from bg_graph.execution.node_ids import key_in, node_id
from bg_graph.execution.records import Record
from bg_graph.execution.related import Wish
from bg_graph.execution.selection import below, fields_of, shape_of
from bg_graph.execution.statements import bind


class ReadsDeclared(Protocol):
    """What a request's context offers to declared fields."""

    @property
    def loading(self) -> Loading:
        """The request's loaders."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a connection; `count` counts all its rows when asked."""

    records: Sequence[Record]
    cursors: Sequence[str]
    has_next: bool
    has_previous: bool
    count: "Counting"


@dataclass(frozen=True, slots=True)
class Counting:
    """How to count the rows of a connection: only done when `totalCount` is asked for."""

    declaration: Paged
    shape: Shape
    wish: Wish
    key: tuple[Any, ...]
    loading: Loading
    selection: Any

    async def total(self) -> int:
        """The number of rows on all pages together."""
        return await self.loading.count(self.declaration.rows, self.selection, self.wish, self.key)


class DeclaredField(StrawberryField):
    """A field whose value comes from its declaration."""

    def __init__(
        self,
        declaration: Declaration,
        *,
        description: str | None = None,
        arguments: Sequence[StrawberryArgument] = (),
        **options: Any,
    ) -> None:
        options.pop("base_resolver", None)
        super().__init__(description=description, **options)
        self.declaration = declaration
        self.init = self.repr = self.compare = False
        self._arguments = list(arguments)

    @property
    def is_basic_field(self) -> bool:
        """Whether the value is at hand in the record already."""
        return isinstance(self.declaration, Value | NodeId | One | Part | Aggregate)

    def get_result(
        self, source: Any, info: Info | None, args: list[Any], kwargs: dict[str, Any]
    ) -> Awaitable[Any] | Any:
        """The field's value for a record."""
        match self.declaration:
            case Value(label=label):
                return source.values[label]
            case NodeId(prefix=prefix, column=column):
                return node_id(prefix, source[column])
            case One() | Part():
                return source.parts[self.python_name]
            case Aggregate():
                return source.values[self.python_name]
        assert info is not None
        if isinstance(self.declaration, Batch):
            return info.context.loading.batch(self.declaration, source, info, kwargs)
        return self.read(source, kwargs, info.context.loading, info._raw_info)

    def read(
        self, source: Any, arguments: Mapping[str, Any], loading: Loading, raw: GraphQLResolveInfo[Any]
    ) -> Awaitable[Any]:
        """The rows of a field that reads some, by these loaders. Raises TypeError for any other field."""
        match self.declaration:
            case Many():
                return _many(self.declaration, source, arguments, loading, raw)
            case Paged():
                return _paged(self.declaration, source, arguments, loading, raw)
            case ById():
                return _by_id(arguments["id"], loading, raw)
        raise TypeError(f"{self.name} reads no rows")


def argument(name: str, annotation: Any, description: str, **options: Any) -> StrawberryArgument:
    """An argument of a declared field; without `default` it is required."""
    return StrawberryArgument(
        python_name=name,
        graphql_name=None,
        type_annotation=StrawberryAnnotation(annotation),
        description=description,
        **options,
    )


async def _by_id(given: str, loading: Loading, raw: GraphQLResolveInfo[Any]) -> Record | None:
    target = _object_of(raw)
    shape = shape_of(target)
    key = key_in(given, shape.prefix)
    if key is None:
        return None
    selection = loading.selection(shape, [node.selection_set for node in raw.field_nodes], target, raw)
    return await loading.by_id(selection, key)


async def _many(
    many: Many, parent: Record | None, arguments: Mapping[str, Any], loading: Loading, raw: GraphQLResolveInfo[Any]
) -> Any:
    limit = 1 if many.single else checked_first(_given(arguments, "first", many.first))
    target = _object_of(raw)
    selection = loading.selection(shape_of(target), [node.selection_set for node in raw.field_nodes], target, raw)
    asked = {name: value for name, value in arguments.items() if name in many.filters and value is not None}
    wish = Wish(many.order, (id(many), repr((limit, asked))), _conditions(many.filters, asked), limit)
    found = await loading.related(many.rows, selection, wish, _key(many.rows.by, parent))
    records = [record for record, _ in found]
    return (records[0] if records else None) if many.single else records


async def _paged(
    paged: Paged, parent: Record | None, arguments: Mapping[str, Any], loading: Loading, raw: GraphQLResolveInfo[Any]
) -> Page:
    first = checked_first(_given(arguments, "first", paged.first))
    assert first is not None
    order = _wished_order(paged, arguments.get("order_by") or [])
    cursor = arguments.get("after")
    start = None if cursor is None else _start(cursor, order)
    asked = _asked(arguments)
    conditions = _conditions(paged.filters, asked) + tuple(
        condition for name, condition in paged.narrow.items() if name not in asked
    )
    mark = mark_of(order)
    signature = repr((sorted(asked.items()), mark))
    selection = _page_selection(loading, raw)
    key = _key(paged.rows.by, parent)
    wish = Wish(order, (signature, first, cursor), conditions, first + 1, start)
    found = await loading.related(paged.rows, selection, wish, key) if _needs_rows(first, raw) else []
    shown = found[:first]
    counted = Wish(order, signature, conditions)
    return Page(
        [record for record, _ in shown],
        [cursor_of(values, mark) for _, values in shown],
        len(found) > first,
        start is not None,
        Counting(paged, selection.shape, counted, key, loading, selection),
    )


def _start(cursor: str, order: Order) -> tuple[Any, ...]:
    try:
        return tuple(values_of(cursor, order))
    except WrongCursor as error:
        raise GraphQLError(str(error), extensions={"code": "INVALID_CURSOR"}) from error


def _page_selection(loading: Loading, raw: GraphQLResolveInfo[Any]) -> Any:
    connection, asked = _object_of(raw), [node.selection_set for node in raw.field_nodes]
    edges, edge = below(asked, "edges", connection, raw)
    nodes, target = below(edges, "node", edge, raw)
    direct, _ = below(asked, "nodes", connection, raw)
    return loading.selection(shape_of(target), [*nodes, *direct], target, raw)


def _needs_rows(first: int, raw: GraphQLResolveInfo[Any]) -> bool:
    """Whether the page's rows are wanted, and not only how many there are on all pages."""
    nodes = fields_of([node.selection_set for node in raw.field_nodes], _object_of(raw), raw)
    asked = {node.name.value for node in nodes}
    return "pageInfo" in asked or (first > 0 and not asked.isdisjoint({"edges", "nodes"}))


def _given(arguments: Mapping[str, Any], name: str, default: Any) -> Any:
    value = arguments.get(name)
    return default if value is None else value


def _object_of(raw: GraphQLResolveInfo[Any]) -> Any:
    kind: Any = raw.return_type
    while hasattr(kind, "of_type"):
        kind = kind.of_type
    return kind


def _key(by: tuple[ColumnElement[Any], ...], parent: Record | None) -> tuple[Any, ...]:
    if not by:
        return ()
    assert parent is not None
    return tuple(parent[column] for column in by)


def checked_first(first: int | None) -> int | None:
    """The wished number of items. Raises a GraphQLError with the code PAGE_SIZE outside 0 to 500."""
    if first is not None and not 0 <= first <= MAX_PAGE:
        message = f"first must be between 0 and {MAX_PAGE}, got {first}; take more pages with `after`"
        raise GraphQLError(message, extensions={"code": "PAGE_SIZE"})
    return first


def _asked(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The filters that were given: those in `filter`, and those that are arguments of their own."""
    given = arguments.get("filter")
    named = {} if given is None else {name: getattr(given, name) for name in given.__dataclass_fields__}
    own = {name: value for name, value in arguments.items() if name not in ("filter", "first", "after", "order_by")}
    return {name: value for name, value in {**named, **own}.items() if value is not None}


def _conditions(filters: Mapping[str, Filter], asked: Mapping[str, Any]) -> tuple[ColumnElement[bool], ...]:
    return tuple(
        bind(filters[name].expression, values)
        for name, value in asked.items()
        if name in filters
        for values in filters[name].convert(value)
    )


def _wished_order(paged: Paged, wishes: Sequence[Any]) -> Order:
    """The caller's order, then what decides among equals; each expression once."""
    keys: list[Key] = []
    for wish in wishes:
        keys += _directed(paged.ordering.fields[wish.field], wish.direction)
    if not keys:
        keys += paged.ordering.default
    seen: set[str] = set()
    order = []
    for key in [*keys, *paged.ordering.tie]:
        if str(key.expression) not in seen:
            seen.add(str(key.expression))
            order.append(key)
    return tuple(order)


def _directed(order: Order, direction: Enum) -> list[Key]:
    descending = direction.name == "DESC"
    return [Key(key.expression, descending, key.nullable) for key in order]
