"""The daily loop: what is due when, for which tenants, in which order."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from bg_graph.jobs.daily import last_due, run_daily, run_due
from bg_graph.jobs.runs import JobFunction
from bg_graph.jobs.tables import JobRunRow
from bg_graph.store.connection import TenantConnection
from bg_graph.store.engine import Database
from bg_graph.tenancy.reads import list_tenants
from tests.conftest import NOW, add_tenant
from tests.world import World

DAY = timedelta(days=1)
TWO = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


class Diary:
    """Jobs that note when they were run for whom; one of them may be made to fail."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, UUID]] = []
        self.failing: set[str] = set()

    def job(self, name: str) -> JobFunction:
        async def write(db: TenantConnection, now: datetime) -> dict[str, int]:
            self.entries.append((name, db.tenant_id))
            if name in self.failing:
                raise RuntimeError(name)
            return {}

        return write

    @property
    def jobs(self) -> dict[str, Callable[[TenantConnection, datetime], Awaitable[dict[str, int]]]]:
        return {name: self.job(name) for name in ("score", "maintain")}


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (TWO - timedelta(microseconds=1), TWO - DAY),
        (TWO, TWO),
        (TWO + timedelta(microseconds=1), TWO),
        (TWO + timedelta(hours=23), TWO),
    ],
)
def test_the_last_due_time_is_the_latest_up_to_now(now: datetime, due: datetime):
    assert last_due("0 2 * * *", now) == due


async def test_jobs_run_in_their_order_for_each_tenant(database: Database):
    first, second = await add_tenant(database, "a"), await add_tenant(database, "b")
    diary = Diary()
    assert await run_due(database, diary.jobs, lambda: TWO, tenants=list_tenants, due_at=TWO)
    assert diary.entries == [("score", first), ("maintain", first), ("score", second), ("maintain", second)]


async def test_a_job_that_fails_stops_no_other_and_is_tried_again(world: World):
    diary = Diary()
    diary.failing = {"score"}
    assert not await run_due(world.database, diary.jobs, lambda: TWO, tenants=list_tenants, due_at=TWO)
    assert [name for name, _ in diary.entries] == ["score", "maintain"]
    diary.failing = set()
    assert await run_due(world.database, diary.jobs, lambda: TWO, tenants=list_tenants, due_at=TWO)
    assert [name for name, _ in diary.entries] == ["score", "maintain", "score"]


async def test_what_was_due_before_a_tenant_was_made_was_not_missed(world: World):
    diary = Diary()
    assert await run_due(world.database, diary.jobs, lambda: NOW, tenants=list_tenants, due_at=NOW - DAY)
    assert diary.entries == []


async def test_the_loop_makes_up_for_what_was_missed_and_waits_for_the_next_time(world: World):
    diary, times = Diary(), [TWO + timedelta(hours=5)]

    def clock() -> datetime:
        return times[-1]

    loop = asyncio.create_task(
        run_daily(world.database, diary.jobs, clock, tenants=list_tenants, pause=timedelta(milliseconds=5))
    )
    await until(lambda: len(diary.entries) == 2)
    await asyncio.sleep(0.05)
    assert len(diary.entries) == 2
    times.append(TWO + DAY)
    await until(lambda: len(diary.entries) == 4)
    loop.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loop
    assert [row.due_at for row in await world.rows(JobRunRow, job="score")] == [TWO, TWO + DAY]


async def test_the_loop_outlives_a_database_that_is_away(world: World):
    diary, away = Diary(), [True]

    async def tenants(database: Database):
        if away[0]:
            raise ConnectionError("away")
        return await list_tenants(database)

    loop = asyncio.create_task(
        run_daily(world.database, diary.jobs, lambda: TWO, tenants=tenants, pause=timedelta(milliseconds=5))
    )
    await asyncio.sleep(0.03)
    away[0] = False
    await until(lambda: len(diary.entries) == 2)
    loop.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loop


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.005)
