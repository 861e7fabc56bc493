"""Runs of jobs: once, by one, on record; what was killed is taken over, and leaves nothing half done."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from bg_graph.accounts.tables import AccountRow
from bg_graph.jobs.runs import LEASE, MAX_ATTEMPTS, RunOutcome, RunState, run_job
from bg_graph.jobs.tables import JobRunRow
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.engine import Database, open_database
from bg_graph.store.scope import of_tenant
from tests.conftest import NOW, add_tenant
from tests.world import World

DUE = NOW - timedelta(hours=1)
account = table_of(AccountRow)


class Wall:
    """A clock on the wall, which a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Shouting:
    """A job that leaves a trace: each run adds an exclamation mark to the names of the tenant's accounts."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.fault: Exception | None = None

    async def __call__(self, db: TenantConnection, now: datetime) -> dict[str, int]:
        statement = update(account).where(of_tenant(account)).values(name=account.c.name + "!")
        renamed = await db.execute(statement)
        self.begun.set()
        await self.may_end.wait()
        if self.fault is not None:
            raise self.fault
        return {"renamed": renamed}


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def job() -> Shouting:
    return Shouting()


@pytest.fixture
async def elsewhere(database_url: str, database: Database) -> AsyncIterator[Database]:
    """The same database, opened as another process would."""
    opened = open_database(database_url)
    yield opened
    await opened.close()


async def names(world: World) -> list[str]:
    return [row.name for row in await world.rows(AccountRow)]


async def test_a_run_is_done_and_on_record(world: World, wall: Wall, job: Shouting):
    await world.account("Acme")
    outcome = await run_job(world.database, world.tenant, "shout", job, wall, due_at=DUE)
    assert outcome == RunOutcome(RunState.DONE, {"renamed": 1})
    row = await world.one(JobRunRow)
    assert (row.job, row.due_at, row.status, row.attempt, row.outcome) == ("shout", DUE, "DONE", 1, {"renamed": 1})
    assert (row.started_at, row.finished_at, row.error) == (NOW, NOW, None)
    assert await names(world) == ["Acme!"]


async def test_a_run_that_was_due_is_done_once(world: World, wall: Wall, job: Shouting):
    await world.account("Acme")
    await run_job(world.database, world.tenant, "shout", job, wall, due_at=DUE)
    again = await run_job(world.database, world.tenant, "shout", job, wall, due_at=DUE)
    assert again == RunOutcome(RunState.DONE_BEFORE, {"renamed": 1})
    assert await names(world) == ["Acme!"]


async def test_a_run_on_request_is_done_each_time(world: World, wall: Wall, job: Shouting):
    await world.account("Acme")
    for _ in range(2):
        assert (await run_job(world.database, world.tenant, "shout", job, wall)).state is RunState.DONE
    assert await names(world) == ["Acme!!"]


async def test_of_two_at_the_same_time_one_does_it_and_the_other_is_told(
    world: World, wall: Wall, job: Shouting, elsewhere: Database
):
    await world.account("Acme")
    job.may_end.clear()
    first = asyncio.create_task(run_job(world.database, world.tenant, "shout", job, wall, due_at=DUE))
    await job.begun.wait()
    for due_at in (DUE, None):
        told = await run_job(elsewhere, world.tenant, "shout", job, wall, due_at=due_at)
        assert told == RunOutcome(RunState.BUSY)
    job.may_end.set()
    assert (await first).state is RunState.DONE
    assert await names(world) == ["Acme!"]


async def test_many_who_begin_together_do_it_once(world: World, wall: Wall, job: Shouting, elsewhere: Database):
    await world.account("Acme")
    outcomes = await asyncio.gather(
        *(
            run_job(database, world.tenant, "shout", job, wall, due_at=DUE)
            for database in (world.database, elsewhere) * 4
        )
    )
    states = [outcome.state for outcome in outcomes]
    assert states.count(RunState.DONE) == 1
    assert set(states) <= {RunState.DONE, RunState.BUSY, RunState.DONE_BEFORE}
    assert await names(world) == ["Acme!"]


async def test_runs_of_one_job_that_were_due_at_different_times_are_never_at_work_together(
    world: World, wall: Wall, elsewhere: Database
):
    at_work, most = 0, 0

    async def lively(db: TenantConnection, now: datetime) -> dict[str, int]:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0.2)
        at_work -= 1
        return {}

    outcomes = await asyncio.gather(
        *(
            run_job(database, world.tenant, "lively", lively, wall, due_at=DUE - timedelta(hours=hours))
            for hours, database in enumerate((world.database, elsewhere) * 4)
        )
    )
    assert most == 1
    assert {outcome.state for outcome in outcomes} <= {RunState.DONE, RunState.BUSY}


async def test_another_job_and_another_tenant_do_not_wait(world: World, wall: Wall, job: Shouting, elsewhere: Database):
    if elsewhere.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer: there they do wait for each other")
    job.may_end.clear()
    first = asyncio.create_task(run_job(world.database, world.tenant, "shout", job, wall, due_at=DUE))
    await job.begun.wait()
    other = await add_tenant(world.database, "other")
    quiet = Shouting()
    assert (await run_job(elsewhere, world.tenant, "whisper", quiet, wall, due_at=DUE)).state is RunState.DONE
    assert (await run_job(elsewhere, other, "shout", quiet, wall, due_at=DUE)).state is RunState.DONE
    job.may_end.set()
    await first


async def test_a_job_that_fails_leaves_its_error_and_nothing_else(world: World, wall: Wall, job: Shouting):
    await world.account("Acme")
    job.fault = RuntimeError("out of ink")
    outcome = await run_job(world.database, world.tenant, "shout", job, wall, due_at=DUE)
    assert outcome == RunOutcome(RunState.FAILED, error="RuntimeError: out of ink")
    row = await world.one(JobRunRow)
    assert (row.status, row.error, row.outcome, row.finished_at) == ("FAILED", "RuntimeError: out of ink", None, NOW)
    assert await names(world) == ["Acme"]


async def test_what_failed_is_tried_again_until_it_is_given_up(world: World, wall: Wall, job: Shouting):
    job.fault = RuntimeError("out of ink")
    for _ in range(MAX_ATTEMPTS):
        assert (await run_job(world.database, world.tenant, "shout", job, wall, due_at=DUE)).state is RunState.FAILED
    given_up = await run_job(world.database, world.tenant, "shout", job, wall, due_at=DUE)
    assert given_up == RunOutcome(RunState.GIVEN_UP, error="RuntimeError: out of ink")
    job.fault = None
    assert (await run_job(world.database, world.tenant, "shout", job, wall)).state is RunState.DONE


async def killed_run(world: World, **other) -> None:
    """What a process leaves that was killed while it ran the job."""
    values = {"due_at": DUE, "lease_until": NOW + LEASE, **other}
    await world.add(JobRunRow(job="shout", status="RUNNING", started_at=NOW, **values))


@pytest.mark.parametrize("due_at", [DUE, None])
async def test_what_was_killed_is_taken_over_when_its_lease_has_run_out(
    world: World, wall: Wall, job: Shouting, due_at: datetime | None
):
    await world.account("Acme")
    await killed_run(world)
    wall.now = NOW + LEASE - timedelta(microseconds=1)
    assert (await run_job(world.database, world.tenant, "shout", job, wall, due_at=due_at)).state is RunState.BUSY
    wall.now = NOW + LEASE
    assert (await run_job(world.database, world.tenant, "shout", job, wall, due_at=due_at)).state is RunState.DONE
    assert await names(world) == ["Acme!"]
    statuses = sorted((row.status, row.attempt) for row in await world.rows(JobRunRow))
    assert statuses == ([("DONE", 2)] if due_at else [("DONE", 1), ("FAILED", 1)])


async def test_whoever_lost_the_lease_takes_back_what_was_done(world: World, wall: Wall, elsewhere: Database):
    if elsewhere.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer: nobody can take over while it works")
    await world.account("Acme")
    slow, quick = Shouting(), Shouting()
    slow.may_end.clear()
    first = asyncio.create_task(run_job(world.database, world.tenant, "shout", slow, wall, due_at=DUE))
    await slow.begun.wait()
    wall.now += LEASE
    second = asyncio.create_task(run_job(elsewhere, world.tenant, "shout", quick, wall, due_at=DUE))
    while (await world.one(JobRunRow)).attempt == 1:
        await asyncio.sleep(0.01)
    slow.may_end.set()
    assert (await first).state is RunState.BUSY
    assert (await second).state is RunState.DONE
    assert await names(world) == ["Acme!"]


async def test_a_long_run_keeps_its_lease_by_signs_of_life(world: World, wall: Wall, job: Shouting):
    if world.database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer: the lease can't be lost while the job works")
    job.may_end.clear()
    lease = timedelta(milliseconds=60)
    first = asyncio.create_task(run_job(world.database, world.tenant, "shout", job, wall, due_at=DUE, lease=lease))
    await job.begun.wait()
    wall.now += timedelta(days=1)
    while (await world.one(JobRunRow)).lease_until < wall.now:
        await asyncio.sleep(0.01)
    job.may_end.set()
    assert (await first).state is RunState.DONE


async def test_a_run_that_is_stopped_can_be_taken_up_at_once(world: World, wall: Wall, job: Shouting):
    await world.account("Acme")
    job.may_end.clear()
    stopped = asyncio.create_task(run_job(world.database, world.tenant, "shout", job, wall, due_at=DUE))
    await job.begun.wait()
    stopped.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopped
    assert await names(world) == ["Acme"]
    assert (await world.one(JobRunRow)).error == "stopped before it was done"
    job.may_end.set()
    assert (await run_job(world.database, world.tenant, "shout", job, wall, due_at=DUE)).state is RunState.DONE
    assert await names(world) == ["Acme!"]
