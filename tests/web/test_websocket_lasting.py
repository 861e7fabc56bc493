"""WebSockets that stay open: their pulse, callers who lose their rights, and clients who do not read."""

import json
import socket
import time
from typing import Any

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Opcode
from websockets.uri import parse_uri

from bg_graph.web.options import WebOptions
from tests.web.test_websocket import INIT, PATIENCE, close_code, opened, receive, send, subscribe
from tests.web.toy_server import World, served

QUICK = WebOptions(heartbeat=0.3)
STILL = WebOptions(heartbeat=1000)


def answering(socket: Any, until: float) -> list[str]:
    """Types of the messages received until a time, each ping answered."""
    seen = []
    while (left := until - time.monotonic()) > 0:
        try:
            message = socket.recv(timeout=left)
        except TimeoutError:
            break
        seen.append("ping" if '"ping"' in message else message)
        if seen[-1] == "ping":
            send(socket, {"type": "pong"})
    return seen


def test_an_idle_connection_is_pinged_and_stays_while_it_answers() -> None:
    with served(QUICK) as world, opened(world) as socket:
        assert answering(socket, time.monotonic() + 1.5).count("ping") >= 3
        subscribe(socket, "{ hello }")
        answers = [receive(socket) for _ in range(2)]
    assert {"type": "next", "id": "1", "payload": {"data": {"hello": "world"}}} in answers


def test_whatever_a_client_says_shows_that_it_lives() -> None:
    with served(QUICK) as world, opened(world) as socket:
        for _ in range(8):
            time.sleep(0.15)
            send(socket, {"type": "ping"})
        subscribe(socket, "{ hello }")
        while receive(socket).get("type") != "complete":
            pass


def test_a_ping_that_nobody_answers_closes_with_4408() -> None:
    with served(QUICK) as world, opened(world) as socket:
        subscribe(socket, "subscription { quiet }")
        assert close_code(socket) == 4408
        assert world.ended.wait(5)


def test_a_revoked_token_ends_subscriptions_with_a_code_and_closes_with_4403_at_the_next_heartbeat() -> None:
    with served(QUICK) as world, opened(world) as socket:
        subscribe(socket, "subscription { quiet }")
        assert receive(socket)["type"] == "next"
        world.tester = None
        failed = receive(socket)
        assert (failed["type"], failed["payload"][0]["extensions"]["code"]) == ("error", "UNAUTHENTICATED")
        assert close_code(socket) == 4403


def test_a_revocation_that_is_told_closes_at_once() -> None:
    with served(STILL) as world, opened(world) as socket:
        subscribe(socket, "subscription { quiet }")
        assert receive(socket)["type"] == "next"
        world.tester = None
        world.rights_changed()
        assert receive(socket)["type"] == "error"
        assert close_code(socket) == 4403
        assert world.ended.wait(5)
    assert not world.followers


def test_no_event_is_told_to_a_caller_who_has_lost_the_right_to_it() -> None:
    with served(STILL) as world, opened(world) as socket:
        subscribe(socket, "subscription { quiet }")
        assert receive(socket)["type"] == "next"
        world.tester = "somebody else"
        world.speak.set()
        failed = receive(socket)
        assert (failed["type"], failed["payload"][0]["extensions"]["code"]) == ("error", "FORBIDDEN")
        assert close_code(socket) == 4403


@pytest.mark.parametrize("query", ["{ hello }", 'mutation { rename(name: "x") }', "subscription { count(to: 2) }"])
def test_no_operation_outlives_the_token_of_its_connection(query: str) -> None:
    with served(STILL) as world, opened(world) as socket:
        world.tester = None
        subscribe(socket, query)
        assert receive(socket)["payload"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert close_code(socket) == 4403


def test_while_callers_cant_be_looked_up_nobody_is_dropped_and_nothing_told() -> None:
    with served(QUICK) as world, opened(world) as socket:
        subscribe(socket, "subscription { quiet }")
        assert receive(socket)["type"] == "next"
        world.lookup_fails = True
        world.speak.set()
        assert set(answering(socket, time.monotonic() + 1)) == {"ping"}
        world.lookup_fails = False
        while (told := receive(socket))["type"] == "ping":
            send(socket, {"type": "pong"})
        assert told["payload"] == {"data": {"quiet": 1}}


def test_a_client_who_does_not_read_is_closed_with_1013_and_nothing_piles_up() -> None:
    with served(STILL, {"write_timeout": 0.5}) as world, Deaf(world) as deaf:
        deaf.say(INIT, {"type": "subscribe", "id": "1", "payload": {"query": "subscription { flood(kilobytes: 64) }"}})
        assert world.ended.wait(PATIENCE)
        made = world.flooded
        time.sleep(0.2)
        assert world.flooded == made, "nothing is made for a client who was given up"
        assert deaf.close_code() == 1013


class Deaf:
    """A client that sends and does not read until it is asked for the close code."""

    def __init__(self, world: World) -> None:
        self.connection = socket.create_connection(("127.0.0.1", world.port), timeout=PATIENCE)
        uri = parse_uri(f"ws://127.0.0.1:{world.port}/graphql")
        self.protocol = ClientProtocol(uri, subprotocols=["graphql-transport-ws"], max_size=None)

    def __enter__(self) -> "Deaf":
        self.protocol.send_request(self.protocol.connect())
        self.flush()
        while not self.protocol.events_received():
            self.protocol.receive_data(self.connection.recv(4096))
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def say(self, *messages: object) -> None:
        for message in messages:
            self.protocol.send_text(json.dumps(message).encode())
        self.flush()

    def flush(self) -> None:
        for data in self.protocol.data_to_send():
            self.connection.sendall(data)

    def close_code(self) -> int:
        while True:
            self.protocol.receive_data(self.connection.recv(1 << 20))
            for event in self.protocol.events_received():
                if getattr(event, "opcode", None) is Opcode.CLOSE:
                    assert self.protocol.close_rcvd is not None
                    return self.protocol.close_rcvd.code
