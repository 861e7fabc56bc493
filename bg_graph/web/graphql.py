"""The endpoint /graphql over HTTP: caller, request, document, execution, answer, each a step of its own."""

import asyncio
from http import HTTPMethod
from types import TracebackType

import structlog
from graphql import OperationType
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send
from structlog.contextvars import bind_contextvars

from bg_graph.graph.errors import Coded, ErrorCode
from bg_graph.store.conflicts import is_away
from bg_graph.web.bodies import Disconnected, read_body, wait_for_disconnect
from bg_graph.web.callers import caller_of
from bg_graph.web.documents import CheckedOperation
from bg_graph.web.event_streams import EventStream
from bg_graph.web.execution import execute, is_request_error
from bg_graph.web.faults import DATABASE_AWAY, HttpFault, Refused, coded_error
from bg_graph.web.negotiation import MediaType, answer_type, check_content_type, takes_events
from bg_graph.web.requests import GraphQLRequest, from_body, from_query_string
from bg_graph.web.responses import Answer, executed, faulty, not_executed
from bg_graph.web.service import Service
from bg_graph.web.standing import Standing

log = structlog.get_logger(__name__)
_METHODS = "GET, POST"


class GraphQLEndpoint:
    """Answers GET and POST by the GraphQL-over-HTTP specification."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._options = service.options

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            answer = await self._answer(scope, receive)
        except Disconnected:
            return
        await answer.send(send)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer | EventStream:
        headers = Headers(scope=scope)
        media_type = MediaType.JSON
        try:
            wanted = answer_type(headers.get("accept"))
            media_type = MediaType.JSON if wanted is MediaType.EVENTS else wanted
            _check_method(scope["method"])
            caller, token = await caller_of(headers, self._service.authenticate)
            request = await self._request(scope, headers, receive)
            if await self._is_streamed(request, scope["method"], headers.get("accept")):
                standing = Standing(self._service.authenticate, token, caller)
                return EventStream(self._service, standing, request, scope, receive)
            return await self._run(scope["method"], caller, request, receive, media_type)
        except HttpFault as fault:
            self._service.metrics.errors.labels(fault.code).inc()
            return faulty(fault, media_type)
        except Refused as reason:
            return not_executed(self._service.refusal(reason), media_type)
        except Coded as error:  # the context of the operation could not be made, and its maker says why
            shown_error = coded_error(error.code, error.message).formatted
            return not_executed(self._service.counted([shown_error]), media_type, status=503)
        except Exception as fault:
            if not is_away(fault):
                raise
            log.warning("database away", fault=type(fault).__name__)
            self._service.metrics.errors.labels(ErrorCode.DATABASE_UNAVAILABLE).inc()
            return faulty(HttpFault(503, ErrorCode.DATABASE_UNAVAILABLE, DATABASE_AWAY), media_type)

    async def _request(self, scope: Scope, headers: Headers, receive: Receive) -> GraphQLRequest:
        limits = self._options.limits
        if scope["method"] == HTTPMethod.GET:
            if len(scope["query_string"]) > limits.max_body:
                message = f"The address is longer than {limits.max_body} bytes."
                raise HttpFault(414, ErrorCode.BODY_TOO_LARGE, message)
            return from_query_string(scope["query_string"], limits.max_input_depth)
        check_content_type(headers.get("content-type"), headers.get("content-encoding"))
        declared = headers.get("content-length")
        body = await read_body(
            receive, declared.encode() if declared else None, limits.max_body, self._options.body_timeout
        )
        return from_body(body, limits.max_input_depth)

    async def _is_streamed(self, request: GraphQLRequest, method: str, accept: str | None) -> bool:
        """Whether the answer is a stream of events: where the asker prefers one, or takes one for a subscription.

        What the method forbids is refused as HTTP; in a stream, what is wrong as GraphQL is told as an event.
        """
        if not takes_events(accept):
            return False
        preferred = answer_type(accept) is MediaType.EVENTS
        try:
            operation = (await self._service.documents.get(request.query)).operation(request.operation_name)
        except Refused:
            return preferred
        if operation.kind is OperationType.SUBSCRIPTION:
            return True
        _check_kind(operation, method)
        return preferred

    async def _run(
        self, method: str, caller: object, request: GraphQLRequest, receive: Receive, media_type: MediaType
    ) -> Answer:
        service = self._service
        document = await service.documents.get(request.query)
        operation = document.operation(request.operation_name)
        bind_contextvars(operation=(operation.name or "")[:100], kind=operation.kind.value)
        _check_kind(operation, method)
        service.documents.measures.check_cost(operation.cost, request.variables)
        watch = _Watch(receive, self._options.deadline)
        try:
            async with watch, service.make_context(caller) as context:
                result = await execute(service.schema, document, operation, request.variables, context)
        except TimeoutError:
            if not watch.ended:
                raise
            service.note(operation, "disconnected" if watch.disconnected else "deadline")
            return self._timed_out(watch, media_type)
        service.note(operation, "failed" if result.errors else "answered")
        errors = service.shown(result)
        if is_request_error(result):
            return not_executed(errors, media_type)
        return executed(result.data, errors, result.extensions, media_type)

    def _timed_out(self, watch: "_Watch", media_type: MediaType) -> Answer:
        if watch.disconnected:
            raise Disconnected
        log.warning("deadline exceeded", seconds=self._options.deadline)
        message = f"The operation took longer than {self._options.deadline:g} seconds and was cancelled. Ask for less."
        error = coded_error(ErrorCode.DEADLINE_EXCEEDED, message).formatted
        return not_executed(self._service.counted([error]), media_type, status=503)


class _Watch:
    """Around an execution: cancels it at the deadline, or as soon as the client goes away, by a TimeoutError."""

    def __init__(self, receive: Receive, seconds: float) -> None:
        self.disconnected = False
        self._receive = receive
        self._scope = asyncio.timeout(seconds)
        self._task: asyncio.Task[None] | None = None

    @property
    def ended(self) -> bool:
        """Whether it was us who cancelled."""
        return self._scope.expired()

    async def __aenter__(self) -> None:
        await self._scope.__aenter__()
        self._task = asyncio.create_task(self._wait())

    async def __aexit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        await self._scope.__aexit__(kind, raised, trace)

    async def _wait(self) -> None:
        await wait_for_disconnect(self._receive)
        self.disconnected = True
        self._scope.reschedule(asyncio.get_running_loop().time())


def _check_method(method: str) -> None:
    if method not in (HTTPMethod.GET, HTTPMethod.POST):
        message = f"GraphQL is asked by {_METHODS}, not by {method[:20]}."
        raise HttpFault(405, ErrorCode.METHOD_NOT_ALLOWED, message, ((b"allow", _METHODS.encode()),))


def _check_kind(operation: CheckedOperation, method: str) -> None:
    if operation.kind is OperationType.SUBSCRIPTION:
        message = (
            "A subscription has many answers: ask by WebSocket (protocol graphql-transport-ws), "
            "or here with 'Accept: text/event-stream'."
        )
        raise HttpFault(400, ErrorCode.SUBSCRIPTION_NEEDS_STREAM, message)
    if operation.kind is OperationType.MUTATION and method == HTTPMethod.GET:
        message = "Mutations are taken by POST only."
        raise HttpFault(405, ErrorCode.METHOD_NOT_ALLOWED, message, ((b"allow", b"POST"),))
