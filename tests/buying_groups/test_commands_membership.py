"""Assigning, editing and removing members: what is written, what is refused, what is left alone."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from random import Random
from uuid import UUID

from sqlmodel import SQLModel

from bg_graph.buying_groups.commands.acts import Act
from bg_graph.buying_groups.commands.membership import assign_members, edit_members, remove_members
from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER, INFLUENCER, OTHER, PRACTITIONER
from bg_graph.buying_groups.rules.membership import Decision, ItemCode, MembershipSource, RoleAssignment
from bg_graph.buying_groups.tables import BuyingGroupRow, GroupRoleRow, MemberRow, RemovalMarkRow
from bg_graph.store.changes import ChangeItemRow, ChangeRow
from bg_graph.store.ids import new_id
from tests.conftest import NOW, statements
from tests.world import World

MANUAL, JOURNEY, SYSTEM = MembershipSource.MANUAL, MembershipSource.JOURNEY, MembershipSource.SYSTEM
LATER = NOW + timedelta(hours=1)
ROLES = [role.id for role in (DECISION_MAKER, INFLUENCER, PRACTITIONER, CHAMPION)]
WRITTEN: tuple[type[SQLModel], ...] = (
    BuyingGroupRow,
    GroupRoleRow,
    MemberRow,
    RemovalMarkRow,
    ChangeRow,
    ChangeItemRow,
)


async def assign(
    world: World, group: UUID, roles: Mapping[UUID, UUID], source: MembershipSource = MANUAL, note: str | None = None
) -> Decision:
    items = [RoleAssignment(person, role) for person, role in roles.items()]
    async with world.database.writing(world.tenant) as db:
        return (await assign_members(db, {group: items}, Act("Ann", source, LATER, note)))[group]


async def edit(world: World, group: UUID, roles: Mapping[UUID, UUID], source: MembershipSource = MANUAL) -> Decision:
    items = [RoleAssignment(person, role) for person, role in roles.items()]
    async with world.database.writing(world.tenant) as db:
        return (await edit_members(db, {group: items}, Act("Ann", source, LATER)))[group]


async def remove(world: World, group: UUID, people: Sequence[UUID], source: MembershipSource = MANUAL) -> Decision:
    async with world.database.writing(world.tenant) as db:
        return (await remove_members(db, {group: people}, Act("Ann", source, LATER)))[group]


async def written(world: World) -> list[list[object]]:
    return [await world.rows(row) for row in WRITTEN]


async def people_of(world: World, group: UUID, how_many: int) -> list[UUID]:
    return await world.people(await world.account_of(group), how_many)


async def test_an_assign_makes_members_and_everything_that_follows_is_right_at_once(world: World):
    group = await world.group()
    first, second = await people_of(world, group, 2)
    await assign(world, group, {first: DECISION_MAKER.id, second: INFLUENCER.id}, note="met at the fair")
    member = await world.one(MemberRow, person_id=first)
    assert (member.role_id, member.source) == (DECISION_MAKER.id, "MANUAL")
    assert (member.assigned_at, member.assigned_by) == (LATER, "Ann")
    row = await world.one(BuyingGroupRow)
    assert (row.member_count, row.completeness_score, row.version, row.updated_at) == (2, 50, 2, LATER)
    await world.check_counts()
    change = await world.one(ChangeRow, subject_id=group, kind="MEMBERS_ASSIGNED")
    assert (change.by, change.source, change.at, change.note) == ("Ann", "MANUAL", LATER, "met at the fair")
    item = await world.one(ChangeItemRow, change_id=change.id, person_id=first)
    assert item.before is None
    assert (item.after["role_id"], item.after["source"]) == (DECISION_MAKER.id.hex, "MANUAL")


async def test_a_users_call_with_a_fault_changes_nothing(world: World):
    group = await world.group()
    (good, bad) = await people_of(world, group, 2)
    before = await written(world)
    decision = await assign(world, group, {good: DECISION_MAKER.id, bad: OTHER.id, new_id(): CHAMPION.id})
    codes = [fault.code for fault in decision.refused]
    assert codes == [ItemCode.ROLE_NOT_IN_TEMPLATE, ItemCode.NOT_FOUND]
    assert await written(world) == before


async def test_a_person_of_another_account_or_tenant_is_no_candidate(world: World):
    group = await world.group()
    stranger = await world.person(await world.account())
    decision = await assign(world, group, {stranger: CHAMPION.id})
    assert [fault.code for fault in decision.refused] == [ItemCode.WRONG_ACCOUNT]


async def test_a_lower_source_does_what_it_may(world: World):
    group = await world.group()
    removed, fresh = await people_of(world, group, 2)
    await world.member(group, removed)
    await world.remove(group, removed)
    decision = await assign(world, group, {removed: CHAMPION.id, fresh: CHAMPION.id}, JOURNEY)
    assert [(fault.index, fault.code) for fault in decision.skipped] == [(0, ItemCode.REMOVED_BY_HIGHER)]
    assert await world.people_in(group) == {fresh: (CHAMPION.id, "JOURNEY")}
    await world.check_counts()


async def test_a_removal_leaves_a_mark_and_an_assign_clears_it(world: World):
    group = await world.group()
    person = await world.member(group)
    await remove(world, group, [person])
    mark = await world.one(RemovalMarkRow)
    assert (mark.person_id, mark.source, mark.removed_by, mark.removed_at) == (person, "MANUAL", "Ann", LATER)
    assert await world.people_in(group) == {}
    await world.check_counts()
    await assign(world, group, {person: CHAMPION.id})
    assert await world.rows(RemovalMarkRow) == []
    *_, assigned = await world.rows(ChangeRow, kind="MEMBERS_ASSIGNED")
    item = await world.one(ChangeItemRow, change_id=assigned.id)
    assert item.before == {
        "mark": {"source": "MANUAL", "removed_at": LATER.isoformat(), "removed_by": "Ann"},
    }


async def test_the_latest_removal_counts(world: World):
    group = await world.group()
    person = await world.member(group, source=SYSTEM)
    await world.remove(group, person, SYSTEM)
    await assign(world, group, {person: CHAMPION.id}, JOURNEY)
    await remove(world, group, [person], MANUAL)
    assert (await world.one(RemovalMarkRow)).source == "MANUAL"


async def test_an_edit_changes_the_role_and_keeps_since_when_the_person_is_a_member(world: World):
    group = await world.group()
    person = await world.member(group, source=SYSTEM)
    since = await world.one(MemberRow)
    await edit(world, group, {person: INFLUENCER.id})
    member = await world.one(MemberRow)
    assert (member.role_id, member.source) == (INFLUENCER.id, "MANUAL")
    assert (member.id, member.assigned_at, member.assigned_by) == (since.id, since.assigned_at, since.assigned_by)
    await world.check_counts()


async def test_an_edit_that_changes_nothing_writes_nothing(world: World):
    group = await world.group()
    person = await world.member(group)
    before = await written(world)
    assert await edit(world, group, {person: DECISION_MAKER.id}) == Decision()
    assert await written(world) == before


async def test_an_archived_group_and_one_that_is_not_there_are_left_out(world: World):
    group, nothing = await world.group(), new_id()
    person = await world.member(group)
    await world.archive(group)
    before = await written(world)
    async with world.database.writing(world.tenant) as db:
        wanted = {group: [person], nothing: [person]}
        assert await remove_members(db, wanted, Act("Ann", MANUAL, LATER)) == {}
    assert await written(world) == before


async def test_two_who_assign_the_same_person_at_once_do_it_once(world: World):
    group = await world.group()
    (person,) = await people_of(world, group, 1)
    decisions = await asyncio.gather(*(assign(world, group, {person: CHAMPION.id}) for _ in range(4)))
    assert sum(len(decision.changes) for decision in decisions) == 1
    codes = [fault.code for decision in decisions for fault in decision.refused]
    assert codes == [ItemCode.ALREADY_MEMBER] * 3
    assert (await world.one(BuyingGroupRow)).version == 2


async def test_many_who_change_different_members_at_once_lose_nothing(world: World):
    group = await world.group()
    people = await people_of(world, group, 8)
    await asyncio.gather(*(assign(world, group, {person: CHAMPION.id}) for person in people))
    assert set(await world.people_in(group)) == set(people)
    assert (await world.one(BuyingGroupRow)).version == 9
    await world.check_counts()


async def test_counts_and_completeness_are_right_after_each_of_many_calls(world: World):
    random = Random(11)
    groups = [await world.group() for _ in range(2)]
    people = {group: await people_of(world, group, 5) for group in groups}
    for _ in range(25):
        group, source = random.choice(groups), random.choice([MANUAL, JOURNEY, SYSTEM])
        chosen = random.sample(people[group], random.randint(1, 3))
        roles = {person: random.choice(ROLES) for person in chosen}
        match random.randrange(3):
            case 0:
                await assign(world, group, roles, source)
            case 1:
                await edit(world, group, roles, source)
            case _:
                await remove(world, group, chosen, source)
        await world.check_counts()


async def test_the_number_of_statements_does_not_depend_on_groups_and_members(world: World):
    interest = await world.interest()
    counts = []
    for how_many in (1, 12):
        groups = [await world.group(await world.account(), interest) for _ in range(how_many)]
        wanted = {
            group: [RoleAssignment(person, CHAMPION.id) for person in await people_of(world, group, how_many)]
            for group in groups
        }
        with statements(world.database) as seen:
            async with world.database.writing(world.tenant) as db:
                await assign_members(db, wanted, Act("Ann", MANUAL, LATER))
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 11  # the last asks who listens
