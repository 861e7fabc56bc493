"""Wrong bodies: each gets a 4xx with a code, never a 500, and takes nothing from other clients."""

import contextlib
import socket
import threading
import time

import httpx
import pytest

from bg_graph.web.options import Limits, WebOptions
from tests.web.toy_server import AUTHORIZED, TOKEN, World, code_of, raw, served


@pytest.fixture(scope="module")
def world():
    with served(WebOptions(body_timeout=0.5), {"header_timeout": 0.5}) as world:
        yield world


def post(world: World, body: bytes) -> httpx.Response:
    headers = {**AUTHORIZED, "content-type": "application/json"}
    return httpx.post(world.url + "/graphql", content=body, headers=headers)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"123",
        b'"x"',
        b"true",
        b"[]",
        b'[{"query":"{hello}"}]',
        b"{}",
        b'{"query":null}',
        b'{"query":["{hello}"]}',
        b'{"query":"{hello}","variables":"x"}',
        b'{"query":"{hello}","variables":[]}',
        b'{"query":"{hello}","operationName":7}',
        b'{"query":"{hello}","extensions":7}',
        b'{"documentId":"sha256:abc"}',
        b'{"query":"{hello}"',
        b'{"query":"{hello}"} x',
        b'{"query":"\xff\xfe"}',
        b'{"query":"\\ud800"}',
        b"\xef\xbb\xbf{}",
        b'{"query":"{hello}","variables":{"n":' + b"1" * 10_000 + b"}}",
        b'{"query":"{hello}","variables":{"n":NaN}}',
        b"[" * 100_000,
        b'{"query":"{hello}","variables":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}",
    ],
    ids=lambda body: repr(body[:30]),
)
def test_a_wrong_body_is_a_bad_request(world: World, body: bytes) -> None:
    response = post(world, body)
    assert (response.status_code, code_of(response)) == (400, "BAD_REQUEST")


def test_values_nested_beyond_the_limit_are_refused(world: World) -> None:
    body = b'{"query":"{hello}","variables":{"a":' + b"[" * 100 + b"]" * 100 + b"}}"
    response = post(world, body)
    assert (response.status_code, code_of(response)) == (400, "INPUT_TOO_DEEP")


@pytest.mark.parametrize("place", ['{"t":"a\\u0000b"}', '{"t":[{"x":"\\u0000"}]}', '{"\\u0000":1}'])
def test_the_character_nul_in_a_variable_is_refused(world: World, place: str) -> None:
    response = post(world, b'{"query":"{hello}","variables":' + place.encode() + b"}")
    assert (response.status_code, code_of(response)) == (400, "INVALID_TEXT")


def test_a_backslash_followed_by_u0000_as_plain_text_is_taken(world: World) -> None:
    body = b'{"query":"query($t:String!){echo(text:$t)}","variables":{"t":"\\\\u0000"}}'
    assert post(world, body).json() == {"data": {"echo": "\\u00000"}}


