"""Rows of our own IntentSignal file: signals that another system computed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from bg_graph.accounts.rules import text_key
from bg_graph.accounts.tables import AccountRow, PersonRow
from bg_graph.buying_groups.tables import BuyingGroupRow, SolutionInterestRow
from bg_graph.imports.intakes.intake import Run, count, referenced
from bg_graph.imports.judging import Check, accepted, missing, no_salesforce_id, shape
from bg_graph.imports.reading import SourceRow
from bg_graph.imports.report import Tally
from bg_graph.imports.rules import point_in_time, probability, salesforce_id
from bg_graph.intent.commands import SignalKey, import_signals
from bg_graph.intent.rules import IntentKind
from bg_graph.intent.settings import intent_settings
from bg_graph.store.chunks import chunks
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant

IMPORT = "import"
"""What gave the prediction, as far as we know: a file."""

SUBJECT_TYPES = ("ACCOUNT", "PERSON", "GROUP")


@dataclass(slots=True)
class Subjects:
    """What is known while signals are judged. Groups are found by account id and the interest's name as compared."""

    signals: set[SignalKey]
    accounts: Mapping[str, Row[Any]]
    people: Mapping[str, Row[Any]]
    groups: Mapping[tuple[UUID, str], UUID]

    def subject(self, row: SourceRow) -> UUID | None:
        """The id of what a row's signal is about; None where it is not stored."""
        stored = (self.people if _subject_type(row) == "PERSON" else self.accounts).get(row.text("SubjectId"))
        if stored is None or _subject_type(row) != "GROUP":
            return stored and stored.id
        return self.groups.get((stored.id, text_key(row.text("SolutionInterest"))))

    def account(self, row: SourceRow) -> UUID:
        """The account of a row's subject, which is stored."""
        if _subject_type(row) == "PERSON":
            account_id: UUID = self.people[row.text("SubjectId")].account_id
            return account_id
        stored_id: UUID = self.accounts[row.text("SubjectId")].id
        return stored_id

    def key(self, row: SourceRow) -> SignalKey | None:
        """What tells a row's signal from others."""
        subject = self.subject(row)
        if subject is None:
            return None
        kind, name = row.text("Kind").upper(), text_key(row.text("Name"))
        return (_subject_type(row), subject, kind, row.text("Category"), _product(row, kind), name)


def subject_type_invalid(row: SourceRow, _known: object) -> str | None:
    """A subject that can't have signals."""
    return None if _subject_type(row) in SUBJECT_TYPES else f"a subject is one of {', '.join(SUBJECT_TYPES)}"


def subject_unknown(row: SourceRow, known: Subjects) -> str | None:
    """A subject that is not stored."""
    if known.subject(row) is not None:
        return None
    if _subject_type(row) == "GROUP":
        return "no buying group of this account for this SolutionInterest is stored"
    return "no account or contact with this id is stored; import its row first, or see why that was rejected"


def kind_invalid(row: SourceRow, _known: object) -> str | None:
    """A kind that signals do not have."""
    kinds = [kind.value for kind in IntentKind]
    return None if row.text("Kind").upper() in kinds else f"the kind is one of {', '.join(kinds)}"


def no_probability(row: SourceRow, _known: object) -> str | None:
    """A probability that is none."""
    return None if probability(row.text("Probability")) is not None else "a probability is a number from 0 to 1"


def no_date(row: SourceRow, _known: object) -> str | None:
    """A signal without a readable time."""
    if point_in_time(row.text("ComputedAt")) is not None:
        return None
    return "a time is written like 2026-10-01T12:00:00Z"


def signal_seen(row: SourceRow, known: Subjects) -> str | None:
    """A signal that an earlier row of this run gives already."""
    if known.key(row) not in known.signals:
        return None
    return "an earlier row of this import gives the same signal of the same subject; that one counts"


