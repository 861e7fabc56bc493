"""Reports that come in by webhook: what is taken, and what becomes of every kind of wrong one."""

import hmac
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from bg_graph.accounts.tables import ActivityRow, AddressMarkRow, PersonRow
from bg_graph.email.tables import DeliveryEventRow, DeliveryRow
from bg_graph.plugins.email import DeliveryEvent, EmailAbility, EventKind, Inbound
from bg_graph.plugins.errors import Forged, Rejected, Unavailable
from bg_graph.settings.email import EmailSettings
from bg_graph.store.engine import Database
from bg_graph.web.webhooks import Webhooks
from tests.conftest import NOW
from tests.email.emails_world import ToldProvider
from tests.email.sending_world import PROVIDER, Sending, sending
from tests.hosting.hosted_providers import email_hosts, hosted
from tests.screens.serving import serving
from tests.world import World

SECRET = "a secret of the tests"
NOTHING = {"accepted": 0, "repeated": 0, "unknown": 0, "ignored": 0}


@dataclass
class Hook:
    """The endpoint, and one delivery that went out, with an e-mail address and a message id."""

    client: httpx.AsyncClient
    acme: Sending
    delivery: UUID

    async def post(
        self, body: bytes, headers: Mapping[str, Any], path: str = f"/plugins/{PROVIDER}/events"
    ) -> httpx.Response:
        return await self.client.post(path, content=body, headers=headers)

    async def tell(self, *events: Any, at: int | None = None) -> httpx.Response:
        body = orjson.dumps({"events": events})
        return await self.post(body, signed(body, at))

    def event(self, kind: str = "DELIVERED", **different: Any) -> dict[str, Any]:
        """A right report of the delivery; what is None is left out."""
        given = {"id": f"e-{kind}", "kind": kind, "at": "2026-11-23T11:59:00Z", "key": self.delivery.hex, **different}
        return {name: value for name, value in given.items() if value is not None}

    async def state(self) -> tuple[Any, ...]:
        """All that reports can change: status, reports, activities, marks, people."""
        world = self.acme.world
        delivery = await world.one(DeliveryRow, id=self.delivery)
        counts = [len(await world.rows(row)) for row in (DeliveryEventRow, ActivityRow, AddressMarkRow)]
        people = await world.rows(PersonRow)
        flags = [(row.email_invalid, row.unsubscribed) for row in people]
        return (delivery.status, delivery.reason, *counts, *flags)


def signed(body: bytes, at: int | None = None, secret: str = SECRET) -> dict[str, str]:
    """The headers of a body, as docs/email.md says how to make them."""
    timestamp = str(int(NOW.timestamp()) if at is None else at)
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, sha256).hexdigest()
    return {"BG-Timestamp": timestamp, "BG-Signature": f"v1={digest}"}


def opened(world: World, provider: ToldProvider, secret: str | None = SECRET) -> httpx.AsyncClient:
    hosts = email_hosts(hosted(provider, "email", PROVIDER))
    names = frozenset({PROVIDER, "smtp"})
    hook = Webhooks(world.database, hosts, names, secret, lambda: NOW, max_body=20_000, body_timeout=5)
    transport = httpx.ASGITransport(Starlette(routes=hook.routes()))
    return httpx.AsyncClient(transport=transport, base_url="http://test")


@pytest.fixture
async def hook(world: World) -> AsyncIterator[Hook]:
    acme = await sending(world, "ann@acme.test")
    (delivery,) = await acme.deliveries(await acme.send())
    await acme.put(delivery.id, "SENT", provider_message_id="message 1")
    async with opened(world, ToldProvider()) as client:
        yield Hook(client, acme, delivery.id)


Made = tuple[bytes, dict[str, str]]


def as_sent(change: Callable[[Hook], object]) -> Callable[[Hook], Made]:
    """A call that is signed rightly, whatever its body is."""

    def made(hook: Hook) -> Made:
        given = change(hook)
        body = given if isinstance(given, bytes) else orjson.dumps(given)
        return body, signed(body)

    return made


def of_event(**different: Any) -> Callable[[Hook], Made]:
    return as_sent(lambda hook: {"events": [hook.event(**different)]})


def tampered(hook: Hook) -> Made:
    body = orjson.dumps({"events": [hook.event()]})
    return body.replace(b"DELIVERED", b"COMPLAINED"), signed(body)


