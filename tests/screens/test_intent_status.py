"""Where predictions come from, and what was learned from deals, as callers and operators see it."""

import asyncio

import pytest

from bg_graph.intent.reads import lessons
from bg_graph.plugins.intent import Training
from bg_graph.tenancy.rules import Right
from tests.cli.shell import Shell
from tests.conftest import NOW
from tests.intent.predicting import Counting, model, run_intent, sell
from tests.screens.conftest import Ask, caller_of
from tests.world import World

STATUS = """{ intentStatus {
    latestRun { asOf finishedAt plugin pluginVersion modelName modelVersion signalsChanged }
    learned { plugin pluginVersion learnedAt outcomes inUse description }
} }"""
TOLD = "learned from 1 outcome; two of three of its HIGH were right"


@pytest.fixture
async def trained(world: World) -> None:
    await sell(world)
    wise = Counting(teach=lambda _: Training(state=b"wiser", description=TOLD))
    await run_intent(world, model(wise, version="4"))


async def test_before_the_first_run_nothing_is_told(ask: Ask):
    assert (await ask(STATUS)).data["intentStatus"] == {"latestRun": None, "learned": []}


async def test_the_latest_run_and_what_was_learned_are_told(trained: None, ask: Ask, world: World):
    admin = caller_of(world.tenant, Right.ADMIN)
    answer = await ask(STATUS, caller=admin)
    run = answer.data["intentStatus"]["latestRun"]
    assert (run["plugin"], run["pluginVersion"], run["modelName"], run["modelVersion"]) == (
        "counting",
        "4",
        "counter",
        "7",
    )
    assert (run["asOf"], run["finishedAt"], run["signalsChanged"]) == (
        NOW.isoformat(),
        NOW.isoformat(),
        8,
    )
    assert answer.data["intentStatus"]["learned"] == [
        {
            "plugin": "counting",
            "pluginVersion": "4",
            "learnedAt": NOW.isoformat(),
            "outcomes": 1,
            "inUse": True,
            "description": TOLD,
        }
    ]
    assert len(answer.sql) == 2


async def test_the_models_own_words_are_for_those_who_administer(trained: None, ask: Ask):
    (lesson,) = (await ask(STATUS)).data["intentStatus"]["learned"]
    assert (lesson["description"], lesson["outcomes"], lesson["inUse"]) == (None, 1, True)


async def test_a_model_that_found_too_little_is_not_in_use(world: World, ask: Ask):
    await sell(world)
    await run_intent(world, model(Counting()))
    async with world.database.reading(world.tenant) as db:
        (lesson,) = await lessons(db)
    assert (lesson.in_use, lesson.trained_at) == (False, NOW)
    assert "too few" in lesson.description


async def test_the_command_line_tells_it_too(
    trained: None, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path
):
    shell = Shell(tmp_path, monkeypatch, capsys)
    shell.use(database_url)
    text = await asyncio.to_thread(shell.out, "intent", "status", "--tenant", "acme")
    assert all(part in text for part in ("counting 4", "counter 7", "done", TOLD, "2026-11-23 12:00:00"))
