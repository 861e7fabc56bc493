"""Rows of our own IntentSignal file: signals that another system computed."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from bg_graph.accounts.rules import text_key
from bg_graph.accounts.tables import AccountRow, PersonRow
from bg_graph.buying_groups.tables import BuyingGroupRow, SolutionInterestRow
from bg_graph.imports.account_names import NO_NAMES, AccountNames, account_names
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
    names: AccountNames = NO_NAMES

    def subject(self, row: SourceRow) -> UUID | None:
        """The id of what a row's signal is about; None where it is not stored."""
        if _subject_type(row) == "PERSON":
            person = self.people.get(row.text("SubjectId"))
            return person and person.id
        account_id = self.account(row)
        if account_id is None or _subject_type(row) != "GROUP":
            return account_id
        return self.groups.get((account_id, text_key(row.text("SolutionInterest"))))

    def account(self, row: SourceRow) -> UUID | None:
        """The account of a row's subject; None where it is not stored, or several are meant."""
        if _subject_type(row) == "PERSON":
            person = self.people.get(row.text("SubjectId"))
            return person and person.account_id
        if names_account(row):
            found = self.named(row)
            return next(iter(found)) if len(found) == 1 else None
        stored = self.accounts.get(row.text("SubjectId"))
        return stored and stored.id

    def named(self, row: SourceRow) -> Set[UUID]:
        """The accounts that fit the domain and the name of a row that has no id."""
        return self.names.matching(row.text("AccountDomain"), row.text("AccountName"))

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


def names_account(row: SourceRow) -> bool:
    """Whether a row gives a domain or a name in place of an account's id."""
    given = row.text("AccountDomain") or row.text("AccountName")
    return bool(given) and not row.text("SubjectId") and _subject_type(row) != "PERSON"


def bad_id(row: SourceRow, known: object) -> str | None:
    """An id that is no Salesforce id, where the account is not named otherwise."""
    return None if names_account(row) else no_salesforce_id(row, known)


def account_unknown(row: SourceRow, known: Subjects) -> str | None:
    """A domain and a name that no account has."""
    if not names_account(row) or known.named(row):
        return None
    domain = row.text("AccountDomain")
    return f"no account with this name is stored{f', nor one with the website {domain}' if domain else ''}"


def account_ambiguous(row: SourceRow, known: Subjects) -> str | None:
    """A domain or a name that several accounts have."""
    if not names_account(row) or len(known.named(row)) < 2:
        return None
    return f"{len(known.named(row))} accounts have this domain or name; give the account's SubjectId"


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
    Check("BAD_ID", "SubjectId", bad_id),
    Check("ACCOUNT_UNKNOWN", "AccountName", account_unknown),
    Check("ACCOUNT_AMBIGUOUS", "AccountName", account_ambiguous),
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
    _names: AccountNames | None = None

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
            records[key] = _record(row, key, self.run.plugin or IMPORT)
            account_id = known.account(row)
            assert account_id is not None
            subject_accounts[key[1]] = account_id
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
        if self._names is None and any(map(names_account, rows)):
            self._names = await account_names(db)
        known = Subjects(self._signals, accounts, people, {}, self._names or NO_NAMES)
        of_groups = {known.account(row) for row in rows if _subject_type(row) == "GROUP"}
        return replace(known, groups=await _groups(db, {each for each in of_groups if each is not None}))


def _subject_type(row: SourceRow) -> str:
    return row.text("SubjectType").upper()


def _product(row: SourceRow, kind: str) -> str:
    """As our models' signals have it: a category has none, and a product is its own."""
    if kind == IntentKind.SOLUTION:
        return ""
    return row.text("Product") or (row.text("Name") if kind == IntentKind.PRODUCT else "")


def _record(row: SourceRow, key: SignalKey, plugin: str) -> dict[str, Any]:
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
        "model_plugin": plugin,
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
