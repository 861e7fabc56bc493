"""Storing intent signals that another system computed, and forgetting those of subjects that are gone."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import bindparam, delete, select

from bg_graph.accounts.differences import Differences, Record, Shape, differences
from bg_graph.accounts.rules import text_key
from bg_graph.intent.rules import level_of, strength_of
from bg_graph.intent.tables import IntentSignalRow
from bg_graph.store.chunks import chunks
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant

SignalKey: TypeAlias = tuple[str, UUID, str, str, str, str]
"""What a signal is about: subject's kind and id; the signal's kind, category, product and name (compared by its key)."""

SIGNAL_KEY = ("subject_kind", "subject_id", "kind", "category", "product", "name_key")

_signal = table_of(IntentSignalRow)
_GIVEN = ("name", "probability", "model_plugin", "model_name", "model_version", "computed_at")


def _with_level(record: Record) -> Record:
    """Confidence, strength and level follow from the probability, which must be one of a signal."""
    probability = record["probability"]
    level = level_of(probability)
    if level is None:
        raise ValueError(f"a probability of {probability} makes no signal")
    return {
        **record,
        "name_key": text_key(record["name"]),
        "confidence": probability,
        "strength": strength_of(probability),
        "level": level.value,
        "level_rank": level.rank,
    }


SIGNALS = Shape(IntentSignalRow, SIGNAL_KEY, {"window_start": None, "window_end": None}, _with_level)


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


def compare_signals(stored: Mapping[SignalKey, Record], records: Mapping[SignalKey, Record]) -> Differences:
    """What storing these signals would do, beside those of the same subjects that stand."""
    return differences(SIGNALS, stored, records)


async def forget_signals(db: TenantConnection, signal_ids: Iterable[UUID]) -> None:
    """Take signals away; what spoke for them goes with them."""
    for ids in chunks(signal_ids):
        await db.execute(delete(_signal).where(of_tenant(_signal), _signal.c.id.in_(ids)))


async def forget_subjects(db: TenantConnection, subject_ids: Iterable[UUID]) -> None:
    """Take away every signal of persons, groups or accounts that are about to go."""
    for ids in chunks(subject_ids):
        await db.execute(delete(_signal).where(of_tenant(_signal), _signal.c.subject_id.in_(ids)))
