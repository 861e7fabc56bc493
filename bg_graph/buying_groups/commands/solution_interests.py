"""Commands on solution interests: what is sold, to which accounts, and how an opportunity tells that it is about it."""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select, update

from bg_graph.accounts.rules import text_key
from bg_graph.buying_groups.commands.names import rename_groups_of_interests
from bg_graph.buying_groups.commands.roles import lock_setup
from bg_graph.buying_groups.rules.publication import PublicationStatus
from bg_graph.buying_groups.tables import BuyingGroupRow, RolesTemplateRow, SolutionInterestRow, StageModelRow
from bg_graph.store.changes import Item, LoggedChange, record_changes
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant

SOLUTION_INTEREST_ADDED = "SOLUTION_INTEREST_ADDED"
SOLUTION_INTEREST_CHANGED = "SOLUTION_INTEREST_CHANGED"


@dataclass(frozen=True, slots=True)
class SolutionInterest:
    """A solution interest as its row holds it. The conditions are plain data that `record_condition` reads."""

    name: str
    description: str | None
    template_id: UUID
    stage_model_id: UUID | None
    account_conditions: dict[str, Any] | None
    opportunity_conditions: dict[str, Any] | None
    position: int


class InterestCode(StrEnum):
    """Why a solution interest can't be made or changed."""

    TEMPLATE_NOT_LIVE = "TEMPLATE_NOT_LIVE"
    TEMPLATE_IS_FIXED = "TEMPLATE_IS_FIXED"
    STAGE_MODEL_NOT_LIVE = "STAGE_MODEL_NOT_LIVE"
    STAGE_MODEL_IN_USE = "STAGE_MODEL_IN_USE"


@dataclass(frozen=True, slots=True)
class InterestFault:
    """One reason why a solution interest is refused."""

    code: InterestCode
    message: str


async def add_solution_interest(
    db: TenantConnection, wanted: SolutionInterest, *, by: str, now: datetime
) -> UUID | tuple[InterestFault, ...]:
    """Add a solution interest: its id, or all that speaks against it. The name must be free."""
    if faults := await _publication_faults(db, wanted):
        return faults
    interest_id = new_id()
    await db.insert(SolutionInterestRow, [{"id": interest_id, **_columns(wanted)}])
    await _record(db, interest_id, SOLUTION_INTEREST_ADDED, None, wanted, by, now)
    return interest_id


async def change_solution_interest(
    db: TenantConnection, interest_id: UUID, wanted: SolutionInterest, *, by: str, now: datetime
) -> tuple[InterestFault, ...]:
    """Give a solution interest these values; what speaks against it, or nothing.

    The template is fixed; the stage model too, as soon as one of its groups stands in a stage. The groups follow in
    the same transaction: their made names, and their stage model.
    """
    await lock_setup(db)
    before = await stored_interest(db, interest_id)
    faults = (*await _change_faults(db, interest_id, before, wanted), *await _publication_faults(db, wanted))
    if faults:
        return faults
    table = table_of(SolutionInterestRow)
    statement = update(table).where(of_tenant(table), table.c.id == bindparam("interest_id"))
    await db.execute(statement.values(**_columns(wanted)), {"interest_id": interest_id})
    if wanted.stage_model_id != before.stage_model_id:
        await _move_groups_to_model(db, interest_id, wanted.stage_model_id, now)
    if wanted.name != before.name:
        await rename_groups_of_interests(db, [interest_id], by=by, now=now)
    await _record(db, interest_id, SOLUTION_INTEREST_CHANGED, before, wanted, by, now)
    return ()


async def _change_faults(
    db: TenantConnection, interest_id: UUID, before: SolutionInterest, wanted: SolutionInterest
) -> tuple[InterestFault, ...]:
    """What speaks against giving a solution interest another template or stage model.

    Source: domain.md, "Words" (solution interest: the template is fixed once set; a stage once set is not cleared).
    """
    faults = []
    if wanted.template_id != before.template_id:
        message = f"The roles template of {before.name} is fixed once set; add a solution interest of another name."
        faults.append(InterestFault(InterestCode.TEMPLATE_IS_FIXED, message))
    if wanted.stage_model_id != before.stage_model_id and (staged := await _groups_in_a_stage(db, interest_id)):
        message = f"The stage model of {before.name} stays while groups stand in its stages: {staged} of them."
        faults.append(InterestFault(InterestCode.STAGE_MODEL_IN_USE, message))
    return tuple(faults)


async def stored_interest(db: TenantConnection, interest_id: UUID) -> SolutionInterest:
    """A solution interest. Raises LookupError where there is none."""
    table = table_of(SolutionInterestRow)
    columns = [table.c[name] for name in SolutionInterest.__dataclass_fields__]
    statement = select(*columns).where(of_tenant(table), table.c.id == bindparam("interest_id"))
    row = await db.row(statement, {"interest_id": interest_id})
    if row is None:
        raise LookupError(f"there is no solution interest {interest_id}")
    return SolutionInterest(**row._mapping)


async def _publication_faults(db: TenantConnection, wanted: SolutionInterest) -> tuple[InterestFault, ...]:
    template, model = table_of(RolesTemplateRow), table_of(StageModelRow)
    faults = []
    by_id = select(template.c.status).where(of_tenant(template), template.c.id == bindparam("wanted"))
    if await db.value(by_id, {"wanted": wanted.template_id}) != PublicationStatus.LIVE:
        message = f"The roles template of {wanted.name} must be LIVE."
        faults.append(InterestFault(InterestCode.TEMPLATE_NOT_LIVE, message))
    if wanted.stage_model_id is not None:
        by_id = select(model.c.status).where(of_tenant(model), model.c.id == bindparam("wanted"))
        if await db.value(by_id, {"wanted": wanted.stage_model_id}) != PublicationStatus.LIVE:
            message = f"The stage model of {wanted.name} must be LIVE."
            faults.append(InterestFault(InterestCode.STAGE_MODEL_NOT_LIVE, message))
    return tuple(faults)


async def _groups_in_a_stage(db: TenantConnection, interest_id: UUID) -> int:
    group = table_of(BuyingGroupRow)
    of_interest = group.c.solution_interest_id == bindparam("interest_id")
    statement = (
        select(func.count()).select_from(group).where(of_tenant(group), of_interest, group.c.stage_id.is_not(None))
    )
    count: int = await db.value(statement, {"interest_id": interest_id})
    return count


async def _move_groups_to_model(
    db: TenantConnection, interest_id: UUID, stage_model_id: UUID | None, now: datetime
) -> None:
    group = table_of(BuyingGroupRow)
    of_interest = group.c.solution_interest_id == bindparam("interest_id")
    statement = update(group).where(of_tenant(group), of_interest)
    changed = statement.values(stage_model_id=stage_model_id, version=group.c.version + 1, updated_at=now)
    await db.execute(changed, {"interest_id": interest_id})


async def _record(
    db: TenantConnection,
    interest_id: UUID,
    kind: str,
    before: SolutionInterest | None,
    after: SolutionInterest,
    by: str,
    now: datetime,
) -> None:
    item = Item(before=None if before is None else _plain(before), after=_plain(after))
    await record_changes(db, [LoggedChange(interest_id, now, by, "MANUAL", kind, [item])])


def _columns(interest: SolutionInterest) -> dict[str, Any]:
    name = interest.name.strip()
    return {**asdict(interest), "name": name, "name_key": text_key(name)}


def _plain(interest: SolutionInterest) -> dict[str, Any]:
    return {key: str(value) if isinstance(value, UUID) else value for key, value in asdict(interest).items()}
