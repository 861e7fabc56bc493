"""Two commands that get in each other's way on PostgreSQL: the one that the database ends says so, without a trace."""

import asyncio

import pytest
from sqlalchemy import text

from bg_graph.cli.faults import Failure
from bg_graph.cli.installation import reached
from bg_graph.settings import DatabaseSettings, Settings
from bg_graph.store.engine import open_database
from bg_graph.tenancy.commands import create_tenant
from tests.conftest import NOW

LOCK = text("UPDATE tenant SET created_at = created_at WHERE name = :name")


async def test_a_deadlock_ends_a_command_with_what_to_do(postgres_database: str):
    other = open_database(postgres_database)
    for name in ("one", "two"):
        await create_tenant(other, name, NOW)
    settings = Settings(database=DatabaseSettings(url=postgres_database))

    async def lock_both(database, first: str, second: str) -> None:
        async with database.system() as system:
            await system.execute(LOCK, {"name": first})
            await asyncio.sleep(0.5)
            await system.execute(LOCK, {"name": second})

    async def command(first: str, second: str) -> None:
        async with reached(settings) as (database, _):
            await lock_both(database, first, second)

    ended = await asyncio.gather(command("one", "two"), command("two", "one"), return_exceptions=True)
    await other.close()
    failures = [each for each in ended if each is not None]
    assert len(failures) == 1
    assert isinstance(failures[0], Failure)
    assert "deadlock" in str(failures[0])


async def test_another_fault_of_a_statement_is_not_taken_for_a_conflict(postgres_database: str):
    settings = Settings(database=DatabaseSettings(url=postgres_database))
    with pytest.raises(Exception, match="no_such_table") as raised:
        async with reached(settings) as (database, _), database.system() as system:
            await system.execute(text("SELECT * FROM no_such_table"))
    assert not isinstance(raised.value, Failure)
