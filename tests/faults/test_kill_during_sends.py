"""Real processes are killed in the middle of sends by a real mail server: nothing lost, nothing twice, what is unknown settled."""

import random
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parent.parent.parent / "benchmarks" / "sending"
sys.path.insert(0, str(BENCHMARK))

from kills import Found, killed  # noqa: E402 - where it stands is known only now

KILLS = 3
pytestmark = pytest.mark.slow


def check(found: Found) -> None:
    assert (found.lost, found.twice) == (0, 0)
    assert found.wrong == []
    assert found.traces == []
    assert found.asked == KILLS * 20


async def test_a_server_killed_during_sends_loses_nothing_and_sends_nothing_twice(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bg.sqlite'}"
    check(await killed(url, tmp_path / "run", "SQLite", KILLS, 20, random.Random(), "smtp", []))


async def test_workers_killed_during_sends_lose_nothing_and_send_nothing_twice(
    postgres_database: str, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    check(await killed(postgres_database, folder, "PostgreSQL", KILLS, 20, random.Random(), "smtp", ["worker"]))


async def test_an_outbox_whose_server_is_killed_ends_with_each_message_once_and_nothing_unknown(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bg.sqlite'}"
    found = await killed(url, tmp_path / "run", "outbox", KILLS, 20, random.Random(), "outbox", [])
    check(found)
    assert found.unknown == 0
