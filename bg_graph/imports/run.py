"""An import from files to report: files in the order of what points at what, batch by batch, then what follows for groups.

Every batch is a transaction. An import that broke off is run again: rows that are stored count as unchanged.
"""

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import SQLModel

from bg_graph.accounts.fact_marks import FactSource, mark_facts
from bg_graph.accounts.tables import (
    AccountJourneyRow,
    AccountRow,
    ActivityRow,
    ContactRoleRow,
    LeadRow,
    OpportunityRow,
    PersonRow,
)
from bg_graph.buying_groups.commands.acts import TOPIC as GROUP_TOPIC
from bg_graph.buying_groups.commands.contact_roles import members_from_contact_roles
from bg_graph.buying_groups.commands.groups import create_groups_for_accounts
from bg_graph.buying_groups.rules.record_conditions import RecordKind, columns_named, record_condition
from bg_graph.buying_groups.tables import SolutionInterestRow
from bg_graph.imports.inputs import BATCH, Batch, FileInput, Input, InputFailed
from bg_graph.imports.intakes.accounts import AccountIntake
from bg_graph.imports.intakes.activities import ActivityIntake
from bg_graph.imports.intakes.contact_roles import ContactRoleIntake
from bg_graph.imports.intakes.contacts import ContactIntake
from bg_graph.imports.intakes.intake import Intake, Run
from bg_graph.imports.intakes.journeys import JourneyIntake
from bg_graph.imports.intakes.leads import LeadIntake
from bg_graph.imports.intakes.opportunities import OpportunityIntake
from bg_graph.imports.intakes.signals import SignalIntake
from bg_graph.imports.kinds import KINDS, SIGNAL, KindName
from bg_graph.imports.progress import Progress, Silent
from bg_graph.imports.recognition import RefusedFile, recognise
from bg_graph.imports.rejects import RejectsFile
from bg_graph.imports.report import Consequences, FileReport, ImportReport, Tally
from bg_graph.imports.rules import DEFAULT_MAPPING, ActivityMapping
from bg_graph.imports.tables import ImportRunRow
from bg_graph.intent.tables import IntentSignalRow
from bg_graph.store.clock import Clock, system_clock
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.engine import Database
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant

GROWTH = 4
"""How many times over a table grows before PostgreSQL is told its size anew. Without it a look-up that was planned for
an empty table reads all of it: 100,000 activities took 65 s instead of 10."""


class MakesIntake(Protocol):
    """An intake's class."""

    def __call__(self, run: Run) -> Intake:
        """An intake for one run."""


INTAKES: Mapping[KindName, MakesIntake] = MappingProxyType(
    {
        KindName.ACCOUNT: AccountIntake,
        KindName.CONTACT: ContactIntake,
        KindName.OPPORTUNITY: OpportunityIntake,
        KindName.CONTACT_ROLE: ContactRoleIntake,
        KindName.LEAD: LeadIntake,
        KindName.ACTIVITY: ActivityIntake,
        KindName.JOURNEY: JourneyIntake,
        KindName.SIGNAL: SignalIntake,
    }
)

_TABLES: Mapping[KindName, type[SQLModel]] = MappingProxyType(
    {
        KindName.ACCOUNT: AccountRow,
        KindName.CONTACT: PersonRow,
        KindName.OPPORTUNITY: OpportunityRow,
        KindName.CONTACT_ROLE: ContactRoleRow,
        KindName.LEAD: LeadRow,
        KindName.ACTIVITY: ActivityRow,
        KindName.JOURNEY: AccountJourneyRow,
        KindName.SIGNAL: IntentSignalRow,
    }
)

_MOVING_GROUPS = frozenset({KindName.ACCOUNT, KindName.CONTACT, KindName.OPPORTUNITY, KindName.CONTACT_ROLE})


@dataclass(frozen=True, slots=True)
class Found:
    """What there is to import: the inputs, the files refused whole, and those of folders that are no exports."""

    inputs: Sequence[Input]
    refused: Sequence[RefusedFile] = ()
    ignored: Sequence[Path] = ()


async def import_files(
    database: Database,
    tenant_id: UUID,
    paths: Sequence[Path],
    *,
    clock: Clock = system_clock,
    progress: Progress | None = None,
    by: str = "import",
    mapping: ActivityMapping = DEFAULT_MAPPING,
) -> ImportReport:
    """Import files and folders of files into a tenant. Source: import.md.

    A file refused whole is told in the report (`fault`) and leaves the others as they are. Raises UnusablePath where a
    path does not exist, or where nothing at all can be imported.
    """
    run = Run(clock(), by, mapping)
    found = recognise(paths)
    inputs = tuple(FileInput(file) for file in found.files)
    return await import_found(
        database, tenant_id, Found(inputs, found.refused, found.ignored), run, clock=clock, progress=progress
    )


async def import_found(
    database: Database,
    tenant_id: UUID,
    found: Found,
    run: Run,
    *,
    clock: Clock = system_clock,
    progress: Progress | None = None,
) -> ImportReport:
    """Import what was found. An input that fails is told in the report (`fault`); what it gave until then stays."""
    async with database.reading(tenant_id) as db:
        columns = await _opportunity_columns(db)
    work = _Work(database, tenant_id, replace(run, opportunity_columns=columns), progress or Silent())
    run_id = await _begin(work, found.inputs)
    consequences = await work.import_all(found.inputs)
    report = ImportReport(
        started_at=run.now,
        finished_at=clock(),
        files=(*work.reports(), *_refused(found.refused)),
        ignored=tuple(str(path) for path in found.ignored),
        consequences=consequences,
    )
    await _end(work, run_id, report)
    return report


