"""Inbound calls that plugins answer, below `/plugins/<plugin>/`: who may call, how large and how slow a call may be."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bg_graph.graph.errors import ErrorCode
from bg_graph.hosting.hooks.registering import Registered
from bg_graph.hosting.hosted import PluginFailed
from bg_graph.plugins.errors import Forged, ProviderError, Rejected
from bg_graph.plugins.hooks import RouteAccess, RouteMethod, RouteRequest, RouteResponse, RouteSpec
from bg_graph.store.clock import Clock
from bg_graph.tenancy.rules import Caller, Right, lacking
from bg_graph.web.bodies import read_body
from bg_graph.web.callers import Authenticate, caller_of
from bg_graph.web.explorer import SECURITY_HEADERS
from bg_graph.web.faults import HttpFault
from bg_graph.web.webhooks import told

_NEEDED: Mapping[RouteAccess, Right] = MappingProxyType({RouteAccess.READ: Right.READ, RouteAccess.ADMIN: Right.ADMIN})
_PRIVATE = {**SECURITY_HEADERS, "cache-control": "no-store", "vary": "Authorization"}
_NOT_HANDED_ON = frozenset({"authorization", "cookie", "proxy-authorization"})
_NOT_TAKEN = frozenset({"content-length", "transfer-encoding", "connection", "set-cookie", "content-type"})
"""Header fields that are the server's to say, or that would reach beyond the plugin's own pages."""


SettingsOf = Callable[[str, str], Any]
"""A plugin's settings for a tenant, both by name; the tenant is empty for the installation."""


@dataclass(frozen=True, slots=True)
class PluginRoutes:
    """What answers inbound calls of plugins."""

    authenticate: Authenticate
    clock: Clock
    body_timeout: float
    settings_of: SettingsOf

    def of(self, registered: tuple[Registered, ...]) -> list[Route]:
        """The routes of all plugins."""
        return [route for each in registered for route in self._of_plugin(each)]

    def _of_plugin(self, plugin: Registered) -> Iterator[Route]:
        for spec in plugin.routes:
            path = f"/plugins/{plugin.name}/{spec.path}"
            answer = told(partial(self._answer, plugin, spec))
            yield Route(path, answer, methods=[spec.method.value], name=f"plugin-{plugin.name}-{spec.path}")

    async def _answer(self, plugin: Registered, spec: RouteSpec, request: Request) -> Response:
        tenant = await self._tenant_of(spec, request)
        declared = request.headers.get("content-length")
        body = await read_body(
            request.receive, None if declared is None else declared.encode(), spec.max_body, self.body_timeout
        )
        headers = {name: value for name, value in request.headers.items() if name not in _NOT_HANDED_ON}
        call = RouteRequest(
            method=RouteMethod(spec.method),
            path=request.url.path.partition(f"/plugins/{plugin.name}/")[2],
            parameters={name: str(value) for name, value in request.path_params.items()},
            query=dict(request.query_params),
            headers=headers,
            body=body,
            tenant=tenant,
            received_at=self.clock(),
            settings=self.settings_of(plugin.name, tenant or ""),
        )
        try:
            return _response(await plugin.running.answer(spec, call))
        except ProviderError as fault:
            raise _fault(plugin.name, fault) from None

    async def _tenant_of(self, spec: RouteSpec, request: Request) -> str | None:
        """Name of the caller's tenant; None where anybody may call."""
        if spec.access is RouteAccess.ANYBODY:
            return None
        caller, _ = await caller_of(request.headers, self.authenticate)
        needed = _NEEDED[spec.access]
        if not isinstance(caller, Caller) or not caller.may(needed):
            raise HttpFault(403, ErrorCode.FORBIDDEN, lacking(needed))
        return caller.tenant_name


def _response(answer: RouteResponse) -> Response:
    own = {name.lower(): value for name, value in answer.headers.items() if name.lower() not in _NOT_TAKEN}
    return Response(answer.body, answer.status, {**_PRIVATE, **own}, media_type=answer.media_type)


def _fault(plugin: str, fault: ProviderError) -> HttpFault:
    if isinstance(fault, Forged):
        return HttpFault(401, ErrorCode.UNAUTHENTICATED, f"The call is not from whom it says it is: {fault}.")
    if isinstance(fault, PluginFailed):
        return HttpFault(502, ErrorCode.PLUGIN_ERROR, f"The call could not be answered: {fault}.")
    if isinstance(fault, Rejected):
        return HttpFault(400, ErrorCode.BAD_REQUEST, f"{plugin}: {fault}.")
    return HttpFault(503, ErrorCode.PROVIDER_UNAVAILABLE, f"The plugin {plugin} can't answer now: {fault}.")
