"""Opening the database: the same doors on SQLite (embedded) and PostgreSQL."""

import math
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import URL, event, make_url, text
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlmodel import SQLModel

from bg_graph.store.announcements import Announcements, announcements, notify
from bg_graph.store.connection import SystemConnection, TenantConnection, table_of
from bg_graph.store.scope import ScopeChecks

BUSY_TIMEOUT = 30_000  # milliseconds that a writer waits for another on SQLite
_NAME_TENANT = text("SELECT set_config('bg.tenant', :tenant, true)")
_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}


ALL_TENANTS = "*"


class UnknownDatabase(Exception):
    """The database URL is of a kind that the product does not run on."""


@dataclass(frozen=True, slots=True)
class Database:
    """An open database; transactions are taken from it."""

    engine: AsyncEngine
    reader: AsyncEngine
    writer: AsyncEngine
    scopes: ScopeChecks = field(default_factory=ScopeChecks)
    announcements: Announcements = field(default_factory=Announcements)

    @property
    def tells_processes(self) -> bool:
        """Whether what is announced reaches other processes: through PostgreSQL, which tells this one too."""
        return self.engine.dialect.name == "postgresql"

    @asynccontextmanager
    async def reading(self, tenant_id: UUID) -> AsyncIterator[TenantConnection]:
        """A read-only transaction of a tenant: all its statements see one snapshot."""
        async with self.reader.connect() as connection, connection.begin():
            await _name_tenant(connection, str(tenant_id))
            yield TenantConnection(connection, tenant_id, self.scopes)

    @asynccontextmanager
    async def writing(self, tenant_id: UUID) -> AsyncIterator[TenantConnection]:
        """A transaction of a tenant that may change rows; committed at the end, rolled back on an exception.

        What it announces is told after the commit, and only then.
        """
        async with self.writer.begin() as connection:
            await _name_tenant(connection, str(tenant_id))
            db = TenantConnection(connection, tenant_id, self.scopes)
            yield db
            announced = announcements(tenant_id, db.announced)
            if self.tells_processes:
                await notify(connection, announced)
        if not self.tells_processes:
            self.announcements.tell(announced)

    @asynccontextmanager
    async def system(self, *, reading: bool = False) -> AsyncIterator[SystemConnection]:
        """A transaction that may look across tenants; one that only reads waits for no writer."""
        async with (self.reader if reading else self.writer).begin() as connection:
            await _name_tenant(connection, ALL_TENANTS)
            yield SystemConnection(connection)

    async def refresh_statistics(self, rows: Iterable[type[SQLModel]]) -> None:
        """Tell the database how large tables have grown. PostgreSQL keeps plans that it made while they were small;
        SQLite takes a tenant's rows to be few, and would rather read them all than use a longer index.
        """
        async with self.writer.begin() as connection:
            for row in rows:
                await connection.execute(text(f'ANALYZE "{table_of(row).name}"'))

    @asynccontextmanager
    async def raw(self, *, reading: bool = False) -> AsyncIterator[AsyncConnection]:
        """The bare connection, for migrations only; one that only reads waits for no writer."""
        async with (self.reader if reading else self.writer).connect() as connection:
            yield connection

    async def close(self) -> None:
        """Give all connections back to the database."""
        await self.engine.dispose()


def open_database(url: str, *, pool_size: int = 10) -> Database:
    """Open a database by URL: `sqlite:///file`, or `postgresql://user@host/name`.

    Raises UnknownDatabase for another kind.
    """
    full = database_url(url)
    if full.get_backend_name() == "sqlite":
        engine = create_async_engine(full, connect_args={"timeout": BUSY_TIMEOUT / 1000}, hide_parameters=True)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return Database(engine, engine, engine.execution_options(bg_write=True))
    # Values stay out of errors, and so out of logs: they are personal data.
    engine = create_async_engine(
        full, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True, hide_parameters=True
    )
    reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Database(engine, reader, engine)


def database_url(url: str) -> URL:
    """The URL with the driver that we use."""
    parsed = make_url(url)
    driver = _DRIVERS.get(parsed.get_backend_name())
    if driver is None:
        raise UnknownDatabase(
            f"the database URL starts with {parsed.drivername!r}; use sqlite:///path/to/file or postgresql://..."
        )
    return parsed.set(drivername=driver)


async def _name_tenant(connection: AsyncConnection, tenant: str) -> None:
    """Name the transaction's tenant to PostgreSQL, whose row-level security shows no other rows."""
    if connection.dialect.name == "postgresql":
        await connection.execute(_NAME_TENANT, {"tenant": tenant})


def _prepare_sqlite(connection: DBAPIConnection, _record: Any) -> None:
    # The driver's own transaction handling would begin too late and deferred: we say BEGIN ourselves.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # NORMAL may forget the last commits when the power fails: what was sent would be sent again.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT}")
    cursor.execute("PRAGMA cache_size=-65536")
    cursor.execute("PRAGMA analysis_limit=400")  # a sample is enough to choose an index by
    cursor.execute("SELECT count(DISTINCT name) FROM pragma_function_list WHERE name IN ('sqrt', 'floor')")
    if cursor.fetchone() != (2,):
        # SQLite may be built without them; the scores need both.
        connection.create_function("sqrt", 1, math.sqrt, deterministic=True)
        connection.create_function("floor", 1, math.floor, deterministic=True)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A read that will write takes the write lock at once, else the upgrade fails with "database is locked".
    writes = connection.get_execution_options().get("bg_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
