from uuid import UUID

import pytest

from bg_graph.buying_groups.commands.acts import Act
from bg_graph.buying_groups.commands.stages import MoveOutcome, move_stage
from bg_graph.buying_groups.rules.membership import CallCode, MembershipSource, Terms
from bg_graph.buying_groups.rules.stages import MoveCode, MoveRefused
from bg_graph.buying_groups.tables import BuyingGroupRow, StageRow
from bg_graph.store.changes import ChangeItemRow, ChangeRow
from bg_graph.store.ids import new_id
from tests.world import World


@pytest.fixture
async def staged_group(world: World) -> UUID:
    """A group with the stages Discovery, Evaluation, then Won or Lost; it stands in none."""
    interest = await world.interest("Cloud", stage_model_id=await world.stage_model())
    return await world.group(await world.account("Acme"), interest)


async def move(world: World, group: UUID, stage: str) -> MoveOutcome:
    return await move_to(world, group, (await world.one(StageRow, name=stage)).id)


async def move_to(world: World, group: UUID, stage_id: UUID | None) -> MoveOutcome:
    act = Act("mona", MembershipSource.MANUAL, world.now)
    async with world.database.writing(world.tenant) as db:
        return await move_stage(db, group, stage_id, act, Terms(note="agreed"))


async def test_a_group_moves_along_its_model_and_the_log_tells_it(world: World, staged_group: UUID):
    assert (await move(world, staged_group, "Discovery")).change_id is not None
    assert (await move(world, staged_group, "Evaluation")).change_id is not None
    group = await world.one(BuyingGroupRow, id=staged_group)
    assert (await world.one(StageRow, id=group.stage_id)).name == "Evaluation"
    assert group.version == 3
    logged = await world.rows(ChangeRow, kind="STAGE_MOVED")
    items = [(await world.one(ChangeItemRow, change_id=change.id)) for change in logged]
    assert [(item.before, item.after) for item in items] == [
        ({"stage": None}, {"stage": "Discovery"}),
        ({"stage": "Discovery"}, {"stage": "Evaluation"}),
    ]
    assert {(change.by, change.source, change.note) for change in logged} == {("mona", "MANUAL", "agreed")}


async def test_a_move_that_the_model_does_not_allow_changes_nothing(world: World, staged_group: UUID):
    outcome = await move(world, staged_group, "Won")
    assert refusal(outcome) is MoveCode.NOT_AN_ENTRY_STAGE
    assert (await world.one(BuyingGroupRow, id=staged_group)).version == 1


async def test_a_move_to_the_present_stage_changes_and_logs_nothing(world: World, staged_group: UUID):
    await move(world, staged_group, "Discovery")
    assert await move(world, staged_group, "Discovery") == MoveOutcome(staged_group)
    assert (await world.one(BuyingGroupRow, id=staged_group)).version == 2
    assert len(await world.rows(ChangeRow, kind="STAGE_MOVED")) == 1


async def test_what_names_no_stage_is_not_found_and_clears_nothing(world: World, staged_group: UUID):
    await move(world, staged_group, "Discovery")
    for nothing in (None, new_id()):
        assert refusal(await move_to(world, staged_group, nothing)) is MoveCode.NOT_FOUND
    assert (await world.one(BuyingGroupRow, id=staged_group)).stage_id is not None


async def test_a_stage_of_another_model_is_refused(world: World, staged_group: UUID):
    (other, *_) = await world.rows(StageRow, stage_model_id=await world.stage_model())
    assert refusal(await move_to(world, staged_group, other.id)) is MoveCode.STAGE_NOT_IN_MODEL


async def test_an_archived_group_does_not_move(world: World, staged_group: UUID):
    await world.archive(staged_group)
    outcome = await move(world, staged_group, "Discovery")
    assert [fault.code for fault in outcome.faults] == [CallCode.GROUP_ARCHIVED]
    assert (await world.one(BuyingGroupRow, id=staged_group)).stage_id is None


async def test_a_group_without_stage_model_does_not_move(world: World):
    await world.stage_model()
    assert refusal(await move(world, await world.group(), "Discovery")) is MoveCode.NO_STAGE_MODEL


async def test_a_group_that_is_not_there_is_not_found(world: World):
    await world.stage_model()
    outcome = await move(world, new_id(), "Discovery")
    assert [fault.code for fault in outcome.faults] == [CallCode.NOT_FOUND]


def refusal(outcome: MoveOutcome) -> MoveCode:
    assert isinstance(outcome.refused, MoveRefused), outcome
    assert outcome.change_id is None
    return outcome.refused.code