@pytest.mark.parametrize(
    "address",
    [
        "",
        "?documentId=abc",
        "?query={hello}&query={hello}",
        "?query=%FF",
        "?query={hello}&variables=[]",
        "?query={hello}&variables={",
        "?query={hello}&" + "&".join(f"a{n}=1" for n in range(30)),
    ],
)
def test_a_wrong_address_is_a_bad_request(world: World, address: str) -> None:
    response = httpx.get(world.url + "/graphql" + address, headers={**AUTHORIZED, "accept": "*/*"})
    assert (response.status_code, code_of(response)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("size", [256_001, 300_000, 2_000_000, 20_000_000])
def test_a_body_beyond_the_limit_is_answered_by_413(world: World, size: int) -> None:
    assert_too_large(world, f"Content-Length: {size}\r\n\r\n".encode(), size)


def test_a_body_that_hides_its_size_is_answered_by_413(world: World) -> None:
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    answer = raw(world.port, head(b"Transfer-Encoding: chunked\r\n\r\n") + chunk * 8, 3)
    assert answer.startswith(b"HTTP/1.1 413")


def assert_too_large(world: World, headers: bytes, size: int) -> None:
    answer = raw(world.port, head(headers) + b" " * min(size, 600_000), 3)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"BODY_TOO_LARGE" in answer
    assert b"connection: close" in answer


def test_a_body_of_just_the_limit_is_taken(world: World) -> None:
    body = b'{"query":"{hello}"}'
    assert post(world, body + b" " * (Limits().max_body - len(body))).json() == {"data": {"hello": "world"}}


def test_an_address_beyond_the_limit_is_answered_by_414() -> None:
    with served(WebOptions(limits=Limits(max_body=1_000))) as world:
        response = httpx.get(world.url + "/graphql", params={"query": "{hello}" + " " * 1_000}, headers=AUTHORIZED)
    assert (response.status_code, code_of(response)) == (414, "BODY_TOO_LARGE")


def test_a_client_that_is_slow_with_its_body_is_cut_off(world: World) -> None:
    started = time.monotonic()
    answer = raw(world.port, head(b"Content-Length: 100\r\n\r\n") + b'{"query":')
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"BODY_TIMEOUT" in answer
    assert time.monotonic() - started < 4


@pytest.mark.parametrize(
    "start", [b"", b"\r\n", b"POST /graphql HT", b"POST /graphql HTTP/1.1\r\nHost: x\r\nX-A: b\r\n"]
)
def test_a_client_that_is_slow_with_its_headers_is_cut_off(world: World, start: bytes) -> None:
    started = time.monotonic()
    assert raw(world.port, start).startswith(b"HTTP/1.1 408")
    assert time.monotonic() - started < 4


def test_a_client_that_drips_its_headers_is_cut_off(world: World) -> None:
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", world.port), timeout=5) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\n")
        with pytest.raises(OSError):
            for n in range(100):
                connection.sendall(b"X-%d: y\r\n" % n)
                time.sleep(0.05)
    assert time.monotonic() - started < 4


def test_headers_without_end_are_refused(world: World) -> None:
    answer = raw(world.port, b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 100_000, 3)
    assert answer.startswith(b"HTTP/1.1 431")


def test_a_second_request_on_a_kept_connection_has_its_own_time_for_headers(world: World) -> None:
    with httpx.Client() as client:
        for _ in range(3):
            assert client.get(world.url + "/healthz").status_code == 200
            time.sleep(0.4)


def test_a_client_that_does_not_read_its_answer_is_cut_off() -> None:
    body = b'{"query":"{size(kilobytes:20000)}"}'
    with served(transport={"write_timeout": 0.5}) as world, socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", world.port))
        connection.sendall(head(b"Content-Length: %d\r\n\r\n" % len(body)) + body)
        time.sleep(2)
        connection.settimeout(5)
        received = 0
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(1_000_000):
                received += len(part)
    assert received < 20_000_000


def test_slow_and_large_bodies_do_not_make_others_wait(world: World) -> None:
    stop = threading.Event()

    def disturb(data: bytes) -> None:
        while not stop.is_set():
            raw(world.port, data, 1)

    bodies = [
        head(b"Content-Length: 100\r\n\r\n") + b"{",
        head(b"Content-Length: 50000000\r\n\r\n") + b" " * 600_000,
        head(b"Content-Length: 200000\r\n\r\n") + b'{"query":"{' + b"hello " * 40_000,
    ]
    threads = [threading.Thread(target=disturb, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    try:
        waits = []
        for _ in range(20):
            started = time.monotonic()
            assert world.post("{hello}").status_code == 200
            waits.append(time.monotonic() - started)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert sorted(waits)[10] < 0.5


def head(rest: bytes) -> bytes:
    lines = [b"POST /graphql HTTP/1.1", b"Host: x", b"Content-Type: application/json", b"Accept: */*"]
    return b"\r\n".join([*lines, f"Authorization: Bearer {TOKEN}".encode(), rest])
