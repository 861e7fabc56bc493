"""moveStage, archiveBuyingGroup and unarchiveBuyingGroup: what they change, log and refuse."""

from typing import Any
from uuid import UUID

import pytest

from bg_graph.buying_groups.commands.maintenance import maintain
from bg_graph.buying_groups.rules.default_roles import CHAMPION
from bg_graph.buying_groups.tables import StageRow
from bg_graph.store.changes import ChangeItemRow, ChangeRow
from bg_graph.store.ids import new_id
from tests.buying_groups.calling import Calling, Payload, faults, key_of, written
from tests.conftest import NOW
from tests.screens.conftest import Ask, caller_of, gid
from tests.world import World

CALLS = ("move", "archive", "unarchive")


@pytest.fixture
async def staged(world: World) -> tuple[UUID, dict[str, UUID]]:
    """A group that stands in no stage yet, and the stages of its model by name."""
    model = await world.stage_model()
    group = await world.group(await world.account(), await world.interest(stage_model_id=model))
    return group, {row.name: row.id for row in await world.rows(StageRow, stage_model_id=model)}


async def made(calling: Calling, call: str, group: UUID | str, stage: UUID, **terms: Any) -> Payload:
    """One of the calls; only a move names a stage."""
    if call == "move":
        return await calling.move(group, stage, **terms)
    return await getattr(calling, call)(group, **terms)


async def test_a_group_moves_along_its_stage_model(
    world: World, calling: Calling, staged: tuple[UUID, dict[str, UUID]]
):
    group, stages = staged
    for number, name in enumerate(("Discovery", "Evaluation", "Won"), start=2):
        payload = await calling.move(group, stages[name], expectedVersion=number - 1, note="agreed")
        assert payload["userErrors"] == []
        assert payload["buyingGroup"]["stage"] == {"name": name}
        assert payload["buyingGroup"]["version"] == number
        logged = await world.one(ChangeRow, id=key_of(payload["changeId"]))
        assert (logged.kind, logged.by, logged.note, logged.version) == ("STAGE_MOVED", "Ann", "agreed", number)


async def test_each_move_that_the_model_does_not_allow_has_its_code(
    world: World, other_world: World, calling: Calling, staged: tuple[UUID, dict[str, UUID]]
):
    group, stages = staged
    (other, *_) = await world.rows(StageRow, stage_model_id=await world.stage_model())
    (foreign, *_) = await other_world.rows(StageRow, stage_model_id=await other_world.stage_model())

    async def refused(stage: UUID | str) -> str:
        before = await written(world)
        ((code, place),) = faults(await calling.move(group, stage))
        assert place == "stageId"
        assert await written(world) == before
        return code

    assert await refused(stages["Evaluation"]) == "NOT_AN_ENTRY_STAGE"
    for nothing in (foreign.id, new_id(), gid("grp", group), ""):
        assert await refused(nothing) == "NOT_FOUND"
    assert await refused(other.id) == "STAGE_NOT_IN_MODEL"
    await calling.move(group, stages["Discovery"])
    assert await refused(stages["Won"]) == "MOVE_NOT_ALLOWED"
    await calling.move(group, stages["Evaluation"])
    await calling.move(group, stages["Won"])
    assert await refused(stages["Lost"]) == "SUCCESS_IS_FINAL"
    assert faults(await calling.move(await world.group(), other.id)) == [("NO_STAGE_MODEL", "stageId")]


async def test_a_move_to_the_present_stage_succeeds_without_effect(
    world: World, calling: Calling, staged: tuple[UUID, dict[str, UUID]]
):
    group, stages = staged
    await calling.move(group, stages["Discovery"])
    before = await written(world)
    payload = await calling.move(group, stages["Discovery"])
    assert (payload["changeId"], payload["userErrors"]) == (None, [])
    assert await written(world) == before


