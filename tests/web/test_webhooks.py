"""Reports that come in by webhook: what is taken, and what becomes of every kind of wrong one."""

import hmac
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
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
from bg_graph.hosting.email_hosts import EmailHosts
from bg_graph.plugins.email import DeliveryEvent, EmailAbility, EventKind, Inbound
from bg_graph.plugins.errors import Forged, Rejected, Unavailable
from bg_graph.settings.email import EmailSettings
from bg_graph.store.engine import Database
from bg_graph.web.webhooks import Webhooks
from tests.conftest import NOW
from tests.email.emails_world import ToldProvider
from tests.email.sending_world import PROVIDER, Sending, sending
from tests.hosting.hosted_providers import Several, email_hosts, hosted
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
            case "a bug":
                raise KeyError("signature")
            case _:
                key = inbound.body.decode()
                return [DeliveryEvent(id="theirs 1", kind=EventKind.DELIVERED, at=NOW - timedelta(minutes=1), key=key)]


@pytest.mark.parametrize(
    ("theirs", "status"), [("right", 200), ("forged", 401), ("rejected", 400), ("down", 503), ("a bug", 503)]
)
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


class OfTenant(ToldProvider):
    """A provider with one tenant's settings: it knows calls by that tenant's secret."""

    def __init__(self, secret: str) -> None:
        super().__init__(abilities=frozenset({EmailAbility.EVENTS, EmailAbility.SIGNED_EVENTS}))
        self.secret, self.down = secret, False

    async def read_events(self, inbound: Inbound) -> list[DeliveryEvent]:
        if self.down:
            raise Unavailable
        if inbound.headers["x-signature"] != self.secret:
            raise Forged("the signature is not theirs")
        at = NOW - timedelta(minutes=1)
        return [
            DeliveryEvent(
                id=value,
                kind=EventKind.COMPLAINED,
                at=at,
                key=value if name == "key" else None,
                message_id=value if name == "message" else None,
            )
            for name, _, value in (each.partition("=") for each in inbound.body.decode().split())
        ]


@dataclass
class TwoTenants:
    """Two tenants with settings of their own for one plugin, and a delivery of each."""

    client: httpx.AsyncClient
    worlds: Sequence[World]
    deliveries: Sequence[UUID]
    providers: Sequence[OfTenant]

    async def tell(self, secret: str, *named: str) -> httpx.Response:
        headers = {"x-signature": secret}
        return await self.client.post(f"/plugins/{PROVIDER}/events", content=" ".join(named), headers=headers)

    async def state(self) -> list[tuple[str, int]]:
        """Of each tenant: its delivery's status, and how many reports, activities and marks it has."""
        found = []
        for world, delivery in zip(self.worlds, self.deliveries, strict=True):
            rows = [len(await world.rows(row)) for row in (DeliveryEventRow, ActivityRow, AddressMarkRow)]
            found.append(((await world.one(DeliveryRow, id=delivery)).status, sum(rows)))
        return found


UNTOUCHED, COMPLAINED = ("SENT", 0), ("COMPLAINED", 3)


@pytest.fixture(params=[("secret of acme", "secret of globex")])
async def two(request: pytest.FixtureRequest, world: World, other_world: World) -> AsyncIterator[TwoTenants]:
    worlds, deliveries = (world, other_world), []
    for each in worlds:
        acme = await sending(each, "ann@acme.test")
        (delivery,) = await acme.deliveries(await acme.send())
        await acme.put(delivery.id, "SENT", provider_message_id="message-1")
        deliveries.append(delivery.id)
    providers = [OfTenant(secret) for secret in request.param]
    held = [hosted(provider, "email", PROVIDER) for provider in providers]
    names = {each.tenant: f"tenant {number}" for number, each in enumerate(worlds)}

    async def name_of(tenant_id: UUID) -> str | None:
        return names.get(tenant_id)

    hosts = EmailHosts(Several(PROVIDER, dict(zip(names.values(), held, strict=True))), name_of)
    hook = Webhooks(world.database, hosts, frozenset({PROVIDER}), SECRET, lambda: NOW, max_body=20_000, body_timeout=5)
    transport = httpx.ASGITransport(Starlette(routes=hook.routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield TwoTenants(client, worlds, deliveries, providers)


async def test_a_report_signed_with_one_tenants_secret_never_touches_anothers_delivery(two: TwoTenants) -> None:
    here, there = (each.hex for each in two.deliveries)
    answer = await two.tell("secret of acme", f"key={there}")
    assert answer.json() == {**NOTHING, "unknown": 1}, "and it is told nothing that tells that there is one"
    assert await two.state() == [UNTOUCHED, UNTOUCHED]
    answer = await two.tell("secret of acme", f"key={there}", f"key={here}")
    assert answer.json() == {**NOTHING, "accepted": 1, "unknown": 1}
    assert await two.state() == [COMPLAINED, UNTOUCHED]
    assert (await two.tell("secret of globex", f"key={there}")).json() == {**NOTHING, "accepted": 1}
    assert await two.state() == [COMPLAINED, COMPLAINED]


async def test_a_message_id_that_tenants_share_speaks_of_the_delivery_of_whoever_signed(two: TwoTenants) -> None:
    answer = await two.tell("secret of globex", "message=message-1")
    assert answer.json() == {**NOTHING, "accepted": 1}
    assert await two.state() == [UNTOUCHED, COMPLAINED]


async def test_the_installations_secret_opens_nothing_where_tenants_have_providers_that_sign(two: TwoTenants) -> None:
    body = orjson.dumps({"events": [{"id": "1", "kind": "OPENED", "at": "2026-11-23T11:59:00Z", "key": "0" * 32}]})
    headers = {**signed(body), "x-signature": "another"}
    assert (await two.client.post(f"/plugins/{PROVIDER}/events", content=body, headers=headers)).status_code == 401
    assert await two.state() == [UNTOUCHED, UNTOUCHED]


@pytest.mark.parametrize("two", [("shared", "shared")], indirect=True)
async def test_tenants_that_share_a_secret_are_both_spoken_of_by_it(two: TwoTenants) -> None:
    answer = await two.tell("shared", *(f"key={each.hex}" for each in two.deliveries))
    assert answer.json() == {**NOTHING, "accepted": 2}
    assert await two.state() == [COMPLAINED, COMPLAINED]


async def test_one_tenants_broken_provider_holds_up_no_others_reports(two: TwoTenants) -> None:
    two.providers[0].down = True
    here, there = (each.hex for each in two.deliveries)
    assert (await two.tell("secret of globex", f"key={there}")).json() == {**NOTHING, "accepted": 1}
    answers = [
        await two.tell("secret of acme", f"key={here}"),
        await two.tell("secret of globex", f"key={here}"),
    ]
    assert [each.status_code for each in answers] == [503, 503], "it may be of the tenant whose provider can't tell"
    assert await two.state() == [UNTOUCHED, COMPLAINED]
    two.providers[0].down = False
    assert (await two.tell("secret of acme", f"key={here}")).json() == {**NOTHING, "accepted": 1}


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
