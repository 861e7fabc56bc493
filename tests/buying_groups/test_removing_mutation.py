"""removeMembers: who leaves, the mark that is left, and what is refused."""

from bg_graph.buying_groups.commands.maintenance import maintain
from bg_graph.buying_groups.rules.conditions import Attribute, AttributeTest, Operator
from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER
from bg_graph.buying_groups.tables import MemberRow, RemovalMarkRow
from bg_graph.store.changes import ChangeRow
from bg_graph.store.ids import new_id
from tests.buying_groups.calling import REMOVE, Calling, faults, key_of, member_of, roles_in, written
from tests.conftest import NOW
from tests.screens.conftest import gid
from tests.world import World, definition


async def test_the_payload_shows_the_group_without_them(world: World, calling: Calling):
    group = await world.group()
    account = await world.account_of(group)
    ada, bob, cyd = [await world.person(account, name) for name in ("Ada Ash", "Bob Birch", "Cyd Cedar")]
    await world.members(group, {ada: DECISION_MAKER.id, bob: CHAMPION.id, cyd: CHAMPION.id})
    leaving = [await member_of(world, group, person) for person in (cyd, ada)]
    payload = await calling.remove(group, leaving, note="left the project")
    assert payload["removedMemberIds"] == [gid("mem", each) for each in leaving]
    assert roles_in(payload) == {"Bob Birch": ("Champion", "MANUAL")}
    shown = payload["buyingGroup"]
    assert (shown["version"], shown["memberCount"], shown["completenessScore"]) == (3, 1, 33)
    assert [role["name"] for role in shown["missingRoles"]] == ["Decision Maker", "Influencer"]
    logged = await world.one(ChangeRow, id=key_of(payload["changeId"]))
    assert (logged.kind, logged.by, logged.note) == ("MEMBERS_REMOVED", "Ann", "left the project")
    marks = {
        mark.person_id: (mark.source, mark.removed_by, mark.removed_at) for mark in await world.rows(RemovalMarkRow)
    }
    assert marks == dict.fromkeys((cyd, ada), ("MANUAL", "Ann", NOW))
    await world.check_counts()


async def test_whoever_is_no_member_of_the_group_is_told_and_nobody_leaves(
    world: World, other_world: World, calling: Calling
):
    group, other = await world.group(), await world.group()
    person = await world.member(group)
    member = await member_of(world, group, person)
    elsewhere = await member_of(world, other, await world.member(other))
    foreign_group = await other_world.group()
    foreign = await member_of(other_world, foreign_group, await other_world.member(foreign_group))
    before = await written(world), await written(other_world)
    wanted = [member, elsewhere, foreign, new_id(), gid("per", person), "", member]
    assert faults(await calling.remove(group, wanted)) == [
        *[("NOT_A_MEMBER", f"memberIds.{place}") for place in range(1, 6)],
        ("DUPLICATE_IN_INPUT", "memberIds.6"),
    ]
    assert (await written(world), await written(other_world)) == before


async def test_the_job_does_not_bring_back_whom_a_user_removed(world: World, calling: Calling):
    everybody = AttributeTest(Attribute.LAST_NAME, Operator.IS_NOT, "nobody")
    template = await world.template(definition(CHAMPION.id, conditions=everybody))
    group = await world.group(await world.account(), await world.interest(template=template))
    person = await world.person(await world.account_of(group))
    async with world.database.writing(world.tenant) as db:
        await maintain(db, NOW)
    assert await world.people_in(group) == {person: (CHAMPION.id, "SYSTEM")}
    await calling.remove(group, [await member_of(world, group, person)])
    async with world.database.writing(world.tenant) as db:
        await maintain(db, NOW)
    assert await world.people_in(group) == {}


async def test_fifty_leave_in_as_many_statements_as_one(world: World, calling: Calling):
    interest = await world.interest()
    counts = {}
    for how_many in (1, 50):
        group = await world.group(await world.account(), interest)
        people = await world.people(await world.account_of(group), how_many)
        await world.members(group, dict.fromkeys(people, CHAMPION.id))
        ids = [gid("mem", row.id) for row in await world.rows(MemberRow, group_id=group)]
        answer = await calling.answer(REMOVE, buyingGroupId=gid("grp", group), memberIds=ids)
        assert len(answer.data["removeMembers"]["removedMemberIds"]) == how_many
        counts[how_many] = len(answer.sql)
    assert counts[1] == counts[50] <= 17
