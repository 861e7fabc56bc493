"""undoChange: a whole call is taken back exactly, once, by who may, and only where nothing touched its people since."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete

from bg_graph.accounts.tables import PersonRow
from bg_graph.buying_groups.commands.groups import accounts_deleted
from bg_graph.buying_groups.commands.maintenance import maintain
from bg_graph.buying_groups.commands.people import people_left
from bg_graph.buying_groups.rules.conditions import Attribute, AttributeTest, Operator
from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER, INFLUENCER, PRACTITIONER
from bg_graph.buying_groups.rules.membership import MembershipSource
from bg_graph.buying_groups.tables import BuyingGroupRow, GroupRoleRow, MemberRow, RemovalMarkRow
from bg_graph.store.changes import ChangeItemRow, ChangeRow
from bg_graph.store.connection import table_of
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant
from tests.buying_groups.calling import UNDO, Calling, faults, key_of, member_of, roles_in, written
from tests.conftest import NOW
from tests.screens.conftest import caller_of, gid
from tests.world import World, definition

JOURNEY, MANUAL, SYSTEM = MembershipSource.JOURNEY, MembershipSource.MANUAL, MembershipSource.SYSTEM


async def standing(world: World) -> list[list[Any]]:
    """Who is a member and who is marked as removed, exactly (a mark's own id aside), and what is counted of it."""
    members = [tuple(row) for row in await world.rows(MemberRow)]
    marks = sorted(
        (row.group_id, row.person_id, row.source, row.removed_at, row.removed_by)
        for row in await world.rows(RemovalMarkRow)
    )
    roles = [tuple(row) for row in await world.rows(GroupRoleRow)]
    counts = [(row.member_count, row.completeness_score) for row in await world.rows(BuyingGroupRow)]
    return [members, marks, roles, counts]


@pytest.fixture
async def group(world: World) -> UUID:
    """A group with one member of each source; two people were removed from it, by a user and by an automation."""
    made = await world.group()
    for source in MembershipSource:
        await world.member(made, source=source)
    for source in (MANUAL, JOURNEY):
        await world.remove(made, await world.member(made, source=source), source)
    return made


async def people_marked(world: World) -> list[UUID]:
    return [row.person_id for row in await world.rows(RemovalMarkRow)]


async def member_ids(world: World) -> list[UUID]:
    return [row.id for row in await world.rows(MemberRow)]


async def test_an_assign_is_taken_back_and_the_marks_that_it_cleared_are_there_again(
    world: World, calling: Calling, group: UUID
):
    fresh = await world.person(await world.account_of(group))
    before = await standing(world)
    done = await calling.assign(group, dict.fromkeys([fresh, *await people_marked(world)], CHAMPION.id))
    assert await people_marked(world) == []
    undone = await calling.undo(key_of(done["changeId"]), note="wrong group")
    assert undone["userErrors"] == []
    assert undone["members"] == []
    assert undone["buyingGroup"]["version"] == done["buyingGroup"]["version"] + 1
    assert await standing(world) == before
    logged = await world.one(ChangeRow, id=key_of(undone["changeId"]))
    assert (logged.kind, logged.undoes) == ("CHANGE_UNDONE", key_of(done["changeId"]))
    assert (logged.by, logged.source, logged.note, logged.subject_id) == ("Ann", "MANUAL", "wrong group", group)
    await world.check_counts()


async def test_a_removal_is_taken_back_with_role_source_since_when_and_by_whom(
    world: World, calling: Calling, group: UUID
):
    before = await standing(world)
    ids = await member_ids(world)
    done = await calling.remove(group, ids)
    assert done["buyingGroup"]["memberCount"] == 0
    undone = await calling.undo(key_of(done["changeId"]))
    assert await standing(world) == before
    assert {member["id"] for member in undone["members"]} == {gid("mem", each) for each in ids}
    assert {source for _, source in roles_in(undone).values()} == {"MANUAL", "JOURNEY", "SYSTEM"}
    assert undone["buyingGroup"]["completenessScore"] == 33
    await world.check_counts()


async def test_an_edit_is_taken_back_with_the_source_of_before(world: World, calling: Calling, group: UUID):
    before = await standing(world)
    done = await calling.edit(group, dict.fromkeys(await member_ids(world), INFLUENCER.id))
    assert {source for _, source in roles_in(done).values()} == {"MANUAL"}
    await calling.undo(key_of(done["changeId"]))
    assert await standing(world) == before
    await world.check_counts()


async def test_what_the_job_did_is_taken_back_too(world: World, calling: Calling):
    everybody = AttributeTest(Attribute.LAST_NAME, Operator.IS_NOT, "nobody")
    template = await world.template(definition(CHAMPION.id, conditions=everybody))
    group = await world.group(await world.account(), await world.interest(template=template))
    await world.person(await world.account_of(group))
    async with world.database.writing(world.tenant) as db:
        await maintain(db, NOW)
    logged = await world.one(ChangeRow, kind="MEMBERS_MAINTAINED")
    undone = await calling.undo(logged.id)
    assert undone["userErrors"] == []
    assert await world.people_in(group) == {}
    assert await world.rows(RemovalMarkRow) == []


async def test_an_undo_is_taken_back_by_an_undo(world: World, calling: Calling, group: UUID):
    done = await calling.remove(group, await member_ids(world))
    after = await standing(world)
    undone = await calling.undo(key_of(done["changeId"]))
    again = await calling.undo(key_of(undone["changeId"]))
    assert again["userErrors"] == []
    assert await standing(world) == after
    assert (await world.one(ChangeRow, id=key_of(again["changeId"]))).undoes == key_of(undone["changeId"])


async def test_a_later_change_of_one_of_its_people_is_named_and_in_the_way(world: World, calling: Calling, group: UUID):
    first, second, _ = await member_ids(world)
    done = await calling.edit(group, {first: CHAMPION.id, second: CHAMPION.id})
    later = await calling.by(caller_of(world.tenant, *calling.caller.rights, name="Zoe")).edit(
        group, {second: PRACTITIONER.id}
    )
    before = await written(world)
    refused = await calling.undo(key_of(done["changeId"]))
    assert faults(refused) == [("CHANGED_SINCE", "changeId")]
    (error,) = refused["userErrors"]
    for word in ("Zoe", "edited roles", "2026-11-23 12:00 UTC", later["changeId"]):
        assert word in error["message"]
    assert refused["changedSince"] == {
        "id": later["changeId"],
        "by": "Zoe",
        "at": NOW.isoformat(),
        "kind": "ROLES_EDITED",
    }
    assert await written(world) == before
    assert (await calling.undo(key_of(later["changeId"])))["userErrors"] == []


async def test_a_change_put_back_by_hand_is_in_the_way_all_the_same(world: World, calling: Calling, group: UUID):
    (member, *_) = await member_ids(world)
    done = await calling.edit(group, {member: CHAMPION.id})
    await calling.edit(group, {member: INFLUENCER.id})
    last = await calling.edit(group, {member: CHAMPION.id})
    refused = await calling.undo(key_of(done["changeId"]))
    assert faults(refused) == [("CHANGED_SINCE", "changeId")]
    assert refused["changedSince"]["id"] == last["changeId"]


async def test_a_later_change_of_other_people_is_not_in_the_way(world: World, calling: Calling, group: UUID):
    first, second, third = await member_ids(world)
    done = await calling.edit(group, {first: CHAMPION.id})
    await calling.remove(group, [second])
    await calling.edit(group, {third: CHAMPION.id})
    assert (await calling.undo(key_of(done["changeId"])))["userErrors"] == []


async def test_a_change_in_another_group_is_not_in_the_way(world: World, calling: Calling, group: UUID):
    person = (await world.rows(MemberRow, group_id=group))[0].person_id
    done = await calling.edit(group, {await member_of(world, group, person): CHAMPION.id})
    other = await world.group(await world.account_of(group), await world.interest())
    await calling.assign(other, {person: CHAMPION.id})
    assert (await calling.undo(key_of(done["changeId"])))["userErrors"] == []


async def test_the_order_of_versions_tells_which_change_came_later(world: World, calling: Calling, group: UUID):
    (member, *_) = await member_ids(world)
    done = await calling.edit(group, {member: CHAMPION.id})
    later = await calling.edit(group, {member: INFLUENCER.id})
    row = await world.one(ChangeRow, id=key_of(later["changeId"]))
    early = UUID(int=1)
    async with world.database.writing(world.tenant) as db:
        await db.insert(ChangeRow, [{**row._mapping, "id": early, "version": row.version + 1}])
        (item,) = await world.rows(ChangeItemRow, change_id=row.id)
        await db.insert(ChangeItemRow, [{**item._mapping, "id": early, "change_id": early}])
    assert (await calling.undo(key_of(done["changeId"])))["changedSince"]["id"] == gid("chg", early)


async def test_a_call_is_taken_back_once(world: World, calling: Calling, group: UUID):
    done = await calling.remove(group, await member_ids(world))
    await calling.undo(key_of(done["changeId"]))
    refused = await calling.undo(key_of(done["changeId"]))
    assert faults(refused) == [("CHANGED_SINCE", "changeId")]
    assert "Ann took this change back already" in refused["userErrors"][0]["message"]


async def test_what_was_no_call_on_members_is_not_taken_back(world: World, calling: Calling):
    interest = await world.interest(stage_model_id=await world.stage_model())
    group = await world.group(await world.account(), interest)
    stages = await calling.ask("query($g: ID!) { buyingGroup(id: $g) { nextStages { id } } }", g=gid("grp", group))
    await calling.move(group, stages.data["buyingGroup"]["nextStages"][0]["id"])
    await calling.archive(group)
    await calling.unarchive(group)
    person = await world.member(group)
    async with world.database.writing(world.tenant) as db:
        await people_left(db, [person], by="import", now=NOW)
    before = await written(world)
    others = ("GROUP_CREATED", "STAGE_MOVED", "GROUP_ARCHIVED", "GROUP_UNARCHIVED", "PEOPLE_LEFT")
    for kind in others:
        (logged,) = await world.rows(ChangeRow, kind=kind)
        assert faults(await calling.undo(logged.id)) == [("NOT_UNDOABLE", "changeId")], kind
    assert await written(world) == before


async def test_nothing_is_restored_for_somebody_who_left_the_account_or_is_gone(world: World, calling: Calling):
    group = await world.group()
    moved, deleted = [await world.member(group) for _ in range(2)]
    removals = [await calling.remove(group, [await member_of(world, group, person)]) for person in (moved, deleted)]
    other = await world.account()
    await world.change(PersonRow, moved, account_id=other)
    table = table_of(PersonRow)
    async with world.database.writing(world.tenant) as db:
        await db.execute(delete(table).where(of_tenant(table), table.c.id == deleted))
    told = [await calling.undo(key_of(removal["changeId"])) for removal in removals]
    assert [faults(each) for each in told] == [[("NOT_UNDOABLE", "changeId")]] * 2
    assert [each["userErrors"][0]["message"] for each in told] == [
        "A person of this change belongs to another account by now.",
        "A person of this change no longer exists.",
    ]


async def test_whoever_left_the_account_since_is_named_by_the_change_that_says_so(world: World, calling: Calling):
    group = await world.group()
    person = await world.person(await world.account_of(group))
    done = await calling.assign(group, {person: CHAMPION.id})
    async with world.database.writing(world.tenant) as db:
        await people_left(db, [person], by="import", now=NOW)
    refused = await calling.undo(key_of(done["changeId"]))
    assert faults(refused) == [("CHANGED_SINCE", "changeId")]
    assert refused["changedSince"]["kind"] == "PEOPLE_LEFT"


async def test_in_a_group_that_is_gone_nothing_is_taken_back(world: World, calling: Calling):
    group = await world.group()
    account = await world.account_of(group)
    done = await calling.assign(group, {await world.person(account): CHAMPION.id})
    async with world.database.writing(world.tenant) as db:
        await accounts_deleted(db, [account], by="import", now=NOW)
    refused = await calling.undo(key_of(done["changeId"]))
    assert faults(refused) == [("NOT_UNDOABLE", "changeId")]
    assert refused["buyingGroup"] is None


async def test_an_automation_takes_back_its_own_and_the_jobs_calls_only(
    world: World, calling: Calling, automation: Calling
):
    group = await world.group()
    account = await world.account_of(group)
    people = await world.people(account, 3)
    by_user = await calling.assign(group, {people[0]: CHAMPION.id})
    removal = await calling.remove(group, [await member_of(world, group, people[0])])
    own = await automation.assign(group, {people[1]: CHAMPION.id})
    assert faults(await automation.undo(key_of(removal["changeId"]))) == [("REMOVED_BY_HIGHER", "changeId")]
    undone = await calling.undo(key_of(removal["changeId"]))
    assert faults(await automation.undo(key_of(undone["changeId"]))) == [("ADDED_BY_HIGHER", "changeId")]
    assert faults(await automation.undo(key_of(by_user["changeId"]))) == [("CHANGED_SINCE", "changeId")]
    await world.member(group, people[2], source=SYSTEM)
    (job,) = await world.rows(ChangeRow, subject_id=group, source="SYSTEM")
    for change in (key_of(own["changeId"]), job.id):
        done = await automation.undo(change)
        assert done["userErrors"] == []
        assert (await world.one(ChangeRow, id=key_of(done["changeId"]))).source == "JOURNEY"
    assert await world.people_in(group) == {people[0]: (CHAMPION.id, "MANUAL")}


async def test_an_undo_is_made_under_the_terms_of_every_call(world: World, calling: Calling, group: UUID):
    done = await calling.remove(group, await member_ids(world))
    change, version = key_of(done["changeId"]), done["buyingGroup"]["version"]
    assert faults(await calling.undo(change, expectedVersion=version - 1)) == [("VERSION_CONFLICT", "expectedVersion")]
    reader = calling.by(caller_of(world.tenant))
    assert faults(await reader.undo(change, expectedVersion=1, note="a\0")) == [
        ("VERSION_CONFLICT", "expectedVersion"),
        ("FORBIDDEN", ""),
        ("INVALID_INPUT", "note"),
    ]
    await calling.archive(group)
    assert faults(await calling.undo(change)) == [("GROUP_ARCHIVED", "changeId")]
    await calling.unarchive(group)
    assert (await calling.undo(change, expectedVersion=version + 2))["userErrors"] == []


async def test_a_change_that_is_not_there_of_another_type_or_tenant_is_not_found(
    world: World, other_world: World, calling: Calling
):
    foreign = await other_world.group()
    await other_world.member(foreign)
    (logged,) = await other_world.rows(ChangeRow, kind="MEMBERS_ASSIGNED")
    before = await written(other_world)
    answers = [await calling.undo(wrong) for wrong in (logged.id, new_id(), gid("grp", foreign), "", "chg_")]
    assert [faults(answer) for answer in answers] == [[("NOT_FOUND", "changeId")]] * 5
    assert all(answer == answers[0] for answer in answers)
    assert await written(other_world) == before


async def test_the_number_of_statements_does_not_depend_on_the_number_of_people(world: World, calling: Calling):
    interest = await world.interest()
    counts = {}
    for how_many in (1, 50):
        group = await world.group(await world.account(), interest)
        people = await world.people(await world.account_of(group), how_many)
        await world.members(group, dict.fromkeys(people, DECISION_MAKER.id))
        ids = [row.id for row in await world.rows(MemberRow, group_id=group)]
        done = await calling.remove(group, ids)
        answer = await calling.answer(UNDO, changeId=done["changeId"])
        assert len(answer.data["undoChange"]["members"]) == how_many
        counts[how_many] = len(answer.sql)
    assert counts[1] == counts[50] <= 22
