"""A file of members to assign, to remove or to give other roles: any number of rows, in calls of 50 for each group.

Each call is a transaction, and a row that asks for what is so already counts as unchanged: what broke off is run again.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from bg_graph.accounts.rules import text_key
from bg_graph.buying_groups.commands.acts import Act
from bg_graph.buying_groups.commands.bulk import Fate, Settled, Verb, Wanted, settle
from bg_graph.buying_groups.rules.membership import MAX_BATCH, CallCode, ItemCode, MembershipSource, Terms
from bg_graph.imports.judging import shape
from bg_graph.imports.progress import Progress
from bg_graph.imports.reading import (
    FileFault,
    FileRefused,
    Layout,
    SourceRow,
    UnusablePath,
    check_rows,
    places_of,
    read_layout,
    source_rows,
)
from bg_graph.imports.references import COLUMNS, GROUP_COLUMNS, PERSON_COLUMNS, ROLE_COLUMN, Subject, register_of
from bg_graph.imports.rejects import COLUMNS as REJECT_COLUMNS
from bg_graph.imports.rejects import Rejection, RejectsFile
from bg_graph.store.chunks import chunks
from bg_graph.store.clock import Clock, system_clock
from bg_graph.store.engine import Database

BATCH = 1000
"""Rows that are looked up together. The rows of one group among them go into the same calls."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a file's rows ask for, who asks, as which source, and why. A dry run tells what would become of each row."""

    verb: Verb
    by: str
    source: MembershipSource = MembershipSource.MANUAL
    note: str | None = None
    dry_run: bool = False


@dataclass(slots=True)
class MembersReport:
    """What became of a file's rows, as far as the run has come: read = applied + unchanged + rejected."""

    read: int = 0
    applied: int = 0
    unchanged: int = 0
    rejected: int = 0
    calls: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    rejects: Path | None = None


async def change_members_by_file(
    database: Database,
    tenant_id: UUID,
    path: Path,
    order: Order,
    *,
    report: MembersReport,
    progress: Progress,
    clock: Clock = system_clock,
) -> None:
    """Do what the rows of a file ask for; `report` is kept up while it runs, and true also where it breaks off.

    Raises FileRefused where the file can't be read as such rows, UnusablePath where it can't be read at all.
    """
    layout = _layout_of(path, order.verb)
    added = _added_by_an_earlier_run(layout)
    rejects = RejectsFile(path, layout.header[added:])
    work = _Work(database, tenant_id, order, clock, report, rejects, added, progress)
    _start(progress, path)
    try:
        await work.take_all(layout)
    except BaseException:
        rejects.abandon()
        raise
    report.rejects = rejects.finish()
    progress.finished()


