"""Commands on stage models: made as a DRAFT, edited while it is one, published to LIVE."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update

from bg_graph.accounts.rules import text_key
from bg_graph.buying_groups.commands.roles import lock_setup
from bg_graph.buying_groups.rules.publication import PublicationStatus
from bg_graph.buying_groups.rules.stages import Destination, Stage, StageModelFault, edit_faults, stage_model_faults
from bg_graph.buying_groups.tables import StageModelRow, StageMoveRow, StageRow
from bg_graph.store.changes import Item, LoggedChange, record_changes
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant

STAGE_MODEL_CREATED = "STAGE_MODEL_CREATED"
STAGE_MODEL_EDITED = "STAGE_MODEL_EDITED"
STAGE_MODEL_PUBLISHED = "STAGE_MODEL_PUBLISHED"


_stage, _step = table_of(StageRow), table_of(StageMoveRow)

_stages_of_model = (
    select(_stage.c.id, _stage.c.name, _stage.c.is_entry, _stage.c.destination)
    .where(of_tenant(_stage), _stage.c.stage_model_id == bindparam("stage_model_id"))
    .order_by(_stage.c.position)
)
_moves_of_model = (
    select(_step.c.from_stage_id, _step.c.to_stage_id)
    .where(of_tenant(_step), _step.c.stage_model_id == bindparam("stage_model_id"))
    .order_by(_step.c.id)
)


async def stored_stages(db: TenantConnection, stage_model_id: UUID) -> list[Stage]:
    """The stages of a model in their order, keyed by their ids."""
    of_model = {"stage_model_id": stage_model_id}
    allowed = [(row.from_stage_id, row.to_stage_id) for row in await db.rows(_moves_of_model, of_model)]
    return [
        Stage(
            key=row.id,
            name=row.name,
            destination=None if row.destination is None else Destination(row.destination),
            entry=row.is_entry,
            next=tuple(target for start, target in allowed if start == row.id),
        )
        for row in await db.rows(_stages_of_model, of_model)
    ]


async def create_stage_model(
    db: TenantConnection, name: str, stages: Sequence[Stage], *, by: str, now: datetime
) -> UUID:
    """Make a DRAFT; `stages` may have any keys. It is held to the rules when it is published. The name must be free."""
    model_id, name = new_id(), name.strip()
    row = {"id": model_id, "name": name, "name_key": text_key(name), "status": "DRAFT", "created_at": now}
    await db.insert(StageModelRow, [row])
    await _write_stages(db, model_id, stages)
    items = [Item(before=None, after=data) for data in stages_data(stages)]
    await record_changes(db, [LoggedChange(model_id, now, by, "MANUAL", STAGE_MODEL_CREATED, items)])
    return model_id


async def edit_stage_model(
    db: TenantConnection, stage_model_id: UUID, stages: Sequence[Stage], *, by: str, now: datetime
) -> tuple[StageModelFault, ...]:
    """Give a DRAFT these stages instead of its own; what is wrong, or nothing. A LIVE one is refused."""
    await lock_setup(db)
    if faults := edit_faults(await _status(db, stage_model_id)):
        return faults
    before = await stored_stages(db, stage_model_id)
    for row in (StageMoveRow, StageRow):
        table = table_of(row)
        of_model = table.c.stage_model_id == bindparam("of_model")
        await db.execute(delete(table).where(of_tenant(table), of_model), {"of_model": stage_model_id})
    await _write_stages(db, stage_model_id, stages)
    items = [Item(before=data, after=None) for data in stages_data(before)]
    items += [Item(before=None, after=data) for data in stages_data(stages)]
    await record_changes(db, [LoggedChange(stage_model_id, now, by, "MANUAL", STAGE_MODEL_EDITED, items)])
    return ()


async def publish_stage_model(
    db: TenantConnection, stage_model_id: UUID, *, by: str, now: datetime
) -> tuple[StageModelFault, ...]:
    """Make a DRAFT LIVE, from when on it is fixed; all that keeps it from that, or nothing."""
    await lock_setup(db)
    status = await _status(db, stage_model_id)
    stages = await stored_stages(db, stage_model_id)
    if faults := (*edit_faults(status), *stage_model_faults(stages)):
        return faults
    table = table_of(StageModelRow)
    statement = update(table).where(of_tenant(table), table.c.id == bindparam("model_id")).values(status="LIVE")
    await db.execute(statement, {"model_id": stage_model_id})
    item = Item(before={"status": "DRAFT"}, after={"status": "LIVE"})
    await record_changes(db, [LoggedChange(stage_model_id, now, by, "MANUAL", STAGE_MODEL_PUBLISHED, [item])])
    return ()


def stages_data(stages: Sequence[Stage]) -> list[dict[str, Any]]:
    """Stages as plain data with names for keys, for the change log and for comparing."""
    names = {stage.key: stage.name for stage in stages}
    return [
        {
            "name": stage.name,
            "entry": stage.entry,
            "destination": None if stage.destination is None else stage.destination.value,
            "next": sorted(names[key] for key in stage.next),
        }
        for stage in stages
    ]


async def _status(db: TenantConnection, stage_model_id: UUID) -> PublicationStatus:
    table = table_of(StageModelRow)
    by_id = select(table.c.status).where(of_tenant(table), table.c.id == bindparam("model_id"))
    status = await db.value(by_id, {"model_id": stage_model_id})
    if status is None:
        raise LookupError(f"there is no stage model {stage_model_id}")
    return PublicationStatus(status)


async def _write_stages(db: TenantConnection, model_id: UUID, stages: Sequence[Stage]) -> None:
    ids = {stage.key: new_id() for stage in stages}
    rows = [
        {
            "id": ids[stage.key],
            "stage_model_id": model_id,
            "name": stage.name.strip(),
            "name_key": text_key(stage.name),
            "position": position,
            "is_entry": stage.entry,
            "destination": None if stage.destination is None else stage.destination.value,
        }
        for position, stage in enumerate(stages)
    ]
    await db.insert(StageRow, rows)
    moves = [
        {"id": new_id(), "stage_model_id": model_id, "from_stage_id": ids[stage.key], "to_stage_id": ids[target]}
        for stage in stages
        for target in dict.fromkeys(stage.next)
    ]
    await db.insert(StageMoveRow, moves)
