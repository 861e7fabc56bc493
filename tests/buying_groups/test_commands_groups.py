"""Making groups, keeping their names, and taking them away with their accounts."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete

from bg_graph.accounts.tables import AccountRow, PersonRow
from bg_graph.buying_groups.commands.groups import (
    UnknownSubject,
    accounts_deleted,
    create_groups,
    create_groups_for_accounts,
)
from bg_graph.buying_groups.commands.names import index_account_names, rename_groups, rename_groups_of_interests
from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER, INFLUENCER
from bg_graph.buying_groups.rules.membership import MembershipSource
from bg_graph.buying_groups.tables import (
    BuyingGroupRow,
    GroupRoleRow,
    MemberRow,
    NameWordRow,
    RemovalMarkRow,
    SolutionInterestRow,
)
from bg_graph.intent.tables import IntentSignalRow
from bg_graph.store.changes import ChangeItemRow, ChangeRow
from bg_graph.store.connection import table_of
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant
from tests.conftest import NOW, statements
from tests.world import World, definition

LATER = NOW + timedelta(hours=1)
IN_ENERGY = {"attribute": "industry", "is": "Energy"}


async def make(world: World, *wanted: tuple[UUID, UUID]) -> list[UUID]:
    async with world.database.writing(world.tenant) as db:
        return await create_groups(db, wanted, by="Ann", source=MembershipSource.MANUAL, now=NOW)


async def make_for_accounts(world: World) -> list[UUID]:
    async with world.database.writing(world.tenant) as db:
        return await create_groups_for_accounts(db, by="maintenance", now=NOW)


async def words(world: World, subject_id: UUID) -> set[str]:
    return {row.word for row in await world.rows(NameWordRow, subject_id=subject_id)}


async def rename(world: World, account_id: UUID, name: str) -> int:
    await world.change(AccountRow, account_id, name=name, name_key=name.casefold())
    async with world.database.writing(world.tenant) as db:
        await index_account_names(db, [account_id])
        return await rename_groups(db, [account_id], by="import", now=LATER)


async def test_a_new_group_has_its_made_name_the_roles_of_its_template_and_a_completeness(world: World):
    template = await world.template(
        definition(DECISION_MAKER.id), definition(CHAMPION.id, required=False), definition(INFLUENCER.id)
    )
    interest = await world.interest(" Cloud Storage", template=template)
    account = await world.account("Müller & Söhne")
    (group_id,) = await make(world, (account, interest))
    group = await world.one(BuyingGroupRow)
    assert (group.id, group.name) == (group_id, "Cloud Storage for Müller & Söhne")
    assert (group.name_key, group.template_id) == ("cloud storage for müller & söhne", template)
    assert (group.completeness_score, group.member_count, group.version) == (0, 0, 1)
    assert (group.engagement_score, group.stage_id) == (None, None)
    roles = [(row.position, row.role_id, row.missing) for row in await world.rows(GroupRoleRow)]
    assert sorted(roles) == [(0, DECISION_MAKER.id, True), (1, CHAMPION.id, False), (2, INFLUENCER.id, True)]
    assert await words(world, group_id) == {"cloud", "storage", "for", "müller", "söhne"}
    await world.check_counts()


async def test_a_new_group_is_in_the_change_log(world: World):
    (group_id,) = await make(world, (await world.account("Acme"), await world.interest("CRM")))
    change = await world.one(ChangeRow, subject_id=group_id)
    assert (change.kind, change.by, change.source, change.at) == ("GROUP_CREATED", "Ann", "MANUAL", NOW)
    item = await world.one(ChangeItemRow, change_id=change.id)
    assert (item.before, item.after) == (None, {"name": "CRM for Acme"})


async def test_a_group_without_required_roles_has_no_completeness(world: World):
    template = await world.template(definition(DECISION_MAKER.id, required=False))
    await make(world, (await world.account(), await world.interest(template=template)))
    assert (await world.one(BuyingGroupRow)).completeness_score is None


async def test_a_group_that_stands_is_left_as_it_is_an_archived_one_too(world: World):
    first, second, interest = await world.account(), await world.account(), await world.interest()
    (group_id,) = await make(world, (first, interest))
    await world.archive(group_id)
    before = await world.one(BuyingGroupRow)
    made = await make(world, (first, interest), (second, interest), (second, interest))
    assert [row.account_id for row in await world.rows(BuyingGroupRow)] == [first, second]
    assert len(made) == 1
    assert await world.one(BuyingGroupRow, id=group_id) == before


async def test_a_group_of_nothing_is_refused_with_the_name_of_what_is_missing(world: World):
    account, interest, nothing = await world.account(), await world.interest(), new_id()
    with pytest.raises(UnknownSubject, match=f"no account {nothing}"):
        await make(world, (account, interest), (nothing, interest))
    with pytest.raises(UnknownSubject, match=f"no solution interest {nothing}"):
        await make(world, (account, nothing))
    assert await world.rows(BuyingGroupRow) == []


async def test_two_who_make_the_same_group_at_once_make_it_once(world: World):
    account, interest = await world.account(), await world.interest()
    made = await asyncio.gather(*(make(world, (account, interest)) for _ in range(5)))
    assert sorted(len(each) for each in made) == [0, 0, 0, 0, 1]
    assert len(await world.rows(BuyingGroupRow)) == 1


async def test_accounts_get_the_groups_that_the_set_up_asks_for(world: World):
    energy = await world.interest("Grid", account_conditions=IN_ENERGY)
    large = await world.interest("ERP", account_conditions={"attribute": "employee_count", "greater_than": 100})
    await world.interest("By hand")
    both = await world.account(industry="energy ", employee_count=101)
    await world.account(industry="Retail", employee_count=100)
    assert len(await make_for_accounts(world)) == 2
    groups = {(row.account_id, row.solution_interest_id) for row in await world.rows(BuyingGroupRow)}
    assert groups == {(both, energy), (both, large)}
    assert await make_for_accounts(world) == []


async def test_an_archived_group_is_not_made_again(world: World):
    interest = await world.interest(account_conditions=IN_ENERGY)
    await world.archive(await world.group(await world.account(industry="Energy"), interest))
    assert await make_for_accounts(world) == []


async def test_accounts_are_looked_at_page_by_page(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bg_graph.buying_groups.commands.groups._PAGE", 2)
    await world.interest(account_conditions=IN_ENERGY)
    for number in range(5):
        await world.account(industry="Energy" if number != 2 else "Retail")
    assert len(await make_for_accounts(world)) == 4


async def test_the_number_of_statements_does_not_depend_on_the_number_of_groups(world: World):
    interest = await world.interest()
    counts = []
    for how_many in (1, 30):
        accounts = [await world.account() for _ in range(how_many)]
        with statements(world.database) as seen:
            await make(world, *((account, interest) for account in accounts))
        counts.append(len(seen))
    assert counts[0] == counts[1]


async def test_a_groups_name_follows_its_account(world: World):
    account = await world.account("Acme")
    group, other = await world.group(account), await world.group()
    untouched = await world.one(BuyingGroupRow, id=other)
    assert await rename(world, account, "Apex Power") == 1
    row = await world.one(BuyingGroupRow, id=group)
    assert (row.name, row.name_key) == ("CRM for Apex Power", "crm for apex power")
    assert (row.version, row.updated_at) == (2, LATER)
    assert await words(world, group) == {"crm", "for", "apex", "power"}
    assert await words(world, account) == {"apex", "power"}
    assert await world.one(BuyingGroupRow, id=other) == untouched
    change = await world.one(ChangeRow, subject_id=group, kind="GROUP_RENAMED")
    item = await world.one(ChangeItemRow, change_id=change.id)
    assert (item.before, item.after) == ({"name": "CRM for Acme"}, {"name": "CRM for Apex Power"})


async def test_a_name_that_stays_changes_nothing(world: World):
    account = await world.account("Acme")
    before = await world.one(BuyingGroupRow, id=await world.group(account))
    assert await rename(world, account, "Acme") == 0
    assert await world.one(BuyingGroupRow) == before


async def test_an_archived_groups_name_follows_too(world: World):
    account = await world.account("Acme")
    await world.archive(await world.group(account))
    assert await rename(world, account, "Apex") == 1


async def test_a_groups_name_follows_its_interest(world: World):
    interest = await world.interest("CRM")
    await world.group(await world.account("Acme"), interest)
    await world.change(SolutionInterestRow, interest, name="Sales Cloud", name_key="sales cloud")
    async with world.database.writing(world.tenant) as db:
        assert await rename_groups_of_interests(db, [interest], by="apply", now=LATER) == 1
    assert (await world.one(BuyingGroupRow)).name == "Sales Cloud for Acme"


async def delete_accounts(world: World, ids: Iterable[UUID]) -> int:
    async with world.database.writing(world.tenant) as db:
        return await accounts_deleted(db, ids, by="import", now=LATER)


async def test_the_groups_of_a_deleted_account_go_with_all_that_is_theirs(world: World):
    account, kept = await world.account(), await world.group()
    group = await world.group(account)
    person, removed = await world.people(account, 2)
    await world.member(group, person)
    await world.member(group, removed)
    await world.remove(group, removed)
    await world.signal(group, "Grid", subject_kind="GROUP")
    assert await delete_accounts(world, [account]) == 1
    assert [row.id for row in await world.rows(BuyingGroupRow)] == [kept]
    assert {row.group_id for row in await world.rows(GroupRoleRow)} == {kept}
    for table in (MemberRow, RemovalMarkRow, IntentSignalRow):
        assert await world.rows(table) == []
    assert await words(world, group) == await words(world, account) == set()
    assert await words(world, kept) != set()
    async with world.database.writing(world.tenant) as db:
        for table, column, value in (
            (table_of(PersonRow), "account_id", account),
            (table_of(AccountRow), "id", account),
        ):
            await db.execute(delete(table).where(of_tenant(table), table.c[column] == value))


async def test_the_log_keeps_who_was_in_a_deleted_group(world: World):
    account = await world.account("Acme")
    group = await world.group(account)
    person = await world.member(group)
    await delete_accounts(world, [account])
    change = await world.one(ChangeRow, subject_id=group, kind="GROUP_DELETED")
    items = {row.person_id: row for row in await world.rows(ChangeItemRow, change_id=change.id)}
    assert items[None].before == {"name": "CRM for Acme"}
    assert items[person].before["role_id"] == DECISION_MAKER.id.hex
    assert items[person].after is None
