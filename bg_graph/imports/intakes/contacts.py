"""Rows of a Salesforce Contact file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from bg_graph.accounts.address_marks import heed_marks
from bg_graph.accounts.commands import PERSONS, delete_rows, merge_persons
from bg_graph.accounts.differences import compare, write
from bg_graph.accounts.rules import is_valid_email, text_key
from bg_graph.accounts.tables import SALESFORCE, AccountRow, PersonRow
from bg_graph.buying_groups.commands.people import people_left
from bg_graph.imports.departures import Departures
from bg_graph.imports.intakes.intake import Run, count, referenced, texts
from bg_graph.imports.judging import Check, accepted, deleted, missing, no_salesforce_id, seen_before, shape
from bg_graph.imports.reading import SourceRow
from bg_graph.imports.report import Tally
from bg_graph.imports.rules import is_yes, salesforce_id
from bg_graph.intent.commands import forget_subjects
from bg_graph.store.connection import TenantConnection


@dataclass(frozen=True, slots=True)
class OfAccount:
    """What is known while rows that belong to accounts are judged: keys accepted so far, and the accounts they name."""

    seen: set[str | None]
    accounts: Mapping[str, Row[Any]]


def account_unknown(row: SourceRow, known: OfAccount) -> str | None:
    """An account that is not stored: it was never imported, was rejected, or is deleted."""
    if row.text("AccountId") in known.accounts:
        return None
    return "no account with this id is stored; import its Account row first, or see why that was rejected"


CHECKS: tuple[Check[OfAccount], ...] = (
    Check("ROW_SHAPE", "", shape),
    Check("BAD_ID", "Id", no_salesforce_id),
    Check("DELETED", "IsDeleted", deleted),
    Check("DUPLICATE_ID", "Id", seen_before),
    Check("NAME_MISSING", "LastName", missing("LastName", "the last name")),
    Check("ACCOUNT_MISSING", "AccountId", missing("AccountId", "the account of the contact")),
    Check("ACCOUNT_UNKNOWN", "AccountId", account_unknown),
)
WARNINGS = ("EMAIL_MISSING", "EMAIL_INVALID", "EMAIL_SUSPENDED", "UNSUBSCRIBED", "EMAIL_DUPLICATE")

_TEXTS = {
    "LastName": "last_name",
    "FirstName": "first_name",
    "Title": "job_title",
    "Email": "email",
    "Phone": "phone",
    "MobilePhone": "mobile_phone",
    "MailingCity": "city",
    "MailingState": "state",
    "MailingCountry": "country",
    "MailingPostalCode": "postal_code",
}


@dataclass(slots=True)
class ContactIntake:
    """Stores contacts as people of their accounts."""

    run: Run
    seen: set[str | None] = field(default_factory=set)
    _emails: set[str] = field(default_factory=set)
    _departures: Departures = field(default_factory=lambda: Departures(PersonRow))

    async def take(self, db: TenantConnection, rows: Sequence[SourceRow], tally: Tally) -> None:
        """Judge a batch and store what is accepted. Who changes account leaves the groups of the old one first."""
        for row in rows:
            row.key = salesforce_id(row.text("Id"))
        await self._departures.note(db, rows, tally)
        known = OfAccount(self.seen, await referenced(db, AccountRow, rows, "AccountId"))
        records: dict[str, dict[str, Any]] = {}
        for row in accepted(rows, CHECKS, known, tally):
            self.seen.add(row.key)
            records[str(row.key)] = _record(row, known)
            tally.warnings.update(self._warnings(row))
        differing = await heed_marks(db, await compare(db, PERSONS, SALESFORCE, records))
        await people_left(db, differing.touching("account_id"), by=self.run.by, now=self.run.now)
        await write(db, PERSONS, differing, now=self.run.now)
        count(tally, differing)

    async def settle(self, db: TenantConnection) -> None:
        """Delete the people whose contacts are marked so; what hangs on merged ones moves to the other contact."""
        due = await self._departures.due(db, self.seen)
        if due.all_ids:
            await people_left(db, due.all_ids, by=self.run.by, now=self.run.now)
            await forget_subjects(db, due.all_ids)
            await merge_persons(db, due.merged, now=self.run.now)
            await delete_rows(db, PersonRow, due.deleted)

    def _warnings(self, row: SourceRow) -> list[str]:
        email = row.text("Email")
        found = []
        if not email:
            found.append("EMAIL_MISSING")
        elif not is_valid_email(email):
            found.append("EMAIL_INVALID")
        if row.text("EmailBouncedDate"):
            found.append("EMAIL_SUSPENDED")
        if is_yes(row.text("HasOptedOutOfEmail")):
            found.append("UNSUBSCRIBED")
        if email and is_valid_email(email):
            key = text_key(email)
            if key in self._emails:
                found.append("EMAIL_DUPLICATE")
            self._emails.add(key)
        return found


def _record(row: SourceRow, known: OfAccount) -> dict[str, Any]:
    record: dict[str, Any] = texts(row, _TEXTS)
    record["account_id"] = known.accounts[row.text("AccountId")].id
    if "Email" in row.values:
        record["email_invalid"] = bool(row.text("Email")) and not is_valid_email(row.text("Email"))
    if "EmailBouncedDate" in row.values:
        record["email_suspended"] = bool(row.text("EmailBouncedDate"))
    if "HasOptedOutOfEmail" in row.values:
        record["unsubscribed"] = is_yes(row.text("HasOptedOutOfEmail"))
    return record
