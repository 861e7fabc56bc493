"""What every mutation on a group's members is made under: how many items, which group, version, right and note."""

from uuid import UUID

import pytest

from bg_graph.buying_groups.rules.default_roles import CHAMPION, OTHER
from bg_graph.store.changes import ChangeRow
from bg_graph.store.ids import new_id
from bg_graph.tenancy.rules import Right
from tests.buying_groups.calling import Calling, Payload, faults, member_of, written
from tests.screens.conftest import caller_of, gid
from tests.world import World

ITEMS = {"assign": "assignments", "edit": "edits", "remove": "memberIds"}
each_call = pytest.mark.parametrize("call", ITEMS)


async def made(calling: Calling, call: str, group: UUID | str, persons: list[UUID], **terms: object) -> Payload:
    """A call with these items (persons of an assign, members else)."""
    if call == "remove":
        return await calling.remove(group, persons, **terms)
    return await getattr(calling, call)(group, [(person, CHAMPION.id) for person in persons], **terms)


async def subject(world: World, call: str, group: UUID) -> UUID:
    """Somebody whom the call may name: a person who is no member yet, or a member."""
    if call == "assign":
        return await world.person(await world.account_of(group))
    return await member_of(world, group, await world.member(group))


@each_call
@pytest.mark.parametrize("how_many", [0, 51])
async def test_a_call_takes_one_to_fifty_items(world: World, calling: Calling, call: str, how_many: int):
    group = await world.group()
    before = await written(world)
    payload = await made(calling, call, group, [new_id() for _ in range(how_many)])
    assert faults(payload) == [("BATCH_SIZE", ITEMS[call])]
    assert f"got {how_many}" in payload["userErrors"][0]["message"]
    assert await written(world) == before


@each_call
async def test_an_archived_group_is_read_only(world: World, calling: Calling, call: str):
    group = await world.group()
    named = await subject(world, call, group)
    await world.archive(group)
    before = await written(world)
    assert faults(await made(calling, call, group, [named])) == [("GROUP_ARCHIVED", "buyingGroupId")]
    assert await written(world) == before


@each_call
async def test_a_stale_version_is_told_and_the_present_one_is_shown(world: World, calling: Calling, call: str):
    group = await world.group()
    named = await subject(world, call, group)
    await world.member(group)
    present = (await made(calling, call, group, [], expectedVersion=0))["buyingGroup"]["version"]
    before = await written(world)
    payload = await made(calling, call, group, [named], expectedVersion=present - 1)
    assert faults(payload) == [("VERSION_CONFLICT", "expectedVersion")]
    assert await written(world) == before
    assert payload["buyingGroup"]["version"] == present
    done = await made(calling, call, group, [named], expectedVersion=present)
    assert done["userErrors"] == []
    assert done["buyingGroup"]["version"] == present + 1


@each_call
@pytest.mark.parametrize("rights", [(), (Right.SEND, Right.APPROVE)])
async def test_a_missing_right_is_named_and_nothing_is_applied(
    world: World, calling: Calling, call: str, rights: tuple[Right, ...]
):
    group = await world.group()
    named = await subject(world, call, group)
    before = await written(world)
    payload = await made(calling.by(caller_of(world.tenant, *rights)), call, group, [named])
    assert faults(payload) == [("FORBIDDEN", "")]
    assert "'edit'" in payload["userErrors"][0]["message"]
    assert await written(world) == before


async def test_admin_has_the_right_too(world: World, calling: Calling):
    group = await world.group()
    person = await subject(world, "assign", group)
    payload = await calling.by(caller_of(world.tenant, Right.ADMIN)).assign(group, {person: CHAMPION.id})
    assert payload["userErrors"] == []


@each_call
async def test_a_group_that_is_not_there_of_another_type_or_tenant_is_not_found(
    world: World, other_world: World, calling: Calling, call: str
):
    group, foreign = await world.group(), await other_world.group()
    named = await subject(world, call, group)
    answers = []
    for wrong in (gid("grp", foreign), gid("grp", new_id()), gid("acc", group), "", "grp_"):
        payload = await made(calling, call, wrong, [named])
        assert faults(payload) == [("NOT_FOUND", "buyingGroupId")]
        assert payload["buyingGroup"] is None
        answers.append(payload)
    assert all(answer == answers[0] for answer in answers), "they do not tell one from another"
    reader = calling.by(caller_of(world.tenant))
    assert faults(await made(reader, call, gid("grp", foreign), [], note="a\0", expectedVersion=1)) == [
        ("NOT_FOUND", "buyingGroupId"),
        ("BATCH_SIZE", ITEMS[call]),
        ("FORBIDDEN", ""),
        ("INVALID_INPUT", "note"),
    ]


async def test_faults_of_the_call_are_told_in_order_and_with_those_of_its_items(world: World, calling: Calling):
    group = await world.group()
    person = await subject(world, "assign", group)
    await world.archive(group)
    reader = calling.by(caller_of(world.tenant))
    payload = await reader.assign(
        group, [(person, OTHER.id), (new_id(), CHAMPION.id)], expectedVersion=7, note="x" * 2001
    )
    assert faults(payload) == [
        ("GROUP_ARCHIVED", "buyingGroupId"),
        ("VERSION_CONFLICT", "expectedVersion"),
        ("FORBIDDEN", ""),
        ("INVALID_INPUT", "note"),
        ("ROLE_NOT_IN_TEMPLATE", "assignments.0.roleId"),
        ("NOT_FOUND", "assignments.1.personId"),
    ]


@each_call
@pytest.mark.parametrize(
    ("note", "kept"),
    [(None, None), ("", None), (" \n\t ", None), ("  why\n", "why"), ("x" * 2000, "x" * 2000), ("é 你 😀", "é 你 😀")],
)
async def test_a_note_is_kept_trimmed_and_an_empty_one_is_none(
    world: World, calling: Calling, call: str, note: str | None, kept: str | None
):
    group = await world.group()
    payload = await made(calling, call, group, [await subject(world, call, group)], note=note)
    assert payload["userErrors"] == []
    *_, logged = await world.rows(ChangeRow, subject_id=group)
    assert logged.note == kept


@each_call
@pytest.mark.parametrize("note", ["x" * 2001, "a\0b", "half \ud83d"])
async def test_a_note_that_cannot_be_kept_refuses_the_call(world: World, calling: Calling, call: str, note: str):
    group = await world.group()
    named = await subject(world, call, group)
    before = await written(world)
    assert faults(await made(calling, call, group, [named], note=note)) == [("INVALID_INPUT", "note")]
    assert await written(world) == before


async def test_without_an_expected_version_calls_on_different_members_merge(world: World, calling: Calling):
    group = await world.group()
    ada, bob, cyd = [await member_of(world, group, await world.member(group)) for _ in range(3)]
    await calling.edit(group, [(ada, CHAMPION.id)])
    await calling.remove(group, [bob])
    payload = await calling.edit(group, [(cyd, CHAMPION.id)])
    assert [member["role"]["name"] for member in payload["buyingGroup"]["members"]["nodes"]] == ["Champion"] * 2
    assert payload["buyingGroup"]["version"] == 7
