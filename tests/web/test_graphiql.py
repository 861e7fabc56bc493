"""The GraphiQL page: its routes without a browser, and the page itself in a real Chromium that can't leave this machine."""

import hashlib
import json
import re
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import strawberry
import uvicorn
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from strawberry.asgi import GraphQL

from bg_graph.web.explorer import BUILT_PAGE, ExplorerTab, TokenNeededError, explorer_routes
from tests.browser import WatchedPage, choose_tab

TOKEN = "bg_test_token"
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}
TABS = [
    ExplorerTab(
        "The Overview tab of a group",
        "query Overview($key:ID!){buyingGroup(key:$key){name completeness}}",
        {"key": "group-7"},
    ),
    ExplorerTab("The Members tab of a group", "query Members($key:ID!){members(key:$key)}", {"key": "group-8"}),
    ExplorerTab("Changes as they happen", "subscription Changes{caller}", {}),
]


@strawberry.type
class BuyingGroup:
    name: str
    completeness: int


@strawberry.type
class Query:
    @strawberry.field
    def buying_group(self, key: strawberry.ID) -> BuyingGroup:
        return BuyingGroup(name=f"Group named {key}", completeness=83)

    @strawberry.field
    def members(self, key: strawberry.ID) -> list[str]:
        return [f"Ada of {key}", f"Grace of {key}"]


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def caller(self, info: strawberry.Info) -> AsyncIterator[str]:
        yield f"socket of {(info.context['connection_params'] or {}).get('authorization')}"


async def ready_tabs(request: Request) -> list[ExplorerTab]:
    if request.headers.get("authorization") != AUTHORIZED["Authorization"]:
        raise TokenNeededError(TABS)
    return TABS


async def broken_tabs(_request: Request) -> list[ExplorerTab]:
    raise RuntimeError("the database is gone")


