"""How fast a send is taken and goes out, how many sends a minute, and what those who look at the tabs notice of it.

    python benchmarks/sending/throughput.py [--sends 200] [--members 50] [--seconds 20]

On SQLite with `serve` alone, on PostgreSQL with `serve` alone, and on PostgreSQL with `serve` that does not send and a worker.
First one send, alone; then Overview and Members are asked one after the other for --seconds while nothing is sent, and again
while --sends are: p50 and p99 of both times, and their ratio. The mail server answers at once. Prints Markdown.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import httpx
from rig import Rig, group_of, open_database, postgres, rig

from bg_graph.screens.documents import MEMBERS, OVERVIEW, document
from bg_graph.store.engine import Database
from tests.email.sending_world import Sending


@dataclass
class Found:
    """What was measured on one installation; times in milliseconds but where seconds are said."""

    name: str
    taken: float
    last_seconds: float
    per_second: float
    alone: list[float]
    beside: list[float]

    def row(self) -> str:
        """A line of the table."""
        before, during = (tuple(quantile(times, at) for at in (0.5, 0.99)) for times in (self.alone, self.beside))
        cells = (
            self.name,
            f"{self.taken:.0f} ms",
            f"{self.last_seconds:.2f} s",
            f"{self.per_second:.0f}/s",
            f"{before[0]:.0f} / {before[1]:.0f} ({len(self.alone)})",
            f"{during[0]:.0f} / {during[1]:.0f} ({len(self.beside)})",
            f"{during[0] / before[0]:.2f} / {during[1] / before[1]:.2f}",
        )
        return f"| {' | '.join(cells)} |"


async def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--sends", type=int, default=200)
    arguments.add_argument("--members", type=int, default=50)
    arguments.add_argument("--seconds", type=float, default=20.0)
    arguments.add_argument("--rate", type=float, default=500.0, help="email.rate")
    given = arguments.parse_args()
    found = []
    with TemporaryDirectory(prefix="bg-sending-", ignore_cleanup_errors=True) as made_here:
        folder = Path(made_here)
        found.append(await measured(f"sqlite:///{folder / 'bg.sqlite'}", folder / "a", "SQLite: serve", given))
        for name, worker in (("PostgreSQL: serve", False), ("PostgreSQL: serve, worker apart", True)):
            place = folder / ("c" if worker else "b")
            with postgres(folder / f"postgres-{worker}") as server:
                found.append(await measured(server.url, place, name, given, worker=worker))
    print(
        "| installation | `sendEmail` to 50 | last of the 50 | throughput | tabs alone, p50 / p99 ms (n) | beside | ratio |"
    )
    print("|---|---|---|---|---|---|---|")
    print("\n".join(each.row() for each in found))
    return 0


async def measured(url: str, folder: Path, name: str, given: argparse.Namespace, *, worker: bool = False) -> Found:
    """Measure one installation."""
    settings = {"BG_EMAIL_RATE": str(given.rate), "BG_EMAIL_DEADLINE": "30", "BG_EMAIL_LEASE": "60"}
    if worker:
        settings["BG_EMAIL_DISPATCH"] = "false"
    with rig(url, folder, slow=0.0, **settings) as made:
        database = open_database(url)
        to = await group_of(made, database, given.members)
        serving = made.add("serve", "serve")
        if worker:
            made.add("worker", "worker").until_started()
        else:
            serving.until_started()
        await looked(made, to, 3.0)  # a first query after a start is slow
        taken, last = await one_send(made, database, to)
        alone = await looked(made, to, given.seconds)
        began = perf_counter()
        sending = asyncio.create_task(many_sends(made, database, to, given.sends))
        beside = await looked(made, to, 3600, until=sending)
        per_second = given.sends * given.members / (perf_counter() - began)
        await database.close()
        found = Found(name, taken, last, per_second, alone, beside)
        print(found.row(), file=sys.stderr, flush=True)
        return found


async def one_send(made: Rig, database: Database, to: Sending) -> tuple[float, float]:
    """Milliseconds until the mutation's answer, seconds until the last delivery was taken by the mail server."""
    await made.ask(to, "warm")
    await made.until_done(database)
    before = made.taken().total()
    start = perf_counter()
    await made.ask(to, "one")
    answered = perf_counter()
    await made.until_taken(before + len(to.members), 0.01)
    return (answered - start) * 1000, perf_counter() - start


async def many_sends(made: Rig, database: Database, to: Sending, sends: int) -> None:
    """All at once, eight callers, until the last has gone out."""
    left = iter(range(sends))

    async def caller() -> None:
        for number in left:
            await made.ask(to, f"many {number}")

    before, wanted = made.taken().total(), sends * len(to.members)
    await asyncio.gather(*(caller() for _ in range(8)))
    await made.until_taken(before + wanted, 0.2)


async def looked(made: Rig, to: Sending, seconds: float, until: asyncio.Task[None] | None = None) -> list[float]:
    """Ask both tabs, one after the other, for so long; milliseconds of each answer."""
    group = f"grp_{to.group.hex}"
    bodies = [{"query": document(name), "variables": {"group": group}} for name in (OVERVIEW, MEMBERS)]
    times: list[float] = []
    end = perf_counter() + seconds
    headers = {"authorization": f"Bearer {made.token}"}
    async with httpx.AsyncClient(timeout=60, headers=headers) as client:
        while perf_counter() < end and not (until is not None and until.done()):
            for body in bodies:
                start = perf_counter()
                try:
                    answer = (await client.post(f"{made.address}/graphql", json=body)).json()
                except httpx.ConnectError:
                    await asyncio.sleep(0.1)
                    continue
                assert "errors" not in answer, answer
                times.append((perf_counter() - start) * 1000)
            await asyncio.sleep(0.02)
    if until is not None:
        await until
    return times


def quantile(times: list[float], at: float) -> float:
    """The time that this share of the times does not pass."""
    return sorted(times)[min(len(times) - 1, int(len(times) * at))]


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
