"""PostgreSQL is restarted during sends: what is lost, sent twice, unknown?

    python benchmarks/sending/restarts.py [--restarts 10] [--members 50] [--seed 1]

`serve` and two workers send by SMTP; every second restart is a crash of the database (`immediate`), the others end all its
connections (`fast`). Then as with the kills. Prints Markdown; ends with 1 where anything is not as it must be.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from kills import after_settling, looked_at, settled, tell
from rig import LEASE, group_of, open_database, postgres, rig


async def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--restarts", type=int, default=10)
    arguments.add_argument("--members", type=int, default=50)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    chance = random.Random(given.seed)
    began = monotonic()
    with TemporaryDirectory(prefix="bg-restarts-", ignore_cleanup_errors=True) as made_here:
        folder = Path(made_here)
        with postgres(folder / "postgres") as server, rig(server.url, folder / "a") as made:
            database = open_database(server.url)
            to = await group_of(made, database, given.members)
            for name, command in (("serve", "serve"), ("worker0", "worker"), ("worker1", "worker")):
                made.add(name, command).until_started()
            seconds = []
            for number in range(given.restarts):
                asking = asyncio.create_task(made.ask(to, f"send {number}"))
                await asyncio.sleep(chance.uniform(0.1, 1.2))
                seconds.append(await asyncio.to_thread(server.restart, ("fast", "immediate")[number % 2]))
                await asking
                await asyncio.sleep(2.0)
                print(".", end="", file=sys.stderr, flush=True)
            await made.until_done(database)
            await asyncio.sleep(LEASE + 3)
            found = await looked_at(made, database, "SMTP, PostgreSQL restarted: serve and 2 workers", given.restarts)
            await settled(made, database)
            found.after_settling, wrong = await after_settling(made, database)
            found.wrong.extend(wrong)
            found.seconds = monotonic() - began
            alive = [process.name for process in made.processes if process.popen and process.popen.poll() is None]
            if len(alive) != len(made.processes):
                found.wrong.append(f"only {alive} still run")
            await database.close()
    tell([found])
    print(f"\nA restart took {min(seconds):.1f} to {max(seconds):.1f} s.")
    print("Requests that came while it was away are logged with their traces, as above." if found.traces else "")
    return int(bool(found.wrong))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
