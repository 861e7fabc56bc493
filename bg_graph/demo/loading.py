"""Loading the demo: the same apply, import and jobs as a user's own data go through, then the groups' moves."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from bg_graph.accounts.rules import text_key
from bg_graph.accounts.tables import SALESFORCE, AccountRow
from bg_graph.buying_groups.commands.acts import Act
from bg_graph.buying_groups.commands.maintenance import maintain_job
from bg_graph.buying_groups.commands.membership import edit_members
from bg_graph.buying_groups.commands.stages import move_stage
from bg_graph.buying_groups.rules.default_roles import CHAMPION, PRACTITIONER
from bg_graph.buying_groups.rules.membership import MembershipSource, RoleAssignment, Terms
from bg_graph.buying_groups.tables import BuyingGroupRow, MemberRow, SolutionInterestRow, StageRow, TemplateRoleRow
from bg_graph.demo.exports import EMAILS_FOLDER, EXPORT_FILES, MOVES_FILE, SETUP_FILE
from bg_graph.email.commands.approval import Approval, approve_email
from bg_graph.email.commands.contents import import_emails
from bg_graph.email.folder import read_folder
from bg_graph.email.rules.templates import Language
from bg_graph.engagement.commands import score_job
from bg_graph.imports.progress import Progress
from bg_graph.imports.report import ImportReport
from bg_graph.imports.run import import_files
from bg_graph.jobs.runs import Job, RunState, run_job
from bg_graph.setup.apply import apply_file
from bg_graph.setup.plan import SetupPlan
from bg_graph.store.chunks import chunks
from bg_graph.store.clock import Clock
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.engine import Database
from bg_graph.store.scope import of_tenant

USER = "Maria Rossi"
"""Who, by the change log, set the demo up and did what a user does."""

_CHAMPIONS_FROM = "Evaluating"
_MOVES_AT_ONCE = 500


class DemoNotLoaded(Exception):
    """A part of the load did not go through; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of loading: the set-up's plan, the import's report, groups moved, champions named, e-mails approved."""

    setup: SetupPlan
    imported: ImportReport
    groups_moved: int
    champions: int
    emails_approved: int


async def load_demo(
    database: Database, tenant_id: UUID, folder: Path, *, intent: Job, clock: Clock, progress: Progress | None = None
) -> Loaded:
    """Load a folder that `write_exports` wrote; `intent` is the job of that name. Loaded a second time it changes nothing
    but the scores' time.
    """
    setup = await apply_file(database, tenant_id, folder / SETUP_FILE, clock=clock, by=USER)
    if setup.refused:
        raise DemoNotLoaded("the tenant's set-up does not fit the demo's; load it into a tenant of its own")
    files = [folder / name for name in EXPORT_FILES]
    imported = await import_files(database, tenant_id, files, clock=clock, progress=progress)
    # What people are interested in makes some of them members; with all members their groups' interests are told.
    await _run(database, tenant_id, "intent", intent, clock)
    # Before the scores, so that the groups' count the members whom it brings in.
    await _run(database, tenant_id, "maintain", maintain_job, clock)
    moves = json.loads(await asyncio.to_thread((folder / MOVES_FILE).read_text, "utf-8"))
    moved = 0
    for some in chunks(moves, _MOVES_AT_ONCE):
        async with database.writing(tenant_id) as db:
            moved += await _move_groups(db, some, clock())
    async with database.writing(tenant_id) as db:
        champions = await _name_champions(db, clock())
    await _run(database, tenant_id, "intent", intent, clock)
    await _run(database, tenant_id, "score", score_job, clock)
    emails = await _approve_emails(database, tenant_id, folder / EMAILS_FOLDER, clock())
    return Loaded(setup, imported, moved, champions, emails)


async def _run(database: Database, tenant_id: UUID, job: str, function: Job, clock: Clock) -> None:
    outcome = await run_job(database, tenant_id, job, function, clock)
    if outcome.state is not RunState.DONE:
        raise DemoNotLoaded(f"the job {job} did not go through: {outcome.error or outcome.state}")


async def _approve_emails(database: Database, tenant_id: UUID, folder: Path, now: datetime) -> int:
    """Take the folder's e-mails in and approve what is new, so that one can be sent at once."""
    language = Language()
    found = await asyncio.to_thread(read_folder, folder, language)
    async with database.writing(tenant_id) as db:
        taken_in = await import_emails(db, found, by=USER, now=now)
        waiting = [each for each in taken_in if each.awaits_approval]
        for each in waiting:
            faults = await approve_email(db, Approval(each.email_id, USER, now), language)
            if faults:
                raise DemoNotLoaded(f"the e-mail {each.path} can't be approved: {faults[0].message}")
    return len(waiting)


