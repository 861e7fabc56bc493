"""The second wall on PostgreSQL: an ordinary role sees and writes only rows of the tenant that its transaction names."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bg_graph import tables
from bg_graph.accounts.tables import AccountRow
from bg_graph.store.engine import Database, open_database
from tests.conftest import add_tenant
from tests.store.test_connection import values_of_account

ROLE = "bg_ordinary"


@pytest.fixture(params=["postgresql"])
def database_url(request: pytest.FixtureRequest, postgres_database: str) -> str:
    return postgres_database


@pytest.fixture
async def ordinary(database: Database, database_url: str) -> AsyncIterator[Database]:
    """The same database as a role that is no superuser and owns nothing."""
    async with database.engine.begin() as connection:
        await connection.execute(
            text(
                f"DO $$ BEGIN CREATE ROLE {ROLE} LOGIN PASSWORD '{ROLE}'; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
            )
        )
        await connection.execute(text(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {ROLE}"))
    opened = open_database(as_role(database_url))
    yield opened
    await opened.close()


def as_role(url: str) -> str:
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{ROLE}:{ROLE}@{place}"))


async def test_every_table_that_has_tenants_is_walled_off(database: Database):
    async with database.engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        )
        walled = {row.relname for row in rows}
    assert walled == set(tables.metadata.tables) - {"tenant", "provider_pace"}


async def test_a_statement_without_a_tenant_sees_nothing_and_writes_nothing(
    database: Database, ordinary: Database, tenant: UUID
):
    async with database.writing(tenant) as db:
        await db.insert(AccountRow, [values_of_account("one")])
    async with ordinary.engine.begin() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM account"))).scalar() == 0
        assert (await connection.execute(text("UPDATE account SET name = 'x'"))).rowcount == 0


async def test_a_transaction_of_a_tenant_reaches_its_own_rows_only(
    database: Database, ordinary: Database, tenant: UUID
):
    other = await add_tenant(database, "other")
    for owner in (tenant, other):
        async with ordinary.writing(owner) as db:
            await db.insert(AccountRow, [values_of_account("one")])
    async with ordinary.reading(tenant) as db:
        seen = await db._connection.execute(text("SELECT tenant_id FROM account"))
        assert [row.tenant_id for row in seen] == [tenant]
    async with ordinary.system() as system:
        assert len(await system.rows(text("SELECT id FROM account"))) == 2


async def test_a_row_of_another_tenant_can_not_be_written(database: Database, ordinary: Database, tenant: UUID):
    other = await add_tenant(database, "other")
    with pytest.raises(DBAPIError, match="row-level security"):
        async with ordinary.writing(tenant) as db:
            row = {**values_of_account("one"), "tenant_id": other, "id": other}
            await db._connection.execute(tables.accounts.AccountRow.__table__.insert(), row)
