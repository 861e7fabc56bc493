"""Inbound calls that plugins answer: for whom they are, how large they may be, and what is told where the plugin fails."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from types import SimpleNamespace

import httpx
import pytest
from starlette.applications import Starlette

from bg_graph.hosting.hooks.readiness import readiness_of
from bg_graph.hosting.hooks.registering import Loaded, PluginHooks, register_all
from bg_graph.hosting.storage import PassingStorage
from bg_graph.plugins.errors import Forged, Rejected, Unavailable
from bg_graph.plugins.health import Health
from bg_graph.plugins.hooks import (
    CheckSpec,
    Register,
    RouteAccess,
    RouteMethod,
    RouteRequest,
    RouteResponse,
    RouteSpec,
    hookimpl,
)
from bg_graph.plugins.plugin import NoSettings, Plugin
from bg_graph.store.ids import new_id
from bg_graph.tenancy.rules import Caller, Right
from bg_graph.web.plugin_routes import PluginRoutes

CALLERS = {
    "reads": Caller(new_id(), "acme", new_id(), "Maria", frozenset({Right.READ})),
    "sends": Caller(new_id(), "acme", new_id(), "Maria", frozenset({Right.SEND})),
    "admin": Caller(new_id(), "acme", new_id(), "Maria", frozenset({Right.ADMIN})),
}
Handle = Callable[[RouteRequest], Awaitable[RouteResponse]]


async def echo(request: RouteRequest) -> RouteResponse:
    said = [request.tenant, request.path, dict(request.parameters), dict(request.query), request.body.decode()]
    return RouteResponse(body=f"{said} {'authorization' in request.headers}".encode())


def raising(fault: BaseException) -> Handle:
    async def handle(request: RouteRequest) -> RouteResponse:
        raise fault

    return handle


async def settings(request: RouteRequest) -> RouteResponse:
    return RouteResponse(body=str(request.settings).encode())


async def nonsense(request: RouteRequest) -> RouteResponse:
    return "hello"  # type: ignore[return-value]


async def cookies(request: RouteRequest) -> RouteResponse:
    return RouteResponse(status=201, headers={"Set-Cookie": "a=b", "X-Own": "yes"})


async def well() -> Health:
    return Health(healthy=True)


async def unwell() -> Health:
    return Health(healthy=False, message="the queue is long")


ANYBODY = RouteAccess.ANYBODY
SPECS = (
    RouteSpec(path="messages/{key}", handle=echo),
    RouteSpec(path="settings", handle=settings),
    RouteSpec(path="public/settings", handle=settings, access=ANYBODY),
    RouteSpec(path="admin", handle=echo, access=RouteAccess.ADMIN),
    RouteSpec(path="hook", handle=echo, access=ANYBODY, method=RouteMethod.POST, max_body=10),
    RouteSpec(path="forged", handle=raising(Forged("wrong signature")), access=ANYBODY),
    RouteSpec(path="rejected", handle=raising(Rejected("BAD", "no such list")), access=ANYBODY),
    RouteSpec(path="away", handle=raising(Unavailable("it is away")), access=ANYBODY),
    RouteSpec(path="bug", handle=raising(RuntimeError("s3cret")), access=ANYBODY),
    RouteSpec(path="nonsense", handle=nonsense, access=ANYBODY),
    RouteSpec(path="cookies", handle=cookies, access=ANYBODY),
)


@hookimpl
def register_routes(register: Register[RouteSpec]) -> None:
    for spec in SPECS:
        register.add(spec)


@hookimpl
def register_checks(register: Register[CheckSpec]) -> None:
    register.add(CheckSpec(name="well", description="Always.", check=well))
    register.add(CheckSpec(name="queue", description="Never.", check=unwell))


@pytest.fixture
async def hooks() -> AsyncIterator[PluginHooks]:
    brought = SimpleNamespace(register_routes=register_routes, register_checks=register_checks)
    plugin = Plugin(name="acme", version="1", title="Acme", hooks=brought)
    registered = register_all([Loaded(plugin, NoSettings(), PassingStorage())])
    yield registered
    await registered.close()


@pytest.fixture
async def client(hooks: PluginHooks) -> AsyncIterator[httpx.AsyncClient]:
    async def authenticate(token: str | None) -> Caller | None:
        return CALLERS.get(token or "")

    def settings_of(plugin: str, tenant: str) -> str:
        return f"those of {plugin} for {tenant or 'everybody'}"

    routes = PluginRoutes(authenticate, lambda: datetime.now(UTC), 5.0, settings_of).of(hooks.registered)
    transport = httpx.ASGITransport(Starlette(routes=routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://test/plugins/acme/") as opened:
        yield opened


def token(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {name}"}


async def test_a_plugin_is_told_the_callers_tenant_and_never_the_token(client: httpx.AsyncClient) -> None:
    answer = await client.get("messages/7?a=b", headers=token("reads"))
    assert (answer.status_code, answer.text) == (200, "['acme', 'messages/7', {'key': '7'}, {'a': 'b'}, ''] False")


@pytest.mark.parametrize(
    ("path", "name", "status"),
    [("messages/7", "nobody", 401), ("messages/7", "sends", 403), ("admin", "reads", 403), ("admin", "admin", 200)],
)
async def test_only_those_with_the_right_may_call(client: httpx.AsyncClient, path: str, name: str, status: int) -> None:
    assert (await client.get(path, headers=token(name))).status_code == status


async def test_a_call_for_anybody_has_no_tenant_and_a_limit(client: httpx.AsyncClient) -> None:
    assert (await client.post("hook", content=b"hello")).text == "[None, 'hook', {}, {}, 'hello'] False"
    assert (await client.post("hook", content=b"hello world")).status_code == 413
    assert (await client.get("hook")).status_code == 405


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("forged", 401, "UNAUTHENTICATED"),
        ("rejected", 400, "BAD_REQUEST"),
        ("away", 503, "PROVIDER_UNAVAILABLE"),
        ("bug", 502, "PLUGIN_ERROR"),
        ("nonsense", 502, "PLUGIN_ERROR"),
    ],
)
async def test_each_failure_has_its_status_and_code(
    client: httpx.AsyncClient, path: str, status: int, code: str
) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (status, code)
    assert "s3cret" not in answer.text


async def test_an_answer_sets_no_cookie_and_can_run_nothing(client: httpx.AsyncClient) -> None:
    answer = await client.get("cookies")
    assert (answer.status_code, answer.headers["x-own"]) == (201, "yes")
    assert "set-cookie" not in answer.headers
    assert "content-security-policy" in answer.headers


async def test_checks_of_plugins_are_readiness_checks_with_the_plugins_name(hooks: PluginHooks) -> None:
    told = {name: await check() for name, check in readiness_of(hooks).items()}
    assert told == {"acme-well": None, "acme-queue": "the queue is long"}


async def test_the_settings_are_those_of_the_callers_tenant(client: httpx.AsyncClient) -> None:
    own = await client.get("settings", headers=token("reads"))
    everybodys = await client.get("public/settings", headers=token("reads"))
    assert (own.text, everybodys.text) == ("those of acme for acme", "those of acme for everybody")
