"""graphql-transport-ws: operations over one connection, and the close code of each fault."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from bg_graph.web.options import WebOptions
from tests.web.toy_server import AUTHORIZED, SECRET, TOKEN, World, served

INIT = {"type": "connection_init", "payload": {"authorization": f"Bearer {TOKEN}"}}
OPTIONS = WebOptions(socket_operations=3, allowed_origins=("https://app.test",))
PATIENCE = 30  # seconds to wait for an answer on a busy machine


@pytest.fixture(scope="module")
def world():
    with served(OPTIONS) as world:
        yield world


@contextmanager
def opened(world: World, init: object = INIT, **options: Any) -> Iterator[ClientConnection]:
    """A connection, with its first message sent and acknowledged unless that is None."""
    address = f"ws://127.0.0.1:{world.port}/graphql"
    with connect(address, **{"subprotocols": ["graphql-transport-ws"], **options}) as socket:
        if init is not None:
            send(socket, init)
            assert receive(socket) == {"type": "connection_ack"}
        yield socket


def send(socket: ClientConnection, message: object) -> None:
    socket.send(json.dumps(message))


def receive(socket: ClientConnection) -> Any:
    return json.loads(socket.recv(timeout=PATIENCE))


def subscribe(socket: ClientConnection, query: str, identity: str = "1", **parameters: object) -> None:
    send(socket, {"type": "subscribe", "id": identity, "payload": {"query": query, **parameters}})


def close_code(socket: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            socket.recv(timeout=PATIENCE)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


def test_a_subscription_gives_its_values_and_completes(world: World) -> None:
    with opened(world) as socket:
        subscribe(socket, "subscription ($to: Int!) { count(to: $to) }", variables={"to": 2})
        assert receive(socket) == {"type": "next", "id": "1", "payload": {"data": {"count": 0}}}
        assert receive(socket) == {"type": "next", "id": "1", "payload": {"data": {"count": 1}}}
        assert receive(socket) == {"type": "complete", "id": "1"}
        subscribe(socket, "{ caller }")
        assert receive(socket)["payload"] == {"data": {"caller": "tester"}}
        assert receive(socket) == {"type": "complete", "id": "1"}


def test_the_token_may_come_under_its_header_name_or_in_the_handshake(world: World) -> None:
    with opened(world, {"type": "connection_init", "payload": {"Authorization": f"Bearer {TOKEN}"}}):
        pass
    with opened(world, {"type": "connection_init"}, additional_headers=AUTHORIZED):
        pass


def test_a_client_ends_a_subscription(world: World) -> None:
    world.ended.clear()
    with opened(world) as socket:
        subscribe(socket, "subscription { count(to: 1000000) }")
        assert receive(socket)["type"] == "next"
        send(socket, {"type": "complete", "id": "1"})
        assert world.ended.wait(5)


def test_what_runs_ends_when_the_client_goes_away(world: World) -> None:
    world.ended.clear()
    with opened(world) as socket:
        subscribe(socket, "subscription { count(to: 1000000) }")
        assert receive(socket)["type"] == "next"
    assert world.ended.wait(5)


def test_a_ping_is_answered_before_and_after_the_acknowledgement(world: World) -> None:
    with opened(world, None) as socket:
        send(socket, {"type": "ping", "payload": {"x": 1}})
        assert receive(socket) == {"type": "pong"}
        send(socket, {"type": "pong"})
        send(socket, INIT)
        assert receive(socket) == {"type": "connection_ack"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "SYNTAX_ERROR"),
        ("{ nothing }", "VALIDATION_FAILED"),
        ("query ($n: Int!) { echo(number: $n) }", "INVALID_VARIABLES"),
        ("subscription ($n: Int!) { count(to: $n) }", "INVALID_VARIABLES"),
        ("{" + "item { parent {" * 20 + "name" + "}}" * 20 + "}", "QUERY_TOO_DEEP"),
        ("{ items(first: 100000) { edges { node { name } } } }", "QUERY_TOO_COSTLY"),
        ("query A { hello } query B { hello }", "OPERATION_NOT_FOUND"),
    ],
)
def test_an_operation_that_is_not_executed_gets_an_error_and_the_connection_stays(
    world: World, query: str, code: str
) -> None:
    with opened(world) as socket:
        subscribe(socket, query)
        answer = receive(socket)
        assert (answer["type"], answer["payload"][0]["extensions"]["code"]) == ("error", code)
        subscribe(socket, "{ hello }")
        assert receive(socket)["payload"] == {"data": {"hello": "world"}}


def test_an_operation_beyond_its_deadline_gets_an_error_and_the_connection_stays() -> None:
    with served(WebOptions(deadline=0.5)) as world, opened(world) as socket:
        subscribe(socket, "{ slow(seconds: 60) }")
        answer = receive(socket)
        assert (answer["type"], answer["payload"][0]["extensions"]["code"]) == ("error", "DEADLINE_EXCEEDED")
        send(socket, {"type": "ping"})
        assert receive(socket) == {"type": "pong"}


def test_a_failed_field_is_internal_and_shows_nothing(world: World) -> None:
    with opened(world) as socket:
        subscribe(socket, "{ breaks hello }")
        payload = receive(socket)["payload"]
    assert payload["data"] == {"breaks": None, "hello": "world"}
    assert payload["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert SECRET not in json.dumps(payload)


def test_a_subscription_that_breaks_is_internal_and_shows_nothing(world: World) -> None:
    with opened(world) as socket:
        subscribe(socket, "subscription { count(to: 1, breaks: true) }")
        assert receive(socket)["payload"] == {"data": {"count": 0}}
        failed = receive(socket)
    assert "INTERNAL" in json.dumps(failed)
    assert SECRET not in json.dumps(failed)


def test_more_operations_than_allowed_are_refused_one_by_one(world: World) -> None:
    with opened(world) as socket:
        for n in range(4):
            subscribe(socket, "subscription { count(to: 1000000) }", str(n))
        while (answer := receive(socket))["type"] == "next":
            pass
    assert (answer["id"], answer["payload"][0]["extensions"]["code"]) == ("3", "TOO_MANY_OPERATIONS")


@pytest.mark.parametrize(
    "message",
    [
        "[]",
        "7",
        "null",
        '"x"',
        "{",
        "{}",
        '{"type": 7}',
        '{"type": "unknown"}',
        '{"type": "ping", "payload": 7}',
        '{"type": "connection_init", "payload": 7}',
        '{"type": "connection_init", "payload": ["x"]}',
        '{"type": "subscribe"}',
        '{"type": "subscribe", "id": 1, "payload": {"query": "{hello}"}}',
        '{"type": "subscribe", "id": "", "payload": {"query": "{hello}"}}',
        '{"type": "subscribe", "id": "1", "payload": 7}',
        '{"type": "subscribe", "id": "1", "payload": ["x"]}',
        '{"type": "complete"}',
        '{"type": "ping", "payload": {"x": "\\ud800"}}',
        '{"type": "ping", "payload": ' + "[" * 50_000 + "]" * 50_000 + "}",
        '{"type": "ping", "payload": {"x": ' + "1" * 10_000 + "}}",
        b"binary",
    ],
    ids=lambda message: repr(message[:60]),
)
def test_a_wrong_message_closes_with_4400(world: World, message: str | bytes) -> None:
    with opened(world, None) as socket:
        socket.send(message)
        assert close_code(socket) == 4400


@pytest.mark.parametrize(
    "payload", [{}, {"query": 7}, {"query": "{hello}", "variables": 7}, {"query": "{hello}", "operationName": []}]
)
def test_an_operation_of_the_wrong_form_closes_with_4400(world: World, payload: object) -> None:
    with opened(world) as socket:
        send(socket, {"type": "subscribe", "id": "1", "payload": payload})
        assert close_code(socket) == 4400


@pytest.mark.parametrize(
    "token", [None, 7, {}, TOKEN, "Bearer wrong", "Basic dG95", "Bearer expired"], ids=lambda token: repr(token)
)
def test_a_wrong_or_missing_token_closes_with_4403(world: World, token: object) -> None:
    with opened(world, None) as socket:
        send(socket, {"type": "connection_init", "payload": {"authorization": token}})
        assert close_code(socket) == 4403


def test_asking_before_the_acknowledgement_closes_with_4401(world: World) -> None:
    with opened(world, None) as socket:
        subscribe(socket, "{ hello }")
        assert close_code(socket) == 4401


def test_two_operations_of_one_id_close_with_4409(world: World) -> None:
    with opened(world) as socket:
        subscribe(socket, "subscription { count(to: 1000000) }")
        subscribe(socket, "{ hello }")
        assert close_code(socket) == 4409


def test_a_second_initialisation_closes_with_4429(world: World) -> None:
    with opened(world) as socket:
        send(socket, INIT)
        assert close_code(socket) == 4429


def test_a_client_that_says_nothing_is_closed_with_4408() -> None:
    with served(WebOptions(socket_init_timeout=0.4)) as world, opened(world, None) as socket:
        send(socket, {"type": "ping"})
        assert close_code(socket) == 4408


def test_a_message_beyond_the_limit_closes_the_connection(world: World) -> None:
    with opened(world) as socket:
        socket.send('{"type":"ping","payload":{"x":"' + "a" * 300_000 + '"}}')
        assert close_code(socket) in (4400, 1009)


@pytest.mark.parametrize("protocols", [None, ["graphql-ws"]])
def test_another_protocol_closes_with_4406(world: World, protocols: list[str] | None) -> None:
    with opened(world, None, subprotocols=protocols) as socket:
        assert close_code(socket) == 4406


@pytest.mark.parametrize("origin", ["https://evil.test", "http://127.0.0.1:1", "null"])
def test_a_page_of_another_origin_is_refused_at_the_handshake(world: World, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused, opened(world, origin=origin):
        pass
    assert refused.value.response.status_code == 403


def test_our_own_pages_and_those_of_allowed_origins_connect(world: World) -> None:
    for origin in (f"http://127.0.0.1:{world.port}", "https://app.test"):
        with opened(world, origin=origin):
            pass