CHECKS: tuple[Check[Subjects], ...] = (
    Check("ROW_SHAPE", "", shape),
    Check("SUBJECT_TYPE_INVALID", "SubjectType", subject_type_invalid),
    Check("BAD_ID", "SubjectId", no_salesforce_id),
    Check("SUBJECT_UNKNOWN", "SubjectId", subject_unknown),
    Check("KIND_INVALID", "Kind", kind_invalid),
    Check("NAME_MISSING", "Name", missing("Name", "the name of the keyword, product or category")),
    Check("CATEGORY_MISSING", "Category", missing("Category", "the category of the signal")),
    Check("PROBABILITY_INVALID", "Probability", no_probability),
    Check("DATE_INVALID", "ComputedAt", no_date),
    Check("DUPLICATE_SIGNAL", "Name", signal_seen),
)
WARNINGS = ("BELOW_THRESHOLD", "OLDER_THAN_WINDOW")


@dataclass(slots=True)
class SignalIntake:
    """Stores signals by the tenant's thresholds; a prediction too weak to be one takes away the imported one that stood."""

    run: Run
    _signals: set[SignalKey] = field(default_factory=set)

    async def take(self, db: TenantConnection, rows: Sequence[SourceRow], tally: Tally) -> None:
        """Judge a batch and store what is accepted."""
        for row in rows:
            row.key = salesforce_id(row.text("SubjectId"))
        known = await self._known(db, rows)
        records: dict[SignalKey, dict[str, Any]] = {}
        subject_accounts: dict[UUID, UUID] = {}
        for row in accepted(rows, CHECKS, known, tally):
            key = known.key(row)
            assert key is not None
            self._signals.add(key)
            records[key] = _record(row, key)
            subject_accounts[key[1]] = known.account(row)
        settings = await intent_settings(db)
        done = await import_signals(db, records, subject_accounts, settings, self.run.now)
        count(tally, done.differing)
        tally.warnings += Counter({"BELOW_THRESHOLD": done.weak, "OLDER_THAN_WINDOW": done.outdated})
        tally.changed += done.taken_away
        tally.deleted += done.taken_away
        tally.unchanged += done.weak - done.taken_away + done.outdated

    async def settle(self, db: TenantConnection) -> None:
        """Nothing waits for the end: absence takes no signal away."""

    async def _known(self, db: TenantConnection, rows: Sequence[SourceRow]) -> Subjects:
        accounts = await referenced(db, AccountRow, rows, "SubjectId")
        people = await referenced(db, PersonRow, rows, "SubjectId", columns=("id", "account_id"))
        of_groups = {row.text("SubjectId") for row in rows if _subject_type(row) == "GROUP"}
        groups = await _groups(db, {accounts[text].id for text in of_groups if text in accounts})
        return Subjects(self._signals, accounts, people, groups)


def _subject_type(row: SourceRow) -> str:
    return row.text("SubjectType").upper()


def _product(row: SourceRow, kind: str) -> str:
    """As our models' signals have it: a category has none, and a product is its own."""
    if kind == IntentKind.SOLUTION:
        return ""
    return row.text("Product") or (row.text("Name") if kind == IntentKind.PRODUCT else "")


def _record(row: SourceRow, key: SignalKey) -> dict[str, Any]:
    subject_kind, subject_id, kind, category, product, _ = key
    return {
        "subject_kind": subject_kind,
        "subject_id": subject_id,
        "kind": kind,
        "category": category,
        "product": product,
        "name": row.text("Name"),
        "probability": probability(row.text("Probability")),
        "computed_at": point_in_time(row.text("ComputedAt")),
        "model_plugin": IMPORT,
        "model_name": row.text("Model"),
        "model_version": row.text("ModelVersion"),
    }


async def _groups(db: TenantConnection, account_ids: set[UUID]) -> dict[tuple[UUID, str], UUID]:
    group, interest = table_of(BuyingGroupRow), table_of(SolutionInterestRow)
    found: dict[tuple[UUID, str], UUID] = {}
    for ids in chunks(sorted(account_ids)):
        statement = (
            select(group.c.id, group.c.account_id, interest.c.name_key)
            .join(interest, interest.c.id == group.c.solution_interest_id)
            .where(of_tenant(group), of_tenant(interest), group.c.account_id.in_(ids))
        )
        found.update({(row.account_id, row.name_key): row.id for row in await db.rows(statement)})
    return found
