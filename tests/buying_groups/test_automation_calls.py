"""Calls of automations act as JOURNEY: item by item, what a rule forbids is skipped with its code, the rest is done."""

from uuid import UUID

import pytest

from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER, INFLUENCER, OTHER
from bg_graph.buying_groups.rules.membership import MembershipSource
from bg_graph.buying_groups.tables import MemberRow, RemovalMarkRow
from bg_graph.store.changes import ChangeRow
from bg_graph.store.ids import new_id
from tests.buying_groups.calling import Calling, faults, key_of, member_of, told, written
from tests.screens.conftest import gid
from tests.world import World

JOURNEY, MANUAL, SYSTEM = MembershipSource.JOURNEY, MembershipSource.MANUAL, MembershipSource.SYSTEM


@pytest.fixture
async def members(world: World) -> tuple[UUID, dict[MembershipSource, UUID]]:
    """A group with a Decision Maker of each source: the group, and the ids of their memberships."""
    group = await world.group()
    persons = {source: await world.member(group, source=source) for source in MembershipSource}
    return group, {source: await member_of(world, group, person) for source, person in persons.items()}


async def test_an_assign_does_what_it_may_and_tells_what_it_skipped(world: World, automation: Calling):
    group = await world.group()
    account = await world.account_of(group)
    fresh, manual, system, removed, gone = await world.people(account, 5)
    await world.member(group, manual)
    await world.member(group, system, DECISION_MAKER.id, SYSTEM)
    for person, source in ((removed, MANUAL), (gone, JOURNEY)):
        await world.member(group, person, source=source)
        await world.remove(group, person, source)
    elsewhere = await world.person(await world.account())
    payload = await automation.assign(
        group,
        [
            (fresh, CHAMPION.id),
            (manual, CHAMPION.id),
            (system, CHAMPION.id),
            (removed, CHAMPION.id),
            (gone, CHAMPION.id),
            (fresh, INFLUENCER.id),
            (new_id(), CHAMPION.id),
            (elsewhere, CHAMPION.id),
            (fresh, OTHER.id),
        ],
    )
    assert payload["userErrors"] == []
    assert told(payload["skipped"]) == [
        ("ALREADY_MEMBER", "assignments.1.personId"),
        ("REMOVED_BY_HIGHER", "assignments.3.personId"),
        ("DUPLICATE_IN_INPUT", "assignments.5.personId"),
        ("NOT_FOUND", "assignments.6.personId"),
        ("WRONG_ACCOUNT", "assignments.7.personId"),
        ("ROLE_NOT_IN_TEMPLATE", "assignments.8.roleId"),
    ]
    assert [member["person"]["id"] for member in payload["members"]] == [
        gid("per", each) for each in (fresh, system, gone)
    ]
    assert await world.people_in(group) == {
        fresh: (CHAMPION.id, "JOURNEY"),
        manual: (DECISION_MAKER.id, "MANUAL"),
        system: (CHAMPION.id, "JOURNEY"),
        gone: (CHAMPION.id, "JOURNEY"),
    }
    assert [mark.person_id for mark in await world.rows(RemovalMarkRow)] == [removed]
    logged = await world.one(ChangeRow, id=key_of(payload["changeId"]))
    assert (logged.by, logged.source) == ("Nurture", "JOURNEY")
    await world.check_counts()


async def test_an_edit_leaves_members_of_users_alone_and_raises_those_of_the_job(
    world: World, automation: Calling, members: tuple[UUID, dict[MembershipSource, UUID]]
):
    group, ids = members
    payload = await automation.edit(group, [(ids[source], CHAMPION.id) for source in MembershipSource])
    assert told(payload["skipped"]) == [("ADDED_BY_HIGHER", "edits.0.memberId")]
    assert [member["id"] for member in payload["members"]] == [gid("mem", ids[source]) for source in (JOURNEY, SYSTEM)]
    found = {row.id: (row.role_id, row.source) for row in await world.rows(MemberRow)}
    assert found == {
        ids[MANUAL]: (DECISION_MAKER.id, "MANUAL"),
        ids[JOURNEY]: (CHAMPION.id, "JOURNEY"),
        ids[SYSTEM]: (CHAMPION.id, "JOURNEY"),
    }


async def test_a_removal_leaves_members_of_users_alone(
    world: World, automation: Calling, members: tuple[UUID, dict[MembershipSource, UUID]]
):
    group, ids = members
    wanted = [new_id(), *(ids[source] for source in MembershipSource), ids[SYSTEM]]
    payload = await automation.remove(group, wanted)
    assert told(payload["skipped"]) == [
        ("NOT_A_MEMBER", "memberIds.0"),
        ("ADDED_BY_HIGHER", "memberIds.1"),
        ("DUPLICATE_IN_INPUT", "memberIds.4"),
    ]
    assert payload["removedMemberIds"] == [gid("mem", ids[source]) for source in (JOURNEY, SYSTEM)]
    assert [row.id for row in await world.rows(MemberRow)] == [ids[MANUAL]]
    assert {mark.source for mark in await world.rows(RemovalMarkRow)} == {"JOURNEY"}


async def test_where_everything_is_skipped_nothing_is_logged(
    world: World, automation: Calling, members: tuple[UUID, dict[MembershipSource, UUID]]
):
    group, ids = members
    before = await written(world)
    payload = await automation.remove(group, [ids[MANUAL]])
    assert told(payload["skipped"]) == [("ADDED_BY_HIGHER", "memberIds.0")]
    assert (payload["changeId"], payload["removedMemberIds"], payload["userErrors"]) == (None, [], [])
    assert await written(world) == before


async def test_a_fault_of_the_call_refuses_an_automation_too(
    world: World, automation: Calling, members: tuple[UUID, dict[MembershipSource, UUID]]
):
    group, ids = members
    before = await written(world)
    payload = await automation.remove(group, [ids[JOURNEY], ids[MANUAL]], expectedVersion=1)
    assert faults(payload) == [("VERSION_CONFLICT", "expectedVersion")]
    assert payload["skipped"] == []
    assert await written(world) == before
