"""Tokens: who is let in, and who is not any more."""

from datetime import timedelta
from uuid import UUID

import pytest

from bg_graph.store.engine import Database
from bg_graph.tenancy.commands import NewToken, TenantExists, create_tenant, create_token, revoke_token
from bg_graph.tenancy.reads import authenticate, list_tenants, list_tokens
from bg_graph.tenancy.rules import Right, WrongName
from bg_graph.tenancy.tables import TokenRow
from tests.conftest import NOW, add_tenant, statements

IN_A_WEEK = NOW + timedelta(days=7)


async def make(database: Database, tenant: UUID, *rights: Right, name: str = "Ann", **options: bool) -> NewToken:
    async with database.writing(tenant) as db:
        return await create_token(db, name, rights or [Right.READ], now=NOW, expires_at=IN_A_WEEK, **options)


async def test_a_token_names_its_tenant_and_what_its_holder_may_do(database: Database, tenant: UUID) -> None:
    token = await make(database, tenant, Right.READ, Right.SEND, name=" Ann Weber ")
    caller = await authenticate(database, token.secret, NOW)
    assert caller is not None
    assert (caller.tenant_id, caller.tenant_name, caller.name) == (tenant, "acme", "Ann Weber")
    assert caller.token_id == token.id
    assert caller.rights == {Right.READ, Right.SEND}
    assert not caller.automation


async def test_a_token_for_an_automation_says_so(database: Database, tenant: UUID) -> None:
    token = await make(database, tenant, automation=True)
    caller = await authenticate(database, token.secret, NOW)
    assert caller is not None
    assert caller.automation


async def test_knowing_the_caller_takes_one_statement(database: Database, tenant: UUID) -> None:
    token = await make(database, tenant)
    with statements(database) as seen:
        await authenticate(database, token.secret, NOW)
    assert len(seen) == 1


async def test_a_token_is_good_until_it_expires_and_not_at_that_moment(database: Database, tenant: UUID) -> None:
    token = await make(database, tenant)
    assert await authenticate(database, token.secret, IN_A_WEEK - timedelta(microseconds=1))
    assert await authenticate(database, token.secret, IN_A_WEEK) is None


async def test_a_revoked_token_is_refused_at_once(database: Database, tenant: UUID) -> None:
    token = await make(database, tenant)
    async with database.writing(tenant) as db:
        assert await revoke_token(db, token.id, NOW)
    assert await authenticate(database, token.secret, NOW) is None


async def test_revoking_twice_keeps_the_first_time(database: Database, tenant: UUID) -> None:
    token = await make(database, tenant)
    async with database.writing(tenant) as db:
        await revoke_token(db, token.id, NOW)
        assert not await revoke_token(db, token.id, IN_A_WEEK)
        [listed] = await list_tokens(db)
    assert listed.validity.revoked_at == NOW


@pytest.mark.parametrize("wrong", ["", "bg_", "bg_unknown", "nül\x00l", "\ud800", "x" * 100_000])
async def test_an_unknown_token_is_refused_whatever_it_is(database: Database, tenant: UUID, wrong: str) -> None:
    await make(database, tenant)
    assert await authenticate(database, wrong, NOW) is None


async def test_the_stored_hash_is_no_token(database: Database, tenant: UUID) -> None:
    token = await make(database, tenant)
    async with database.system() as system:
        [stored] = await system.rows(TokenRow.__table__.select())
    assert token.secret not in str(stored)
    assert await authenticate(database, stored.secret_hash, NOW) is None


async def test_a_tenant_neither_sees_nor_revokes_the_tokens_of_another(database: Database, tenant: UUID) -> None:
    token = await make(database, tenant)
    other = await add_tenant(database, "other")
    async with database.writing(other) as db:
        assert await list_tokens(db) == []
        assert not await revoke_token(db, token.id, NOW)
    caller = await authenticate(database, token.secret, NOW)
    assert caller is not None
    assert caller.tenant_id == tenant


async def test_callers_are_known_while_somebody_writes(database: Database, tenant: UUID) -> None:
    token = await make(database, tenant)
    async with database.writing(tenant) as db:
        await create_token(db, "Bob", [Right.READ], now=NOW, expires_at=IN_A_WEEK)
        assert await authenticate(database, token.secret, NOW)


async def test_a_token_that_would_have_expired_already_is_not_made(database: Database, tenant: UUID) -> None:
    async with database.writing(tenant) as db:
        with pytest.raises(ValueError, match="later than now"):
            await create_token(db, "Ann", [Right.READ], now=NOW, expires_at=NOW)


async def test_two_tenants_can_not_have_one_name(database: Database) -> None:
    await create_tenant(database, "north", NOW)
    with pytest.raises(TenantExists, match="'north'"):
        await create_tenant(database, "north", NOW)
    assert [tenant.name for tenant in await list_tenants(database)] == ["north"]


@pytest.mark.parametrize("name", ["", "-a", "Acme", "a b", "a" * 64, "ä", "a\n"])
async def test_a_tenant_is_refused_a_name_that_is_hard_to_type(database: Database, name: str) -> None:
    with pytest.raises(WrongName, match="small letters"):
        await create_tenant(database, name, NOW)
