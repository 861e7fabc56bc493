"""The page behind an unsubscribe link: asking changes nothing, its button and one click unsubscribe."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from html.parser import HTMLParser

import httpx
import pytest
from starlette.applications import Starlette
from structlog.testing import capture_logs

from bg_graph.accounts.tables import AddressMarkRow
from bg_graph.email.tables import DeliveryRow
from bg_graph.web.logs import RequestLog
from bg_graph.web.metrics import Metrics
from bg_graph.web.unsubscribe import unsubscribe_routes
from tests.conftest import NOW
from tests.email.sending_world import sending
from tests.world import World

ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass
class Link:
    """A link in an e-mail that went out."""

    client: httpx.AsyncClient
    world: World
    path: str

    async def status(self) -> str:
        found: str = (await self.world.one(DeliveryRow)).status
        return found


@pytest.fixture
async def link(world: World) -> AsyncIterator[Link]:
    acme = await sending(world, "ann@acme.test")
    (row,) = await acme.deliveries(await acme.send())
    await acme.put(row.id, "SENT")
    app = RequestLog(Starlette(routes=unsubscribe_routes(world.database, lambda: NOW, body_timeout=5)), Metrics())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield Link(client, world, f"/unsubscribe/{row.unsubscribe_token}")


async def test_opening_the_link_asks_and_changes_nothing(link: Link) -> None:
    for method in ("GET", "HEAD"):
        answer = await link.client.request(method, link.path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert await link.status() == "SENT"
    assert await link.world.rows(AddressMarkRow) == []


async def test_the_page_runs_no_script_loads_nothing_and_names_nobody(link: Link) -> None:
    answer = await link.client.get(link.path)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    tags: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append((tag, dict(attrs)))

    Reader().feed(answer.text)
    assert not {"script", "img", "link", "iframe"} & {tag for tag, _ in tags}
    assert not [attributes for _, attributes in tags if {"src", "href", "action"} & attributes.keys()]
    assert "ann@acme.test" not in answer.text


async def test_the_button_of_the_page_unsubscribes(link: Link) -> None:
    page = (await link.client.get(link.path)).text
    assert '<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">' in page
    answer = await link.client.post(link.path, content=ONE_CLICK, headers=FORM)
    assert (answer.status_code, "no more e-mails" in answer.text) == (200, True)
    assert await link.status() == "UNSUBSCRIBED"
    assert (await link.world.one(AddressMarkRow)).address_key == "ann@acme.test"


async def test_one_click_in_either_form_that_rfc_8058_allows_unsubscribes(link: Link) -> None:
    answer = await link.client.post(link.path, files={"List-Unsubscribe": (None, "One-Click")})
    assert answer.status_code == 200
    assert await link.status() == "UNSUBSCRIBED"


async def test_unsubscribing_twice_is_as_good_as_once(link: Link) -> None:
    answers = [await link.client.post(link.path, content=ONE_CLICK, headers=FORM) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(await link.world.rows(AddressMarkRow)) == 1


@pytest.mark.parametrize("token", ["x" * 32, "short", "%00" * 32, "x" * 500, "..%2f..%2fetc"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_link_that_is_not_ours_is_a_page_that_says_so(link: Link, method: str, token: str) -> None:
    answer = await link.client.request(method, f"/unsubscribe/{token}")
    assert answer.status_code == 404
    assert await link.status() == "SENT"


async def test_a_body_that_is_too_large_is_refused(link: Link) -> None:
    assert (await link.client.post(link.path, content=b"x" * 20_000)).status_code == 413
    assert await link.status() == "SENT"


async def test_the_log_does_not_tell_the_link(link: Link) -> None:
    with capture_logs() as lines:
        await link.client.get(link.path)
        await link.client.post(link.path, content=ONE_CLICK, headers=FORM)
    assert [line["path"] for line in lines if line["event"] == "request"] == ["/unsubscribe/{token}"] * 2
    assert link.path.rpartition("/")[2] not in str(lines)
