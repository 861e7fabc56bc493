from uuid import UUID

import pytest

from bg_graph.buying_groups.commands.stages import GroupArchived, MoveOutcome, NoStageModel, move_stage
from bg_graph.buying_groups.rules.membership import MembershipSource
from bg_graph.buying_groups.rules.stages import MoveCode, Moved, MoveRefused, NotMoved
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
    found = await world.one(StageRow, name=stage)
    async with world.database.writing(world.tenant) as db:
        return await move_stage(
            db, group, found.id, by="mona", source=MembershipSource.MANUAL, now=world.now, note="agreed"
        )


async def test_a_group_moves_along_its_model_and_the_log_tells_it(world: World, staged_group: UUID):
    assert isinstance(await move(world, staged_group, "Discovery"), Moved)
    assert isinstance(await move(world, staged_group, "Evaluation"), Moved)
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
    assert isinstance(outcome, MoveRefused)
    assert outcome.code is MoveCode.NOT_AN_ENTRY_STAGE
    assert (await world.one(BuyingGroupRow, id=staged_group)).version == 1


async def test_a_move_to_the_present_stage_changes_and_logs_nothing(world: World, staged_group: UUID):
    await move(world, staged_group, "Discovery")
    assert isinstance(await move(world, staged_group, "Discovery"), NotMoved)
    assert (await world.one(BuyingGroupRow, id=staged_group)).version == 2
    assert len(await world.rows(ChangeRow, kind="STAGE_MOVED")) == 1


async def test_a_stage_once_set_is_not_cleared(world: World, staged_group: UUID):
    await move(world, staged_group, "Discovery")
    async with world.database.writing(world.tenant) as db:
        outcome = await move_stage(db, staged_group, None, by="mona", source=MembershipSource.MANUAL, now=world.now)
    assert isinstance(outcome, MoveRefused)
    assert outcome.code is MoveCode.STAGE_NOT_CLEARED


async def test_an_archived_group_does_not_move(world: World, staged_group: UUID):
    await world.archive(staged_group)
    assert isinstance(await move(world, staged_group, "Discovery"), GroupArchived)


async def test_a_group_without_stage_model_does_not_move(world: World):
    await world.stage_model()
    group = await world.group()
    assert isinstance(await move(world, group, "Discovery"), NoStageModel)


async def test_a_group_that_is_not_there_is_an_error(world: World):
    await world.stage_model()
    with pytest.raises(LookupError):
        await move(world, new_id(), "Discovery")
