"""Every row belongs to a tenant, and no statement runs without one."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import Table, exists, insert, literal, select, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from bg_graph import tables
from bg_graph.accounts.tables import AccountRow, PersonRow
from bg_graph.store.changes import ChangeRow, ErasureRow, Item, LoggedChange, record_changes
from bg_graph.store.connection import table_of
from bg_graph.store.engine import Database, UnknownDatabase, open_database
from bg_graph.store.ids import new_id
from bg_graph.store.schema import newest_revision, present_revision
from bg_graph.store.scope import TENANT, UnscopedStatement, check_scope, of_tenant
from tests.conftest import NOW, add_tenant

OWNED = [table for name, table in tables.metadata.tables.items() if name not in ("tenant", "provider_pace")]


@pytest.mark.parametrize("table", OWNED, ids=lambda table: table.name)
def test_every_table_has_the_tenant_first_in_its_key(table: Table):
    assert [column.name for column in table.primary_key.columns] == ["tenant_id", "id"]


@pytest.mark.parametrize("table", OWNED, ids=lambda table: table.name)
def test_every_unique_rule_index_and_key_of_a_table_begins_with_the_tenant(table: Table):
    across_tenants = {
        "uq_token_secret_hash",  # the token tells which tenant it is
        "uq_delivery_unsubscribe_token",  # and so does the link in an e-mail
        "uq_delivery_id",  # a report names a delivery by its id alone
        "ix_delivery_queue",  # work is claimed for all tenants
        "ix_delivery_under_way",
        "ix_delivery_unknown",
        "ix_delivery_message",  # a provider's report names only the message
    }
    for constraint in [*table.indexes, *table.constraints, *table.foreign_key_constraints]:
        columns = [column.name for column in getattr(constraint, "columns", [])]
        if columns and constraint.name not in across_tenants and "Check" not in type(constraint).__name__:
            assert columns[0] == "tenant_id", constraint.name


@pytest.mark.parametrize("table", OWNED, ids=lambda table: table.name)
def test_no_table_can_be_read_changed_or_emptied_without_a_tenant(table: Table):
    for statement in (select(table), update(table).values(id=new_id()), table.delete()):
        with pytest.raises(UnscopedStatement):
            check_scope(statement)
        check_scope(statement.where(of_tenant(table)))


def test_the_table_of_tenants_is_out_of_reach():
    with pytest.raises(UnscopedStatement):
        check_scope(select(tables.tenancy.TenantRow))


account, person = table_of(AccountRow), table_of(PersonRow)
other = person.alias("other")

SLIPPERY = {
    "a join whose second table is free": select(account.c.id)
    .join(person, person.c.account_id == account.c.id)
    .where(of_tenant(account)),
    "a sub-select in a condition": select(account.c.id).where(
        of_tenant(account), account.c.id.in_(select(person.c.account_id))
    ),
    "a correlated sub-select in the columns": select(
        account.c.id, select(person.c.name).where(person.c.account_id == account.c.id).scalar_subquery()
    ).where(of_tenant(account)),
    "an EXISTS": select(account.c.id).where(of_tenant(account), exists().where(person.c.account_id == account.c.id)),
    "a sub-select in the order": select(account.c.id)
    .where(of_tenant(account))
    .order_by(select(person.c.name).where(person.c.account_id == account.c.id).scalar_subquery()),
    "a derived table": select(select(person.c.id).subquery().c.id),
    "a common table expression": select(select(person.c.id).cte().c.id),
    "one half of a union": select(person.c.id).where(of_tenant(person)).union_all(select(account.c.id)),
    "a second alias of the same table": select(person.c.id)
    .join(other, other.c.id == person.c.id)
    .where(of_tenant(person)),
    "the tenant in one arm of an OR": select(person.c.id).where(of_tenant(person) | (person.c.name == "x")),
    "another value than the connection's tenant": select(person.c.id).where(person.c.tenant_id == new_id()),
    "an update that looks elsewhere": update(account)
    .where(of_tenant(account))
    .values(name=select(person.c.name).limit(1).scalar_subquery()),
    "an insert from a free select": insert(account).from_select(["tenant_id", "name"], select(TENANT, person.c.name)),
    "an insert that copies the tenant": insert(account).from_select(
        ["tenant_id", "name"], select(literal(new_id()), person.c.name).where(of_tenant(person))
    ),
}


@pytest.mark.parametrize("statement", SLIPPERY.values(), ids=SLIPPERY.keys())
def test_a_statement_that_would_slip_past_the_tenant_is_refused(statement):
    with pytest.raises(UnscopedStatement):
        check_scope(statement)


def test_statements_whose_every_table_is_held_to_the_tenant_pass():
    inner = select(person.c.name).where(of_tenant(person), person.c.account_id == account.c.id).scalar_subquery()
    check_scope(select(account.c.id, inner).where(of_tenant(account)).order_by(inner))
    check_scope(
        select(account.c.id)
        .join(person, (person.c.account_id == account.c.id) & of_tenant(person), isouter=True)
        .where(of_tenant(account))
    )
    check_scope(
        insert(account).from_select(["tenant_id", "name"], select(TENANT, person.c.name).where(of_tenant(person)))
    )


def values_of_account(name: str) -> dict[str, object]:
    return {
        "source": "test",
        "external_id": name,
        "name": name,
        "name_key": name,
        "created_at": NOW,
        "updated_at": NOW,
    }


async def test_a_tenant_sees_and_changes_only_its_own_rows(database: Database, tenant: UUID):
    other_tenant = await add_tenant(database, "other")
    for owner in (tenant, other_tenant):
        async with database.writing(owner) as db:
            await db.insert(AccountRow, [values_of_account("Same"), values_of_account("More")])
    async with database.writing(tenant) as db:
        touched = await db.execute(update(account).where(of_tenant(account)).values(name="Mine"))
    async with database.reading(other_tenant) as db:
        rows = await db.rows(select(account.c.name, account.c.tenant_id).where(of_tenant(account)))
    assert touched == 2
    assert sorted(row.name for row in rows) == ["More", "Same"]
    assert {row.tenant_id for row in rows} == {other_tenant}


async def test_an_upsert_adds_what_is_new_and_updates_the_named_columns_of_what_is_there(
    database: Database, tenant: UUID
):
    async with database.writing(tenant) as db:
        await db.insert(AccountRow, [values_of_account("one")])
        changed = [{**values_of_account("one"), "name": "Uno", "name_key": "kept"}, values_of_account("two")]
        await db.upsert(AccountRow, changed, key=["source", "external_id"], update=["name"])
        rows = await db.rows(
            select(account.c.external_id, account.c.name, account.c.name_key)
            .where(of_tenant(account))
            .order_by(account.c.external_id)
        )
    assert [tuple(row) for row in rows] == [("one", "Uno", "one"), ("two", "two", "two")]


async def test_a_transaction_that_fails_leaves_nothing(database: Database, tenant: UUID):
    with pytest.raises(RuntimeError):
        async with database.writing(tenant) as db:
            await db.insert(AccountRow, [values_of_account("gone")])
            raise RuntimeError
    async with database.reading(tenant) as db:
        assert await db.rows(select(col(AccountRow.id)).where(of_tenant(account))) == []


async def test_the_change_log_is_append_only_on_the_database_side(database: Database, tenant: UUID):
    change = LoggedChange(new_id(), NOW, "Ann", "MANUAL", "MEMBERS_ASSIGNED", [Item(None, {"role": "x"})])
    async with database.writing(tenant) as db:
        await record_changes(db, [change])
    log = table_of(ChangeRow)
    for statement in (update(log).where(of_tenant(log)).values(by="Bob"), log.delete().where(of_tenant(log))):
        with pytest.raises(DBAPIError, match="append-only"):
            async with database.writing(tenant) as db:
                await db.execute(statement)


async def test_erasing_may_alter_the_log_inside_its_own_transaction(database: Database, tenant: UUID):
    async with database.writing(tenant) as db:
        await record_changes(db, [LoggedChange(new_id(), NOW, "Ann", "MANUAL", "MEMBERS_ASSIGNED")])
    log, erasure = table_of(ChangeRow), table_of(ErasureRow)
    async with database.writing(tenant) as db:
        await db.insert(ErasureRow, [{"reason": "test"}])
        assert await db.execute(log.delete().where(of_tenant(log))) == 1
        await db.execute(erasure.delete().where(of_tenant(erasure)))


def test_a_database_of_another_kind_is_refused_with_the_remedy():
    with pytest.raises(UnknownDatabase, match="sqlite:///"):
        open_database("mysql://x/y")


async def test_the_revision_is_told_while_somebody_writes(database: Database, tenant: UUID):
    async with database.writing(tenant) as db:
        change = LoggedChange(new_id(), NOW, "Maria", "MANUAL", "GROUP_CREATED", [Item(None, {"name": "A"})])
        await record_changes(db, [change])
        async with asyncio.timeout(10):
            assert await present_revision(database) == newest_revision()
