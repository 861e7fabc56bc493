"""The endpoint /graphql over WebSocket, by the protocol graphql-transport-ws; each wrong message has its close code."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing

import orjson
import structlog
from graphql import GraphQLFormattedError, OperationType
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from bg_graph.graph.errors import Coded, ErrorCode
from bg_graph.web.callers import bearer_token
from bg_graph.web.documents import CheckedDocument, CheckedOperation
from bg_graph.web.execution import is_request_error, stream
from bg_graph.web.faults import HttpFault, Refused, coded_error, internal_message
from bg_graph.web.graphql import Service
from bg_graph.web.logs import request_id
from bg_graph.web.requests import GraphQLRequest, check_values, from_parameters
from bg_graph.web.responses import payload

PROTOCOL = "graphql-transport-ws"

log = structlog.get_logger(__name__)


class Closing(Exception):
    """The connection ends with this close code. Source: the protocol's own list of codes."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class SocketEndpoint:
    """Serves WebSocket connections, those of pages from other origins only where the operator allowed the origin."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection to its end."""
        socket = WebSocket(scope, receive, send)
        if not _origin_allowed(socket, self._service.options.allowed_origins):
            await socket.close(1008)  # before accepting, so that the handshake is answered by 403
            return
        if PROTOCOL not in scope["subprotocols"]:
            await socket.accept()
            await socket.close(4406, f"Subprotocol {PROTOCOL} expected")
            return
        await socket.accept(PROTOCOL)
        with self._service.metrics.sockets.track_inprogress():
            await _Connection(socket, self._service).serve()


