"""Rows of a Salesforce Opportunity file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bg_graph.accounts.commands import OPPORTUNITIES, delete_rows
from bg_graph.accounts.differences import compare, find, write
from bg_graph.accounts.tables import SALESFORCE, AccountRow, OpportunityRow
from bg_graph.imports.departures import Departures
from bg_graph.imports.intakes.contacts import OfAccount, account_unknown
from bg_graph.imports.intakes.intake import Run, count, referenced, texts
from bg_graph.imports.judging import Check, accepted, deleted, missing, no_salesforce_id, seen_before, shape
from bg_graph.imports.reading import SourceRow
from bg_graph.imports.report import Tally
from bg_graph.imports.rules import amount, calendar_date, is_open, salesforce_id
from bg_graph.store.connection import TenantConnection


def unreadable(column: str, read: Callable[[str], object], remedy: str) -> Callable[[SourceRow, object], str | None]:
    """A value that is there and can't be read as what it should be."""

    def fault(row: SourceRow, _known: object) -> str | None:
        text = row.text(column)
        return remedy if text and read(text) is None else None

    return fault


CHECKS: tuple[Check[OfAccount], ...] = (
    Check("ROW_SHAPE", "", shape),
    Check("BAD_ID", "Id", no_salesforce_id),
    Check("DELETED", "IsDeleted", deleted),
    Check("DUPLICATE_ID", "Id", seen_before),
    Check("NAME_MISSING", "Name", missing("Name", "the opportunity's name")),
    Check("ACCOUNT_MISSING", "AccountId", missing("AccountId", "the account of the opportunity")),
    Check("ACCOUNT_UNKNOWN", "AccountId", account_unknown),
    Check("AMOUNT_INVALID", "Amount", unreadable("Amount", amount, "an amount is a number such as 1200.50")),
    Check("DATE_INVALID", "CloseDate", unreadable("CloseDate", calendar_date, "a date is written YYYY-MM-DD")),
)
WARNINGS: tuple[str, ...] = ()

_TEXTS = {"Name": "name", "Type": "kind", "CurrencyIsoCode": "currency"}


@dataclass(slots=True)
class OpportunityIntake:
    """Stores opportunities, with those of their columns by which the set-up tells what they are about."""

    run: Run
    seen: set[str | None] = field(default_factory=set)
    _departures: Departures = field(default_factory=lambda: Departures(OpportunityRow))

    async def take(self, db: TenantConnection, rows: Sequence[SourceRow], tally: Tally) -> None:
        """Judge a batch and store what is accepted."""
        for row in rows:
            row.key = salesforce_id(row.text("Id"))
        await self._departures.note(db, rows, tally)
        known = OfAccount(self.seen, await referenced(db, AccountRow, rows, "AccountId"))
        kept = await self._kept_columns(db, rows)
        records: dict[str, dict[str, Any]] = {}
        for row in accepted(rows, CHECKS, known, tally):
            self.seen.add(row.key)
            record = _record(row, known)
            record["columns"] = self._columns(row, kept.get(str(row.key), {}))
            records[str(row.key)] = record
        differing = await compare(db, OPPORTUNITIES, SALESFORCE, records)
        await write(db, OPPORTUNITIES, differing, now=self.run.now)
        count(tally, differing)

    async def settle(self, db: TenantConnection) -> None:
        """Delete the opportunities that the files mark so, with their contact roles."""
        due = await self._departures.due(db, self.seen)
        await delete_rows(db, OpportunityRow, due.all_ids)

    async def _kept_columns(self, db: TenantConnection, rows: Sequence[SourceRow]) -> dict[str, dict[str, str]]:
        """The columns stored so far: those that this file lacks are kept."""
        if not self.run.opportunity_columns:
            return {}
        found = await find(db, OpportunityRow, SALESFORCE, [row.key for row in rows if row.key], ("columns",))
        return {key: each.columns for key, each in found.items()}

    def _columns(self, row: SourceRow, kept: dict[str, str]) -> dict[str, str]:
        values = {name: row.values.get(name, kept.get(name, "")) for name in sorted(self.run.opportunity_columns)}
        return {name: value for name, value in values.items() if value}


def _record(row: SourceRow, known: OfAccount) -> dict[str, Any]:
    record: dict[str, Any] = texts(row, _TEXTS)
    record["account_id"] = known.accounts[row.text("AccountId")].id
    record["stage"] = row.text("StageName")
    record["is_open"] = is_open(row.text("StageName"), row.values.get("IsClosed"))
    if "Amount" in row.values:
        record["amount"] = amount(row.text("Amount"))
    if "CloseDate" in row.values:
        record["close_date"] = calendar_date(row.text("CloseDate"))
    return record
