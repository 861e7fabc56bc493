"""Both tabs in GraphiQL, in a real Chromium without a network: opened with a token, run by a click."""

from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Page, expect

from bg_graph.store.engine import Database
from tests.browser import WatchedPage, choose_tab
from tests.screens.serving import Served, serving
from tests.screens.test_http_client import group_of_three
from tests.world import World

pytestmark = pytest.mark.browser


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, sqlite_database: str) -> str:
    return sqlite_database


async def run_tab(page: Page, served: Served, title: str) -> dict[str, Any]:
    """What the tab's query was answered with, once the page shows it (the page draws only the lines in sight)."""
    await page.goto(f"{served.url}/#token={served.token}")
    await expect(page.locator(".graphiql-tab-button")).to_have_text(["Overview", "Members", "Groups"])
    await choose_tab(page, title, f"# {title} tab")
    async with page.expect_response(
        lambda response: f"query {title}" in (response.request.post_data or "")
    ) as answered:
        await page.get_by_role("button", name="Execute query").click()
    await expect(page.locator(".result-window")).to_contain_text("Cloud for Acme Corp", timeout=20_000)
    answer: dict[str, Any] = await (await answered.value).json()
    return answer


@pytest.mark.parametrize("tab", ["Overview", "Members"])
async def test_a_tab_opens_ready_and_is_answered_by_a_click_with_the_network_cut_off(
    world: World, database: Database, database_url: str, tenant: UUID, watched_page: WatchedPage, tab: str
):
    await group_of_three(world)
    async with serving(database, database_url, tenant) as served:
        answer = await run_tab(watched_page.page, served, tab)
        foreign, complaints = list(watched_page.foreign), list(watched_page.complaints)
    assert "errors" not in answer
    group = answer["data"]["buyingGroup"]
    people = group["decisionMakers"] if tab == "Overview" else group["members"]["nodes"]
    assert [person["name"] for person in people] == ["Bob Ray", "Cy Orr", "Ann Lee"]
    assert foreign == []
    assert complaints == []
