"""The process of the intent job is killed at random moments: the next run finishes, nothing is lost, nothing done twice."""

import asyncio
import os
import random
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from bg_graph.intent.tables import IntentAccountRow, IntentRunRow, IntentSignalRow, SignalEvidenceRow
from bg_graph.jobs.runs import LEASE
from bg_graph.jobs.tables import JobRunRow
from tests.conftest import NOW
from tests.faults.intent_runs import ASKED, AT_ONCE
from tests.intent.predicting import Counting, approve, model, run_intent
from tests.world import World

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parent.parent.parent
ACCOUNTS, KILLS = 7, 3
EACH = AT_ONCE // 2 + 1
"""Activities of an account: a batch holds one account."""


async def fill(world: World) -> dict[UUID, str]:
    """Accounts with a group and two people each; gives what everybody is called."""
    await approve(world)
    called = {}
    for number in range(ACCOUNTS):
        group = await world.group()
        account = await world.account_of(group)
        ada, bob = await world.member(group), await world.person(account)
        called |= {group: f"group {number}", account: f"account {number}", ada: f"ada {number}", bob: f"bob {number}"}
        at = NOW - timedelta(days=1)
        await world.activity(ada, times=1 + number % 3, at=at, topics=["data lake"])
        await world.activity(bob, times=EACH - 1 - number % 3, at=at, topics=["cost"])
    return called


async def predicted(world: World, called: dict[UUID, str]) -> Counter[Any]:
    """Each signal of the tenant with how much spoke for it, and each account that is known to be computed."""
    evidence = Counter(row.signal_id for row in await world.rows(SignalEvidenceRow))
    found: Counter[Any] = Counter()
    for row in await world.rows(IntentSignalRow):
        found[called[row.subject_id], row.kind, row.name, row.probability, row.level, evidence[row.id]] += 1
    for row in await world.rows(IntentAccountRow):
        found[called[row.account_id], row.activities, row.groups, row.signals] += 1
    return found


async def line_of(runs: Process) -> str:
    assert runs.stdout is not None
    async with asyncio.timeout(30):
        return (await runs.stdout.readline()).decode().strip()


async def one_run(runs: Process, now: datetime, kill_at: int | None) -> tuple[int, str]:
    """Begin a run, and kill it soon after it asks for its batch of that number; gives how many it asked for, and its end."""
    assert runs.stdin is not None
    runs.stdin.write(f"{now.isoformat()}\n".encode())
    asked, process, killed = 0, 0, False
    while True:
        line = await line_of(runs)
        if line == ASKED:
            asked += 1
        elif line.isdigit():
            process = int(line)
        else:
            return asked, line
        if kill_at is not None and asked >= kill_at and process and not killed:
            await asyncio.sleep(random.random() * 0.03)
            os.kill(process, signal.SIGKILL)
            killed = True


async def test_a_killed_run_is_finished_by_the_next_with_nothing_lost_and_nothing_twice(
    world: World, other_world: World, database_url: str
):
    expected_of = await fill(other_world)
    await run_intent(other_world, model(Counting()), activities_at_once=AT_ONCE)
    called, now, asked = await fill(world), NOW, 0
    command = (sys.executable, "-m", "tests.faults.intent_runs", database_url, str(world.tenant))
    runs = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=PIPE, stdout=PIPE)
    try:
        for _ in range(KILLS):
            of_run, ended = await one_run(runs, now, kill_at=random.randint(1, 2))
            assert ended == "killed"
            asked += of_run
            now += LEASE
        of_run, ended = await one_run(runs, now, kill_at=None)
    finally:
        runs.terminate()
        await runs.wait()
    assert ended == "DONE"
    assert await predicted(world, called) == await predicted(other_world, expected_of)
    assert ACCOUNTS <= asked + of_run <= ACCOUNTS + KILLS, "only what was under way is asked for again"
    *_, last = records = sorted(await world.rows(IntentRunRow), key=lambda row: row.as_of)
    assert ([row.finished_at for row in records[:-1]], last.finished_at) == ([None] * KILLS, now)
    signals = await world.rows(IntentSignalRow)
    assert sum(row.signals_changed for row in records) == len(signals)
    states = sorted((row.due_at, row.status) for row in await world.rows(JobRunRow))
    assert [status for _, status in states] == ["FAILED"] * KILLS + ["DONE"]
