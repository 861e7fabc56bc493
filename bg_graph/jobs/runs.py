"""Running a job once for a tenant: claimed by lease, done and recorded in one transaction, taken over when its owner died."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from bg_graph.store.clock import Clock
from bg_graph.store.connection import TenantConnection
from bg_graph.store.engine import Database

JobFunction = Callable[[TenantConnection, datetime], Awaitable[dict[str, int]]]
"""A job: works in the given transaction as of the given time, and tells counts of what it did."""

LEASE = timedelta(minutes=10)
"""How long a run is held without a sign of life before another may take it over."""


class RunState(StrEnum):
    """What became of asking for a run."""

    DONE = "DONE"
    FAILED = "FAILED"
    BUSY = "BUSY"
    DONE_BEFORE = "DONE_BEFORE"
    GIVEN_UP = "GIVEN_UP"


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What became of a run: its counts where it is done, its error where it failed."""

    state: RunState
    counts: dict[str, int] | None = None
    error: str | None = None


async def run_job(
    database: Database,
    tenant_id: UUID,
    job: str,
    function: JobFunction,
    clock: Clock,
    *,
    due_at: datetime | None = None,
    lease: timedelta = LEASE,
) -> RunOutcome:
    """Run a job for a tenant now, or the run that was due at `due_at` unless it is done.

    While the same job of the tenant runs elsewhere it is left to that one (BUSY). The work and its record are one
    transaction, so that a run which was taken over, or killed, leaves nothing half done.
    """
    raise NotImplementedError
