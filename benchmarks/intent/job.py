"""Measures the whole intent job on a database: time by step, peak memory, and the run after one more day.

    .venv/bin/python benchmarks/intent/job.py [--people 100000] [--activities 1000000] [--sqlite] [--results FILE]

from the repository's root. The job runs in a process of its own, by the plugin `activities`, and again a day later, after a
ninetieth of the activities has come in. Beside it: `GROUP BY person, type, day` over the same rows on the same server.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import wraps
from inspect import iscoroutinefunction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

import embedded_postgres  # noqa: E402 - needs the root
from crowd import Crowd, Loader, Owner, taxonomy  # noqa: E402
from sqlalchemy import event, text  # noqa: E402

from bg_graph.app import jobs_of, plugins_of  # noqa: E402
from bg_graph.hosting.intent import IntentHost  # noqa: E402
from bg_graph.intent.predicting import concluding, job  # noqa: E402
from bg_graph.jobs.runs import run_job  # noqa: E402
from bg_graph.settings import Settings  # noqa: E402
from bg_graph.store.engine import Database, open_database  # noqa: E402
from bg_graph.store.ids import new_id  # noqa: E402
from tests.conftest import add_tenant, migrate, on_server, postgres_url  # noqa: E402
from tests.intent.predicting import approve  # noqa: E402
from tests.world import World  # noqa: E402

AS_OF = datetime(2026, 11, 23, 2, tzinfo=UTC)
DAYS = 90
Told = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--activities", type=int, default=1_000_000)
    parser.add_argument("--sqlite", action="store_true", help="on SQLite; default: PostgreSQL")
    parser.add_argument("--results", type=Path, help="a file that each result is added to as a line of JSON")
    parser.add_argument("--work", nargs=3, metavar=("URL", "TENANT", "AS_OF"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        url, tenant, as_of = given.work
        print(json.dumps(asyncio.run(work(url, UUID(tenant), datetime.fromisoformat(as_of)))))
        return
    with TemporaryDirectory(prefix="bg-intent-") as folder, database_in(folder, given.sqlite) as url:
        asyncio.run(measure(url, given.people, given.activities, given.results))


@contextmanager
def database_in(folder: str, sqlite: bool) -> Iterator[str]:
    """A migrated database of its own."""
    if sqlite:
        url = f"sqlite:///{folder}/intent.sqlite"
        migrate(url)
        yield url
        return
    with embedded_postgres.get_server(f"{folder}/postgres", cleanup_mode="stop") as server:
        name = f"bench_{new_id().hex}"
        on_server(server.get_uri(), "ALTER SYSTEM SET max_wal_size = '8GB'")  # for the loading
        on_server(server.get_uri(), "SELECT pg_reload_conf()")
        on_server(server.get_uri(), f'CREATE DATABASE "{name}"')
        url = postgres_url(server.get_uri(), name)
        migrate(url)
        yield url


async def measure(url: str, people: int, activities: int, results: Path | None) -> None:
    def tell(what: str, **told: Any) -> None:
        line = {"database": url.partition(":")[0], "people": people, "activities": activities, "what": what, **told}
        print(json.dumps(line), flush=True)
        if results is not None:
            with results.open("a", encoding="utf-8") as out:
                out.write(json.dumps(line) + "\n")

    database, loader, crowd = open_database(url), Loader(url), Crowd(people)
    began = time.perf_counter()
    owner = await owner_in(database)
    await crowd.load(loader, owner, AS_OF - timedelta(days=DAYS))
    await crowd.act(loader, owner, activities, AS_OF, DAYS)
    tell("loaded", seconds=round(time.perf_counter() - began, 1))
    tell("GROUP BY", seconds=await grouping(database, owner.tenant))
    tell("first run", **whole_run(url, owner.tenant, AS_OF))
    await crowd.act(loader, owner, activities // DAYS, AS_OF + timedelta(days=1), 1, first=activities)
    tell("a day later", **whole_run(url, owner.tenant, AS_OF + timedelta(days=1)))
    tell("nothing new", **whole_run(url, owner.tenant, AS_OF + timedelta(days=1, hours=1)))
    tell("GROUP BY", seconds=await grouping(database, owner.tenant))
    await database.close()


async def owner_in(database: Database) -> Owner:
    tenant = await add_tenant(database, "acme")
    world = World(database, tenant, AS_OF)
    await approve(world, *taxonomy())
    template = await world.template()
    return Owner(tenant, await world.interest("Everything", template=template), template)


async def grouping(database: Database, tenant: UUID, times: int = 3) -> list[float]:
    """Seconds of the plain grouping, each time; the rows are counted on the server, not fetched."""
    inner = (
        "SELECT person_id, kind, day, count(*) FROM activity WHERE tenant_id = :tenant GROUP BY person_id, kind, day"
    )
    value = tenant.hex if database.engine.dialect.name == "sqlite" else tenant
    took = []
    for _ in range(times):
        async with database.raw(reading=True) as connection:
            began = time.perf_counter()
            await connection.execute(text("SELECT set_config('bg.tenant', '*', true)")) if value is tenant else None
            await connection.execute(text(f"SELECT count(*) FROM ({inner}) AS grouped"), {"tenant": value})
            took.append(round(time.perf_counter() - began, 2))
    return sorted(took)


def whole_run(url: str, tenant: UUID, as_of: datetime) -> Told:
    """One run in a process of its own."""
    command = [sys.executable, __file__, "--work", url, str(tenant), as_of.isoformat()]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    told: Told = json.loads(done.stdout.splitlines()[-1])
    return told


async def work(url: str, tenant: UUID, as_of: datetime) -> Told:
    """The run itself, with the time of its steps and the peak of this process's memory."""
    settings = Settings.model_validate({"database": {"url": url}})
    database = open_database(url)
    plugins, _ = plugins_of(settings, database)
    before = peak()
    spent: Counter[str] = Counter()
    for owner, name in STEPS:
        setattr(owner, name, timed(getattr(owner, name), spent))
    statements = Counter[str]()
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *_: statements.update(["all"]))
    began = time.perf_counter()
    outcome = await run_job(database, tenant, "intent", jobs_of(plugins, database)["intent"], lambda: as_of)
    seconds = time.perf_counter() - began
    await plugins.close()
    await database.close()
    return {
        "state": outcome.state,
        "error": outcome.error,
        "seconds": round(seconds, 1),
        "steps": {name: round(each, 1) for name, each in spent.most_common()},
        "processor seconds": round(sum(resource.getrusage(resource.RUSAGE_SELF)[:2]), 1),
        "peak MB": round(peak()),
        "MB before": round(before),
        "statements": statements["all"],
        "counts": outcome.counts,
    }


STEPS: tuple[tuple[Any, str], ...] = (
    (job, "make_plan"),
    (job, "gather"),
    (IntentHost, "predict"),
    (job, "stored_signals"),
    (job, "present_subjects"),
    (concluding.Concluding, "conclude"),
    (job, "store"),
)
"""What is timed: as the job calls it."""


def timed(function: Callable[..., Any], spent: Counter[str]) -> Callable[..., Any]:
    name = function.__name__

    @wraps(function)
    async def awaited(*given: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return await function(*given, **named)
        finally:
            spent[name] += time.perf_counter() - began  # type: ignore[assignment]

    @wraps(function)
    def called(*given: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return function(*given, **named)
        finally:
            spent[name] += time.perf_counter() - began  # type: ignore[assignment]

    return awaited if iscoroutinefunction(function) else called


def peak() -> float:
    """Megabytes that this process held at most. What `getrusage` tells is never less than the parent had."""
    told = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in told.splitlines() if line.startswith("VmHWM:")).split()[1]) / 1024


if __name__ == "__main__":
    main()
