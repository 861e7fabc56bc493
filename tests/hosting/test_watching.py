"""The health of providers is looked after beside the requests."""

import asyncio
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from bg_graph.hosting.hosted import Hosted, State
from bg_graph.hosting.watching import keep_checking, watching
from bg_graph.plugins.health import Health
from bg_graph.settings import ProviderSettings
from bg_graph.store.engine import Database
from bg_graph.tenancy.rules import Right
from tests.cli.shell import PROGRAM
from tests.hosting.acme_plugins import install_acme
from tests.hosting.hosted_providers import hosted
from tests.hosting.installed_plugins import Installation
from tests.screens.serving import serving


class Moody:
    def __init__(self) -> None:
        self.healthy = True

    async def check(self) -> Health:
        return Health(healthy=self.healthy, message="" if self.healthy else "the mail server is away")


class Broken:
    async def check(self) -> Health:
        raise ValueError("swordfish")


async def test_what_the_check_says_is_told_until_it_says_otherwise() -> None:
    moody, broken = Moody(), Broken()
    both = [hosted(moody, "summary", "moody"), hosted(broken, "summary", "broken")]
    watching = asyncio.create_task(keep_checking(lambda: both, every=0.02, first=0))
    try:
        for healthy in (True, False, True):
            moody.healthy = healthy
            await asyncio.sleep(0.1)
            assert both[0].status.state is (State.HEALTHY if healthy else State.DOWN)
            assert both[1].status.state is State.DOWN
        assert both[0].status.last_error == "the mail server is away"
        assert "swordfish" not in str(both[1].status.last_error)
    finally:
        watching.cancel()


class Hanging:
    def __init__(self) -> None:
        self.begun, self.broken_off = asyncio.Event(), asyncio.Event()

    async def check(self) -> Health:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.broken_off.set()
        raise AssertionError


async def test_a_check_that_hangs_keeps_nobody_else_waiting_and_is_broken_off_at_the_end() -> None:
    hanging, moody = Hanging(), Moody()
    moody.healthy = False
    both = [hosted(hanging, "summary", "hanging", deadline=600), hosted(moody, "summary", "moody")]
    async with asyncio.timeout(2):
        async with watching(lambda: both, first=0):
            await hanging.begun.wait()
            await asyncio.sleep(0.05)
            assert both[1].status.state is State.DOWN
        await hanging.broken_off.wait()


async def test_a_fault_of_ours_ends_no_watch() -> None:
    rounds, again = 0, asyncio.Event()

    class Faulty(Hosted):
        async def check(self) -> Health:
            nonlocal rounds
            rounds += 1
            if rounds > 1:
                again.set()
            raise LookupError

    faulty = hosted(Moody(), "summary", "moody")
    faulty.__class__ = Faulty
    async with watching(lambda: [faulty], every=0.01, first=0):
        await asyncio.wait_for(again.wait(), 5)


async def test_the_server_knows_how_providers_do_before_anybody_asked_them(
    database: Database,
    database_url: str,
    tenant: UUID,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install_acme(Installation(tmp_path_factory.mktemp("site"), monkeypatch))
    providers = ProviderSettings(summary=("away", "good", "facts"), intent=())
    async with (
        serving(database, database_url, tenant, Right.ADMIN, providers=providers) as served,
        httpx.AsyncClient(base_url=served.url, headers=served.headers) as client,
        asyncio.timeout(10),
    ):
        away: Sequence[str | None] = ("HEALTHY", None)
        while away[0] == "HEALTHY":
            await asyncio.sleep(0.05)
            answer = await client.post("/graphql", json={"query": "{ plugins { name state lastError } }"})
            found = {each["name"]: (each["state"], each["lastError"]) for each in answer.json()["data"]["plugins"]}
            away = found["away"]
        assert (found["away"], found["good"]) == (("DOWN", "check: the model is away"), ("HEALTHY", None))


@pytest.mark.slow  # two processes begin
def test_a_worker_looks_after_providers_too(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path_factory.mktemp("site")
    install_acme(Installation(site, monkeypatch))
    (tmp_path / "bg-graph.toml").write_text('[providers]\nsummary = ["away", "facts"]\n')
    given = {**os.environ, "PYTHONPATH": str(site), "BG_DATABASE_URL": f"sqlite:///{tmp_path}/bg.db"}
    subprocess.run([PROGRAM, "db", "upgrade"], cwd=tmp_path, env=given, check=True, capture_output=True)
    with subprocess.Popen([PROGRAM, "worker"], cwd=tmp_path, env=given, stderr=subprocess.PIPE, text=True) as worker:
        try:
            assert worker.stderr
            told = next(line for line in worker.stderr if "plugin is down" in line)
        finally:
            worker.terminate()
        assert "the model is away" in told
        assert worker.wait(30) == 0
