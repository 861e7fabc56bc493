"""The outbox's page in a real Chromium without a network: what was sent is seen there, and can do nothing."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from playwright.async_api import expect

from bg_email_outbox.provider import OutboxProvider
from bg_email_outbox.settings import OutboxSettings
from bg_graph.execution.node_ids import node_id
from bg_graph.settings import EmailSettings, PluginTables, plugin_tables
from bg_graph.store.engine import Database
from bg_graph.tenancy.rules import Right
from tests.browser import WatchedPage
from tests.email.messages import AT, key_of, recipient, request
from tests.email.sending_world import sending
from tests.plugins.lent import lent
from tests.screens.serving import Served, serving
from tests.world import World

pytestmark = pytest.mark.browser

HOSTILE = """
<h1 style="color: rgb(200, 0, 0)">Good day</h1>
<script>parent.document.title = "taken over"; document.body.append("ran")</script>
<img src="http://tracker.example/pixel.gif" onerror="document.body.append('ran')">
<iframe src="/"></iframe>
<a href="http://tracker.example/click">Follow me</a>
"""


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, sqlite_database: str) -> str:
    return sqlite_database


@pytest.fixture
def outbox(tmp_path: Path) -> OutboxProvider:
    return OutboxProvider(OutboxSettings(folder=tmp_path / "outbox"), lent("outbox"), clock=lambda: AT)


def outbox_in(folder: Path) -> PluginTables:
    return plugin_tables({"outbox": {"folder": folder / "outbox"}})


@pytest.fixture
async def served(database: Database, database_url: str, tenant: UUID, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(database, database_url, tenant, own=outbox_in(tmp_path)) as server:
        yield server


SEND = """mutation Send($input: SendEmailInput!) {
  sendEmail(input: $input) { emailSend { id } userErrors { code message } }
}"""


async def test_an_e_mail_sent_by_the_api_comes_to_the_page(
    database: Database, database_url: str, world: World, tmp_path: Path, watched_page: WatchedPage
):
    group = await sending(world, "ann@acme.test", "bob@acme.test")
    sections = {"email": EmailSettings(dispatch=True), "own": outbox_in(tmp_path)}
    given = {
        "buyingGroupId": node_id("grp", group.group),
        "memberIds": [node_id("mem", member) for member in group.members],
        "workspaceId": node_id("ews", group.workspace),
        "emailId": node_id("eml", group.email),
        "idempotencyKey": "first",
    }
    page = watched_page.page
    async with (
        serving(database, database_url, world.tenant, Right.SEND, **sections) as served,
        httpx.AsyncClient(base_url=served.url, headers=served.headers) as client,
    ):
        for _ in range(2):  # the second call is the same send
            answer = await client.post("/graphql", json={"query": SEND, "variables": {"input": given}})
            assert answer.json()["data"]["sendEmail"]["userErrors"] == []
        while len(list(tmp_path.glob("outbox/*/*.eml"))) < 2:
            await asyncio.sleep(0.05)
        await page.goto(f"{served.url}/plugins/outbox/#token={served.token}")
        recipients = page.locator("#messages .to")
        await expect(recipients).to_have_count(2)
        assert sorted(re.findall(r"\w+@acme.test", " ".join(await recipients.all_inner_texts()))) == [
            "ann@acme.test",
            "bob@acme.test",
        ]
        await expect(page.locator("#plain")).to_contain_text("Hello.")
        await expect(page.locator("#fields")).to_contain_text("List-Unsubscribe-Post")
    assert watched_page.complaints == []


async def test_what_was_sent_is_listed_and_shown_and_the_token_leaves_the_address(
    served: Served, outbox: OutboxProvider, tenant: UUID, watched_page: WatchedPage
):
    page = watched_page.page
    for number, subject in ((1, "First"), (2, "Second")):
        message = recipient(number, subject=subject, plain=f"{subject} text", html=f"<p>{subject} page</p>")
        await outbox.send(request(message, tenant="acme"))
    await page.goto(f"{served.url}/plugins/outbox/#token={served.token}")
    await expect(page.locator("#messages .subject")).to_have_text(["Second", "First"])
    await expect(page.get_by_role("heading", name="Second")).to_be_visible()
    await expect(page.frame_locator("#html").locator("p")).to_have_text("Second page")
    assert served.token not in page.url
    await page.get_by_role("button", name="First").click()
    await page.get_by_role("button", name="Text", exact=True).click()
    await expect(page.locator("#plain")).to_have_text("First text")
    await expect(page.locator("#fields")).to_contain_text(f"<{key_of(1)}@bg-graph.invalid>")
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="Download .eml").click()
    assert (await downloading.value).suggested_filename == f"{key_of(1)}.eml"
    await page.reload()
    await expect(page.locator("#messages .subject")).to_have_text(["Second", "First"])
    assert watched_page.foreign == []
    assert watched_page.complaints == []


async def test_a_message_runs_nothing_and_loads_nothing(
    served: Served, outbox: OutboxProvider, tenant: UUID, watched_page: WatchedPage
):
    page = watched_page.page
    unsubscribe = {"List-Unsubscribe": "<https://graph.example.com/unsubscribe/x>"}
    await outbox.send(request(recipient(1, html=HOSTILE, headers=unsubscribe), tenant="acme"))
    await page.goto(f"{served.url}/plugins/outbox/#token={served.token}")
    frame = page.frame_locator("#html")
    await expect(frame.locator("h1")).to_have_css("color", "rgb(200, 0, 0)")
    await frame.get_by_text("Follow me").click()
    await expect(frame.locator("h1")).to_have_text("Good day")
    await expect(frame.locator("body")).not_to_contain_text("ran")
    assert len(page.context.pages) == 1
    await expect(page.get_by_role("link", name="https://graph.example.com/unsubscribe/x")).to_be_visible()
    assert await page.title() == "Outbox - bg-graph"
    assert watched_page.foreign == []
    assert watched_page.complaints  # the browser tells what it did not let through


async def test_a_token_that_graphiql_was_given_serves_here_too(
    served: Served, outbox: OutboxProvider, tenant: UUID, watched_page: WatchedPage
):
    page = watched_page.page
    await outbox.send(request(tenant="acme"))
    await page.goto(f"{served.url}/#token={served.token}")
    await expect(page.locator(".graphiql-tab-button")).to_have_count(3)
    while "Bearer" not in (await page.evaluate("() => sessionStorage.getItem('graphiql:tabState')") or ""):
        await asyncio.sleep(0.05)  # it keeps its tabs a moment later
    await page.goto(f"{served.url}/plugins/outbox/")
    await expect(page.locator("#messages .subject")).to_have_text(["Hello"])


async def test_without_a_token_one_is_asked_for(
    served: Served, outbox: OutboxProvider, tenant: UUID, watched_page: WatchedPage
):
    page = watched_page.page
    await outbox.send(request(tenant="acme"))
    await page.goto(f"{served.url}/plugins/outbox/")
    field = page.get_by_label("No valid token")
    await field.fill("bg_wrong")
    await page.get_by_role("button", name="Show the messages").click()
    await expect(page.get_by_role("alert")).to_contain_text("unknown, expired or revoked")
    await expect(page.locator("main")).to_be_hidden()
    await field.fill(served.token)
    await page.get_by_role("button", name="Show the messages").click()
    await expect(page.locator("#messages .subject")).to_have_text(["Hello"])
    await expect(page.get_by_role("alert")).to_be_hidden()


async def test_an_empty_outbox_says_so(served: Served, watched_page: WatchedPage):
    await watched_page.page.goto(f"{served.url}/plugins/outbox/#token={served.token}")
    await expect(watched_page.page.get_by_text("No messages yet")).to_be_visible()
    assert watched_page.complaints == []
