"""The command that moves a buying group to another stage of its stage model."""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import bindparam, select, update

from bg_graph.buying_groups.commands.acts import Act, ChangeKind, record_group_changes
from bg_graph.buying_groups.commands.stage_models import stored_stages
from bg_graph.buying_groups.rules.membership import CallFault, Terms, cleaned_note, group_faults
from bg_graph.buying_groups.rules.stages import MoveCode, Moved, MoveRefused, NotMoved, Stage, move
from bg_graph.buying_groups.tables import BuyingGroupRow, StageRow
from bg_graph.store.changes import Item, LoggedChange
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant

_group, _stage = table_of(BuyingGroupRow), table_of(StageRow)
_by_id = (of_tenant(_group), _group.c.id == bindparam("group_id"))
_columns = (_group.c.id, _group.c.stage_id, _group.c.stage_model_id, _group.c.archived_at, _group.c.version)
_look = select(*_columns).where(*_by_id)
_lock = _look.with_for_update(key_share=True)
_move = (
    update(_group)
    .where(*_by_id)
    .values(stage_id=bindparam("stage"), version=_group.c.version + 1, updated_at=bindparam("at"))
)


@dataclass(frozen=True, slots=True)
class StagedGroup:
    """A group as far as its stage goes."""

    id: UUID
    stage_id: UUID | None
    stage_model_id: UUID | None
    archived: bool
    version: int


@dataclass(frozen=True, slots=True)
class MoveOutcome:
    """What came of a move: with `faults` or `refused` nothing was changed, nor in the stage where the group was already.

    `group_id` is None where there is no such group; `change_id` where nothing changed.
    """

    group_id: UUID | None
    change_id: UUID | None = None
    faults: tuple[CallFault, ...] = ()
    refused: MoveRefused | None = None


async def move_stage(
    db: TenantConnection, group_id: UUID | None, stage_id: UUID | None, act: Act, terms: Terms
) -> MoveOutcome:
    """Move a group to a stage where its stage model allows it; a move to the present stage changes nothing.

    An id is None where what was given names nothing. Source: domain.md, "Words" (stage model).
    """
    group = None if group_id is None else await _held_group(db, group_id, terms)
    faults = group_faults(terms, group)
    if group is None:
        return MoveOutcome(None, faults=faults)
    stages = [] if group.stage_model_id is None else await stored_stages(db, group.stage_model_id)
    decided = await _decided(db, group, stages, stage_id)
    if faults or isinstance(decided, MoveRefused):
        return MoveOutcome(group.id, faults=faults, refused=decided if isinstance(decided, MoveRefused) else None)
    if isinstance(decided, NotMoved):
        return MoveOutcome(group.id)
    await db.execute(_move, {"group_id": group.id, "stage": stage_id, "at": act.now})
    moved = _logged(group, stages, stage_id, replace(act, note=cleaned_note(terms.note)))
    await record_group_changes(db, [moved])
    return MoveOutcome(group.id, moved.id)


async def _held_group(db: TenantConnection, group_id: UUID, terms: Terms) -> StagedGroup | None:
    row = await db.row(_lock if terms.may_edit else _look, {"group_id": group_id})
    if row is None:
        return None
    return StagedGroup(row.id, row.stage_id, row.stage_model_id, row.archived_at is not None, row.version)


async def _decided(
    db: TenantConnection, group: StagedGroup, stages: list[Stage], stage_id: UUID | None
) -> Moved | NotMoved | MoveRefused:
    in_model = stage_id in {stage.key for stage in stages}
    if not in_model and (stage_id is None or not await _exists(db, stage_id)):
        return MoveRefused(MoveCode.NOT_FOUND, "There is no such stage.")
    if group.stage_model_id is None:
        message = "The group's solution interest has no stage model, so that the group has no stages."
        return MoveRefused(MoveCode.NO_STAGE_MODEL, message)
    return move(stages, group.stage_id, stage_id)


async def _exists(db: TenantConnection, stage_id: UUID) -> bool:
    return await db.value(select(_stage.c.id).where(of_tenant(_stage), _stage.c.id == stage_id)) is not None


def _logged(group: StagedGroup, stages: list[Stage], stage_id: UUID | None, act: Act) -> LoggedChange:
    names = {stage.key: stage.name for stage in stages}
    return LoggedChange(
        subject_id=group.id,
        at=act.now,
        by=act.by,
        source=act.source,
        kind=ChangeKind.STAGE_MOVED,
        items=[Item({"stage": names.get(group.stage_id)}, {"stage": names[stage_id]})],
        note=act.note,
        version=group.version + 1,
    )
