"""Rows of a Salesforce OpportunityContactRole file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Row

from bg_graph.accounts.commands import CONTACT_ROLES, contact_roles_of_pairs, delete_rows
from bg_graph.accounts.differences import Differences, compare, write
from bg_graph.accounts.tables import SALESFORCE, ContactRoleRow, OpportunityRow, PersonRow
from bg_graph.imports.departures import Departures
from bg_graph.imports.intakes.intake import Run, count, referenced, texts
from bg_graph.imports.judging import Check, accepted, deleted, no_salesforce_id, seen_before, shape
from bg_graph.imports.reading import SourceRow
from bg_graph.imports.report import Tally
from bg_graph.imports.rules import is_yes, salesforce_id
from bg_graph.store.connection import TenantConnection

Pair: TypeAlias = tuple[UUID, UUID]


@dataclass(slots=True)
class Parts:
    """What is known while contact roles are judged: which opportunities and people stand, and who holds which pair."""

    seen: set[str | None]
    opportunities: Mapping[str, Row[Any]]
    people: Mapping[str, Row[Any]]
    holders: dict[Pair, str] = field(default_factory=dict)
    stored: dict[Pair, tuple[UUID, str]] = field(default_factory=dict)

    def pair(self, row: SourceRow) -> Pair | None:
        """The opportunity and person of a row, None where either is not stored."""
        opportunity = self.opportunities.get(row.text("OpportunityId"))
        person = self.people.get(row.text("ContactId"))
        return None if opportunity is None or person is None else (opportunity.id, person.id)

    def hold(self, pair: Pair, key: str) -> None:
        """A row was accepted: it holds this pair now, and no other."""
        for other in [each for each, holder in self.holders.items() if holder == key]:
            del self.holders[other]
        self.holders[pair] = key


def opportunity_unknown(row: SourceRow, known: Parts) -> str | None:
    """An opportunity that is not stored."""
    if row.text("OpportunityId") in known.opportunities:
        return None
    return "no opportunity with this id is stored; import its Opportunity row first, or see why that was rejected"


def contact_unknown(row: SourceRow, known: Parts) -> str | None:
    """A contact that is not stored."""
    if row.text("ContactId") in known.people:
        return None
    return "no contact with this id is stored; import its Contact row first, or see why that was rejected"


def pair_taken(row: SourceRow, known: Parts) -> str | None:
    """A contact's second part in one opportunity."""
    pair = known.pair(row)
    holder = None if pair is None else known.holders.get(pair)
    if holder is None or holder == row.key or holder not in known.seen:
        return None
    return f"the contact has a part in this opportunity already, by the earlier row {holder}; that one counts"


CHECKS: tuple[Check[Parts], ...] = (
    Check("ROW_SHAPE", "", shape),
    Check("BAD_ID", "Id", no_salesforce_id),
    Check("DELETED", "IsDeleted", deleted),
    Check("DUPLICATE_ID", "Id", seen_before),
    Check("OPPORTUNITY_UNKNOWN", "OpportunityId", opportunity_unknown),
    Check("CONTACT_UNKNOWN", "ContactId", contact_unknown),
    Check("DUPLICATE_PAIR", "ContactId", pair_taken),
)
WARNINGS = ("OTHER_ACCOUNT",)


@dataclass(slots=True)
class ContactRoleIntake:
    """Stores contact roles. A pair that a stored row of this run does not hold any more goes to the row that names it."""

    run: Run
    seen: set[str | None] = field(default_factory=set)
    _departures: Departures = field(default_factory=lambda: Departures(ContactRoleRow))

    async def take(self, db: TenantConnection, rows: Sequence[SourceRow], tally: Tally) -> None:
        """Judge a batch and store what is accepted."""
        for row in rows:
            row.key = salesforce_id(row.text("Id"))
        await self._departures.note(db, rows, tally)
        known = await self._known(db, rows)
        records: dict[str, dict[str, Any]] = {}
        for row in accepted(rows, CHECKS, known, tally):
            key, pair = str(row.key), known.pair(row)
            assert pair is not None
            self.seen.add(key)
            known.hold(pair, key)
            records[key] = _record(row, pair)
            if (
                known.opportunities[row.text("OpportunityId")].account_id
                != known.people[row.text("ContactId")].account_id
            ):
                tally.warnings["OTHER_ACCOUNT"] += 1
        differing = await compare(db, CONTACT_ROLES, SALESFORCE, records)
        await self._write(db, differing, known)
        count(tally, differing)

    async def settle(self, db: TenantConnection) -> None:
        """Delete the contact roles that the files mark so."""
        due = await self._departures.due(db, self.seen)
        await delete_rows(db, ContactRoleRow, due.all_ids)

    async def _known(self, db: TenantConnection, rows: Sequence[SourceRow]) -> Parts:
        columns = ("id", "account_id")
        known = Parts(
            self.seen,
            await referenced(db, OpportunityRow, rows, "OpportunityId", columns=columns),
            await referenced(db, PersonRow, rows, "ContactId", columns=columns),
        )
        pairs = [pair for row in rows if (pair := known.pair(row)) is not None]
        known.stored = await contact_roles_of_pairs(db, pairs)
        known.holders = {pair: key for pair, (_, key) in known.stored.items()}
        return known

    async def _write(self, db: TenantConnection, differing: Differences, known: Parts) -> None:
        """A row that moves to another pair is taken away and added again, so that two may change places."""
        moved = [
            change for change in differing.changed if change.touches("opportunity_id") or change.touches("person_id")
        ]
        freed = {change.id for change in moved}
        for pair, key in known.holders.items():
            row_id, holder = known.stored.get(pair, (None, key))
            if row_id is not None and holder != key:
                freed.add(row_id)
        await delete_rows(db, ContactRoleRow, freed)
        rest = tuple(change for change in differing.changed if change not in moved)
        again = Differences((*differing.added, *(change.after for change in moved)), rest, 0)
        await write(db, CONTACT_ROLES, again, now=self.run.now)


def _record(row: SourceRow, pair: Pair) -> dict[str, Any]:
    record: dict[str, Any] = texts(row, {"Role": "role"})
    record |= {"opportunity_id": pair[0], "person_id": pair[1]}
    if "IsPrimary" in row.values:
        record["is_primary"] = is_yes(row.text("IsPrimary"))
    return record
