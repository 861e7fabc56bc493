"""A tenant's settings of intent, and what follows for the signals that stand when thresholds change."""

from datetime import datetime

from sqlalchemy import case, delete, select, update

from bg_graph.accounts.fact_marks import FactSource, mark_facts
from bg_graph.intent.rules import DEFAULT_SETTINGS, IntentLevel, IntentSettings, IntentThresholds
from bg_graph.intent.tables import IntentSettingsRow, IntentSignalRow
from bg_graph.store.changes import Item, LoggedChange, record_changes
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant

INTENT_SET = "INTENT_SET"

_settings = table_of(IntentSettingsRow)
_signal = table_of(IntentSignalRow)
_COLUMNS = ("signal", "medium", "high", "window_days", "recompute_days", "won_stages")


async def intent_settings(db: TenantConnection) -> IntentSettings:
    """What the tenant has set; the defaults where it has set nothing."""
    return await own_intent_settings(db) or DEFAULT_SETTINGS


async def own_intent_settings(db: TenantConnection) -> IntentSettings | None:
    """What the tenant has set; None where it has set nothing."""
    row = await db.row(select(*(_settings.c[name] for name in _COLUMNS)).where(of_tenant(_settings)))
    if row is None:
        return None
    thresholds = IntentThresholds(row.signal, row.medium, row.high)
    return IntentSettings(thresholds, row.window_days, row.recompute_days, tuple(row.won_stages))


async def set_intent(db: TenantConnection, wanted: IntentSettings, *, by: str, now: datetime) -> None:
    """Set it. Signals that stand, imported ones too, get the levels of new thresholds; those too weak go."""
    before = await intent_settings(db)
    row_id = await db.value(select(_settings.c.id).where(of_tenant(_settings))) or new_id()
    await db.upsert(IntentSettingsRow, [{"id": row_id, **_data(wanted)}], key=(), update=_COLUMNS)
    if wanted.thresholds != before.thresholds:
        await _set_levels(db, wanted.thresholds)
        await mark_facts(db, FactSource.INTENT)
    item = Item(before=_data(before), after=_data(wanted))
    await record_changes(db, [LoggedChange(row_id, now, by, "MANUAL", INTENT_SET, [item])])


def _data(settings: IntentSettings) -> dict[str, object]:
    limits = settings.thresholds
    return {
        "signal": limits.signal,
        "medium": limits.medium,
        "high": limits.high,
        "window_days": settings.window_days,
        "recompute_days": settings.recompute_days,
        "won_stages": list(settings.won_stages),
    }


async def _set_levels(db: TenantConnection, limits: IntentThresholds) -> None:
    weak = _signal.c.probability < limits.signal
    await db.execute(delete(_signal).where(of_tenant(_signal), weak))
    rising = ((IntentLevel.HIGH, limits.high), (IntentLevel.MEDIUM, limits.medium))
    level = case(*((_signal.c.probability >= least, each.value) for each, least in rising), else_="LOW")
    rank = case(*((_signal.c.probability >= least, each.rank) for each, least in rising), else_=1)
    await db.execute(
        update(_signal).where(of_tenant(_signal), _signal.c.level != level).values(level=level, level_rank=rank)
    )
