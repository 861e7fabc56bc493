"""The wish for an order, as every list takes it: a field and a direction."""

from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import ColumnElement

from bg_graph.execution.declarations import Key, Order


@strawberry.enum(description="Which way an order runs. Empty values come last either way.")
class Direction(Enum):
    """Which way an order runs."""

    ASC = strawberry.enum_value("ASC", description="From low to high, from A to Z.")
    DESC = strawberry.enum_value("DESC", description="From high to low, from Z to A.")


def by(*expressions: ColumnElement[Any], nullable: bool = False, descending: bool = False) -> Order:
    """An order over expressions that run the same way."""
    return tuple(Key(expression, descending, nullable) for expression in expressions)
