"""The command that moves a buying group to another stage of its stage model."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select, update

from bg_graph.buying_groups.commands.acts import ChangeKind, record_group_changes
from bg_graph.buying_groups.commands.stage_models import stored_stages
from bg_graph.buying_groups.rules.membership import MembershipSource
from bg_graph.buying_groups.rules.stages import Moved, MoveRefused, NotMoved, move
from bg_graph.buying_groups.tables import BuyingGroupRow
from bg_graph.store.changes import Item, LoggedChange
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant


@dataclass(frozen=True, slots=True)
class GroupArchived:
    """The group is archived and so read-only: no move."""


@dataclass(frozen=True, slots=True)
class NoStageModel:
    """The group's solution interest has no stage model: no move."""


MoveOutcome = Moved | NotMoved | MoveRefused | GroupArchived | NoStageModel

_group = table_of(BuyingGroupRow)
_by_id = (of_tenant(_group), _group.c.id == bindparam("group_id"))

_lock = (
    select(_group.c.stage_id, _group.c.stage_model_id, _group.c.archived_at, _group.c.version)
    .where(*_by_id)
    .with_for_update(key_share=True)
)
_move = (
    update(_group)
    .where(*_by_id)
    .values(stage_id=bindparam("stage"), version=_group.c.version + 1, updated_at=bindparam("at"))
)


async def move_stage(
    db: TenantConnection,
    group_id: UUID,
    stage_id: UUID | None,
    *,
    by: str,
    source: MembershipSource,
    now: datetime,
    note: str | None = None,
) -> MoveOutcome:
    """Move a group to a stage where its stage model allows it; a move to the present stage changes nothing.

    Raises LookupError where there is no such group. Source: domain.md, "Words" (stage model).
    """
    group = await _locked_group(db, group_id)
    if group.archived_at is not None:
        return GroupArchived()
    if group.stage_model_id is None:
        return NoStageModel()
    stages = await stored_stages(db, group.stage_model_id)
    outcome = move(stages, group.stage_id, stage_id)
    if not isinstance(outcome, Moved):
        return outcome
    await db.execute(_move, {"group_id": group_id, "stage": stage_id, "at": now})
    names = {stage.key: stage.name for stage in stages}
    item = Item({"stage": names.get(group.stage_id)}, {"stage": names[stage_id]})
    moved = LoggedChange(group_id, now, by, source, ChangeKind.STAGE_MOVED, [item], note, version=group.version + 1)
    await record_group_changes(db, [moved])
    return outcome


async def _locked_group(db: TenantConnection, group_id: UUID) -> Row[Any]:
    row = await db.row(_lock, {"group_id": group_id})
    if row is None:
        raise LookupError(f"there is no buying group {group_id}")
    return row