class GuardedGraphQL(GraphQL):
    """Refuses a query without the token, as the product does."""

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "http" and Request(scope).headers.get("authorization") != AUTHORIZED["Authorization"]:
            refusal: Response = JSONResponse({"errors": [{"message": "token needed"}]}, 401)
            await refusal(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def toy_app() -> Starlette:
    graphql = GuardedGraphQL(strawberry.Schema(Query, subscription=Subscription), graphql_ide=None)
    routes = [
        Route("/graphql", graphql, methods=["POST"]),
        WebSocketRoute("/graphql", graphql),
        *explorer_routes(ready_tabs),
    ]
    broken = Mount("/broken", routes=explorer_routes(broken_tabs))
    return Starlette(routes=[Mount("/below/here", routes=routes), broken, *routes])


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The toy app behind a real server, in a thread of its own."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(toy_app(), log_level="critical", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def test_the_page_names_no_file_of_another_host(address: str) -> None:
    page = httpx.get(f"{address}/")

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    named = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert named
    assert all(name.startswith("./graphiql/assets/") for name in named)
    for name in named:
        assert httpx.get(f"{address}/{name}").status_code == 200


def test_the_page_allows_nothing_but_its_own_origin(address: str) -> None:
    headers = httpx.get(f"{address}/").headers

    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "http" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-cache"


def test_assets_are_kept_for_good_and_have_types_that_browsers_run(address: str) -> None:
    for asset in (BUILT_PAGE / "assets").iterdir():
        head = httpx.head(f"{address}/graphiql/assets/{asset.name}")
        assert head.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert head.headers["x-content-type-options"] == "nosniff"
        assert (asset.suffix != ".js") or head.headers["content-type"].startswith("text/javascript")
        assert (asset.suffix != ".css") or head.headers["content-type"].startswith("text/css")


def test_an_asset_can_not_be_asked_for_outside_its_folder(address: str) -> None:
    with socket.create_connection(("127.0.0.1", int(address.rsplit(":", 1)[1]))) as raw:
        raw.sendall(b"GET /graphiql/assets/../../../explorer.py HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert raw.recv(4096).startswith(b"HTTP/1.1 404")


def test_the_tabs_come_with_variables_for_a_caller_with_a_token(address: str) -> None:
    answer = httpx.get(f"{address}/explorer/tabs", headers=AUTHORIZED)

    assert answer.status_code == 200
    assert answer.json()[0] == {"title": TABS[0].title, "query": TABS[0].query, "variables": {"key": "group-7"}}
    assert answer.headers["cache-control"] == "no-store"


def test_a_caller_without_a_token_gets_the_queries_but_no_variables(address: str) -> None:
    answer = httpx.get(f"{address}/explorer/tabs")

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert [tab["query"] for tab in answer.json()] == [tab.query for tab in TABS]
    assert "group-7" not in answer.text


def test_the_licences_of_what_the_page_is_built_from_are_served(address: str) -> None:
    notices = httpx.get(f"{address}/graphiql/NOTICES.txt").text

    for package in ("graphiql 5.", "monaco-editor 0.", "react 19.", "graphql 16.", "graphql-ws 6.", "prettier 3."):
        assert f"\n{package}" in notices


def test_the_built_page_is_that_of_its_sources() -> None:
    """Rebuilding needs the package registry; the digest written by scripts/build-graphiql tells without."""
    source = Path(__file__).parents[2] / "bg_graph" / "web" / "graphiql"
    digest = hashlib.sha256()
    names = (path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file())
    for name in sorted(name for name in names if "node_modules/" not in name):
        digest.update(name.encode() + b"\0" + (source / name).read_bytes() + b"\0")

    assert (BUILT_PAGE / "sources.sha256").read_text().strip() == digest.hexdigest(), "run scripts/build-graphiql"


def test_no_built_file_knows_where_it_was_built() -> None:
    for path in BUILT_PAGE.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert not re.search(rb"/(?:tmp|home|root|Users)/[\w-]+/", content), path


@pytest.mark.browser
async def test_a_watched_page_reaches_this_machine_only(watched_page: WatchedPage) -> None:
    with pytest.raises(PlaywrightError):
        await watched_page.page.goto("http://elsewhere.invalid/")

    assert watched_page.foreign == ["http://elsewhere.invalid/"]


@pytest.mark.browser
@pytest.mark.parametrize("below", ["", "/below/here"])
async def test_the_page_opens_with_the_ready_tabs_and_answers_a_query(
    address: str, below: str, watched_page: WatchedPage
) -> None:
    page = watched_page.page

    await page.goto(f"{address}{below}/#token={TOKEN}")

    await expect(page).to_have_title("bg-graph")
    await expect(page.locator(".graphiql-tab-button")).to_have_text(["Overview", "Members", "Changes"])
    await expect(page.locator(".graphiql-query-editor .view-lines")).to_contain_text("buyingGroup(key: $key) {")
    await expect(page.locator(".graphiql-query-editor .view-lines")).to_contain_text("# The Overview tab of a group")
    await expect(page.locator(".graphiql-editor-tool .view-lines").first).to_contain_text("group-7")
    await expect(page.get_by_text("Explorer", exact=True).first).to_be_visible()
    assert page.url == f"{address}{below}/"

    await page.get_by_role("button", name="Execute query").click()
    await expect(page.locator(".result-window")).to_contain_text("Group named group-7")

    await choose_tab(page, "Members", "members")
    await page.get_by_role("button", name="Execute query").click()
    await expect(page.locator(".result-window")).to_contain_text("Grace of group-8")

    assert watched_page.foreign == []
    assert watched_page.complaints == []


@pytest.mark.browser
async def test_a_subscription_runs_over_a_socket_that_knows_the_token(address: str, watched_page: WatchedPage) -> None:
    page = watched_page.page
    await page.goto(f"{address}/#token={TOKEN}")
    await choose_tab(page, "Changes", "subscription")

    await page.get_by_role("button", name="Execute query").click()

    await expect(page.locator(".result-window")).to_contain_text(f"socket of Bearer {TOKEN}")
    assert watched_page.sockets == [address.replace("http", "ws") + "/graphql"]
    assert watched_page.complaints == []


@pytest.mark.browser
async def test_edited_tabs_and_the_token_survive_a_reload_in_the_session_only(
    address: str, watched_page: WatchedPage
) -> None:
    page = watched_page.page
    await page.goto(f"{address}/#token={TOKEN}")
    await choose_tab(page, "Members", "members")
    await expect(page.locator(".graphiql-editor-tool .view-lines").first).to_contain_text("group-8")
    await page.wait_for_timeout(700)  # GraphiQL stores its tabs half a second after a change

    await page.reload()

    await expect(page.locator(".graphiql-tab-active .graphiql-tab-button")).to_have_text("Members")
    await expect(page.locator(".graphiql-editor-tool .view-lines").first).to_contain_text("group-8")
    await page.get_by_role("button", name="Execute query").click()
    await expect(page.locator(".result-window")).to_contain_text("Ada of group-8")
    stored = json.dumps(await page.evaluate("() => ({...localStorage})"))
    assert stored == "{}"


@pytest.mark.browser
async def test_without_a_token_the_page_says_what_to_do_and_fills_the_tabs_once_it_has_one(
    address: str, watched_page: WatchedPage
) -> None:
    page = watched_page.page

    await page.goto(f"{address}/")

    await expect(page.get_by_role("status")).to_contain_text("paste a token under Headers")
    await expect(page.locator(".graphiql-tab-button")).to_have_text(["Overview", "Members", "Changes"])
    await page.locator(".graphiql-editor-tool .graphiql-editor:not(.hidden) .monaco-editor").click()
    for key in ("Control+Home", "ArrowDown", "End", "ArrowLeft"):  # before the quote that ends "Bearer "
        await page.keyboard.press(key)
    await page.keyboard.insert_text(TOKEN)

    await expect(page.get_by_role("status")).to_have_count(0)
    await expect(page.locator(".graphiql-editor-tool .view-lines").first).to_contain_text("group-7")
    await page.get_by_role("button", name="Execute query").click()
    await expect(page.locator(".result-window")).to_contain_text("Group named group-7")
    assert watched_page.foreign == []


@pytest.mark.browser
async def test_the_page_is_there_and_says_so_when_the_ready_tabs_can_not_be_had(
    address: str, watched_page: WatchedPage
) -> None:
    page = watched_page.page

    await page.goto(f"{address}/broken/#token={TOKEN}")

    await expect(page.get_by_role("status")).to_contain_text("could not be loaded")
    await expect(page.get_by_role("button", name="Execute query")).to_be_visible()