async def test_an_archived_group_is_left_out_of_lists_and_jobs_until_it_is_taken_back(
    world: World, calling: Calling, ask: Ask
):
    group = await world.group()
    payload = await calling.archive(group, expectedVersion=1, note="deal is dead")
    assert payload["userErrors"] == []
    assert (payload["buyingGroup"]["version"], payload["buyingGroup"]["archivedAt"]) == (2, NOW.isoformat())
    logged = await world.one(ChangeRow, id=key_of(payload["changeId"]))
    assert (logged.kind, logged.by, logged.note, logged.version) == ("GROUP_ARCHIVED", "Ann", "deal is dead", 2)
    item = await world.one(ChangeItemRow, change_id=logged.id)
    assert (item.before, item.after) == ({"archived": False}, {"archived": True})
    assert await listed(ask) == []
    async with world.database.writing(world.tenant) as db:
        await maintain(db, NOW)
    person = await world.person(await world.account_of(group))
    assert faults(await calling.assign(group, {person: CHAMPION.id})) == [("GROUP_ARCHIVED", "buyingGroupId")]
    back = await calling.unarchive(group, expectedVersion=2)
    assert (back["buyingGroup"]["version"], back["buyingGroup"]["archivedAt"]) == (3, None)
    assert (await world.one(ChangeRow, id=key_of(back["changeId"]))).kind == "GROUP_UNARCHIVED"
    assert await listed(ask) == [gid("grp", group)]
    assert (await calling.assign(group, {person: CHAMPION.id}))["userErrors"] == []


async def listed(ask: Ask) -> list[str]:
    answer = await ask("{ buyingGroups { nodes { id } } }")
    return [node["id"] for node in answer.data["buyingGroups"]["nodes"]]


@pytest.mark.parametrize("call", ["archive", "unarchive"])
async def test_what_is_so_already_succeeds_without_effect(world: World, calling: Calling, call: str):
    group = await world.group()
    if call == "archive":
        await calling.archive(group)
    before = await written(world)
    payload = await made(calling, call, group, group)
    assert (payload["changeId"], payload["userErrors"]) == (None, [])
    assert payload["buyingGroup"]["id"] == gid("grp", group)
    assert await written(world) == before


@pytest.mark.parametrize("call", CALLS)
async def test_they_are_made_under_the_terms_of_every_call(
    world: World, other_world: World, calling: Calling, staged: tuple[UUID, dict[str, UUID]], call: str
):
    group, stages = staged
    stage = stages["Discovery"]
    before = await written(world)
    reader = calling.by(caller_of(world.tenant))
    assert faults(await made(reader, call, group, stage, expectedVersion=7, note="a\0")) == [
        ("VERSION_CONFLICT", "expectedVersion"),
        ("FORBIDDEN", ""),
        ("INVALID_INPUT", "note"),
    ]
    for wrong in (await other_world.group(), new_id(), gid("acc", group), "grp_"):
        payload = await made(calling, call, wrong, stage)
        assert faults(payload) == [("NOT_FOUND", "buyingGroupId")]
        assert payload["buyingGroup"] is None
    assert await written(world) == before
    assert {(row.archived_at, row.version) for row in (await written(other_world))[0]} == {(None, 1)}


async def test_an_archived_group_does_not_move(world: World, calling: Calling, staged: tuple[UUID, dict[str, UUID]]):
    group, stages = staged
    await calling.archive(group)
    assert faults(await calling.move(group, stages["Evaluation"])) == [
        ("GROUP_ARCHIVED", "buyingGroupId"),
        ("NOT_AN_ENTRY_STAGE", "stageId"),
    ]


async def test_an_automation_acts_as_a_journey(world: World, automation: Calling, staged: tuple[UUID, dict[str, UUID]]):
    group, stages = staged
    for payload in (await automation.move(group, stages["Discovery"]), await automation.archive(group)):
        logged = await world.one(ChangeRow, id=key_of(payload["changeId"]))
        assert (logged.by, logged.source) == ("Nurture", "JOURNEY")
