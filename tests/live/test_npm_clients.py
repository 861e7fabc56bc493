"""Two browsers' worth of subscribers, by the npm clients graphql-ws and graphql-sse, across real processes on PostgreSQL."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from bg_graph.buying_groups.rules.default_roles import DECISION_MAKER
from bg_graph.store.engine import Database, open_database
from bg_graph.tenancy.commands import NewToken, create_token
from bg_graph.tenancy.rules import Right
from tests.conftest import add_tenant
from tests.live.processes import Process, command, server_process
from tests.npm import BIN, installed
from tests.world import World

CLIENTS = Path(__file__).parent / "clients"
SUBSCRIBERS = [f"{browser} {client}" for browser in ("first", "second") for client in ("graphql-ws", "graphql-sse")]
SOON = 30.0
ASSIGN = (
    "mutation ($input: AssignMembersInput!) { assignMembers(input: $input) { members { id } userErrors { code } } }"
)


@pytest.fixture(scope="module")
def clients() -> Path:
    return installed(CLIENTS, "live-clients")


@dataclass
class Subscribers:
    """What each subscriber has been told, read as it comes."""

    process: asyncio.subprocess.Process
    told: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in SUBSCRIBERS})

    async def read(self) -> None:
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), SOON)
        assert line, "the clients have ended"
        said = json.loads(line)
        self.told[said.pop("client")].append(said)

    async def all_know(self, members: int) -> None:
        """Read on until the last thing that everybody was told is that number of members."""
        while {self._members(name) for name in SUBSCRIBERS} != {members}:
            await self.read()

    async def all_are_told(self, *kinds: str) -> None:
        while not all(any(kind in each for each in self.told[name] for kind in kinds) for name in SUBSCRIBERS):
            await self.read()

    def clear(self) -> None:
        for each in self.told.values():
            each.clear()

    def first_members(self, name: str) -> int:
        """What the first event told."""
        return next(
            each["next"]["data"]["buyingGroupChanged"]["memberCount"] for each in self.told[name] if "next" in each
        )

    def _members(self, name: str) -> int | None:
        events = [each["next"]["data"] for each in self.told[name] if "next" in each]
        return events[-1]["buyingGroupChanged"]["memberCount"] if events else None


@asynccontextmanager
async def subscribers(clients: Path, url: str, token: str, group: UUID) -> AsyncIterator[Subscribers]:
    script = ("subscribers.mjs", f"{url}/graphql", token, f"grp_{group.hex}")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(BIN / "node", *script, cwd=clients, stdin=pipe, stdout=pipe)
    try:
        yield Subscribers(process)
    finally:
        await process.communicate(
            b""
        )  # its input ends, and so does the script; `node` is only a wrapper of the real one


@pytest.fixture
def first(postgres_database: str, tmp_path: Path) -> Iterator[Process]:
    with server_process(postgres_database, tmp_path) as process:
        yield process


@pytest.fixture
def second(postgres_database: str, tmp_path: Path) -> Iterator[Process]:
    with server_process(postgres_database, tmp_path) as process:
        yield process


@pytest.fixture
async def store(postgres_database: str) -> AsyncIterator[Database]:
    opened = open_database(postgres_database)
    yield opened
    await opened.close()


@dataclass
class Group:
    """A group, somebody who may change it, and people to take in."""

    world: World
    id: UUID
    token: NewToken

    async def assign_through(self, process: Process) -> None:
        person = await self.world.person(await self.world.account_of(self.id))
        item = {"personId": f"per_{person.hex}", "roleId": f"rol_{DECISION_MAKER.id.hex}"}
        body = {"query": ASSIGN, "variables": {"input": {"buyingGroupId": f"grp_{self.id.hex}", "assignments": [item]}}}
        headers = {"authorization": f"Bearer {self.token.secret}"}
        async with httpx.AsyncClient(timeout=SOON) as client:
            answer = (await client.post(f"{process.url}/graphql", json=body, headers=headers)).json()
        assert len(answer["data"]["assignMembers"]["members"]) == 1, answer


@pytest.fixture
async def group(store: Database) -> Group:
    now = datetime.now(UTC)
    world = World(store, await add_tenant(store, "acme"), now)
    async with store.writing(world.tenant) as db:
        rights = [Right.READ, Right.EDIT]
        token = await create_token(db, "Maria", rights, now=now, expires_at=now + timedelta(days=1))
    return Group(world, await world.group(), token)


@pytest.mark.node
@pytest.mark.slow
async def test_browsers_see_what_another_process_changes_come_back_and_leave_when_their_token_is_revoked(
    clients: Path, first: Process, second: Process, group: Group, postgres_database: str, tmp_path: Path
) -> None:
    async with subscribers(clients, first.url, group.token.secret, group.id) as seen:
        await seen.all_know(members=0)
        await group.assign_through(second)
        await seen.all_know(members=1)

        seen.clear()
        first.end()
        await group.assign_through(second)
        with server_process(postgres_database, tmp_path, port=port_of(first)):
            await seen.all_know(members=2)
            assert [seen.first_members(name) for name in SUBSCRIBERS] == [2] * 4, "the present state comes first"
            await group.assign_through(second)
            await seen.all_know(members=3)

            seen.clear()
            command(postgres_database, tmp_path, "token", "revoke", str(group.token.id))
            await seen.all_are_told("closed", "complete")
    for name in SUBSCRIBERS:
        assert "UNAUTHENTICATED" in json.dumps(seen.told[name]), seen.told[name]
        assert [each["closed"] for each in seen.told[name] if "closed" in each] == [4403] * ("-ws" in name)


def port_of(process: Process) -> int:
    found = re.search(r":(\d+)$", process.url)
    assert found is not None
    return int(found[1])
