"""Server and workers are killed (SIGKILL) at random moments during sends: what is lost, sent twice, unknown?

    python benchmarks/sending/kills.py [--kills 100] [--members 50] [--seed 1]

A third of the kills each: `serve` on SQLite by SMTP; `serve` and two workers on PostgreSQL by SMTP; `serve` on SQLite with
the outbox. Before each kill everything runs; a send to all members is asked for by `sendEmail`, again with the same key where
the server died over it. In the end nothing may be lost and nobody written to twice. What is UNKNOWN then is settled as
documented: the outbox's by themselves, those of SMTP by `resolveDelivery`, as a person does who has looked into the mail
server's record. Prints Markdown; ends with 1 where anything is not as it must be.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from rig import LEASE, Rig, group_of, open_database, postgres, rig, sqlite_url

from bg_graph.store.engine import Database
from tests.email.sending_world import Sending

RESOLVE = """mutation ($input: ResolveDeliveryInput!) {
  resolveDelivery(input: $input) { delivery { status } userErrors { code message } }
}"""


@dataclass
class Found:
    """What the kills of one installation left."""

    name: str
    kills: int
    asked: int
    seconds: float
    lost: int
    """Neither sent nor in any status that tells that it was not."""
    twice: int
    """Deliveries that the mail server took more than once."""
    unknown: int
    unknown_sent: int
    """Of the unknown ones, those that the mail server had taken."""
    after_settling: str
    traces: list[str]
    wrong: list[str]


async def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--kills", type=int, default=100)
    arguments.add_argument("--members", type=int, default=50)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    chance = random.Random(given.seed)
    third = given.kills // 3
    with TemporaryDirectory(prefix="bg-kills-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        found = [
            await on(
                sqlite_url(folder), folder / "a", "SMTP, SQLite: serve", given.kills - 2 * third, given.members, chance
            ),
            await on_postgres(folder, "SMTP, PostgreSQL: serve and 2 workers", third, given.members, chance),
            await on(
                sqlite_url(folder / "c"), folder / "c", "outbox, SQLite: serve", third, given.members, chance, "outbox"
            ),
        ]
    tell(found)
    return int(any(each.wrong or each.traces for each in found))


async def on_postgres(folder: Path, name: str, kills: int, members: int, chance: random.Random) -> Found:
    """As `on`, with a PostgreSQL server of its own."""
    with postgres(folder / "postgres") as server:
        return await killed(server.url, folder / "b", name, kills, members, chance, "smtp", ["worker", "worker"])


async def on(
    database: AbstractContextManager[str],
    folder: Path,
    name: str,
    kills: int,
    members: int,
    chance: random.Random,
    provider: str = "smtp",
) -> Found:
    """`serve` alone."""
    with database as url:
        return await killed(url, folder, name, kills, members, chance, provider, [])


async def killed(
    url: str,
    folder: Path,
    name: str,
    kills: int,
    members: int,
    chance: random.Random,
    provider: str,
    workers: Sequence[str],
) -> Found:
    """Kill processes of an installation again and again, then see what is there."""
    began = monotonic()
    with rig(url, folder, provider=provider) as made:
        database = open_database(url)
        to = await group_of(made, database, members)
        made.add("serve", "serve")
        for number, worker in enumerate(workers):
            made.add(f"worker{number}", worker)
        for number in range(kills):
            await one_kill(made, to, chance, number)
        for process in made.processes:
            process.until_started()
        await made.until_done(database)
        await asyncio.sleep(LEASE + 3)  # what the last kill left is recorded as unknown, and settled where that can be
        await made.until_done(database)
        found = await looked_at(made, database, name, kills)
        await settled(made, database)
        found.after_settling, wrong = await after_settling(made, database)
        found.wrong.extend(wrong)
        found.seconds = monotonic() - began
        await database.close()
        return found


async def one_kill(made: Rig, to: Sending, chance: random.Random, number: int) -> None:
    """Ask for a send; kill a process in the middle of it, or of its being asked for; begin it again."""
    for process in made.processes:
        process.until_started()
    asking = asyncio.create_task(made.ask(to, f"send {number}"))
    await asyncio.sleep(chance.uniform(0.0, 1.2))
    victim = chance.choice(made.processes)
    victim.kill()
    victim.start()
    await asking
    print(".", end="", file=sys.stderr, flush=True)


async def looked_at(made: Rig, database: Database, name: str, kills: int) -> Found:
    """What is there before anybody settles anything."""
    taken = made.taken()
    rows = await made.deliveries(database)
    unknown = [row for row in rows if row.status == "UNKNOWN"]
    lost = [
        row for row in rows if row.status not in ("SENT", "UNKNOWN") or (row.status == "SENT" and not taken[row.id.hex])
    ]
    twice = [key for key, times in taken.items() if times > 1]
    wrong = []
    if len(rows) != made.asked:
        wrong.append(f"{made.asked} deliveries were asked for, {len(rows)} are there")
    if lost:
        wrong.append(f"lost: {sorted({row.status for row in lost})}")
    if made.provider == "outbox" and unknown:
        wrong.append("the outbox can tell, yet some are unknown")
    sent = sum(1 for row in unknown if taken[row.id.hex])
    return Found(name, kills, made.asked, 0, len(lost), len(twice), len(unknown), sent, "", made.tracebacks(), wrong)


async def settled(made: Rig, database: Database) -> None:
    """Do what a person does with what is unknown, who has looked into the mail server's record."""
    taken = made.taken()
    for row in await made.deliveries(database):
        if row.status == "UNKNOWN":
            outcome = "SENT" if taken[row.id.hex] else "QUEUE_AGAIN"
            wish = {"deliveryId": f"dlv_{row.id.hex}", "outcome": outcome}
            answer = (await made.graphql(RESOLVE, {"input": wish}))["resolveDelivery"]
            assert not answer["userErrors"], answer
    await made.until_done(database)


async def after_settling(made: Rig, database: Database) -> tuple[str, list[str]]:
    """How it ended: every delivery sent, each exactly once."""
    statuses, taken = await made.statuses(database), made.taken()
    rows: list[Any] = await made.deliveries(database)
    once = sum(1 for row in rows if taken[row.id.hex] == 1)
    wrong = [] if statuses == {"SENT": made.asked} and once == made.asked else [f"{dict(statuses)}, {once} taken once"]
    return ", ".join(
        f"{count} {status}" for status, count in sorted(statuses.items())
    ) + f"; {once} arrived once", wrong


def tell(found: Sequence[Found]) -> None:
    """Print what was found, as a table."""
    print(
        "| installation | kills or restarts | deliveries | lost | sent twice | unknown (of them sent) | settled: in the end | s |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for each in found:
        unknown = f"{each.unknown} ({each.unknown_sent})"
        row = (
            each.name,
            each.kills,
            each.asked,
            each.lost,
            each.twice,
            unknown,
            each.after_settling,
            round(each.seconds),
        )
        print(f"| {' | '.join(map(str, row))} |")
    for each in found:
        for wrong in [*each.wrong, *(f"a trace in {log}" for log in each.traces)]:
            print(f"\n**{each.name}: {wrong}**")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
