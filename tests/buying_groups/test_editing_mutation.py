"""editRoles: other roles, confirming somebody in hers, and what is refused."""

from uuid import UUID

from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER, INFLUENCER, OTHER
from bg_graph.buying_groups.tables import MemberRow
from bg_graph.store.changes import ChangeRow
from bg_graph.store.ids import new_id
from tests.buying_groups.calling import EDIT, Calling, faults, key_of, member_of, roles_in, written
from tests.screens.conftest import gid
from tests.world import World


async def test_the_payload_shows_roles_and_completeness_after_the_call(world: World, calling: Calling):
    group = await world.group()
    account = await world.account_of(group)
    ada, bob = [await world.person(account, name) for name in ("Ada Ash", "Bob Birch")]
    await world.members(group, {ada: DECISION_MAKER.id, bob: DECISION_MAKER.id})
    members = [await member_of(world, group, person) for person in (bob, ada)]
    payload = await calling.edit(group, [(members[0], CHAMPION.id), (members[1], DECISION_MAKER.id)], note=" why \n")
    assert roles_in(payload) == {"Ada Ash": ("Decision Maker", "MANUAL"), "Bob Birch": ("Champion", "MANUAL")}
    assert [member["id"] for member in payload["members"]] == [gid("mem", each) for each in members]
    shown = payload["buyingGroup"]
    assert (shown["version"], shown["memberCount"], shown["completenessScore"]) == (3, 2, 67)
    assert [role["name"] for role in shown["missingRoles"]] == ["Influencer"]
    logged = await world.one(ChangeRow, id=key_of(payload["changeId"]))
    assert (logged.kind, logged.by, logged.note) == ("ROLES_EDITED", "Ann", "why")
    await world.check_counts()


async def test_an_edit_that_changes_nothing_succeeds_without_effect(world: World, calling: Calling):
    group = await world.group()
    member = await member_of(world, group, await world.member(group))
    before = await written(world)
    payload = await calling.edit(group, [(member, DECISION_MAKER.id)], expectedVersion=2, note="kept")
    assert payload["userErrors"] == []
    assert payload["changeId"] is None
    assert [each["id"] for each in payload["members"]] == [gid("mem", member)]
    assert payload["buyingGroup"]["version"] == 2
    assert await written(world) == before


async def test_a_user_keeps_a_member_of_the_job_by_editing_the_role(
    world: World, calling: Calling, system_member: tuple[UUID, UUID]
):
    group, person = system_member
    member = await world.one(MemberRow, group_id=group)
    payload = await calling.edit(group, [(member.id, member.role_id)])
    assert payload["changeId"] is not None
    assert payload["members"][0]["source"] == "MANUAL"
    kept = await world.one(MemberRow, group_id=group, person_id=person)
    assert (kept.assigned_at, kept.assigned_by) == (member.assigned_at, member.assigned_by)


async def test_every_faulty_item_is_told_at_once_and_nothing_is_applied(world: World, calling: Calling):
    group, other = await world.group(), await world.group()
    first, second = [await member_of(world, group, await world.member(group)) for _ in range(2)]
    elsewhere = await member_of(world, other, await world.member(other))
    before = await written(world)
    payload = await calling.edit(
        group,
        [
            (first, CHAMPION.id),
            (elsewhere, CHAMPION.id),
            (new_id(), OTHER.id),
            (second, OTHER.id),
            (second, gid("per", INFLUENCER.id)),
            (first, INFLUENCER.id),
        ],
    )
    assert faults(payload) == [
        ("NOT_A_MEMBER", "edits.1.memberId"),
        ("NOT_A_MEMBER", "edits.2.memberId"),
        ("ROLE_NOT_IN_TEMPLATE", "edits.3.roleId"),
        ("ROLE_NOT_IN_TEMPLATE", "edits.4.roleId"),
        ("DUPLICATE_IN_INPUT", "edits.5.memberId"),
    ]
    assert await written(world) == before


async def test_fifty_are_edited_in_as_many_statements_as_one(world: World, calling: Calling):
    interest = await world.interest()
    counts = {}
    for how_many in (1, 50):
        group = await world.group(await world.account(), interest)
        people = await world.people(await world.account_of(group), how_many)
        await world.members(group, dict.fromkeys(people, CHAMPION.id))
        edits = [
            {"memberId": gid("mem", row.id), "roleId": gid("rol", DECISION_MAKER.id)}
            for row in await world.rows(MemberRow, group_id=group)
        ]
        answer = await calling.answer(EDIT, buyingGroupId=gid("grp", group), edits=edits)
        assert len(answer.data["editRoles"]["members"]) == how_many
        counts[how_many] = len(answer.sql)
    assert counts[1] == counts[50] <= 17
