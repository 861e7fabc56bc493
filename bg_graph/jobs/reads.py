"""The record of a tenant's runs of jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bg_graph.jobs.tables import JobRunRow
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant

_RUN = table_of(JobRunRow).c


@dataclass(frozen=True, slots=True)
class JobRun:
    """A run as lists show it; `status` is RUNNING, DONE or FAILED."""

    job: str
    due_at: datetime
    status: str
    attempt: int
    started_at: datetime
    finished_at: datetime | None
    outcome: dict[str, int] | None
    error: str | None


async def latest_runs(db: TenantConnection, limit: int) -> Sequence[JobRun]:
    """The tenant's runs, the last begun first."""
    columns = (_RUN.job, _RUN.due_at, _RUN.status, _RUN.attempt, _RUN.started_at, _RUN.finished_at)
    statement = select(*columns, _RUN.outcome, _RUN.error).where(of_tenant(table_of(JobRunRow)))
    rows = await db.rows(statement.order_by(_RUN.started_at.desc(), _RUN.id.desc()).limit(limit))
    return [JobRun(**row._mapping) for row in rows]
