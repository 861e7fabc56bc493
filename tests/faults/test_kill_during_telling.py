"""A process that is killed while a plugin is being told of a change: the change is told again by the next one."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest

from bg_graph.store.engine import Database
from bg_graph.store.telling import ListenerRow, TellingRow
from tests.cli.shell import PROGRAM
from tests.hosting.installed_plugins import Installation
from tests.hosting.listening import happen
from tests.world import World

_ACME = """
from pathlib import Path
import asyncio
import os
from bg_graph.plugins.hooks import hookimpl


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    file: Path = Field(description="Where it writes what it is told.")


class Hooks:
    @hookimpl
    async def on_change(self, change, settings, context):
        context.logger.warning("told of a change")
        with settings.file.open("a") as file:
            file.write(f"{os.getpid()} {change.tenant} {change.topic} {change.id}\\n")
        while change.id == "slow" and not settings.file.with_name("go").exists():
            await asyncio.sleep(0.05)


PLUGIN = Plugin(name="acme", version="1", title="Acme", settings=Settings, hooks=Hooks())
"""


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("site")
    Installation(folder, monkeypatch).install("acme-listener", "acme_listener", _ACME, acme="acme_listener:PLUGIN")
    return folder


@contextmanager
def process(command: str, folder: Path, site: Path, database_url: str) -> Iterator[subprocess.Popen[bytes]]:
    """`bg-graph serve` or `worker` with the listener; killed at the end, where it still runs."""
    given = {**os.environ, "PYTHONPATH": str(site), "BG_DATABASE_URL": database_url}
    port = ["--port", "0"] if command == "serve" else []
    running = subprocess.Popen(
        [PROGRAM, command, *port], cwd=folder, env=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield running
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait(30)


async def told(file: Path, count: int, seconds: float = 60) -> list[list[str]]:
    """The lines of what was told, once there are so many: process, tenant, topic and id of the change."""
    async with asyncio.timeout(seconds):
        while True:
            lines = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
            if len(lines) >= count:
                return lines
            await asyncio.sleep(0.05)


async def enrolled(world: World, seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not await world.rows(ListenerRow):
            await asyncio.sleep(0.05)


@pytest.mark.slow  # processes begin, die, and a lease runs out
@pytest.mark.parametrize("isolation", ["thread", "process"])
async def test_a_change_that_was_being_told_when_the_process_was_killed_is_told_again(
    isolation: str, database: Database, database_url: str, tenant: UUID, world: World, tmp_path: Path, site: Path
) -> None:
    file = tmp_path / "told"
    fence = f'[plugins.acme.fence]\nisolation = "{isolation}"\ndeadline = 1.0\n'
    (tmp_path / "bg-graph.toml").write_text(f'[jobs]\nenabled = false\n[plugins.acme]\nfile = "{file}"\n{fence}')
    with process("serve", tmp_path, site, database_url):
        await enrolled(world)
        await happen(database, tenant, "first")
        await happen(database, tenant, "slow")
        await happen(database, tenant, "last")
        await told(file, 2)
    before = await told(file, 2)  # all that there is, now that it is dead
    assert [line[1:] for line in before[:2]] == [["acme", "GROUP", "first"], ["acme", "GROUP", "slow"]]
    assert {line[3] for line in before[2:]} <= {"slow"}, "it waited longer than its deadline"
    (tmp_path / "go").touch()
    with process("worker", tmp_path, site, database_url):
        async with asyncio.timeout(60):
            while await world.rows(TellingRow):
                await asyncio.sleep(0.05)
        after = (await told(file, len(before) + 2))[len(before) :]
    ids = [line[3] for line in after]
    assert ids[-2:] == ["slow", "last"], "in their order, and nothing is lost"
    assert set(ids[:-2]) <= {"first"}, "what was not written down as told may come again"
    assert {line[0] for line in after}.isdisjoint(line[0] for line in before)
