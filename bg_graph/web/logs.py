"""Structured logs: how they are written, the request id that ties their lines together, and one line for each request."""

import logging
import re
import sys
from time import perf_counter
from typing import Literal

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars
from structlog.typing import Processor
from uuid_utils import uuid7

from bg_graph.graph.errors import ErrorCode
from bg_graph.web.faults import HttpFault, internal_message
from bg_graph.web.metrics import Metrics
from bg_graph.web.negotiation import MediaType
from bg_graph.web.responses import faulty

_SANE_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}\Z")
_LEFT = 499
"""Written where a client went away before there was an answer, as other servers do."""
_QUIET = ("/healthz", "/readyz", "/metrics")
"""Asked every few seconds by machines: their lines are written at debug level."""
_TELLING = "{token}"
"""Stands in the pattern of a route whose path lets whoever knows it act for somebody: the pattern is written instead."""

log = structlog.get_logger(__name__)


def configure_logs(form: Literal["json", "console"], level: str) -> None:
    """Have everything in the process write its log lines to standard error in one form.

    `json`: an object a line, for machines; `console`: for people. Level: DEBUG, INFO, WARNING or ERROR.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # a second call, in a test or after settings were read, must take effect
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=_rendered(form), foreign_pre_chain=shared))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
    # httpx, which plugins use, logs every address with its query string: keys and personal data stand there
    for name in ("httpx", "httpx2", "httpcore", "httpcore2", "openai"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Looking up the database's revision, as every command and readiness check does, logs two lines that tell nothing.
    logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)
    # Strawberry logs every field's error, wrong input included, without request id; `faults.shown` logs what is ours.
    logging.getLogger("strawberry.execution").setLevel(logging.CRITICAL)


def request_id() -> str:
    """The id of the request that is being answered; empty outside of one."""
    return str(get_contextvars().get("request_id", ""))


class RequestLog:
    """Around everything that is served: gives each request its id, writes its line, counts it, and lets nothing
    that went wrong reach the client as a stack trace.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass on what is none."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        clear_contextvars()
        identity = _incoming_id(scope) or str(uuid7())
        bind_contextvars(request_id=identity)
        line = _Line(scope, identity, send)
        try:
            await self._app(scope, receive, line.send)
        except Exception as error:
            log.error("request failed", exc_info=error)
            await line.fail()
        finally:
            self._write(scope, line)

    def _write(self, scope: Scope, line: "_Line") -> None:
        seconds = perf_counter() - line.started
        route = _route(scope)
        write = log.debug if route in _QUIET else log.info
        path = route if _TELLING in route else scope["path"][:200]
        fields = {"path": path, "status": line.status or _LEFT, "ms": round(seconds * 1000, 2)}
        client = scope.get("client")
        if scope["type"] == "websocket":
            write("websocket", client=client[0] if client else None, **fields)
            return
        write("request", method=scope["method"], client=client[0] if client else None, bytes=line.size, **fields)
        method = scope["method"] if scope["method"] in ("GET", "POST", "OPTIONS", "HEAD") else "other"
        self._metrics.requests.labels(method, route, str(line.status or _LEFT)).inc()
        self._metrics.request_seconds.labels(route).observe(seconds)


class _Line:
    """What is noticed about one request on the way out."""

    def __init__(self, scope: Scope, identity: str, send: Send) -> None:
        self.started = perf_counter()
        self.status = 0
        self.size = 0
        self._identity = identity
        self._is_http = scope["type"] == "http"
        self._send = send

    async def send(self, message: Message) -> None:
        """Pass a message on, with the request id among the headers."""
        if message["type"] in ("http.response.start", "websocket.accept"):
            self.status = message.get("status", 101)
            headers = [*message.get("headers", ()), (b"x-request-id", self._identity.encode())]
            message = {**message, "headers": headers}
        elif message["type"] == "http.response.body":
            self.size += len(message.get("body", b""))
        elif message["type"] == "websocket.close":
            self.status = message.get("code", 1000)
        await self._send(message)

    async def fail(self) -> None:
        """Answer a failure, unless an answer has begun."""
        if self._is_http and self.status == 0:
            fault = HttpFault(500, ErrorCode.INTERNAL, internal_message(self._identity))
            await faulty(fault, MediaType.JSON).send(self.send)


def _rendered(form: Literal["json", "console"]) -> list[Processor]:
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if form == "json":
        return [remove_meta, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    # traces without the values of local variables: those hold what people wrote, and tokens
    plain = structlog.dev.plain_traceback
    return [remove_meta, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]


def _incoming_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _SANE_ID.match(value):
            text: bytes = value
            return text.decode("ascii")
    return None


def _route(scope: Scope) -> str:
    """The route's pattern, never the path itself: a path is anybody's choice, and each would be a metric of its own."""
    return str(getattr(scope.get("route"), "path", "none"))
