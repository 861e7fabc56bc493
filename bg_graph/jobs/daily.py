"""When jobs are due, and the loop that runs them for all tenants, one after the other, in the order given."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog
from cronsim import CronSim

from bg_graph.jobs.runs import Job, RunState, run_job
from bg_graph.store.clock import Clock
from bg_graph.store.engine import Database

SCHEDULE = "0 2 * * *"
"""When the jobs are due, as a cron expression in UTC. Source: domain.md, "Rules of membership" (the daily order)."""

PAUSE = timedelta(seconds=30)
"""How often the loop looks at the clock, and tries again what failed or ran elsewhere."""

log = structlog.get_logger(__name__)


class TenantWithJobs(Protocol):
    """A tenant as the loop sees it."""

    @property
    def id(self) -> UUID:
        """Its id."""

    @property
    def created_at(self) -> datetime:
        """When it was made: what was due before was not missed."""


Tenants = Callable[[Database], Awaitable[Sequence[TenantWithJobs]]]
"""Lists the tenants whose jobs are to be run."""


def last_due(schedule: str, now: datetime) -> datetime:
    """The latest time, up to now, at which the schedule's jobs were due."""
    # The search leaves out the moment that it begins at.
    return next(CronSim(schedule, now + timedelta(microseconds=1), reverse=True))


async def run_due(
    database: Database, jobs: Mapping[str, Job], clock: Clock, *, tenants: Tenants, due_at: datetime
) -> bool:
    """Run what was due at that time and is not done yet, for each tenant in the order of `jobs`.

    A job that fails stops no other. Gives whether all is settled: nothing has to be tried again.
    """
    settled = True
    for tenant in await tenants(database):
        if tenant.created_at > due_at:
            continue
        for job, function in jobs.items():
            outcome = await run_job(database, tenant.id, job, function, clock, due_at=due_at)
            settled &= outcome.state not in (RunState.BUSY, RunState.FAILED)
    return settled


async def run_daily(
    database: Database,
    jobs: Mapping[str, Job],
    clock: Clock,
    schedule: str = SCHEDULE,
    *,
    tenants: Tenants,
    pause: timedelta = PAUSE,
) -> None:
    """Run the jobs whenever they are due, and at once what was missed; until the task is cancelled."""
    settled: datetime | None = None
    while True:
        due_at = last_due(schedule, clock())
        if due_at != settled:
            try:
                if await run_due(database, jobs, clock, tenants=tenants, due_at=due_at):
                    settled = due_at
            except Exception:
                log.exception("jobs could not be run", due_at=due_at.isoformat())
        await asyncio.sleep(pause.total_seconds())
