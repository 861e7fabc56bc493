"""Running a job once for a tenant: claimed by lease, done and recorded in one transaction, taken over when its owner died."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Row, func, select, update

from bg_graph.jobs.tables import JobRunRow
from bg_graph.store.clock import Clock
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.engine import Database
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant

JobFunction = Callable[[TenantConnection, datetime], Awaitable[dict[str, int]]]
"""A job: works in the given transaction as of the given time, and tells counts of what it did."""


class Steps:
    """What a job is given whose work takes many transactions: each holds only while the run is still its own.

    What is committed stays, whatever comes after; so a run that was broken off goes on with what is left.
    """

    def __init__(
        self, database: Database, tenant_id: UUID, keep: Callable[[TenantConnection], Awaitable[None]]
    ) -> None:
        self._database = database
        self._keep = keep
        self.tenant_id = tenant_id

    def reading(self) -> AbstractAsyncContextManager[TenantConnection]:
        """A transaction that reads."""
        return self._database.reading(self.tenant_id)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[TenantConnection]:
        """A transaction that may change rows. Raises LostLease, and takes all back, where another runs the job meanwhile."""
        async with self._database.writing(self.tenant_id) as db:
            yield db
            await self._keep(db)


@dataclass(frozen=True, slots=True)
class InSteps:
    """A job that is too long for one transaction: it works as of the given time, and tells counts of what it did."""

    work: Callable[[Steps, datetime], Awaitable[dict[str, int]]]


Job = JobFunction | InSteps
"""A job: the whole in one transaction, or in steps."""

LEASE = timedelta(minutes=10)
"""How long a run is held without a sign of life before another may take it over."""

MAX_ATTEMPTS = 3
"""How often a run that was due is begun before it is given up until the next one."""

_ERROR_LENGTH = 500  # characters of an error that are kept

run = table_of(JobRunRow)
log = structlog.get_logger(__name__)


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


class LostLease(Exception):
    """Another took the run over meanwhile; what was done is taken back."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """A run that is ours, as long as nobody begins another attempt."""

    tenant_id: UUID
    run_id: UUID
    job: str
    attempt: int
    lease: timedelta

    def is_ours(self) -> ColumnElement[bool]:
        """Holds for the row of the run while it is held by us."""
        return (run.c.id == self.run_id) & (run.c.attempt == self.attempt) & (run.c.status == "RUNNING")


async def run_job(
    database: Database,
    tenant_id: UUID,
    job: str,
    function: Job,
    clock: Clock,
    *,
    due_at: datetime | None = None,
    lease: timedelta = LEASE,
) -> RunOutcome:
    """Run a job for a tenant now, or the run that was due at `due_at` unless it is done.

    While the same job of the tenant runs elsewhere it is left to that one (BUSY). The work and its record are one
    transaction, so that a run which was taken over, or killed, leaves nothing half done; of a job in steps, each step is.
    """
    async with database.reading(tenant_id) as db:
        # Asked without a lock first: on SQLite the one who runs holds the writer's lock all the time.
        if await _held_elsewhere(db, job, clock()):
            return RunOutcome(RunState.BUSY)
    claim = await _claim(database, tenant_id, job, due_at, clock(), lease)
    if isinstance(claim, RunOutcome):
        return claim
    try:
        return RunOutcome(RunState.DONE, await _work(database, claim, function, clock))
    except LostLease:
        return RunOutcome(RunState.BUSY)
    except Exception as error:
        log.exception("job failed", job=job, tenant=str(tenant_id), attempt=claim.attempt)
        message = f"{type(error).__name__}: {error}"[:_ERROR_LENGTH]
        await _fail(database, claim, message, clock())
        return RunOutcome(RunState.FAILED, error=message)
    except asyncio.CancelledError:
        await asyncio.shield(_fail(database, claim, "stopped before it was done", clock()))
        raise


async def _claim(
    database: Database, tenant_id: UUID, job: str, due_at: datetime | None, now: datetime, lease: timedelta
) -> _Claim | RunOutcome:
    """Begin an attempt of the run; or why there is none to begin. Without `due_at` there always is, unless one is busy."""
    async with database.writing(tenant_id) as db:
        await _one_at_a_time(db, job)
        if await _held_elsewhere(db, job, now):
            return RunOutcome(RunState.BUSY)
        await _bury_the_dead(db, job, now)
        known = await db.row(
            select(run.c.id, run.c.status, run.c.attempt, run.c.outcome, run.c.error).where(
                of_tenant(run), run.c.job == job, run.c.due_at == (due_at or now)
            )
        )
        if known is not None and due_at is not None and (over := _over(known)):
            return over
        run_id, attempt = (new_id(), 1) if known is None else (known.id, known.attempt + 1)
        values = {"attempt": attempt, "status": "RUNNING", "lease_until": now + lease, "started_at": now}
        ended = {"finished_at": None, "outcome": None, "error": None}
        row = {"id": run_id, "job": job, "due_at": due_at or now, **values, **ended}
        await db.upsert(JobRunRow, [row], key=("job", "due_at"), update=(*values, *ended))
        return _Claim(tenant_id, run_id, job, attempt, lease)


def _over(known: Row[Any]) -> RunOutcome | None:
    """What became of a run that is not to be begun again."""
    if known.status == "DONE":
        return RunOutcome(RunState.DONE_BEFORE, counts=known.outcome)
    if known.attempt >= MAX_ATTEMPTS:
        return RunOutcome(RunState.GIVEN_UP, error=known.error)
    return None


async def _one_at_a_time(db: TenantConnection, job: str) -> None:
    """Let nobody else claim this job of this tenant until the transaction ends. SQLite has one writer anyway."""
    if db.dialect == "postgresql":
        name = f"bg-graph job {db.tenant_id} {job}"
        await db.rows(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


async def _held_elsewhere(db: TenantConnection, job: str, now: datetime) -> bool:
    held = (run.c.job == job, run.c.status == "RUNNING", run.c.lease_until > now)
    return await db.value(select(run.c.id).where(of_tenant(run), *held).limit(1)) is not None


async def _bury_the_dead(db: TenantConnection, job: str, now: datetime) -> None:
    """Runs whose owner gave no sign of life for a lease have failed."""
    dead = (run.c.job == job, run.c.status == "RUNNING", run.c.lease_until <= now)
    error = "whoever ran it gave no more sign of life"
    await db.execute(update(run).where(of_tenant(run), *dead).values(status="FAILED", finished_at=now, error=error))


async def _work(database: Database, claim: _Claim, function: Job, clock: Clock) -> dict[str, int]:
    if isinstance(function, InSteps):
        return await _work_in_steps(database, claim, function, clock)
    async with _held(database, claim, clock), database.writing(claim.tenant_id) as db:
        counts = await function(db, clock())
        done = update(run).where(of_tenant(run), claim.is_ours())
        if not await db.execute(done.values(status="DONE", finished_at=clock(), outcome=counts)):
            raise LostLease(claim.job)
    return counts


async def _work_in_steps(database: Database, claim: _Claim, job: InSteps, clock: Clock) -> dict[str, int]:
    async def keep(db: TenantConnection) -> None:
        extend = update(run).where(of_tenant(run), claim.is_ours())
        if not await db.execute(extend.values(lease_until=clock() + claim.lease)):
            raise LostLease(claim.job)

    async with _giving_signs(database, claim, clock):
        counts = await job.work(Steps(database, claim.tenant_id, keep), clock())
        async with database.writing(claim.tenant_id) as db:
            done = update(run).where(of_tenant(run), claim.is_ours())
            if not await db.execute(done.values(status="DONE", finished_at=clock(), outcome=counts)):
                raise LostLease(claim.job)
    return counts


@asynccontextmanager
async def _held(database: Database, claim: _Claim, clock: Clock) -> AsyncIterator[None]:
    """Give signs of life while the work is done. Not on SQLite, where nobody can claim while we hold the writer's lock."""
    if database.engine.dialect.name == "sqlite":
        yield
        return
    async with _giving_signs(database, claim, clock):
        yield


@asynccontextmanager
async def _giving_signs(database: Database, claim: _Claim, clock: Clock) -> AsyncIterator[None]:
    signs = asyncio.create_task(_give_signs(database, claim, clock))
    try:
        yield
    finally:
        signs.cancel()
        with suppress(asyncio.CancelledError):
            await signs


async def _give_signs(database: Database, claim: _Claim, clock: Clock) -> None:
    extend = update(run).where(of_tenant(run), claim.is_ours())
    while True:
        await asyncio.sleep(claim.lease.total_seconds() / 3)
        try:
            async with database.writing(claim.tenant_id) as db:
                await db.execute(extend.values(lease_until=clock() + claim.lease))
        except Exception:
            # The next sign may get through; if none does, the lease runs out, which is what it is for.
            log.warning("job gave no sign of life", job=claim.job, tenant=str(claim.tenant_id), exc_info=True)


async def _fail(database: Database, claim: _Claim, error: str, now: datetime) -> None:
    failed = update(run).where(of_tenant(run), claim.is_ours())
    async with database.writing(claim.tenant_id) as db:
        await db.execute(failed.values(status="FAILED", finished_at=now, error=error))
