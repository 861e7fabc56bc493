"""Jobs in steps: each step is kept, and only while the run is its own."""

from datetime import datetime, timedelta

import pytest

from bg_graph.accounts.tables import AccountRow
from bg_graph.jobs.runs import LEASE, InSteps, RunOutcome, RunState, Steps, run_job
from bg_graph.jobs.tables import JobRunRow
from bg_graph.store.connection import table_of
from bg_graph.store.scope import of_tenant
from tests.conftest import NOW
from tests.world import World

account = table_of(AccountRow)


async def rename(steps: Steps, mark: str) -> None:
    async with steps.writing() as db:
        await db.execute(account.update().where(of_tenant(account)).values(name=account.c.name + mark))


async def test_a_job_in_steps_is_done_and_on_record(world: World):
    await world.account("Acme")

    async def work(steps: Steps, now: datetime) -> dict[str, int]:
        await rename(steps, "1")
        await rename(steps, "2")
        return {"steps": 2}

    outcome = await run_job(world.database, world.tenant, "walk", InSteps(work), lambda: NOW)
    assert outcome == RunOutcome(RunState.DONE, {"steps": 2})
    assert (await world.one(JobRunRow)).outcome == {"steps": 2}
    assert (await world.one(AccountRow)).name == "Acme12"


async def test_others_may_write_between_two_steps(world: World):
    await world.account("Acme")

    async def work(steps: Steps, now: datetime) -> dict[str, int]:
        await rename(steps, "1")
        await world.account("Other")
        await rename(steps, "2")
        return {}

    assert (await run_job(world.database, world.tenant, "walk", InSteps(work), lambda: NOW)).state is RunState.DONE
    assert [row.name for row in await world.rows(AccountRow)] == ["Acme12", "Other2"]


async def test_what_steps_did_stays_where_a_later_one_fails(world: World):
    await world.account("Acme")

    async def work(steps: Steps, now: datetime) -> dict[str, int]:
        await rename(steps, "1")
        async with steps.writing() as db:
            await db.execute(account.update().where(of_tenant(account)).values(name="gone"))
            raise RuntimeError("out of ink")

    outcome = await run_job(world.database, world.tenant, "walk", InSteps(work), lambda: NOW)
    assert outcome == RunOutcome(RunState.FAILED, error="RuntimeError: out of ink")
    assert (await world.one(AccountRow)).name == "Acme1"


@pytest.mark.parametrize("late", [True, False])
async def test_a_step_after_another_took_the_run_over_is_taken_back(world: World, late: bool):
    await world.account("Acme")
    now = NOW

    async def other(steps: Steps, _now: datetime) -> dict[str, int]:
        await rename(steps, "other")
        return {}

    async def work(steps: Steps, _now: datetime) -> dict[str, int]:
        nonlocal now
        await rename(steps, "1")
        now += LEASE + timedelta(seconds=1) if late else LEASE - timedelta(seconds=1)
        taken = await run_job(world.database, world.tenant, "walk", InSteps(other), lambda: now)
        assert taken.state is (RunState.DONE if late else RunState.BUSY)
        await rename(steps, "2")
        return {}

    outcome = await run_job(world.database, world.tenant, "walk", InSteps(work), lambda: now)
    assert outcome.state is (RunState.BUSY if late else RunState.DONE)
    assert (await world.one(AccountRow)).name == ("Acme1other" if late else "Acme12")