def of_headers(**headers: str | None) -> Callable[[Hook], Made]:
    def made(hook: Hook) -> Made:
        body = orjson.dumps({"events": [hook.event()]})
        given: dict[str, str | None] = {
            **signed(body),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return body, {name: value for name, value in given.items() if value is not None}

    return made


def at(seconds: int) -> Callable[[Hook], Made]:
    def made(hook: Hook) -> Made:
        body = orjson.dumps({"events": [hook.event()]})
        return body, signed(body, int(NOW.timestamp()) + seconds)

    return made


def other_secret(hook: Hook) -> Made:
    body = orjson.dumps({"events": [hook.event()]})
    return body, signed(body, secret="another secret, guessed")


REFUSED: dict[str, tuple[Callable[[Hook], Made], int, str]] = {
    "no signature": (of_headers(BG_Signature=None), 401, "BG-Timestamp and BG-Signature are needed"),
    "no time": (of_headers(BG_Timestamp=None), 401, "BG-Timestamp and BG-Signature are needed"),
    "signed with another secret": (other_secret, 401, "is not the signature of this body"),
    "a body changed on its way": (tampered, 401, "is not the signature of this body"),
    "a signature of another form": (of_headers(BG_Signature="sha1=abc"), 401, "64 hex digits"),
    "a signature with letters that are no ASCII": (of_headers(BG_Signature="v1=" + "é" * 64), 401, "64 hex digits"),
    "a time that is no number": (of_headers(BG_Timestamp="yesterday"), 401, "whole seconds since 1970"),
    "a time put in by somebody else": (of_headers(BG_Timestamp="1795780000"), 401, "is not the signature"),
    "replayed after more than five minutes": (at(-301), 401, "more than five minutes"),
    "from more than five minutes ahead": (at(301), 401, "more than five minutes"),
    "garbage": (as_sent(lambda _: b"\x00\xff not json"), 400, "The body is no JSON"),
    "an empty body": (as_sent(lambda _: b""), 400, "The body is no JSON"),
    "very deep JSON": (as_sent(lambda _: b"[" * 9_000), 400, "The body is no JSON"),
    "another document": (as_sent(lambda _: [1, 2, 3]), 400, 'a list "events"'),
    "no events": (as_sent(lambda _: {"events": []}), 400, "1 to 1000, got 0"),
    "an event that is no object": (
        as_sent(lambda _: {"events": ["DELIVERED"]}),
        400,
        "events[0]: a report is a JSON object",
    ),
    "no id": (of_event(id=None), 400, "events[0].id"),
    "an id with a NUL": (of_event(id="a\x00b"), 400, "events[0].id"),
    "no kind": (of_event(kind=7), 400, "events[0].kind"),
    "a time without a zone": (of_event(at="2026-11-23T11:59:00"), 400, "events[0].at"),
    "no delivery named": (of_event(key=None), 400, 'by "key" or by "messageId"'),
    "a key of another form": (of_event(key="42"), 400, "events[0].key"),
    "hard that is no truth value": (of_event(hard="yes"), 400, "events[0].hard"),
    "too large": (as_sent(lambda _: b" " * 20_001), 413, "larger than 20000 bytes"),
}
"""Wrong calls that are refused whole: status, and part of what the sender is told."""


@pytest.mark.parametrize("name", REFUSED)
async def test_a_wrong_call_is_refused_with_its_reason_and_changes_nothing(hook: Hook, name: str) -> None:
    make, status, told = REFUSED[name]
    before = await hook.state()
    body, headers = make(hook)
    answer = await hook.post(body, {key: value.encode() for key, value in headers.items()})
    assert (answer.status_code, told in answer.json()["errors"][0]["message"]) == (status, True), answer.text
    assert await hook.state() == before


HARMLESS: dict[str, tuple[dict[str, Any], dict[str, int]]] = {
    "a delivery that nobody knows": ({"key": "0" * 32}, {"unknown": 1}),
    "a message that nobody knows": ({"key": None, "messageId": "message 2"}, {"unknown": 1}),
    "a kind that is not known yet": ({"kind": "FORWARDED"}, {"ignored": 1}),
}


@pytest.mark.parametrize("name", HARMLESS)
async def test_a_report_that_says_nothing_to_us_is_counted_and_changes_nothing(hook: Hook, name: str) -> None:
    different, counts = HARMLESS[name]
    before = await hook.state()
    answer = await hook.tell(hook.event(**different))
    assert (answer.status_code, answer.json()) == (200, {**NOTHING, **counts})
    assert await hook.state() == before


async def test_a_call_replayed_within_five_minutes_counts_once(hook: Hook) -> None:
    body = orjson.dumps({"events": [hook.event("OPENED"), hook.event("CLICKED", url="https://acme.test/x")]})
    first = await hook.post(body, signed(body))
    after = await hook.state()
    again = await hook.post(body, signed(body))
    assert first.json() == {**NOTHING, "accepted": 2}
    assert again.json() == {**NOTHING, "repeated": 2}
    assert await hook.state() == after


async def test_reports_out_of_order_never_move_a_delivery_backward(hook: Hook) -> None:
    for kind in ("CLICKED", "OPENED", "DELIVERED"):
        assert (await hook.tell(hook.event(kind))).json() == {**NOTHING, "accepted": 1}
    assert (await hook.acme.world.one(DeliveryRow, id=hook.delivery)).status == "CLICKED"
    assert len(await hook.acme.world.rows(DeliveryEventRow)) == 3


async def test_one_wrong_report_keeps_the_whole_call_out_and_every_fault_is_told(hook: Hook) -> None:
    before = await hook.state()
    answer = await hook.tell(hook.event(), hook.event(id=None, at="soon"), 7)
    message = answer.json()["errors"][0]["message"]
    assert answer.status_code == 400
    assert [place in message for place in ("events[1].id", "events[1].at", "events[2]:")] == [True] * 3
    assert await hook.state() == before


async def test_a_report_of_another_providers_delivery_is_unknown(hook: Hook) -> None:
    body = orjson.dumps({"events": [hook.event()]})
    answer = await hook.post(body, signed(body), "/plugins/smtp/events")
    assert answer.json() == {**NOTHING, "unknown": 1}


async def test_a_provider_that_does_not_exist_is_not_found(hook: Hook) -> None:
    body = orjson.dumps({"events": [hook.event()]})
    assert (await hook.post(body, signed(body), "/plugins/nobody/events")).status_code == 404


async def test_only_posts_are_taken(hook: Hook) -> None:
    assert (await hook.client.get(f"/plugins/{PROVIDER}/events")).status_code == 405


async def test_without_a_secret_reports_are_not_taken_and_the_answer_says_how_to_change_that(world: World) -> None:
    async with opened(world, ToldProvider(), secret=None) as client:
        answer = await client.post(f"/plugins/{PROVIDER}/events", content=b"{}", headers=signed(b"{}"))
    assert answer.status_code == 403
    assert "BG_EMAIL_WEBHOOK_SECRET" in answer.json()["errors"][0]["message"]


class SigningProvider(ToldProvider):
    """A provider with a scheme of its own: a header says what it makes of the call."""

    def __init__(self) -> None:
        super().__init__(abilities=frozenset({EmailAbility.EVENTS, EmailAbility.SIGNED_EVENTS}))

    async def read_events(self, inbound: Inbound) -> list[DeliveryEvent]:
        match inbound.headers["x-theirs"]:
            case "forged":
                raise Forged("the signature is not theirs")
            case "rejected":
                raise Rejected("BAD", "no such format")
            case "down":
                raise Unavailable
            case _:
                key = inbound.body.decode()
                return [DeliveryEvent(id="theirs 1", kind=EventKind.DELIVERED, at=NOW - timedelta(minutes=1), key=key)]


@pytest.mark.parametrize(("theirs", "status"), [("right", 200), ("forged", 401), ("rejected", 400), ("down", 503)])
async def test_a_provider_with_a_scheme_of_its_own_reads_its_reports_itself(
    world: World, theirs: str, status: int
) -> None:
    acme = await sending(world, "ann@acme.test")
    (delivery,) = await acme.deliveries(await acme.send())
    await acme.put(delivery.id, "SENT")
    async with opened(world, SigningProvider(), secret=None) as client:
        path = f"/plugins/{PROVIDER}/events"
        answer = await client.post(path, content=delivery.id.hex, headers={"x-theirs": theirs})
    assert answer.status_code == status
    after = (await world.one(DeliveryRow)).status
    assert after == ("DELIVERED" if status == 200 else "SENT")


async def test_the_product_takes_reports_and_shows_the_unsubscribe_page(
    world: World, database: Database, database_url: str, tenant: UUID
) -> None:
    acme = await sending(world, "ann@acme.test")
    (row,) = await acme.deliveries(await acme.send())
    await acme.put(row.id, "SENT")
    email = EmailSettings(dispatch=False, webhook_secret=SecretStr(SECRET))
    event = {"id": "1", "kind": "OPENED", "at": "2026-11-23T11:59:00Z", "key": row.id.hex}
    body = orjson.dumps({"events": [event]})
    path, link = f"/plugins/{PROVIDER}/events", f"/unsubscribe/{row.unsubscribe_token}"
    async with (
        serving(database, database_url, tenant, email=email) as served,
        httpx.AsyncClient(base_url=served.url) as client,
    ):
        refused = await client.post(path, content=body)
        taken = await client.post(path, content=body, headers=signed(body))
        page = await client.get(link)
        gone = await client.post(link, content="List-Unsubscribe=One-Click")
    assert [refused.status_code, taken.json()["accepted"], page.status_code, gone.status_code] == [401, 1, 200, 200]
    assert (await world.one(DeliveryRow)).status == "UNSUBSCRIBED"
