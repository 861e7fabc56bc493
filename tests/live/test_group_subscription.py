"""`buyingGroupChanged`: the present state first, then one after each change; nothing is held while nothing happens."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from bg_graph.app import Product
from bg_graph.buying_groups.rules.default_roles import DECISION_MAKER
from bg_graph.email.commands.sends import cancel_send
from bg_graph.live.hearing import hearing
from bg_graph.schema import build_schema
from bg_graph.settings import Settings
from bg_graph.store.engine import Database
from bg_graph.store.ids import new_id
from bg_graph.tenancy.rules import Caller, Right
from bg_graph.web.documents import Documents
from bg_graph.web.execution import stream, use_checked
from bg_graph.web.metrics import Metrics
from bg_graph.web.options import WebOptions
from tests.conftest import NOW, add_tenant, statements
from tests.email.sending_world import sender, sending
from tests.world import World

SOON = 20.0
SHORT = 0.3
QUERY = """
subscription Follow($id: ID!) {
  buyingGroupChanged(id: $id) {
    id version memberCount completenessScore missingRoles { name }
    members(first: 10) { totalCount edges { node { name role { name } } } }
    decisionMakers { name }
  }
}
"""

PROGRESS = "subscription ($id: ID!) { emailSendProgress(id: $id) { status counts { queued cancelled } } }"


@dataclass
class Followed:
    """What a subscriber is given, one after the other."""

    results: Any

    async def next(self, seconds: float = SOON) -> Any:
        return await asyncio.wait_for(anext(self.results), seconds)


Follow = Callable[..., AbstractAsyncContextManager[Followed]]


@pytest.fixture
async def product(database: Database) -> AsyncIterator[Product]:
    product = Product(Settings(), database, lambda: NOW)
    async with hearing(database, product.hub):
        if database.tells_processes:
            with product.hub.following("anything") as following:
                assert await following.news(SOON)
        yield product


@pytest.fixture
def follow(product: Product, tenant: UUID) -> Follow:
    schema, metrics = build_schema(), Metrics()
    use_checked(schema)
    documents = Documents(schema, WebOptions(), metrics)
    caller = Caller(tenant, "acme", new_id(), "Maria", frozenset({Right.READ}))

    @asynccontextmanager
    async def following(given: str, query: str = QUERY) -> AsyncIterator[Followed]:
        document = documents.check(query)
        operation, values = document.operation(None), {"id": given}
        async with (
            product.context(caller) as context,
            aclosing(stream(schema, document, operation, values, context)) as results,
        ):
            yield Followed(results)

    return following


async def test_a_send_is_followed_step_by_step(world: World, follow: Follow) -> None:
    acme = await sending(world, "ada@acme.test", "grace@acme.test")
    send = await acme.send()
    async with follow(f"snd_{send.hex}", PROGRESS) as followed:
        first = (await followed.next()).data["emailSendProgress"]
        assert (first["status"], first["counts"]) == ("QUEUED", {"queued": 2, "cancelled": 0})
        async with world.database.writing(world.tenant) as db:
            assert await cancel_send(db, sender(world.tenant, Right.SEND), send, now=NOW) is None
        last = (await followed.next()).data["emailSendProgress"]
        assert (last["status"], last["counts"]) == ("CANCELLED", {"queued": 0, "cancelled": 2})


def gid(key: UUID) -> str:
    return f"grp_{key.hex}"


async def test_the_present_state_comes_first_and_one_more_after_each_change(world: World, follow: Follow) -> None:
    group = await world.group()
    async with follow(gid(group)) as followed:
        first = await followed.next()
        assert first.errors is None
        assert first.data["buyingGroupChanged"]["memberCount"] == 0
        await join(world, group, "Ada")
        second = (await followed.next()).data["buyingGroupChanged"]
        assert (second["memberCount"], second["members"]["totalCount"]) == (1, 1)
        await join(world, group, "Grace")
        third = (await followed.next()).data["buyingGroupChanged"]
        assert [edge["node"]["name"] for edge in third["members"]["edges"]] == ["Ada", "Grace"]
        assert third["version"] > second["version"]


async def join(world: World, group: UUID, name: str) -> None:
    await world.member(group, await world.person(await world.account_of(group), name))


async def test_a_change_of_another_group_is_not_told(world: World, follow: Follow) -> None:
    group, other = await world.group(), await world.group()
    async with follow(gid(group)) as followed:
        await followed.next()
        await world.member(other)
        with pytest.raises(TimeoutError):
            await followed.next(SHORT)


async def test_changes_that_come_faster_than_they_are_read_are_told_once(world: World, follow: Follow) -> None:
    group = await world.group()
    async with follow(gid(group)) as followed:
        await followed.next()
        for _ in range(5):
            await world.member(group)
        told = 0
        while (await followed.next()).data["buyingGroupChanged"]["memberCount"] < 5:
            told += 1
        assert told <= 2, "five changes while nobody read are one event; on PostgreSQL a late word may add one"


@pytest.mark.parametrize("given", ["", "x", "grp_" + "0" * 32, "acc_" + "0" * 32])
async def test_what_is_not_there_is_not_followed(product: Product, follow: Follow, given: str) -> None:
    async with follow(given) as followed:
        assert code_of(await followed.next()) == "NOT_FOUND"
        with pytest.raises(StopAsyncIteration):
            await followed.next()
    assert len(product.hub) == 0


async def test_another_tenants_group_is_one_that_never_was(database: Database, world: World, follow: Follow) -> None:
    other = World(database, await add_tenant(database, "other"), NOW)
    group = await other.group()
    async with follow(gid(group)) as followed:
        assert code_of(await followed.next()) == "NOT_FOUND"


def code_of(result: Any) -> str:
    assert result.data is None
    return str(result.errors[0].original_error.code)


async def test_no_connection_is_held_between_two_events(database: Database, world: World, follow: Follow) -> None:
    group = await world.group()
    async with follow(gid(group)) as followed:
        await followed.next()
        assert held(database) == 0
        waiting = asyncio.create_task(followed.next())
        await asyncio.sleep(SHORT)
        assert held(database) == 0
        await world.member(group)
        await waiting
        assert held(database) == 0


def held(database: Database) -> int:
    return int(database.engine.pool.checkedout())  # type: ignore[attr-defined]


async def test_each_event_takes_the_same_number_of_statements_however_large_the_group(
    database: Database, world: World, follow: Follow
) -> None:
    group = await world.group()
    async with follow(gid(group)) as followed:
        await followed.next()
        counts = []
        for more in (1, 5, 30):
            people = await world.people(await world.account_of(group), more)
            await world.members(group, dict.fromkeys(people, DECISION_MAKER.id))
            with statements(database) as sql:
                assert (await followed.next()).errors is None
            counts.append(len(sql))
    assert counts == [counts[0]] * 3
    assert counts[0] <= 6


async def test_each_event_is_answered_at_its_own_time(
    database: Database, tenant: UUID, world: World, product: Product
) -> None:
    now: list[datetime] = [NOW]
    product.clock = lambda: now[0]
    caller = Caller(tenant, "acme", new_id(), "Maria", frozenset({Right.READ}))
    async with product.context(caller) as context:
        now[0] = NOW + timedelta(hours=1)
        await context.renew()
        assert context.now == NOW + timedelta(hours=1)


async def test_a_follower_who_leaves_is_forgotten(world: World, product: Product, follow: Follow) -> None:
    group = await world.group()
    async with follow(gid(group)) as followed:
        await followed.next()
        assert len(product.hub) == 1
    assert len(product.hub) == 0
