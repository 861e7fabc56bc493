"""Identifiers: UUIDv7, made anywhere without asking a database, ordered by the time they were made."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Text, Uuid, cast, func, literal, type_coerce
from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh identifier whose order is the order of making (to the millisecond)."""
    return uuid7()


def made_in_sql(dialect: str, at: datetime) -> ColumnElement[UUID]:
    """An expression that makes a fresh UUIDv7 of the time `at` for each row, so that INSERT ... SELECT needs no loop."""
    prefix = f"{int(at.timestamp() * 1000):012x}7"
    if dialect == "postgresql":
        drawn = func.replace(cast(func.gen_random_uuid(), Text), "-", "")
        return cast(literal(prefix).concat(func.substr(drawn, 14)), Uuid)
    drawn = func.lower(func.hex(func.randomblob(9)))
    return type_coerce(literal(f"{prefix}8").concat(drawn), Uuid)
