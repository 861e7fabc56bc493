"""The outbox's page over HTTP: messages only for whoever has a token of their tenant, and nothing that could run."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from bg_email_outbox.page import PAGE_SIZE
from bg_email_outbox.plugin import PLUGIN
from bg_email_outbox.provider import OutboxProvider
from bg_email_outbox.settings import OutboxSettings
from bg_graph.hosting.hooks.registering import Loaded, register_all
from bg_graph.hosting.storage import PassingStorage
from bg_graph.store.ids import new_id
from bg_graph.tenancy.rules import Caller, Right
from bg_graph.web.plugin_routes import PluginRoutes
from tests.email.messages import AT, key_of, parsed, recipient, request
from tests.plugins.lent import lent

ACME, OTHER = "acme", "other"


def caller(tenant: str, *rights: Right) -> Caller:
    return Caller(new_id(), tenant, new_id(), "Maria", frozenset(rights))


CALLERS = {
    "acme": caller(ACME, Right.READ),
    "other": caller(OTHER, Right.READ),
    "sends": caller(ACME, Right.SEND),
    "admin": caller(ACME, Right.ADMIN),
}


@pytest.fixture
def outbox(tmp_path: Path) -> OutboxProvider:
    return OutboxProvider(OutboxSettings(folder=tmp_path / "outbox"), lent("outbox"), clock=lambda: AT)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async def authenticate(token: str | None) -> Caller | None:
        return CALLERS.get(token or "")

    settings = OutboxSettings(folder=tmp_path / "outbox")
    hooks = register_all([Loaded(PLUGIN, settings, PassingStorage())])
    routes = PluginRoutes(authenticate, lambda: AT, 5.0, lambda *_: settings)
    app = Starlette(routes=routes.of(hooks.registered))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test/plugins/outbox/") as opened:
        yield opened
    await hooks.close()


def token(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {name}"}


async def sent(outbox: OutboxProvider, number: int, tenant: str = ACME, **said: object) -> None:
    await outbox.send(request(recipient(number, **said), tenant=tenant))


async def test_the_page_and_its_files_hold_no_data_and_are_for_everybody(client: httpx.AsyncClient):
    for path, kind in (("", "text/html"), ("outbox.js", "text/javascript"), ("outbox.css", "text/css")):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "http://" not in answer.text.replace("http-equiv", "")
        assert "https://" not in answer.text


async def test_the_frame_of_a_message_may_do_nothing(client: httpx.AsyncClient):
    assert re.search(r'<iframe [^>]*sandbox=""', (await client.get("")).text)
    assert "default-src 'none'" in (await client.get("outbox.js")).text


async def test_the_newest_message_comes_first(client: httpx.AsyncClient, outbox: OutboxProvider):
    await sent(outbox, 1, subject="First")
    await sent(outbox, 2, subject="Zweite: Größe")
    answer = await client.get("messages", headers=token("acme"))
    assert answer.json() == {
        "messages": [
            {
                "key": key_of(number),
                "subject": subject,
                "from": "bg-graph <outbox@bg-graph.invalid>",
                "to": "Ann Lee <ann@example.com>",
                "at": "2026-11-23T12:00:00+00:00",
            }
            for number, subject in ((2, "Zweite: Größe"), (1, "First"))
        ],
        "next": None,
    }
    assert answer.headers["cache-control"] == "no-store"


async def test_all_messages_are_found_page_by_page_each_once(client: httpx.AsyncClient, outbox: OutboxProvider):
    for number in range(2 * PAGE_SIZE):
        await sent(outbox, number)
    found, before, pages = [], "", 0
    while True:
        pages += 1
        page = (await client.get("messages", params=before and {"before": before}, headers=token("acme"))).json()
        found += [message["key"] for message in page["messages"]]
        before = page["next"]
        if before is None:
            break
    assert found == [key_of(number) for number in reversed(range(2 * PAGE_SIZE))]
    assert pages == 2


async def test_a_message_is_shown_whole(client: httpx.AsyncClient, outbox: OutboxProvider):
    await sent(outbox, 1, plain="Grüße", html="<p>Grüße</p>", headers={"List-Unsubscribe": "<https://a.example/u>"})
    whole = (await client.get(f"messages/{key_of(1)}", headers=token("acme"))).json()
    assert (whole["plain"].strip(), whole["html"].strip()) == ("Grüße", "<p>Grüße</p>")
    fields = {field["name"]: field["value"] for field in whole["fields"]}
    assert fields["List-Unsubscribe"] == "<https://a.example/u>"
    assert fields["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


async def test_a_message_without_html_says_so(client: httpx.AsyncClient, outbox: OutboxProvider):
    await sent(outbox, 1)
    assert (await client.get(f"messages/{key_of(1)}", headers=token("acme"))).json()["html"] is None


async def test_the_file_can_be_downloaded(client: httpx.AsyncClient, outbox: OutboxProvider):
    await sent(outbox, 1)
    answer = await client.get(f"messages/{key_of(1)}/raw", headers=token("acme"))
    assert answer.headers["content-type"] == "message/rfc822"
    assert answer.headers["content-disposition"] == f'attachment; filename="{key_of(1)}.eml"'
    assert parsed(answer.content)["subject"] == "Hello"


PRIVATE = ["messages", f"messages/{key_of(1)}", f"messages/{key_of(1)}/raw"]


@pytest.mark.parametrize("path", PRIVATE)
@pytest.mark.parametrize("headers", [{}, token("wrong"), {"Authorization": "acme"}], ids=["none", "wrong", "malformed"])
async def test_without_a_good_token_nothing_is_told(
    client: httpx.AsyncClient, outbox: OutboxProvider, path: str, headers: dict[str, str]
):
    await sent(outbox, 1)
    answer = await client.get(path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "ann@" not in answer.text


@pytest.mark.parametrize("path", PRIVATE)
async def test_without_the_right_to_read_nothing_is_told(client: httpx.AsyncClient, outbox: OutboxProvider, path: str):
    await sent(outbox, 1)
    answer = await client.get(path, headers=token("sends"))
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert (await client.get(path, headers=token("admin"))).status_code == 200


async def test_another_tenants_message_is_not_there(client: httpx.AsyncClient, outbox: OutboxProvider):
    await sent(outbox, 1)
    assert (await client.get("messages", headers=token("other"))).json()["messages"] == []
    for path in PRIVATE[1:]:
        answer = await client.get(path, headers=token("other"))
        never = await client.get(path.replace(key_of(1), key_of(9)), headers=token("other"))
        assert (answer.status_code, answer.text) == (404, never.text)


@pytest.mark.parametrize("key", ["x", "%2e%2e%2f%2e%2e", "%2e%2e%2fsecret", "A" * 32, key_of(1) + ".eml"])
async def test_a_key_that_is_none_is_not_there(client: httpx.AsyncClient, key: str):
    assert (await client.get(f"messages/{key}", headers=token("acme"))).status_code == 404


async def test_pages_before_nonsense_are_ordinary_pages(client: httpx.AsyncClient, outbox: OutboxProvider):
    await sent(outbox, 1)
    answer = await client.get("messages", params={"before": "../../\x00"}, headers=token("acme"))
    assert answer.status_code == 200
