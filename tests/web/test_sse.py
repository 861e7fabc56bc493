"""GraphQL over server-sent events, "distinct connections mode": one request, one stream, ended by `complete`."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from bg_graph.web.options import WebOptions
from tests.web.toy_server import AUTHORIZED, SECRET, World, served

EVENTS = {**AUTHORIZED, "accept": "text/event-stream"}
PATIENCE = 30


@pytest.fixture
def world() -> Iterator[World]:
    with served(WebOptions(heartbeat=0.2)) as world:
        yield world


@contextmanager
def asked(
    world: World, query: str, headers: dict[str, str] | None = None, **parameters: Any
) -> Iterator[httpx.Response]:
    body = {"query": query, **parameters}
    with httpx.stream("POST", world.url + "/graphql", json=body, headers=headers or EVENTS, timeout=PATIENCE) as answer:
        yield answer


def events(answer: httpx.Response) -> Iterator[tuple[str, Any]]:
    """Each event with its data; a comment as the event ''."""
    name = ""
    for line in answer.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data:"):
            text = line.removeprefix("data:").strip()
            yield name, json.loads(text) if text else None
        elif line.startswith(":"):
            yield "", None


def named(answer: httpx.Response) -> Iterator[tuple[str, Any]]:
    return (event for event in events(answer) if event[0])


def code_of(event: tuple[str, Any]) -> str:
    return event[1]["errors"][0]["extensions"]["code"]


def test_a_subscription_gives_its_values_and_completes(world: World) -> None:
    with asked(world, "subscription ($to: Int!) { count(to: $to) }", variables={"to": 2}) as answer:
        assert list(named(answer)) == [
            ("next", {"data": {"count": 0}}),
            ("next", {"data": {"count": 1}}),
            ("complete", None),
        ]
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert (answer.headers["cache-control"], answer.headers["x-accel-buffering"]) == ("no-store", "no")


def test_a_subscription_may_be_asked_by_get(world: World) -> None:
    address = world.url + "/graphql?query=subscription{count(to:1)}"
    with httpx.stream("GET", address, headers=EVENTS, timeout=PATIENCE) as answer:
        assert list(named(answer)) == [("next", {"data": {"count": 0}}), ("complete", None)]


@pytest.mark.parametrize(
    ("query", "data"), [("{ caller }", {"caller": "tester"}), ('mutation { rename(name: "x") }', {"rename": "x"})]
)
def test_queries_and_mutations_are_one_event(world: World, query: str, data: object) -> None:
    with asked(world, query) as answer:
        assert list(named(answer)) == [("next", {"data": data}), ("complete", None)]


def test_one_answer_is_preferred_to_a_stream_but_a_subscription_takes_what_is_accepted(world: World) -> None:
    both = {**AUTHORIZED, "accept": "application/graphql-response+json, application/json, text/event-stream"}
    with asked(world, "{ hello }", both) as answer:
        assert answer.headers["content-type"].startswith("application/graphql-response+json")
    with asked(world, "subscription { count(to: 1) }", both) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "SYNTAX_ERROR"),
        ("subscription { nothing }", "VALIDATION_FAILED"),
        ("subscription ($n: Int!) { count(to: $n) }", "INVALID_VARIABLES"),
        ("query A { hello } query B { hello }", "OPERATION_NOT_FOUND"),
    ],
)
def test_what_is_wrong_as_graphql_is_told_as_an_event(world: World, query: str, code: str) -> None:
    with asked(world, query) as answer:
        assert answer.status_code == 200
        told, last = named(answer)
    assert (code_of(told), last) == (code, ("complete", None))


def test_what_is_wrong_as_http_is_told_by_its_status(world: World) -> None:
    with asked(world, "{ hello }", {"accept": "text/event-stream"}) as answer:
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/json; charset=utf-8")
    by_get = httpx.get(world.url + "/graphql?query=mutation{rename(name:%22x%22)}", headers=EVENTS)
    assert by_get.status_code == 405


def test_a_query_beyond_its_deadline_is_told_as_an_event() -> None:
    with served(WebOptions(deadline=0.3)) as world, asked(world, "{ slow(seconds: 60) }") as answer:
        told, last = named(answer)
        assert (code_of(told), last) == ("DEADLINE_EXCEEDED", ("complete", None))


def test_a_subscription_that_breaks_is_internal_and_shows_nothing(world: World) -> None:
    with asked(world, "subscription { count(to: 1, breaks: true) }") as answer:
        _, failed, last = named(answer)
    assert (code_of(failed), last) == ("INTERNAL", ("complete", None))
    assert SECRET not in json.dumps(failed)


def test_an_idle_stream_has_a_pulse(world: World) -> None:
    with asked(world, "subscription { quiet }") as answer:
        seen = [name for _, (name, _) in zip(range(5), events(answer), strict=False)]
    assert seen.count("") >= 3, "comments, a heartbeat apart"


def test_a_client_who_leaves_ends_the_operation_at_once(world: World) -> None:
    with asked(world, "subscription { quiet }") as answer:
        next(named(answer))
    assert world.ended.wait(5)
    assert not world.followers


def test_a_revoked_token_ends_the_stream_with_a_code_at_the_next_heartbeat(world: World) -> None:
    with asked(world, "subscription { quiet }") as answer:
        told = named(answer)
        assert next(told) == ("next", {"data": {"quiet": 0}})
        world.tester = None
        assert code_of(next(told)) == "UNAUTHENTICATED"
        assert list(told) == [("complete", None)]
    assert world.ended.wait(5)


def test_a_revocation_that_is_told_ends_the_stream_at_once() -> None:
    with served(WebOptions(heartbeat=1000)) as world, asked(world, "subscription { quiet }") as answer:
        told = named(answer)
        next(told)
        world.tester = None
        world.rights_changed()
        assert code_of(next(told)) == "UNAUTHENTICATED"


def test_no_event_is_told_to_a_caller_who_has_lost_the_right_to_it() -> None:
    with served(WebOptions(heartbeat=1000)) as world, asked(world, "subscription { quiet }") as answer:
        told = named(answer)
        next(told)
        world.tester = "somebody else"
        world.speak.set()
        assert code_of(next(told)) == "FORBIDDEN"
        assert next(told) == ("complete", None)


def test_while_callers_cant_be_looked_up_nobody_is_dropped_and_nothing_told(world: World) -> None:
    with asked(world, "subscription { quiet }") as answer:
        told = events(answer)
        assert next(told) == ("", None)
        assert next(told) == ("next", {"data": {"quiet": 0}})
        world.lookup_fails = True
        world.speak.set()
        assert [next(told) for _ in range(3)] == [("", None)] * 3
        world.lookup_fails = False
        assert next(event for event in told if event[0]) == ("next", {"data": {"quiet": 1}})


def test_a_stopping_server_breaks_streams_off_without_complete_so_that_clients_come_back() -> None:
    with served(WebOptions(heartbeat=1000)) as world:
        client = httpx.Client()
        request = client.build_request(
            "POST", world.url + "/graphql", json={"query": "subscription { quiet }"}, headers=EVENTS
        )
        answer = client.send(request, stream=True)
        told = named(answer)
        next(told)
        began = time.monotonic()
    assert time.monotonic() - began < 2, "the server did not wait for the stream to end"
    with pytest.raises(httpx.RemoteProtocolError):
        list(told)


def test_a_client_who_does_not_read_is_given_up_with_a_code_and_nothing_piles_up() -> None:
    with served(transport={"write_timeout": 0.5}) as world, socket.create_connection(("127.0.0.1", world.port)) as slow:
        body = json.dumps({"query": "subscription { flood(kilobytes: 64) }"}).encode()
        head = [f"{name}: {value}" for name, value in EVENTS.items()]
        slow.sendall(
            "\r\n".join(
                [
                    "POST /graphql HTTP/1.1",
                    "host: x",
                    "content-type: application/json",
                    *head,
                    f"content-length: {len(body)}",
                ]
            ).encode()
            + b"\r\n\r\n"
            + body
        )
        assert world.ended.wait(PATIENCE)
        made = world.flooded
        time.sleep(0.2)
        assert world.flooded == made, "nothing is made for a client who was given up"
        slow.settimeout(PATIENCE)
        received = b""
        while part := slow.recv(1 << 20):
            received += part
    assert b"SLOW_CLIENT" in received[-400:]
    assert received.endswith(b"0\r\n\r\n")
