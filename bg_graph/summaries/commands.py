"""Storing summaries, saying that stored ones hold still, taking in what callers think of them, choosing the language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update

from bg_graph.plugins.summaries import SubjectKind
from bg_graph.store.changes import Item, LoggedChange, record_changes
from bg_graph.store.chunks import chunks
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant
from bg_graph.summaries.reads import SUBJECT_COLUMN, SUBJECTS_AT_ONCE, StoredText, chosen_language
from bg_graph.summaries.rules.languages import Language
from bg_graph.summaries.rules.stored_form import Data, content_data, facts_data
from bg_graph.summaries.rules.texts import WrittenText
from bg_graph.summaries.stamps import SUBJECTS, Stamps
from bg_graph.summaries.tables import SummaryFeedbackRow, SummaryLanguageRow, SummaryRow
from bg_graph.tenancy.rules import Caller

_summary = table_of(SummaryRow)
LANGUAGE_CHOSEN = "LANGUAGE_CHOSEN"
"""Kind of change: another language of summaries."""
LONGEST_REASON = 1000
"""Characters of the reason for a verdict."""


@dataclass(frozen=True, slots=True)
class NewText:
    """A summary to be stored: of whom, what was written, and the stamps that it rests on."""

    subject_id: UUID
    text: WrittenText
    stamps: Stamps


async def store_texts(db: TenantConnection, kind: SubjectKind, texts: Sequence[NewText]) -> None:
    """Store summaries in the place of those that their subjects had. Who is gone meanwhile is left out; the last one wins."""
    subject, column = SUBJECTS[kind], SUBJECT_COLUMN[kind]
    there: set[UUID] = set()
    for ids in chunks([each.subject_id for each in texts], SUBJECTS_AT_ONCE):
        # Held until the end, so that no subject goes before its summary is written.
        present = select(subject.c.id).where(of_tenant(subject), subject.c.id.in_(ids)).order_by(subject.c.id)
        there |= {row.id for row in await db.rows(present.with_for_update(read=True, key_share=True))}
    rows = [_row(column, each) for each in texts if each.subject_id in there]
    changing = [name for name in (rows[0] if rows else {}) if name not in ("id", column, "language")]
    await db.upsert(SummaryRow, sorted(rows, key=lambda row: row[column]), key=(column, "language"), update=changing)


async def confirm_texts(db: TenantConnection, confirmed: Mapping[UUID, Stamps]) -> None:
    """Say of stored summaries, by id, that they rest on these stamps too: their facts are still the same."""
    statement = update(_summary).where(of_tenant(_summary), _summary.c.id == bindparam("row_id"))
    rows = [{"row_id": summary_id, "now_on": each} for summary_id, each in sorted(confirmed.items())]
    await db.execute_each(statement.values(stamps=bindparam("now_on", type_=_summary.c.stamps.type)), rows)


async def rate_text(
    db: TenantConnection, caller: Caller, stored: StoredText, verdict: str, reason: str | None, *, now: datetime
) -> None:
    """Keep what a caller thinks of a text, with the text and its facts; a verdict that she gave before is replaced."""
    text = stored.text
    assert text.summary is not None
    values = {
        "id": new_id(),
        "summary_id": stored.id,
        "version": text.version,
        "rated_by_id": caller.token_id,
        "rated_by": caller.name,
        "rated_at": now,
        "verdict": verdict,
        "reason": reason,
        "content": content_data(text.summary),
        "facts": facts_data(text.facts),
        "provenance": _provenance(text),
    }
    key = ("summary_id", "version", "rated_by_id")
    await db.upsert(SummaryFeedbackRow, [values], key=key, update=("rated_at", "rated_by", "verdict", "reason"))


async def choose_language(db: TenantConnection, language: Language, *, by: str, now: datetime) -> bool:
    """Have the tenant's summaries in a language from now on; False where they are already."""
    before = await chosen_language(db)
    if before is language:
        return False
    row = {"id": new_id(), "language": language.value}
    await db.upsert(SummaryLanguageRow, [row], key=(), update=("language",))
    item = Item(None if before is None else {"language": before.value}, {"language": language.value})
    await record_changes(db, [LoggedChange(db.tenant_id, now, by, "MANUAL", LANGUAGE_CHOSEN, [item])])
    return True


def _row(column: str, new: NewText) -> Data:
    text = new.text
    model = None if text.summary is None else text.summary.model
    return {
        "id": new_id(),
        column: new.subject_id,
        "language": text.language.value,
        "version": text.version,
        "content": None if text.summary is None else content_data(text.summary),
        "facts": facts_data(text.facts),
        "refs": {key: row_id.hex for key, row_id in text.refs.items()},
        "plugin": text.plugin,
        "plugin_version": text.plugin_version,
        "model_name": "" if model is None else model.name,
        "model_version": "" if model is None else model.version,
        "settings_hash": text.settings_hash,
        "tried": list(text.tried),
        "stamps": new.stamps,
        "generated_at": text.generated_at,
        "seconds": text.seconds,
    }


def _provenance(text: WrittenText) -> dict[str, Any]:
    assert text.summary is not None
    return {
        "plugin": text.plugin,
        "plugin_version": text.plugin_version,
        "settings_hash": text.settings_hash,
        "model": text.summary.model.name,
        "model_version": text.summary.model.version,
        "language": text.language.value,
        "generated_at": text.generated_at.isoformat(),
        "tried": list(text.tried),
    }
