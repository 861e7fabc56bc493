"""Telling apart, among the faults of a database, those in which two transactions got in each other's way."""

from sqlalchemy.exc import DBAPIError

POSTGRESQL_CONFLICTS = frozenset({"40001", "40P01"})
"""PostgreSQL's codes for a conflict of two transactions, of which one had to end: serialization failure, deadlock."""


def is_conflict(fault: DBAPIError) -> bool:
    """Whether nothing is wrong but that another transaction was in the way: the same may be tried again."""
    if getattr(fault.orig, "sqlstate", None) in POSTGRESQL_CONFLICTS:
        return True
    return getattr(fault.orig, "sqlite_errorname", None) in ("SQLITE_BUSY", "SQLITE_LOCKED")