class _Work:
    """One run of the import: what it reads, stores and counts."""

    def __init__(self, database: Database, tenant_id: UUID, run: Run, progress: Progress) -> None:
        self.database = database
        self.tenant_id = tenant_id
        self.run = run
        self._progress = progress
        self._done: list[tuple[Tally, Path | None]] = []

    async def import_all(self, inputs: Sequence[Input]) -> Consequences:
        """Import the inputs kind by kind. Signals come after the groups, which they may be about."""
        by_kind = {kind.name: [each for each in inputs if each.kind is kind] for kind in KINDS}
        for kind, of_kind in by_kind.items():
            if kind is not SIGNAL.name:
                await self._import_kind(kind, of_kind)
        present = {kind for kind, of_kind in by_kind.items() if of_kind}
        consequences = await self._follow_up() if present & _MOVING_GROUPS else Consequences()
        await self._import_kind(SIGNAL.name, by_kind[SIGNAL.name])
        for each in inputs:
            await each.settled()
        return consequences

    def reports(self) -> list[FileReport]:
        """What became of each file."""
        return [tally.report(rejects) for tally, rejects in self._done]

    async def _import_kind(self, kind: KindName, inputs: Sequence[Input]) -> None:
        if not inputs:
            return
        intake = INTAKES[kind](self.run)
        for each in inputs:
            await self._import_one(each, intake)
        async with self.database.writing(self.tenant_id) as db:
            await intake.settle(db)
            await mark_facts(db, FactSource.IMPORTS)
        await self.database.refresh_statistics([_TABLES[kind]])

    async def _import_one(self, each: Input, intake: Intake) -> None:
        rejects = RejectsFile(each.rejects_of)
        tally = Tally(each.called, each.kind.name, rejects)
        self._progress.started(each.called, each.size)
        try:
            await self._take_rows(each, intake, tally)
        except InputFailed as failed:
            tally.fault = failed.fault
        except BaseException:
            if each.keeps_rejects:
                rejects.finish()
            else:
                rejects.abandon()
            raise
        self._done.append((tally, rejects.finish()))
        self._progress.finished()

    async def _take_rows(self, each: Input, intake: Intake, tally: Tally) -> None:
        measured = BATCH
        async with aclosing(each.batches(self.run)) as batches:
            async for batch in batches:
                _count_rejected(batch, tally)
                async with self.database.writing(self.tenant_id) as db:
                    await intake.take(db, batch.rows, tally)
                    await mark_facts(db, FactSource.IMPORTS)
                if tally.added >= measured:
                    await self.database.refresh_statistics([_TABLES[each.kind.name]])
                    measured = tally.added * GROWTH
                self._progress.advanced(batch.bytes_read, len(batch.rows) + len(batch.rejected))

    async def _follow_up(self) -> Consequences:
        """Make the groups that accounts and contact roles ask for, with the members that contact roles make."""
        by, now = self.run.by, self.run.now
        async with self.database.writing(self.tenant_id) as db:
            created = await create_groups_for_accounts(db, by=by, now=now)
        async with self.database.writing(self.tenant_id) as db:
            counts = await members_from_contact_roles(db, by=by, now=now)
        return Consequences(
            groups_created=len(created) + counts.groups_created,
            contact_roles={fate.value: number for fate, number in sorted(counts.fates.items())},
        )


def _count_rejected(batch: Batch, tally: Tally) -> None:
    """Count what the input itself rejects and leaves out."""
    tally.read += len(batch.rejected)
    for line, rejection in batch.rejected:
        tally.reject(line, rejection)
    tally.warnings.update({code: count for code, count in batch.warnings.items() if count})


def _refused(refused: Sequence[RefusedFile]) -> list[FileReport]:
    return [
        FileReport(str(each.path), None if each.kind is None else each.kind.name, fault=each.fault) for each in refused
    ]


async def _opportunity_columns(db: TenantConnection) -> frozenset[str]:
    """The columns of an opportunity's export that the set-up asks for."""
    table = table_of(SolutionInterestRow)
    conditions = [row[0] for row in await db.rows(select(table.c.opportunity_conditions).where(of_tenant(table)))]
    named = (columns_named(record_condition(each, RecordKind.OPPORTUNITY)) for each in conditions if each is not None)
    return frozenset().union(*named)


async def _begin(work: _Work, inputs: Sequence[Input]) -> UUID:
    run_id = new_id()
    source = work.run.plugin or ", ".join(sorted({each.kind.source for each in inputs}))
    row: dict[str, Any] = {"id": run_id, "source": source, "started_at": work.run.now}
    async with work.database.writing(work.tenant_id) as db:
        await db.insert(ImportRunRow, [row])
    return run_id


async def _end(work: _Work, run_id: UUID, report: ImportReport) -> None:
    table = table_of(ImportRunRow)
    statement = update(table).where(of_tenant(table), table.c.id == run_id)
    async with work.database.writing(work.tenant_id) as db:
        await db.execute(statement.values(finished_at=report.finished_at, report=report.as_json()))
        # A member's name, title or activities may have changed: whoever shows a group looks again.
        db.announce(GROUP_TOPIC, None)
