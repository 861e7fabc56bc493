"""Keyset paging: orders with empty values last, cursors, and the condition "after this row". Never OFFSET."""

import base64
import binascii
import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, UnaryExpression, and_, literal, or_, true

from bg_graph.execution.declarations import Key, Order


class WrongCursor(Exception):
    """The cursor was not made for this list and order, or not by us."""

    def __init__(self) -> None:
        super().__init__("the cursor is not one of this list and order; take endCursor or a cursor of the same query")


def order_by(order: Order) -> list[ColumnElement[Any]]:
    """The ORDER BY of an order: for a nullable key first whether it is empty, then its value."""
    return [_directed(part) for part in flat(order)]


def _directed(part: Key) -> UnaryExpression[Any]:
    return part.expression.desc() if part.descending else part.expression.asc()


def flat(order: Order) -> Order:
    """The order with each nullable key as two: empty or not (full ones first), then the value."""
    parts: list[Key] = []
    for key in order:
        if key.nullable:
            parts.append(Key(key.expression.is_(None)))
        parts.append(Key(key.expression, key.descending))
    return tuple(parts)


def after(order: Order, values: Sequence[Any]) -> ColumnElement[bool]:
    """The condition that a row comes after the row with these key values.

    The redundant bound on the first key lets an index begin at the right place.
    """
    parts = list(zip(order, values, strict=True))
    condition = _later(parts)
    first, value = parts[0]
    if value is None:
        return and_(first.expression.is_(None), condition)
    if first.nullable:
        return condition
    bound = first.expression <= value if first.descending else first.expression >= value
    return and_(bound, condition)


def _later(parts: Sequence[tuple[Key, Any]]) -> ColumnElement[bool]:
    (key, value), rest = parts[0], parts[1:]
    later = _strictly_later(key, value)
    if not rest:
        return later
    same = key.expression.is_(None) if value is None else key.expression == value
    return or_(later, and_(same, _later(rest)))


def _strictly_later(key: Key, value: Any) -> ColumnElement[bool]:
    if value is None:
        return ~true()
    beyond = key.expression < literal(value) if key.descending else key.expression > literal(value)
    return or_(beyond, key.expression.is_(None)) if key.nullable else beyond


def mark_of(order: Order) -> int:
    """Tells orders apart, also those whose values are of the same types: a cursor goes on in its own order only."""
    return zlib.crc32(repr([(str(key.expression), key.descending) for key in order]).encode())


def cursor_of(values: Sequence[Any], mark: int) -> str:
    """An opaque cursor for a row with these values of the keys of the order with this mark."""
    content = orjson.dumps([mark, *(_plain(value) for value in values)])
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def values_of(cursor: str, order: Order) -> list[Any]:
    """The key values in a cursor. Raises WrongCursor where it does not fit the order."""
    try:
        values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error) as error:
        raise WrongCursor from error
    if not isinstance(values, list) or len(values) != len(order) + 1 or values[0] != mark_of(order):
        raise WrongCursor
    return [_typed(value, key) for value, key in zip(values[1:], order, strict=True)]


def _plain(value: Any) -> Any:
    return value.hex if isinstance(value, UUID) else value.isoformat() if isinstance(value, datetime) else value


def _typed(value: Any, key: Key) -> Any:
    if value is None:
        if key.nullable:
            return None
        raise WrongCursor
    try:
        return _READ[_python_type(key.expression)](value)
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise WrongCursor from error


def _python_type(expression: ColumnElement[Any]) -> type:
    implementation = getattr(expression.type, "impl", expression.type)
    kind: type = implementation.python_type
    return kind


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise TypeError
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return float(value)


def _whole(value: Any) -> int:
    # The columns hold 32 bits; PostgreSQL's driver refuses more with an error of its own.
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**31) <= value < 2**31:
        raise TypeError
    return value


def _uuid(value: Any) -> UUID:
    return UUID(_text(value))


def _time(value: Any) -> datetime:
    return datetime.fromisoformat(value).astimezone(UTC)


_READ: dict[type, Callable[[Any], Any]] = {str: _text, float: _number, int: _whole, UUID: _uuid, datetime: _time}
