"""Reading what is stored of summaries: for any number of subjects of a kind in one statement, with their present stamps."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Row, Select, Text, Uuid, bindparam, func, literal, select

from bg_graph.accounts.rules import utc_day
from bg_graph.plugins.summaries import Fact, FactKind, Model, SubjectKind
from bg_graph.store.chunks import chunks
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant
from bg_graph.summaries.rules.languages import DEFAULT, Language
from bg_graph.summaries.rules.stored_form import facts_of, summary_of
from bg_graph.summaries.rules.texts import WrittenText
from bg_graph.summaries.stamps import ACCOUNT, GROUP, MEMBER, PERSON, SUBJECTS, Stamps, marks, stamps, versions
from bg_graph.summaries.tables import SummaryFeedbackRow, SummaryLanguageRow, SummaryRow

_summary, _feedback = table_of(SummaryRow), table_of(SummaryFeedbackRow)
_language = table_of(SummaryLanguageRow)

SUBJECT_COLUMN: Mapping[SubjectKind, str] = MappingProxyType(
    {
        SubjectKind.GROUP: "group_id",
        SubjectKind.ACCOUNT: "account_id",
        SubjectKind.MEMBER: "member_id",
        SubjectKind.PERSON: "person_id",
    }
)
"""The column of a stored summary that names its subject."""
SUBJECTS_AT_ONCE = 2000
"""Subjects of one statement."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What callers think of one text: how many find it good or bad, and the asking caller's own verdict and reason."""

    up: int = 0
    down: int = 0
    verdict: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class StoredText:
    """A summary in the store, with the stamps that it rests on."""

    id: UUID
    text: WrittenText
    stamps: Stamps
    feedback: Feedback


@dataclass(frozen=True, slots=True)
class Held:
    """A subject that there is, with its present stamps, and what is stored of it."""

    language: Language
    stamps: Stamps
    stored: StoredText | None

    @property
    def is_current(self) -> bool:
        """Whether the stored summary rests on what is known now."""
        return self.stored is not None and self.stored.stamps == self.stamps


async def held_summaries(
    db: TenantConnection,
    kind: SubjectKind,
    ids: Iterable[UUID],
    *,
    caller: UUID,
    language: Language | None,
    chain: str,
    now: datetime,
) -> dict[UUID, Held]:
    """What is stored of subjects, by id, in a language (None: the tenant's own); ids that nobody has are absent.

    `chain` says who would be asked for a new summary; `caller` whose own verdict is told.
    """
    statement, day = _statement(kind, language is not None), utc_day(now)
    given = {"caller": caller} if language is None else {"caller": caller, "wanted": language.value}
    found: dict[UUID, Held] = {}
    for some in chunks(dict.fromkeys(ids), SUBJECTS_AT_ONCE):
        for row in await db.rows(statement, {**given, "ids": some}):
            present = stamps(row.versions, row.marks, day, chain)
            found[row.subject_id] = Held(Language(row.wanted), present, _stored(row))
    return found


async def chosen_language(db: TenantConnection) -> Language | None:
    """The language that the tenant has chosen for its summaries; None where it has chosen none."""
    found = await db.value(select(_language.c.language).where(of_tenant(_language)))
    return None if found is None else Language(found)


async def gone(db: TenantConnection, kind: SubjectKind, texts: Mapping[UUID, WrittenText]) -> set[UUID]:
    """Of these summaries, by subject, those that cite somebody or something that is not there any more.

    A person who left the group or the account is gone too. One statement, however many they are.
    """
    cited = {subject: list(text.cited()) for subject, text in texts.items()}
    ids = sorted({row_id for rows in cited.values() for _, row_id in rows})
    present: dict[UUID, UUID] = {}
    for some in chunks(ids, SUBJECTS_AT_ONCE):
        present |= {row.id: row.holder for row in await db.rows(_PRESENT, {"ids": some})}
    return {
        subject for subject, rows in cited.items() if not all(_is_there(kind, subject, *each, present) for each in rows)
    }


