"""People who leave an account leave its groups, whatever brought them in."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete

from bg_graph.accounts.tables import PersonRow
from bg_graph.buying_groups.commands.people import people_left
from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER
from bg_graph.buying_groups.rules.membership import MembershipSource
from bg_graph.buying_groups.tables import BuyingGroupRow, MemberRow, RemovalMarkRow
from bg_graph.store.changes import ChangeItemRow, ChangeRow
from bg_graph.store.connection import table_of
from bg_graph.store.scope import of_tenant
from tests.conftest import NOW, statements
from tests.world import World

LATER = NOW + timedelta(hours=1)


async def leave(world: World, *people: UUID) -> int:
    async with world.database.writing(world.tenant) as db:
        return await people_left(db, people, by="import", now=LATER)


@pytest.mark.parametrize("source", list(MembershipSource))
async def test_a_leaver_leaves_every_group_whatever_the_source(world: World, source: MembershipSource):
    account = await world.account()
    person = await world.person(account)
    groups = [await world.group(account, await world.interest()) for _ in range(2)]
    for group in groups:
        await world.member(group, person, source=source)
    assert await leave(world, person) == 2
    assert await world.rows(MemberRow) == []
    marks = {row.group_id: (row.source, row.removed_by) for row in await world.rows(RemovalMarkRow)}
    assert marks == dict.fromkeys(groups, ("SYSTEM", "import"))
    await world.check_counts()


async def test_others_stay_and_their_groups_are_not_touched(world: World):
    group, other = await world.group(), await world.group()
    leaver, stayer, elsewhere = await world.member(group), await world.member(group), await world.member(other)
    untouched = await world.one(BuyingGroupRow, id=other)
    assert await leave(world, leaver) == 1
    assert set(await world.people_in(group)) == {stayer}
    assert set(await world.people_in(other)) == {elsewhere}
    assert await world.one(BuyingGroupRow, id=other) == untouched
    assert (await world.one(BuyingGroupRow, id=group)).version == 4


async def test_after_leaving_a_person_can_change_account(world: World):
    person = await world.member(await world.group())
    await leave(world, person)
    new_account = await world.account()
    await world.change(PersonRow, person, account_id=new_account)
    assert (await world.one(PersonRow)).account_id == new_account


async def test_an_archived_group_is_left_too_since_nobody_of_another_account_may_be_in_it(world: World):
    group = await world.group()
    person = await world.member(group)
    await world.archive(group)
    assert await leave(world, person) == 1
    await world.check_counts()


async def test_the_history_outlives_the_person(world: World):
    group = await world.group()
    person = await world.member(group, role_id=CHAMPION.id)
    await leave(world, person)
    table = table_of(PersonRow)
    async with world.database.writing(world.tenant) as db:
        await db.execute(delete(table).where(of_tenant(table)))
    left = await world.one(ChangeRow, subject_id=group, kind="PEOPLE_LEFT")
    item = await world.one(ChangeItemRow, change_id=left.id)
    assert (item.person_id, item.before["role_id"]) == (person, CHAMPION.id.hex)
    assert item.after["mark"]["source"] == "SYSTEM"


async def test_somebody_in_no_group_changes_nothing(world: World):
    assert await leave(world, await world.person(await world.account())) == 0
    assert await world.rows(ChangeRow, kind="PEOPLE_LEFT") == []


async def test_the_number_of_statements_does_not_depend_on_the_number_of_people(world: World):
    interest = await world.interest()
    counts = []
    for how_many in (1, 10):
        people = [
            await world.member(await world.group(await world.account(), interest), role_id=DECISION_MAKER.id)
            for _ in range(how_many)
        ]
        with statements(world.database) as seen:
            await leave(world, *people)
        counts.append(len(seen))
    assert counts[0] == counts[1]
