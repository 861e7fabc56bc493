"""What stands around GraphQL: request ids, logs, health, metrics, origins, proxies, deadlines, start and stop."""

import asyncio
import json
import logging
import re
import socket
import time

import httpx
import pytest
import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bg_graph.web.logs import configure_logs
from bg_graph.web.options import WebOptions
from tests.web.toy_server import AUTHORIZED, SECRET, TOKEN, World, code_of, served


async def breaking(request: Request) -> PlainTextResponse:
    raise RuntimeError(SECRET)


async def address(request: Request) -> PlainTextResponse:
    assert request.client is not None
    return PlainTextResponse(f"{request.url_for('address')} {request.client.host}")


ROUTES = [Route("/breaks", breaking), Route("/address", address, name="address")]


@pytest.fixture(scope="module")
def world():
    with served(extra_routes=ROUTES) as world:
        yield world


def test_a_sane_request_id_is_kept_and_any_other_replaced(world: World) -> None:
    assert get(world, "/healthz", **{"x-request-id": "abc-1.2:3_4"}).headers["x-request-id"] == "abc-1.2:3_4"
    for wrong in ("", "a b", 'x"y', "a" * 65, "ü".encode()):
        made = httpx.get(world.url + "/healthz", headers={"x-request-id": wrong}).headers["x-request-id"]
        assert re.fullmatch(r"[0-9a-f-]{36}", made)


def test_an_exception_outside_of_graphql_is_internal_too(world: World) -> None:
    response = get(world, "/breaks", **{"x-request-id": "here"})
    assert (response.status_code, code_of(response)) == (500, "INTERNAL")
    assert "here" in response.text
    assert SECRET not in response.text


def test_an_unknown_address_is_not_found(world: World) -> None:
    response = get(world, "/nowhere")
    assert (response.status_code, code_of(response)) == (404, "NOT_FOUND")