def _is_there(kind: SubjectKind, subject: UUID, fact: Fact, row_id: UUID, present: Mapping[UUID, UUID]) -> bool:
    """Whether the row that a fact names is there, and still belongs to the subject."""
    holder = present.get(row_id)
    belongs = fact.kind is FactKind.PERSON and kind is SubjectKind.ACCOUNT
    return holder == subject if belongs else holder is not None


def _presence() -> Any:
    """The rows of any kind with these ids, and what each belongs to."""
    ids = bindparam("ids", expanding=True, type_=Uuid())
    owners: Sequence[tuple[Any, Column[Any]]] = (
        (GROUP, GROUP.c.account_id),
        (ACCOUNT, ACCOUNT.c.id),
        (MEMBER, MEMBER.c.group_id),
        (PERSON, PERSON.c.account_id),
    )
    first, *rest = (
        select(table.c.id, holder.label("holder")).where(of_tenant(table), table.c.id.in_(ids))
        for table, holder in owners
    )
    return first.union_all(*rest)


_PRESENT = _presence()
_TEXT = (
    *("version", "content", "facts", "refs", "plugin", "plugin_version", "model_name", "model_version"),
    *("settings_hash", "tried", "stamps", "generated_at", "seconds"),
)


@cache
def _statement(kind: SubjectKind, is_language_given: bool) -> Select[Any]:
    subject = SUBJECTS[kind]
    wanted = _wanted_language(is_language_given)
    own = _feedback.alias("own")
    of_subject = (_summary.c[SUBJECT_COLUMN[kind]] == subject.c.id) & (_summary.c.language == wanted)
    of_text = (own.c.summary_id == _summary.c.id) & (own.c.version == _summary.c.version)
    by_caller = own.c.rated_by_id == bindparam("caller", type_=Uuid())
    source = subject.outerjoin(_summary, of_tenant(_summary) & of_subject)
    source = source.outerjoin(own, of_tenant(own) & of_text & by_caller)
    return (
        select(
            subject.c.id.label("subject_id"),
            versions(kind).label("versions"),
            marks().label("marks"),
            wanted.label("wanted"),
            _summary.c.id.label("summary_id"),
            *(_summary.c[name] for name in _TEXT),
            own.c.verdict,
            own.c.reason,
            _count("UP").label("up"),
            _count("DOWN").label("down"),
        )
        .select_from(source)
        .where(of_tenant(subject), subject.c.id.in_(bindparam("ids", expanding=True, type_=Uuid())))
    )


def _wanted_language(is_given: bool) -> ColumnElement[str]:
    if is_given:
        return bindparam("wanted", type_=Text())
    own = select(_language.c.language).where(of_tenant(_language)).scalar_subquery()
    return func.coalesce(own, literal(DEFAULT.value, Text))


def _count(verdict: str) -> ColumnElement[int]:
    """How many callers rated the text so."""
    rated = _feedback.alias("rated")
    of_text = (rated.c.summary_id == _summary.c.id, rated.c.version == _summary.c.version, rated.c.verdict == verdict)
    statement = select(func.count()).select_from(rated).where(of_tenant(rated), *of_text)
    return statement.correlate(_summary).scalar_subquery()


def _stored(row: Row[Any]) -> StoredText | None:
    """What is stored; none where it is of a form that this version does not know."""
    if row.summary_id is None:
        return None
    try:
        text = _text(row)
    except (KeyError, ValueError, TypeError):
        return None
    return StoredText(row.summary_id, text, row.stamps, Feedback(row.up, row.down, row.verdict, row.reason))


def _text(row: Row[Any]) -> WrittenText:
    model = Model(name=row.model_name, version=row.model_version)
    return WrittenText(
        version=row.version,
        language=Language(row.wanted),
        summary=None if row.content is None else summary_of(row.content, model),
        facts=facts_of(row.facts),
        refs={key: UUID(hex=value) for key, value in row.refs.items()},
        plugin=row.plugin,
        plugin_version=row.plugin_version,
        settings_hash=row.settings_hash,
        tried=tuple(row.tried),
        generated_at=row.generated_at,
        seconds=row.seconds,
    )
