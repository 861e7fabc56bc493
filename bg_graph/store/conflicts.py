"""Telling apart the faults of a database in which nothing is wrong with what was asked: two transactions got in each
other's way, or the database is away.
"""

from socket import gaierror

from asyncpg import (
    CannotConnectNowError,
    ConnectionDoesNotExistError,
    InterfaceError,
    PostgresConnectionError,
    PostgresError,
)
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

DATABASE_LOST = (SQLAlchemyError, PostgresError, InterfaceError, OSError, TimeoutError)
"""What background work takes for a database that is away, and so tries again: whatever a statement of its own raises."""

POSTGRESQL_CONFLICTS = frozenset({"40001", "40P01"})
"""PostgreSQL's codes for a conflict of two transactions, of which one had to end: serialization failure, deadlock."""


def is_conflict(fault: DBAPIError) -> bool:
    """Whether nothing is wrong but that another transaction was in the way: the same may be tried again."""
    if getattr(fault.orig, "sqlstate", None) in POSTGRESQL_CONFLICTS:
        return True
    return getattr(fault.orig, "sqlite_errorname", None) in ("SQLITE_BUSY", "SQLITE_LOCKED")


_AWAY = (
    ConnectionError,
    FileNotFoundError,  # of a socket in a folder
    gaierror,
    CannotConnectNowError,
    ConnectionDoesNotExistError,
    InterfaceError,
    PostgresConnectionError,
)


def is_away(fault: BaseException) -> bool:
    """Whether the database can't be reached, or was lost while it answered: the same may be asked again later."""
    if isinstance(fault, DBAPIError):
        return fault.connection_invalidated or (fault.orig is not None and isinstance(fault.orig.__cause__, _AWAY))
    return isinstance(fault, _AWAY)
