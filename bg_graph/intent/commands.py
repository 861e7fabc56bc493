"""Storing intent signals that another system computed, and forgetting those of subjects that are gone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update

from bg_graph.accounts.differences import Differences, Record, Shape, differences, write
from bg_graph.accounts.rules import text_key
from bg_graph.intent.rules import IntentSettings, IntentThresholds, level_of, strength_of
from bg_graph.intent.tables import IntentAccountRow, IntentSignalRow, SignalEvidenceRow
from bg_graph.store.chunks import chunks
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant

SignalKey: TypeAlias = tuple[str, UUID, str, str, str, str]
"""What a signal is about: subject's kind and id; the signal's kind, category, product and name (compared by its key)."""

SIGNAL_KEY = ("subject_kind", "subject_id", "kind", "category", "product", "name_key")

_evidence = table_of(SignalEvidenceRow)
_signal = table_of(IntentSignalRow)
_state = table_of(IntentAccountRow)
_GIVEN = ("name", "probability", "model_plugin", "model_name", "model_version", "computed_at")
_WINDOW: Record = {"window_start": None, "window_end": None}
"""Another system does not tell from which activities it predicts: the window tells our models' signals from imported ones."""


def _shape(thresholds: IntentThresholds) -> Shape:
    def with_level(record: Record) -> Record:
        """Confidence, strength and level follow from the probability, which must be one of a signal."""
        probability = record["probability"]
        level = level_of(probability, thresholds)
        if level is None:
            raise ValueError(f"a probability of {probability} makes no signal")
        return {
            **record,
            **_WINDOW,
            "name_key": text_key(record["name"]),
            "confidence": probability,
            "strength": strength_of(probability),
            "level": level.value,
            "level_rank": level.rank,
        }

    return Shape(IntentSignalRow, SIGNAL_KEY, _WINDOW, with_level)


@dataclass(frozen=True, slots=True)
class ImportedSignals:
    """What became of signals that another system computed."""

    differing: Differences
    """Of those that are strong enough, beside what stood."""
    weak: int
    """Too improbable for a signal by the tenant's thresholds."""
    taken_away: int
    """Imported signals that stood and are too weak now."""
    outdated: int
    """Older than the window, where one of our models has a newer signal, which stays."""


async def import_signals(
    db: TenantConnection,
    records: Mapping[SignalKey, Record],
    accounts: Mapping[UUID, UUID],
    settings: IntentSettings,
    now: datetime,
) -> ImportedSignals:
    """Store signals of another system. They take the place of our models' signals, and what spoke for those goes.

    A prediction too weak to be a signal takes away the imported one that stood, never one of our models; nor does one that
    is older than the window replace theirs. `accounts`: the account of each subject.
    """
    limits, oldest = settings.thresholds, now - timedelta(days=settings.window_days)
    stored = await signals_of(db, [key[1] for key in records])
    weak = {key for key, record in records.items() if level_of(record["probability"], limits) is None}
    outdated = {
        key
        for key in records.keys() - weak
        if records[key]["computed_at"] <= oldest and key in stored and is_predicted_here(stored[key])
    }
    taken = {key: stored[key]["id"] for key in weak if key in stored and not is_predicted_here(stored[key])}
    shape = _shape(limits)
    differing = differences(shape, stored, {key: records[key] for key in records.keys() - weak - outdated})
    for ids in chunks(change.id for change in differing.changed):
        await db.execute(delete(_evidence).where(of_tenant(_evidence), _evidence.c.signal_id.in_(ids)))
    await write(db, shape, differing, now=now)
    await forget_signals(db, taken.values())
    await _predict_anew(db, {accounts[key[1]] for key in taken})
    return ImportedSignals(differing, len(weak), len(taken), len(outdated))


def is_predicted_here(signal: Record) -> bool:
    """Whether a stored signal is one of our models, not of another system."""
    return signal["window_end"] is not None


async def _predict_anew(db: TenantConnection, account_ids: Iterable[UUID]) -> None:
    """Have the next run compute these accounts anew: what our models say of them gave way until now."""
    for ids in chunks(sorted(set(account_ids))):
        due = update(_state).where(of_tenant(_state), _state.c.account_id.in_(ids))
        await db.execute(due.values(generation=""))


async def signals_of(db: TenantConnection, subject_ids: Iterable[UUID]) -> dict[SignalKey, Record]:
    """The stored signals of these persons, groups or accounts."""
    names = ("id", *SIGNAL_KEY, *_GIVEN, "confidence", "strength", "level", "level_rank", "window_start", "window_end")
    statement = select(*(_signal.c[name] for name in names)).where(
        of_tenant(_signal), _signal.c.subject_id.in_(bindparam("subjects", expanding=True))
    )
    found: dict[SignalKey, Record] = {}
    for ids in chunks(sorted(set(subject_ids))):
        for row in await db.rows(statement, {"subjects": ids}):
            key = (row.subject_kind, row.subject_id, row.kind, row.category, row.product, row.name_key)
            found[key] = dict(row._mapping)
    return found


async def forget_signals(db: TenantConnection, signal_ids: Iterable[UUID]) -> None:
    """Take signals away; what spoke for them goes with them."""
    for ids in chunks(signal_ids):
        await db.execute(delete(_signal).where(of_tenant(_signal), _signal.c.id.in_(ids)))


async def forget_subjects(db: TenantConnection, subject_ids: Iterable[UUID]) -> None:
    """Take away every signal of persons, groups or accounts that are about to go."""
    for ids in chunks(subject_ids):
        await db.execute(delete(_signal).where(of_tenant(_signal), _signal.c.subject_id.in_(ids)))
