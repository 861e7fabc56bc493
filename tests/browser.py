"""A real Chromium for tests, and a page in it that reaches 127.0.0.1 only and remembers what went wrong.

A folder's `conftest.py` takes the fixtures over by importing them.
"""

import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, Request, Route, async_playwright, expect

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


expect.set_options(timeout=30_000)  # a busy machine draws slowly


@dataclass(slots=True)
class WatchedPage:
    """A browser page, the addresses beyond this machine that it asked for, and the errors on its console."""

    page: Page
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    sockets: list[str] = field(default_factory=list)


def chromium_path() -> str:
    """Where Chromium is; without one the test is skipped, or fails where BG_TEST_REQUIRE names it."""
    named = os.environ.get("BG_TEST_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found and os.access(found, os.X_OK):
        return found
    missing = f"{named} can't be run" if named else "no Chromium found"
    message = f"{missing}: install it with `apt-get install -y chromium`, or name it in BG_TEST_CHROMIUM"
    if "chromium" in os.environ.get("BG_TEST_REQUIRE", ""):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    path = chromium_path()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, headless=True, args=QUIET)
        yield browser
        await browser.close()


@pytest.fixture
async def watched_page(chromium: Browser) -> AsyncIterator[WatchedPage]:
    context = await chromium.new_context(viewport={"width": 1440, "height": 900})
    watched = WatchedPage(await context.new_page())

    async def only_this_machine(route: Route, request: Request) -> None:
        if urlsplit(request.url).hostname == "127.0.0.1":
            await route.continue_()
        else:
            watched.foreign.append(request.url)
            await route.abort()

    await context.route("http*://**", only_this_machine)
    watched.page.on("websocket", lambda socket: watched.sockets.append(socket.url))
    watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    watched.page.on("console", lambda said: said.type == "error" and watched.complaints.append(said.text))
    yield watched
    await context.close()


async def choose_tab(page: Page, name: str, shows: str) -> None:
    """Click a tab of GraphiQL once its editor is there (before, a click is lost), and wait until the editor shows it."""
    editor = page.locator(".graphiql-query-editor .view-lines")
    await expect(editor).to_contain_text("{")
    await page.get_by_role("tab", name=name).click()
    await expect(editor).to_contain_text(shows)
