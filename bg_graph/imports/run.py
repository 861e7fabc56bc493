"""An import from files to report: files in the order of what points at what, batch by batch, then what follows for groups.

Every batch is a transaction. An import that broke off is run again: rows that are stored count as unchanged.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
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
from bg_graph.imports.intakes.accounts import AccountIntake
from bg_graph.imports.intakes.activities import ActivityIntake
from bg_graph.imports.intakes.contact_roles import ContactRoleIntake
from bg_graph.imports.intakes.contacts import ContactIntake
from bg_graph.imports.intakes.intake import Intake, Run
from bg_graph.imports.intakes.journeys import JourneyIntake
from bg_graph.imports.intakes.leads import LeadIntake
from bg_graph.imports.intakes.opportunities import OpportunityIntake
from bg_graph.imports.intakes.signals import SignalIntake
from bg_graph.imports.kinds import KINDS, OPPORTUNITY, SIGNAL, Kind, KindName
from bg_graph.imports.pages import page_rows
from bg_graph.imports.progress import Progress, Silent
from bg_graph.imports.reading import ReadRows, source_rows
from bg_graph.imports.recognition import ImportFile, Recognised, recognise
from bg_graph.imports.rejects import RejectsFile
from bg_graph.imports.report import Consequences, FileReport, ImportReport, Tally
from bg_graph.imports.rules import DEFAULT_MAPPING, ActivityMapping
from bg_graph.imports.tables import ImportRunRow
from bg_graph.intent.tables import IntentSignalRow
from bg_graph.store.chunks import chunks
from bg_graph.store.clock import Clock, system_clock
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.engine import Database
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant

BATCH = 2000
"""Rows of a transaction: short enough that others write in between, long enough that its cost does not count."""

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
    started_at = clock()
    found = recognise(paths)
    async with database.reading(tenant_id) as db:
        columns = await _opportunity_columns(db)
    work = _Work(database, tenant_id, Run(started_at, by, mapping, columns), progress or Silent())
    run_id = await _begin(work, found)
    consequences = await work.import_all(found.files)
    report = ImportReport(
        started_at=started_at,
        finished_at=clock(),
        files=(*work.reports(), *_refused(found)),
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

    async def import_all(self, files: Sequence[ImportFile]) -> Consequences:
        """Import the files kind by kind. Signals come after the groups, which they may be about."""
        by_kind = {kind.name: [file for file in files if file.kind is kind] for kind in KINDS}
        for kind, of_kind in by_kind.items():
            if kind is not SIGNAL.name:
                await self._import_kind(kind, of_kind)
        present = {kind for kind, of_kind in by_kind.items() if of_kind}
        consequences = await self._follow_up() if present & _MOVING_GROUPS else Consequences()
        await self._import_kind(SIGNAL.name, by_kind[SIGNAL.name])
        return consequences

    def reports(self) -> list[FileReport]:
        """What became of each file."""
        return [tally.report(rejects) for tally, rejects in self._done]

    async def _import_kind(self, kind: KindName, files: Sequence[ImportFile]) -> None:
        if not files:
            return
        intake = INTAKES[kind](self.run)
        for file in files:
            await self._import_file(file, intake)
        async with self.database.writing(self.tenant_id) as db:
            await intake.settle(db)
            await mark_facts(db, FactSource.IMPORTS)
        await self.database.refresh_statistics([_TABLES[kind]])

    async def _import_file(self, file: ImportFile, intake: Intake) -> None:
        rejects = RejectsFile(file.path)
        tally = Tally(file.path, file.kind.name, rejects)
        self._progress.started(file.path, file.path.stat().st_size)
        try:
            await self._take_rows(file, intake, tally)
        except BaseException:
            rejects.abandon()
            raise
        self._done.append((tally, rejects.finish()))
        self._progress.finished()

    async def _take_rows(self, file: ImportFile, intake: Intake, tally: Tally) -> None:
        told, measured = 0, BATCH
        with _rows_of(file, self.run) as (rows, read):
            for batch in chunks(rows, BATCH):
                async with self.database.writing(self.tenant_id) as db:
                    await intake.take(db, batch, tally)
                    await mark_facts(db, FactSource.IMPORTS)
                if tally.added >= measured:
                    await self.database.refresh_statistics([_TABLES[file.kind.name]])
                    measured = tally.added * GROWTH
                at = read()
                self._progress.advanced(at - told, len(batch))
                told = at

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


def _rows_of(file: ImportFile, run: Run) -> AbstractContextManager[ReadRows]:
    if file.layout is None:
        return page_rows(file.path, file.kind.columns)
    return source_rows(file.layout, _columns_of(file.kind, run), null_is_empty=file.kind.null_is_empty)


def _columns_of(kind: Kind, run: Run) -> tuple[str, ...]:
    return (*kind.columns, *sorted(run.opportunity_columns)) if kind is OPPORTUNITY else kind.columns


def _refused(found: Recognised) -> list[FileReport]:
    return [
        FileReport(str(each.path), None if each.kind is None else each.kind.name, fault=each.fault)
        for each in found.refused
    ]


async def _opportunity_columns(db: TenantConnection) -> frozenset[str]:
    """The columns of an opportunity's export that the set-up asks for."""
    table = table_of(SolutionInterestRow)
    conditions = [row[0] for row in await db.rows(select(table.c.opportunity_conditions).where(of_tenant(table)))]
    named = (columns_named(record_condition(each, RecordKind.OPPORTUNITY)) for each in conditions if each is not None)
    return frozenset().union(*named)


async def _begin(work: _Work, found: Recognised) -> UUID:
    run_id = new_id()
    source = ", ".join(sorted({file.kind.source for file in found.files}))
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
