"""Where a tenant's predictions come from: the latest run of the intent job, and what models learned from its outcomes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bg_graph.intent.tables import IntentRunRow, IntentTrainingRow
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant

_run, _training = table_of(IntentRunRow).c, table_of(IntentTrainingRow).c


@dataclass(frozen=True, slots=True)
class LatestRun:
    """A run that had something to predict. Plugin and model are those that answered last; None where none did."""

    as_of: datetime
    finished_at: datetime | None
    """None while it runs, and where it was broken off or some batches had no answer."""
    plugin: str | None
    plugin_version: str | None
    model_name: str | None
    model_version: str | None
    signals_changed: int


@dataclass(frozen=True, slots=True)
class Lesson:
    """What the model of a plugin learned from a tenant's outcomes, and how good that is, in its own words."""

    plugin: str
    plugin_version: str
    trained_at: datetime
    outcomes: int
    """How many it was given: categories that accounts bought, or did not."""
    in_use: bool
    """It learned something; where not, it predicts by what it was shipped with."""
    description: str


async def latest_run(db: TenantConnection) -> LatestRun | None:
    """The run of the intent job that began last and had something to predict."""
    columns = [_run[name] for name in LatestRun.__dataclass_fields__]
    newest = select(*columns).where(of_tenant(table_of(IntentRunRow))).order_by(_run.as_of.desc(), _run.id.desc())
    row = await db.row(newest.limit(1))
    return None if row is None else LatestRun(**row._mapping)


async def lessons(db: TenantConnection) -> Sequence[Lesson]:
    """What each plugin's model learned, by the plugin's name."""
    learned = _training.state.is_not(None).label("in_use")
    columns = (_training.plugin, _training.plugin_version, _training.trained_at, _training.outcomes)
    statement = select(*columns, learned, _training.description).where(of_tenant(table_of(IntentTrainingRow)))
    return [Lesson(**row._mapping) for row in await db.rows(statement.order_by(_training.plugin))]
