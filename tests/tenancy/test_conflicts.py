"""Two mutations that get in each other's way: the one that the database ends says so, and has stored nothing."""

import asyncio
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import select, update

from bg_graph.graph.errors import Coded, ErrorCode
from bg_graph.store.connection import table_of
from bg_graph.store.engine import Database, open_database
from bg_graph.store.ids import new_id
from bg_graph.store.schema import upgrade
from bg_graph.store.scope import of_tenant
from bg_graph.tenancy.graphql import RequestContext, request_context
from bg_graph.tenancy.rules import Caller, Right
from bg_graph.tenancy.tables import TokenRow
from tests.conftest import NOW, add_tenant

token = table_of(TokenRow)


def as_caller(database: Database, tenant: UUID):
    caller = Caller(tenant, "acme", new_id(), "Ann", frozenset({Right.ADMIN}))
    return request_context(database, caller, lambda: NOW, parameters=lambda now: {}, services=MappingProxyType({}))


async def add_token(database: Database, tenant: UUID, name: str) -> None:
    row = {"name": name, "secret_hash": name, "rights": [], "automation": False, "created_at": NOW, "expires_at": NOW}
    async with database.writing(tenant) as db:
        await db.insert(TokenRow, [row])


async def rename_both(context: RequestContext, first: str, second: str) -> None:
    async with context.writing() as db:
        for name in (first, second):
            hash_is = token.c.secret_hash == name
            await db.execute(update(token).where(of_tenant(token), hash_is).values(name=f"{first} was here"))
            await asyncio.sleep(0.5)


async def test_of_two_mutations_in_a_deadlock_one_is_done_and_one_says_conflict(postgres_database: str):
    database = open_database(postgres_database)
    await upgrade(database)
    tenant = await add_tenant(database, "acme")
    for name in ("one", "two"):
        await add_token(database, tenant, name)
    async with as_caller(database, tenant) as ann, as_caller(database, tenant) as ben:
        ended = await asyncio.gather(
            rename_both(ann, "one", "two"), rename_both(ben, "two", "one"), return_exceptions=True
        )
    async with database.reading(tenant) as db:
        names = {row.name for row in await db.rows(select(token.c.name).where(of_tenant(token)))}
    await database.close()
    failures = [each for each in ended if each is not None]
    assert [type(each) for each in failures] == [Coded]
    assert failures[0].code == ErrorCode.CONFLICT
    assert len(names) == 1, "the other one is wholly done"