async def _move_groups(db: TenantConnection, moves: Sequence[tuple[str, str, list[str]]], now: datetime) -> int:
    """Move groups without a stage through theirs; each move is one that the stage model allows."""
    groups = await _groups_without_stage(db)
    stages = await _stages(db)
    moved = 0
    for account, interest, names in moves:
        found = groups.get((account, text_key(interest)))
        if found is None:
            continue
        group_id, model_id = found
        for name in names:
            stage_id = stages[model_id, name]
            act = Act(USER, MembershipSource.MANUAL, now)
            outcome = await move_stage(db, group_id, stage_id, act, Terms())
            if outcome.change_id is None:
                raise DemoNotLoaded(f"the stage model does not let a group of {interest} move to {name}: {outcome}")
        moved += 1
    return moved


async def _groups_without_stage(db: TenantConnection) -> dict[tuple[str, str], tuple[UUID, UUID]]:
    """Id and stage model of the groups, by the account's id in the CRM and the interest's name as it is compared."""
    group, account, interest = table_of(BuyingGroupRow), table_of(AccountRow), table_of(SolutionInterestRow)
    statement = (
        select(group.c.id, group.c.stage_model_id, account.c.external_id, interest.c.name_key)
        .join(account, account.c.id == group.c.account_id)
        .join(interest, interest.c.id == group.c.solution_interest_id)
        .where(of_tenant(group), of_tenant(account), of_tenant(interest))
        .where(account.c.source == SALESFORCE, group.c.stage_id.is_(None), group.c.stage_model_id.is_not(None))
    )
    return {(row.external_id, row.name_key): (row.id, row.stage_model_id) for row in await db.rows(statement)}


async def _stages(db: TenantConnection) -> dict[tuple[UUID, str], UUID]:
    stage = table_of(StageRow)
    statement = select(stage.c.id, stage.c.stage_model_id, stage.c.name).where(of_tenant(stage))
    return {(row.stage_model_id, row.name): row.id for row in await db.rows(statement)}


async def _name_champions(db: TenantConnection, now: datetime) -> int:
    """In groups that evaluate, a user makes one of the practitioners the champion, where the template has the role."""
    member, group, stage = table_of(MemberRow), table_of(BuyingGroupRow), table_of(StageRow)
    offered = table_of(TemplateRoleRow)
    champions = select(member.c.group_id).where(of_tenant(member), member.c.role_id == CHAMPION.id)
    statement = (
        select(member.c.group_id, member.c.person_id)
        .join(group, group.c.id == member.c.group_id)
        .join(stage, stage.c.id == group.c.stage_id)
        .join(offered, offered.c.template_id == group.c.template_id)
        .where(of_tenant(member), of_tenant(group), of_tenant(stage), of_tenant(offered))
        .where(member.c.role_id == PRACTITIONER.id, offered.c.role_id == CHAMPION.id, stage.c.name == _CHAMPIONS_FROM)
        .where(member.c.group_id.not_in(champions))
        .order_by(member.c.group_id, member.c.person_id.desc())
    )
    chosen = {row.group_id: row.person_id for row in await db.rows(statement)}
    edits = {group_id: [RoleAssignment(person_id, CHAMPION.id)] for group_id, person_id in chosen.items()}
    await edit_members(db, edits, Act(USER, MembershipSource.MANUAL, now, "Drives the evaluation"))
    return len(edits)
