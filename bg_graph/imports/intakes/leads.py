"""Rows of a Marketo lead extract: which lead is which contact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from bg_graph.accounts.commands import LEADS
from bg_graph.accounts.differences import compare, write
from bg_graph.accounts.tables import MARKETO, PersonRow
from bg_graph.imports.intakes.intake import Run, count, referenced
from bg_graph.imports.judging import Check, accepted, seen_before, shape
from bg_graph.imports.reading import SourceRow
from bg_graph.imports.report import Tally
from bg_graph.imports.rules import positive_number
from bg_graph.store.connection import TenantConnection


@dataclass(frozen=True, slots=True)
class Contacts:
    """What is known while leads are judged."""

    seen: set[str | None]
    people: Mapping[str, Row[Any]]


def no_number(row: SourceRow, _known: object) -> str | None:
    """An id that is no positive whole number."""
    return None if row.key is not None else "a lead's id is a positive whole number"


def contact_unknown(row: SourceRow, known: Contacts) -> str | None:
    """A lead without a contact, or with one that is not stored."""
    text = row.text("sfdcContactId")
    if text in known.people:
        return None
    if not text:
        return "the lead has no contact in Salesforce; only the activities of contacts are kept"
    return "no contact with this id is stored; import its Contact row first, or see why that was rejected"


CHECKS: tuple[Check[Contacts], ...] = (
    Check("ROW_SHAPE", "", shape),
    Check("BAD_ID", "id", no_number),
    Check("DUPLICATE_ID", "id", seen_before),
    Check("CONTACT_UNKNOWN", "sfdcContactId", contact_unknown),
)
WARNINGS: tuple[str, ...] = ()


@dataclass(slots=True)
class LeadIntake:
    """Stores leads, by which activities find their people."""

    run: Run
    seen: set[str | None] = field(default_factory=set)

    async def take(self, db: TenantConnection, rows: Sequence[SourceRow], tally: Tally) -> None:
        """Judge a batch and store what is accepted."""
        for row in rows:
            row.key = positive_number(row.text("id"))
        known = Contacts(self.seen, await referenced(db, PersonRow, rows, "sfdcContactId"))
        records: dict[str, dict[str, Any]] = {}
        for row in accepted(rows, CHECKS, known, tally):
            self.seen.add(row.key)
            records[str(row.key)] = {"person_id": known.people[row.text("sfdcContactId")].id}
        differing = await compare(db, LEADS, MARKETO, records)
        await write(db, LEADS, differing, now=self.run.now)
        count(tally, differing)

    async def settle(self, db: TenantConnection) -> None:
        """Nothing waits for the end: an extract of leads marks none as deleted."""