@dataclass(slots=True)
class _Work:
    """One run over a file: whom it changes, and what it counts."""

    database: Database
    tenant_id: UUID
    order: Order
    clock: Clock
    report: MembersReport
    rejects: RejectsFile
    added: int
    """Columns before the rows' own."""
    progress: Progress
    named: set[tuple[UUID, UUID]] = field(default_factory=set)

    async def take_all(self, layout: Layout) -> None:
        """Take the file's rows, batch by batch."""
        told = 0
        with source_rows(layout, COLUMNS, null_is_empty=False) as (rows, read):
            for batch in chunks(rows, BATCH):
                at = read()
                await self._take(batch, (at - told) / len(batch))
                told = at

    async def _take(self, batch: Sequence[SourceRow], bytes_of_row: float) -> None:
        """Settle a batch. Its rejects are written in the order of its lines, once all of its calls are done."""
        subjects, rejected = await self._subjects(batch)
        self._count(len(rejected), rejected, bytes_of_row)
        found: list[tuple[SourceRow, Rejection]] = rejected
        for group_id, of_group in _by_group(subjects).items():
            for call in chunks(of_group, MAX_BATCH):
                refused = _rejections(call, await self._call(group_id, call))
                self._count(len(call), refused, bytes_of_row)
                found += refused
        for row, rejection in sorted(found, key=lambda each: each[0].line):
            self.rejects.add(row.line, rejection, row.cells[self.added :])

    async def _subjects(
        self, batch: Sequence[SourceRow]
    ) -> tuple[list[tuple[SourceRow, Subject]], list[tuple[SourceRow, Rejection]]]:
        """What each row is about; and the rows where that can't be told, or an earlier row is about the same."""
        async with self.database.reading(self.tenant_id) as db:
            register = await register_of(db, batch)
        subjects: list[tuple[SourceRow, Subject]] = []
        rejected: list[tuple[SourceRow, Rejection]] = []
        for row in batch:
            fault = shape(row, None)
            subject = (
                Rejection("ROW_SHAPE", "", "", fault)
                if fault
                else register.subject_of(row, with_role=self.order.verb is not Verb.REMOVE)
            )
            if isinstance(subject, Subject):
                subject = self._first_of_its_person(row, subject)
            if isinstance(subject, Rejection):
                rejected.append((row, subject))
            else:
                subjects.append((row, subject))
        return subjects, rejected

    def _first_of_its_person(self, row: SourceRow, subject: Subject) -> Subject | Rejection:
        pair = (subject.group_id, subject.person_id)
        if pair in self.named:
            reason = "an earlier row of this file names the same person in the same group; that one counts"
            return Rejection(
                ItemCode.DUPLICATE_IN_INPUT, subject.person_column, row.text(subject.person_column), reason
            )
        self.named.add(pair)
        return subject

    async def _call(self, group_id: UUID, call: Sequence[tuple[SourceRow, Subject]]) -> list[Settled]:
        order = self.order
        act, terms = Act(order.by, order.source, self.clock()), Terms(note=order.note)
        items = [Wanted(subject.person_id, subject.role_id) for _, subject in call]
        async with self.database.writing(self.tenant_id) as db:
            if not order.dry_run:
                settled = await settle(db, order.verb, group_id, items, act, terms)
            else:
                async with db.rehearsal():
                    settled = await settle(db, order.verb, group_id, items, act, terms)
        # Counted once it is committed: what the report says is so.
        fates = Counter(each.fate for each in settled)
        self.report.applied += fates[Fate.APPLIED]
        self.report.unchanged += fates[Fate.UNCHANGED]
        self.report.calls += 1
        return settled

    def _count(self, rows: int, rejected: Sequence[tuple[SourceRow, Rejection]], bytes_of_row: float) -> None:
        self.report.read += rows
        self.report.rejected += len(rejected)
        self.report.codes.update(rejection.code for _, rejection in rejected)
        self.progress.advanced(int(rows * bytes_of_row), rows)


def _rejections(
    call: Sequence[tuple[SourceRow, Subject]], settled: Sequence[Settled]
) -> list[tuple[SourceRow, Rejection]]:
    found = []
    for (row, subject), each in zip(call, settled, strict=True):
        if each.code is not None:
            column = _column_of(each.code, subject)
            found.append((row, Rejection(each.code, column, row.text(column), each.reason)))
    return found


def _column_of(code: CallCode | ItemCode, subject: Subject) -> str:
    """The column that a fault of a call is about."""
    if code is ItemCode.ROLE_NOT_IN_TEMPLATE:
        return ROLE_COLUMN
    return subject.group_column if isinstance(code, CallCode) else subject.person_column


def _by_group(
    subjects: Sequence[tuple[SourceRow, Subject]],
) -> dict[UUID, list[tuple[SourceRow, Subject]]]:
    by_group: dict[UUID, list[tuple[SourceRow, Subject]]] = defaultdict(list)
    for row, subject in subjects:
        by_group[subject.group_id].append((row, subject))
    return by_group


def _start(progress: Progress, path: Path) -> None:
    progress.started(path, path.stat().st_size)


def _layout_of(path: Path, verb: Verb) -> Layout:
    """How the file is written, once it is known to have the columns that are needed."""
    try:
        layout = read_layout(path)
        check_rows(layout)
    except OSError as error:
        raise UnusablePath(f"{path}: the file can't be read: {error.strerror}") from error
    present = places_of(layout.header, COLUMNS)
    missing = []
    if GROUP_COLUMNS[0] not in present and not {*GROUP_COLUMNS[1:]} <= present.keys():
        missing.append(f"{GROUP_COLUMNS[0]} (or {' and '.join(GROUP_COLUMNS[1:])})")
    if not present.keys() & {*PERSON_COLUMNS}:
        missing.append(" or ".join(PERSON_COLUMNS))
    if verb is not Verb.REMOVE and ROLE_COLUMN not in present:
        missing.append(ROLE_COLUMN)
    if missing:
        message = f"the file needs the column {', and '.join(missing)}; name it in the header"
        raise FileRefused(path, FileFault("MISSING_COLUMN", message, layout.header_line))
    return layout


def _added_by_an_earlier_run(layout: Layout) -> int:
    """How many columns stand before the rows' own: those of rejects, in a file of rejects that is given again."""
    first = tuple(map(text_key, layout.header[: len(REJECT_COLUMNS)]))
    return len(REJECT_COLUMNS) if first == tuple(map(text_key, REJECT_COLUMNS)) else 0
