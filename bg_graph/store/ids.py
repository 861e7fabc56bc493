"""Identifiers: UUIDv7, made anywhere without asking a database, ordered by the time they were made."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh identifier whose order is the order of making (to the millisecond)."""
    return uuid7()
