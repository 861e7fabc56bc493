"""Both tabs over HTTP with the client that users use, on both databases."""

from uuid import UUID

import httpx
from gql import Client, GraphQLRequest, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.websockets import WebsocketsTransport

from bg_graph.screens.documents import GROUPS, MEMBERS, OVERVIEW, document
from bg_graph.store.engine import Database
from tests.screens.conftest import gid
from tests.screens.serving import serving
from tests.world import World

MOST_ENGAGED = [{"field": "ENGAGEMENT_SCORE", "direction": "DESC"}]


def asked(name: str, **variables: object) -> GraphQLRequest:
    return GraphQLRequest(document(name), variable_values=variables)


async def group_of_three(world: World) -> UUID:
    account = await world.account("Acme Corp")
    group = await world.group(account, await world.interest("Cloud"))
    for name, score in (("Ann Lee", 40.0), ("Bob Ray", 90.0), ("Cy Orr", 60.0)):
        person = await world.person(account, name)
        await world.score(person, score)
        await world.member(group, person)
    return group


async def test_both_tabs_and_the_list_are_answered_to_gql(
    world: World, database: Database, database_url: str, tenant: UUID
):
    group = gid("grp", await group_of_three(world))
    async with serving(database, database_url, tenant) as served:
        transport = AIOHTTPTransport(f"{served.url}/graphql", headers=served.headers)
        async with Client(transport=transport, fetch_schema_from_transport=True) as client:
            overview = await client.execute(asked(OVERVIEW, group=group))
            members = await client.execute(asked(MEMBERS, group=group, orderBy=MOST_ENGAGED, first=2))
            groups = await client.execute(asked(GROUPS))
    assert overview["buyingGroup"]["name"] == "Cloud for Acme Corp"
    assert [each["name"] for each in overview["buyingGroup"]["decisionMakers"]] == ["Bob Ray", "Cy Orr", "Ann Lee"]
    assert [each["name"] for each in members["buyingGroup"]["members"]["nodes"]] == ["Bob Ray", "Cy Orr"]
    assert members["buyingGroup"]["members"]["totalCount"] == 3
    assert [each["name"] for each in groups["buyingGroups"]["nodes"]] == ["Cloud for Acme Corp"]


async def test_a_request_without_a_good_token_is_401_and_says_how_to_get_one(
    database: Database, database_url: str, tenant: UUID
):
    async with serving(database, database_url, tenant) as served, httpx.AsyncClient() as client:
        for headers in ({}, {"Authorization": "Bearer bg_wrong"}):
            response = await client.post(
                f"{served.url}/graphql", json={"query": "{ viewer { name } }"}, headers=headers
            )
            assert response.status_code == 401
            assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
            assert "bg-graph token create" in response.json()["errors"][0]["message"]


async def test_the_viewer_is_told_who_she_is_over_a_web_socket_too(database: Database, database_url: str, tenant: UUID):
    async with serving(database, database_url, tenant) as served:
        address = served.url.replace("http", "ws") + "/graphql"
        init = {"authorization": served.headers["Authorization"]}
        async with Client(transport=WebsocketsTransport(address, init_payload=init)) as client:
            answer = await client.execute(gql("{ viewer { name tenant rights automation } }"))
    assert answer == {"viewer": {"name": "Maria", "tenant": "acme", "rights": ["READ"], "automation": False}}


async def test_ready_only_with_a_migrated_database(database: Database, database_url: str, tenant: UUID):
    async with serving(database, database_url, tenant) as served, httpx.AsyncClient() as client:
        assert (await client.get(f"{served.url}/readyz")).json() == {"status": "ok", "checks": {"database": "ok"}}
        async with database.engine.begin() as connection:
            await connection.exec_driver_sql("DELETE FROM alembic_version")
        response = await client.get(f"{served.url}/readyz")
    assert response.status_code == 503
    assert "bg-graph db upgrade" in response.json()["checks"]["database"]


async def test_the_ready_tabs_are_filled_with_the_most_engaged_group_in_use(
    world: World, database: Database, database_url: str, tenant: UUID
):
    archived, used = await world.group(), await world.group()
    await world.group_score(archived, 90.0)
    await world.group_score(used, 10.0)
    await world.archive(archived)
    async with serving(database, database_url, tenant) as served, httpx.AsyncClient() as client:
        tabs = (await client.get(f"{served.url}/explorer/tabs", headers=served.headers)).text
    assert gid("grp", used) in tabs
    assert gid("grp", archived) not in tabs
