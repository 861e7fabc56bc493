"""Runs the intent job in processes that may be killed: one for each line that is read, which names the time.

Begun as a process of its own, with the URL of a database and the id of its tenant. It tells of each run the number of its
process, then a line for each batch that the model is asked for, then how it ended. A run is forked, so that it begins at once.
"""

import asyncio
import os
import sys
from datetime import datetime
from typing import Any
from uuid import UUID

from bg_graph.store.engine import open_database
from tests.intent.predicting import Counting, model, run_intent
from tests.world import World

ASKED = "asked"
AT_ONCE = 8
"""Activities of a batch."""


class Telling(Counting):
    """Tells of each batch, and thinks for a moment."""

    async def predict(self, request: Any) -> Any:
        tell(ASKED)
        await asyncio.sleep(0.005)
        return await super().predict(request)


def tell(line: object) -> None:
    os.write(1, f"{line}\n".encode())


async def work(url: str, tenant: UUID, now: datetime) -> str:
    database = open_database(url)
    outcome = await run_intent(World(database, tenant, now), model(Telling()), activities_at_once=AT_ONCE)
    await database.close()
    return outcome.state


def main() -> None:
    url, tenant = sys.argv[1:]
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            tell(asyncio.run(work(url, UUID(tenant), datetime.fromisoformat(line.strip()))))
            os._exit(0)
        tell(process)
        _, status = os.waitpid(process, 0)
        if os.WIFSIGNALED(status):
            tell("killed")


if __name__ == "__main__":
    main()
