"""Rows of our own AccountJourney file: which account is in which automation."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bg_graph.accounts.commands import JOURNEYS
from bg_graph.accounts.differences import compare, write
from bg_graph.accounts.tables import AccountRow
from bg_graph.imports.intakes.contacts import OfAccount, account_unknown
from bg_graph.imports.intakes.intake import Run, count, referenced
from bg_graph.imports.judging import Check, accepted, missing, seen_before, shape
from bg_graph.imports.kinds import FILE
from bg_graph.imports.reading import SourceRow
from bg_graph.imports.report import Tally
from bg_graph.imports.rules import point_in_time
from bg_graph.store.connection import TenantConnection

STATUSES = ("ACTIVE", "COMPLETED", "EXITED")


def status_invalid(row: SourceRow, _known: object) -> str | None:
    """A status that a journey does not have."""
    return None if row.text("Status").upper() in STATUSES else f"the status is one of {', '.join(STATUSES)}"


def no_date(row: SourceRow, _known: object) -> str | None:
    """An entry without a readable time."""
    if point_in_time(row.text("EnteredDate")) is not None:
        return None
    return "a date is written YYYY-MM-DD, a time like 2026-10-01T12:00:00Z"


CHECKS: tuple[Check[OfAccount], ...] = (
    Check("ROW_SHAPE", "", shape),
    Check("BAD_ID", "Id", missing("Id", "the id of the entry")),
    Check("DUPLICATE_ID", "Id", seen_before),
    Check("NAME_MISSING", "Name", missing("Name", "the journey's name")),
    Check("ACCOUNT_MISSING", "AccountId", missing("AccountId", "the account in the journey")),
    Check("ACCOUNT_UNKNOWN", "AccountId", account_unknown),
    Check("STATUS_INVALID", "Status", status_invalid),
    Check("DATE_INVALID", "EnteredDate", no_date),
)
WARNINGS: tuple[str, ...] = ()


@dataclass(slots=True)
class JourneyIntake:
    """Stores entries of accounts into journeys."""

    run: Run
    seen: set[str | None] = field(default_factory=set)

    async def take(self, db: TenantConnection, rows: Sequence[SourceRow], tally: Tally) -> None:
        """Judge a batch and store what is accepted."""
        for row in rows:
            row.key = row.text("Id") or None
        known = OfAccount(self.seen, await referenced(db, AccountRow, rows, "AccountId"))
        records: dict[str, dict[str, Any]] = {}
        for row in accepted(rows, CHECKS, known, tally):
            self.seen.add(row.key)
            records[str(row.key)] = {
                "account_id": known.accounts[row.text("AccountId")].id,
                "name": row.text("Name"),
                "status": row.text("Status").upper(),
                "since": point_in_time(row.text("EnteredDate")),
            }
        differing = await compare(db, JOURNEYS, FILE, records)
        await write(db, JOURNEYS, differing, now=self.run.now)
        count(tally, differing)

    async def settle(self, db: TenantConnection) -> None:
        """Nothing waits for the end: the file marks no entry as deleted."""