@pytest.fixture
def keep_logging():
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.usefixtures("keep_logging")
def test_each_request_writes_one_line_without_token_query_or_variables(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logs("json", "INFO")
    with served() as world:
        capfd.readouterr()
        world.post("query Mine($t: String!) { echo(text: $t) }", {"t": "private"}, **{"x-request-id": "one"})
        httpx.get(world.url + "/graphql", params={"query": '{ echo(text: "private") }'}, headers=AUTHORIZED)
        world.post("{ breaks }", **{"x-request-id": "two"})
        get(world, "/healthz")
        time.sleep(0.1)
        written = capfd.readouterr().err
    lines = [json.loads(line) for line in written.splitlines() if '"event"' in line]
    requests = [line for line in lines if line["event"] == "request"]
    assert [line["status"] for line in requests] == [200, 200, 200]
    first = requests[0]
    assert (first["request_id"], first["operation"], first["kind"]) == ("one", "Mine", "query")
    assert (first["method"], first["path"]) == ("POST", "/graphql")
    assert first["bytes"] > 0
    assert first["ms"] > 0
    assert "private" not in written
    assert TOKEN not in written
    failed = next(line for line in lines if line["event"] == "field failed")
    assert (failed["request_id"], failed["path"], failed["level"]) == ("two", ["breaks"], "error")
    assert SECRET in failed["exception"]


@pytest.mark.usefixtures("keep_logging")
def test_logs_for_people_show_a_trace_without_local_variables(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logs("console", "INFO")
    with served() as world:
        world.post("{ breaks }")
        time.sleep(0.1)
        written = capfd.readouterr().err
    assert "RuntimeError" in written
    assert "locals" not in written


def test_alive_and_ready_and_not_ready(world: World) -> None:
    assert get(world, "/healthz").json() == {"status": "ok"}
    assert get(world, "/readyz").json() == {"status": "ok", "checks": {"database": "ok"}}
    world.problem = "migrations are missing: run 'bg-graph db upgrade'"
    try:
        response = get(world, "/readyz")
    finally:
        world.problem = None
    assert response.status_code == 503
    assert response.json()["checks"]["database"].startswith("migrations are missing")


def test_a_readiness_check_that_breaks_or_hangs_is_a_problem() -> None:
    async def broken() -> str | None:
        raise RuntimeError(SECRET)

    async def hanging() -> str | None:
        await asyncio.sleep(60)
        return None

    with served(WebOptions(readiness_timeout=0.2), readiness={"a": broken, "b": hanging}) as world:
        response = get(world, "/readyz")
    assert response.status_code == 503
    assert "RuntimeError" in response.json()["checks"]["a"]
    assert "0.2 seconds" in response.json()["checks"]["b"]
    assert SECRET not in response.text


def test_where_an_operation_gets_no_context_its_maker_says_why(world: World) -> None:
    world.problem = "The database does not answer. Try again in a minute."
    try:
        response = world.post("{ hello }")
    finally:
        world.problem = None
    assert (response.status_code, code_of(response)) == (503, "DATABASE_AWAY")
    assert "Try again" in response.text


def test_metrics_count_requests_operations_and_errors(world: World) -> None:
    world.post("{ hello }")
    world.post("{")
    get(world, "/anything-" + "x" * 50)
    text = get(world, "/metrics").text
    assert 'bg_graph_http_requests_total{method="POST",route="/graphql",status="200"}' in text
    assert 'bg_graph_graphql_operations_total{kind="query",outcome="answered"}' in text
    assert 'bg_graph_graphql_errors_total{code="SYNTAX_ERROR"}' in text
    assert 'route="none",status="404"' in text
    assert "anything" not in text


def test_no_origin_is_allowed_by_default(world: World) -> None:
    response = preflight(world, "https://app.test")
    assert response.status_code == 405
    assert "access-control-allow-origin" not in response.headers


def test_an_allowed_origin_may_call_and_another_may_not() -> None:
    with served(WebOptions(allowed_origins=("https://app.test",))) as world:
        allowed = preflight(world, "https://app.test")
        assert allowed.status_code == 200
        assert allowed.headers["access-control-allow-origin"] == "https://app.test"
        assert "authorization" in allowed.headers["access-control-allow-headers"].lower()
        assert preflight(world, "https://evil.test").status_code == 400
        assert "access-control-allow-origin" not in world.post("{hello}", origin="https://evil.test").headers
        answered = world.post("{hello}", origin="https://app.test")
        assert answered.headers["access-control-allow-origin"] == "https://app.test"
        assert answered.headers["access-control-expose-headers"] == "x-request-id"


def test_a_base_path_is_served_whether_or_not_the_proxy_strips_it() -> None:
    with served(WebOptions(base_path="/bg-graph/"), extra_routes=ROUTES) as world:
        for path in ("/graphql", "/bg-graph/graphql"):
            response = httpx.post(world.url + path, json={"query": "{hello}"}, headers=AUTHORIZED)
            assert response.json() == {"data": {"hello": "world"}}
        assert get(world, "/address").text.startswith(f"{world.url}/bg-graph/address ")


def test_forwarded_headers_are_believed_from_trusted_proxies_only(world: World) -> None:
    forwarded = {"x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.7"}
    assert get(world, "/address", **forwarded).text == f"{world.url}/address 127.0.0.1"
    with served(WebOptions(trusted_proxies=("127.0.0.1",)), extra_routes=ROUTES) as behind:
        text = get(behind, "/address", **forwarded).text
        assert text == f"https://127.0.0.1:{behind.port}/address 203.0.113.7"


def test_an_operation_beyond_its_deadline_is_cancelled_and_says_so() -> None:
    with served(WebOptions(deadline=0.3)) as world:
        response = world.post("{ slow(seconds: 30) }")
        assert (response.status_code, code_of(response)) == (503, "DEADLINE_EXCEEDED")
        assert world.cancelled.wait(2)
        older = world.post("{ slow(seconds: 30) }", accept="application/json")
        assert (older.status_code, code_of(older)) == (200, "DEADLINE_EXCEEDED")


def test_an_operation_is_cancelled_when_its_client_goes_away(world: World) -> None:
    world.cancelled.clear()
    body = b'{"query":"{ slow(seconds: 30) }"}'
    lines = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    head = lines + f"Authorization: Bearer {TOKEN}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", world.port)) as connection:
        connection.sendall(head + body)
        time.sleep(0.3)
        assert not world.cancelled.is_set()
    assert world.cancelled.wait(5)


def test_starting_and_stopping_run_the_products_own_start_and_stop() -> None:
    with served() as world:
        assert world.started.is_set()
        assert not world.stopped.is_set()
        with httpx.Client() as client:  # a kept connection does not hold the stop up
            client.get(world.url + "/healthz")
            stopping = time.monotonic()
    assert world.stopped.is_set()
    assert time.monotonic() - stopping < 4


def get(world: World, path: str, **headers: str) -> httpx.Response:
    return httpx.get(world.url + path, headers=headers)


def preflight(world: World, origin: str) -> httpx.Response:
    headers = {"origin": origin, "access-control-request-method": "POST"}
    asked = {**headers, "access-control-request-headers": "authorization,content-type"}
    return httpx.options(world.url + "/graphql", headers=asked)
