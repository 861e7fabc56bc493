"""Measures subscriptions: how soon a change made through another process is told, and what an idle subscriber takes.

Run from the repository's root: `.venv/bin/python benchmarks/live/run.py [--subscribers 1000] [--changes 200]`.
"""

import argparse
import asyncio
import json
import resource
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

import embedded_postgres  # noqa: E402 - needs the root
import httpx  # noqa: E402
from websockets.asyncio.client import connect  # noqa: E402

from bg_graph.buying_groups.rules.default_roles import DECISION_MAKER  # noqa: E402
from bg_graph.store.engine import open_database  # noqa: E402
from bg_graph.store.ids import new_id  # noqa: E402
from bg_graph.tenancy.commands import create_token  # noqa: E402
from bg_graph.tenancy.rules import Right  # noqa: E402
from tests.conftest import add_tenant, migrate, on_server, postgres_url  # noqa: E402
from tests.live.processes import Process, server_process  # noqa: E402
from tests.world import World  # noqa: E402

QUERY = (
    "subscription ($id: ID!) { buyingGroupChanged(id: $id) { memberCount completenessScore members { totalCount } } }"
)
IDLE = 25  # seconds that subscribers do nothing: more than one heartbeat
ASSIGN = "mutation ($input: AssignMembersInput!) { assignMembers(input: $input) { userErrors { code } } }"


Event = Callable[[], Awaitable[object]]
Follow = Callable[..., AbstractAsyncContextManager[Event]]


class Bench:
    """A database, a token, groups, and people who are not yet members of the first."""

    def __init__(self, url: str, token: str, people: list[UUID], groups: list[str]) -> None:
        self.url, self.token, self.people, self.groups = url, token, people, groups

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}


async def prepared(url: str, changes: int) -> Bench:
    now = datetime.now(UTC)
    database = open_database(url)
    world = World(database, await add_tenant(database, "acme"), now)
    async with database.writing(world.tenant) as db:
        rights = [Right.READ, Right.EDIT]
        token = await create_token(db, "Maria", rights, now=now, expires_at=now + timedelta(days=1))
    groups = [await world.group() for _ in range(20)]
    people = await world.people(await world.account_of(groups[0]), changes)
    await database.close()
    return Bench(url, token.secret, people, [f"grp_{each.hex}" for each in groups])


@asynccontextmanager
async def by_socket(bench: Bench, process: Process, group: str) -> AsyncIterator[Event]:
    address = process.url.replace("http", "ws") + "/graphql"
    async with connect(address, subprotocols=["graphql-transport-ws"], compression=None, max_queue=4) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": bench.headers}))
        await socket.recv()
        payload = {"query": QUERY, "variables": {"id": group}}
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))

        async def event() -> object:
            while (message := json.loads(await socket.recv()))["type"] != "next":
                await socket.send(json.dumps({"type": "pong"}))
            return message["payload"]["data"]

        yield event


@asynccontextmanager
async def by_events(bench: Bench, process: Process, group: str) -> AsyncIterator[Event]:
    host, port = process.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    body = json.dumps({"query": QUERY, "variables": {"id": group}})
    head = ["POST /graphql HTTP/1.1", f"host: {host}", "accept: text/event-stream", "content-type: application/json"]
    head += [f"authorization: Bearer {bench.token}", f"content-length: {len(body)}"]
    writer.write(("\r\n".join(head) + "\r\n\r\n" + body).encode())

    async def event() -> object:
        while not (line := await reader.readline()).startswith(b"data: "):
            assert line, "the stream has ended"
        return json.loads(line.removeprefix(b"data: "))["data"]

    yield event
    writer.close()


async def latencies(bench: Bench, first: Process, second: Process) -> dict[str, object]:
    """From asking another process for a change, and from its answer, to the event."""
    group = bench.groups[0]
    from_asking, from_answer = [], []
    async with by_socket(bench, first, group) as event, httpx.AsyncClient(headers=bench.headers) as client:
        await event()
        for person in bench.people:
            item = {"personId": f"per_{person.hex}", "roleId": f"rol_{DECISION_MAKER.id.hex}"}
            given = {"input": {"buyingGroupId": group, "assignments": [item]}}
            began = time.perf_counter()
            told = asyncio.create_task(_timed(event))
            answer = await client.post(second.url + "/graphql", json={"query": ASSIGN, "variables": given})
            answered = time.perf_counter()
            assert answer.json()["data"]["assignMembers"]["userErrors"] == [], answer.text
            heard = await told
            from_asking.append(heard - began)
            from_answer.append(heard - answered)
    return {"from asking to event, ms": _spread(from_asking), "from answer to event, ms": _spread(from_answer)}


async def _timed(event: Event) -> float:
    await event()
    return time.perf_counter()


async def memory(bench: Bench, process: Process, follow: Follow, subscribers: int) -> dict[str, float]:
    """What each idle subscriber takes of the server's resident memory, and what it costs in processor time."""
    async with AsyncExitStack() as stack:
        for number in range(20):  # what is made once is not a subscriber's
            await (await stack.enter_async_context(follow(bench, process, bench.groups[number % 20])))()
        before = _resident(process)
        for number in range(subscribers):
            event = await stack.enter_async_context(follow(bench, process, bench.groups[number % 20]))
            await event()
        await asyncio.sleep(2)
        after, busy = _resident(process), _processor(process)
        await asyncio.sleep(IDLE)
        busy = (_processor(process) - busy) / IDLE
    return {"kB each": round((after - before) / subscribers, 1), "processor while idle, %": round(100 * busy, 1)}


def _resident(process: Process) -> int:
    status = Path(f"/proc/{process.running.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def _processor(process: Process) -> float:
    fields = Path(f"/proc/{process.running.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _spread(seconds: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(seconds, n=100)
    return {name: round(1000 * cuts[at - 1], 1) for name, at in (("p50", 50), ("p90", 90), ("p99", 99))}


@contextmanager
def postgres() -> Iterator[str]:
    with (
        TemporaryDirectory(prefix="bg-live-") as folder,
        embedded_postgres.get_server(folder, cleanup_mode="stop") as server,
    ):
        name = f"bench_{new_id().hex}"
        on_server(server.get_uri(), f'CREATE DATABASE "{name}"')
        yield postgres_url(server.get_uri(), name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subscribers", type=int, default=1_000)
    parser.add_argument("--changes", type=int, default=200)
    wanted = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, max(8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    found: dict[str, object] = {}
    with postgres() as url, TemporaryDirectory() as name:
        folder = Path(name)
        migrate(url)
        bench = asyncio.run(prepared(url, wanted.changes))
        with server_process(url, folder) as first, server_process(url, folder) as second:
            found["latency across processes"] = asyncio.run(latencies(bench, first, second))
        print(json.dumps(found), flush=True)
        for kind, follow in (("graphql-ws", by_socket), ("graphql-sse", by_events)):
            with server_process(url, folder) as process:
                found[kind] = asyncio.run(memory(bench, process, follow, wanted.subscribers))
            print(json.dumps(found[kind]), flush=True)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