class _Connection:
    """One accepted connection: who is asking, and the operations under way by their id."""

    def __init__(self, socket: WebSocket, service: Service) -> None:
        self._socket = socket
        self._service = service
        self._options = service.options
        self._caller: object | None = None
        self._initialised = False
        self._running: dict[str, asyncio.Task[None]] = {}

    async def serve(self) -> None:
        """Take messages until either side closes."""
        try:
            await self._first_message()
            while True:
                await self._take(await self._message())
        except Closing as closing:
            await self._close(closing.code, closing.reason)
        except WebSocketDisconnect:
            pass
        except Exception as error:
            log.error("connection failed", exc_info=error)
            await self._close(4500, "Internal server error")
        finally:
            tasks = list(self._running.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _first_message(self) -> None:
        try:
            async with asyncio.timeout(self._options.socket_init_timeout):
                while not self._initialised:
                    await self._take(await self._message())
        except TimeoutError:
            raise Closing(4408, "Connection initialisation timeout") from None

    async def _message(self) -> dict[str, object]:
        received = await self._socket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code", 1005))
        text = received.get("text")
        if text is None:
            raise Closing(4400, "Messages must be text, not binary")
        data = text.encode("utf-8", "surrogatepass")
        if len(data) > self._options.limits.max_body:
            raise Closing(4400, f"A message is larger than {self._options.limits.max_body} bytes")
        return _decoded(data, self._options.limits.max_input_depth)

    async def _take(self, message: dict[str, object]) -> None:
        match message:
            case {"type": "connection_init"}:
                await self._init(_object(message, "payload"))
            case {"type": "ping"}:
                _object(message, "payload")
                await self._send({"type": "pong"})
            case {"type": "pong"}:
                _object(message, "payload")
            case {"type": "subscribe", "id": str(identity), "payload": dict(parameters)} if identity:
                await self._subscribe(identity, parameters)
            case {"type": "complete", "id": str(identity)}:
                task = self._running.pop(identity, None)
                if task is not None:
                    task.cancel()
            case {"type": str(kind)}:
                raise Closing(4400, f"A message of type {kind[:40]!r} has the wrong form or is unknown")
            case _:
                raise Closing(4400, "A message must have a type")

    async def _init(self, parameters: Mapping[str, object]) -> None:
        if self._initialised:
            raise Closing(4429, "Too many initialisation requests")
        self._initialised = True
        given = parameters.get("authorization", parameters.get("Authorization"))
        header = self._socket.headers.get("authorization")
        try:
            self._caller = await self._service.authenticate(bearer_token(given if given is not None else header))
        except Coded as error:
            raise Closing(4403, error.message) from None
        if self._caller is None:
            raise Closing(4403, "Forbidden")
        await self._send({"type": "connection_ack"})

    async def _subscribe(self, identity: str, parameters: dict[str, object]) -> None:
        if self._caller is None:
            raise Closing(4401, "Unauthorized")
        if identity in self._running:
            raise Closing(4409, f"Subscriber for {identity[:60]} already exists")
        try:
            request = from_parameters(parameters)
        except HttpFault as fault:
            raise Closing(4400, fault.message) from None
        if len(self._running) >= self._options.socket_operations:
            message = f"This connection already runs {self._options.socket_operations} operations."
            await self._refuse(identity, [coded_error(ErrorCode.TOO_MANY_OPERATIONS, message).formatted])
            return
        self._running[identity] = asyncio.create_task(self._run(identity, request))

    async def _run(self, identity: str, request: GraphQLRequest) -> None:
        """An operation from its document to `complete` or `error`."""
        try:
            document = await self._service.documents.get(request.query)
            operation = document.operation(request.operation_name)
            self._service.documents.measures.check_cost(operation.cost, request.variables)
            await self._results(identity, request, document, operation)
        except Refused as reason:
            await self._refuse(identity, self._service.refusal(reason))
        except TimeoutError:
            message = f"The operation took longer than {self._options.deadline:g} seconds and was cancelled."
            await self._refuse(identity, [coded_error(ErrorCode.DEADLINE_EXCEEDED, message).formatted])
        except WebSocketDisconnect:
            self._running.pop(identity, None)  # the connection has ended, and with it the asking
        except Coded as error:
            await self._refuse(identity, [coded_error(error.code, error.message).formatted])
        except Exception as error:
            log.error("operation failed", exc_info=error)
            shown = coded_error(ErrorCode.INTERNAL, internal_message(request_id())).formatted
            await self._refuse(identity, [shown])

    async def _results(
        self, identity: str, request: GraphQLRequest, document: CheckedDocument, operation: CheckedOperation
    ) -> None:
        service = self._service
        deadline = None if operation.kind is OperationType.SUBSCRIPTION else self._options.deadline
        async with asyncio.timeout(deadline), service.make_context(self._caller) as context:
            results = stream(service.schema, document, operation, request.variables, context)
            async with aclosing(results):
                async for result in results:
                    errors = service.shown(result)
                    if is_request_error(result):
                        service.note(operation, "failed")
                        await self._refuse(identity, errors)
                        return
                    content = payload(result.data, errors, result.extensions)
                    await self._send({"id": identity, "type": "next", "payload": content})
        service.note(operation, "answered")
        if self._running.pop(identity, None) is not None:
            await self._send({"id": identity, "type": "complete"})

    async def _refuse(self, identity: str, errors: list[GraphQLFormattedError]) -> None:
        if self._running.get(identity, asyncio.current_task()) is asyncio.current_task():
            self._running.pop(identity, None)
        await self._send({"id": identity, "type": "error", "payload": errors})

    async def _send(self, message: Mapping[str, object]) -> None:
        text = orjson.dumps(message).decode()
        if self._socket.application_state is not WebSocketState.CONNECTED:
            raise WebSocketDisconnect(1006)
        await self._socket.send_text(text)

    async def _close(self, code: int, reason: str) -> None:
        cut = reason.encode()[:123].decode(errors="ignore")  # a close frame holds no more
        try:
            await self._socket.close(code, cut)
        except RuntimeError:  # the client was faster
            return


def _decoded(data: bytes, max_depth: int) -> dict[str, object]:
    try:
        message = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise Closing(4400, "A message must be JSON") from None
    if not isinstance(message, dict):
        raise Closing(4400, "A message must be a JSON object")
    try:
        check_values(message, data, max_depth)
    except HttpFault as fault:
        raise Closing(4400, fault.message) from None
    return message


def _object(message: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = message.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Closing(4400, f"'{name}' must be an object")
    return value


def _origin_allowed(socket: WebSocket, allowed: tuple[str, ...]) -> bool:
    """Whether the page that connects may: a program sends no Origin; a page our own, or one that was allowed."""
    origin = socket.headers.get("origin")
    if origin is None or origin in allowed or "*" in allowed:
        return True
    secure = socket.url.scheme == "wss"
    return origin == f"{'https' if secure else 'http'}://{socket.headers.get('host', '')}"
