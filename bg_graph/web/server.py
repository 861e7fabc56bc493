"""Puts the served parts together: routes, and what stands around all of them."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any

import strawberry
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from bg_graph.graph.errors import ErrorCode
from bg_graph.web.callers import Authenticate, FollowCaller, MakeContext, never_told
from bg_graph.web.documents import Documents
from bg_graph.web.execution import use_checked
from bg_graph.web.faults import HttpFault, internal_message
from bg_graph.web.graphql import GraphQLEndpoint
from bg_graph.web.health import Check, Health
from bg_graph.web.logs import RequestLog, request_id
from bg_graph.web.metrics import Metrics
from bg_graph.web.negotiation import MediaType
from bg_graph.web.options import WebOptions
from bg_graph.web.responses import faulty
from bg_graph.web.service import Service
from bg_graph.web.subscriptions import SocketEndpoint

Lifespan = Callable[[], AbstractAsyncContextManager[object]]
"""Entered before the first request is taken, left after the last was answered."""


def build_web(
    schema: strawberry.Schema,
    authenticate: Authenticate,
    make_context: MakeContext,
    options: WebOptions,
    *,
    extra_routes: Sequence[BaseRoute] = (),
    readiness: Mapping[str, Check] | None = None,
    lifespan: Lifespan = nullcontext,
    metrics: Metrics | None = None,
    follow: FollowCaller = never_told,
) -> ASGIApp:
    """Everything that is served: /graphql over HTTP and WebSocket, /healthz, /readyz, /metrics, and other rooms' routes.

    The schema is told to take checked documents (`use_checked`). `follow` tells at once of a caller's changed rights.
    """
    use_checked(schema)
    metrics = metrics or Metrics()
    documents = Documents(schema, options, metrics)
    service = Service(schema, documents, authenticate, make_context, options, metrics, follow)
    health = Health(readiness or {}, options.readiness_timeout)
    routes: list[BaseRoute] = [
        Route("/graphql", GraphQLEndpoint(service)),
        WebSocketRoute("/graphql", SocketEndpoint(service)),
        Route("/healthz", health.alive),
        Route("/readyz", health.ready),
        Route("/metrics", metrics.page),
        *extra_routes,
    ]

    @asynccontextmanager
    async def running(app: Starlette) -> AsyncIterator[None]:
        try:
            async with lifespan():
                yield
        finally:
            documents.close()

    app = Starlette(routes=routes, lifespan=running, exception_handlers={HTTPException: _coded, Exception: _failed})
    return _surrounded(app, options, metrics)


def _surrounded(app: ASGIApp, options: WebOptions, metrics: Metrics) -> ASGIApp:
    if options.allowed_origins:
        app = CORSMiddleware(
            app,
            allow_origins=options.allowed_origins,
            allow_methods=("GET", "POST"),
            allow_headers=("authorization", "content-type", "x-request-id"),
            expose_headers=("x-request-id",),
        )
    app = RequestLog(app, metrics)
    if options.base_path:
        app = BasePath(app, options.base_path)
    if options.trusted_proxies:
        trusting: Any = ProxyHeadersMiddleware  # uvicorn has types of its own for what Starlette calls an ASGIApp
        app = trusting(app, trusted_hosts=list(options.trusted_proxies))
    return app


class BasePath:
    """Serves everything below a path, for a proxy that strips that path and for one that does not."""

    def __init__(self, app: ASGIApp, base_path: str) -> None:
        self._app = app
        self._base = "/" + base_path.strip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with the base path in front of its path and named as its root."""
        if scope["type"] in ("http", "websocket"):
            path: str = scope["path"]
            if path != self._base and not path.startswith(self._base + "/"):
                path = self._base + path
            scope = {**scope, "path": path, "root_path": self._base}
        await self._app(scope, receive, send)


async def _coded(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _HTTP_CODES.get(error.status_code, ErrorCode.BAD_REQUEST)
    return _response(HttpFault(error.status_code, code, error.detail), error.headers)


async def _failed(request: Request, error: Exception) -> Response:
    return _response(HttpFault(500, ErrorCode.INTERNAL, internal_message(request_id())))


_HTTP_CODES = {404: ErrorCode.NOT_FOUND, 405: ErrorCode.METHOD_NOT_ALLOWED, 403: ErrorCode.FORBIDDEN}


def _response(fault: HttpFault, headers: Mapping[str, str] | None = None) -> Response:
    answer = faulty(fault, MediaType.JSON)
    return Response(answer.body, answer.status, headers, media_type="application/json")
