"""The endpoint /graphql over WebSocket, by the protocol graphql-transport-ws; each wrong message has its close code."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import orjson
import structlog
from graphql import GraphQLFormattedError
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from bg_graph.graph.errors import Coded, ErrorCode
from bg_graph.web.beats import Beats
from bg_graph.web.callers import bearer_token
from bg_graph.web.faults import HttpFault, coded_error
from bg_graph.web.operations import ended_errors, perform
from bg_graph.web.requests import GraphQLRequest, check_values, from_parameters
from bg_graph.web.service import Service
from bg_graph.web.standing import Ended, Standing

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
        self._standing: Standing | None = None
        self._initialised = False
        self._running: dict[str, asyncio.Task[None]] = {}
        self._sending = asyncio.Lock()
        self._beats = Beats(service.options.heartbeat)
        self._ending: Ended | None = None
        self._unanswered = False

    async def serve(self) -> None:
        """Take messages until either side closes."""
        try:
            await self._first_message()
            assert self._standing is not None
            with self._service.follow(self._standing.caller, self._beats.wake):
                while True:
                    message = await self._beats.wait(self._message())
                    await (self._beat() if message is None else self._take(message))
        except Closing as closing:
            await self._close(closing.code, closing.reason)
        except Ended as ended:
            await self._end(ended)
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

    async def _beat(self) -> None:
        """See that the caller may stay and that the client still answers."""
        if self._ending is not None:
            raise self._ending
        assert self._standing is not None
        await self._standing.confirm_if_possible()
        if self._beats.is_due():
            if self._unanswered:
                raise Closing(4408, f"A ping was not answered within {self._options.heartbeat:g} seconds")
            self._unanswered = True
            await self._send({"type": "ping"})

    async def _end(self, ended: Ended) -> None:
        """Tell each operation under way why it ends, then close."""
        for identity, task in tuple(self._running.items()):
            task.cancel()
            with suppress(WebSocketDisconnect):
                await self._refuse(identity, ended_errors(self._service, ended))
        await self._close(4403, ended.message)

    async def _first_message(self) -> None:
        try:
            async with asyncio.timeout(self._options.socket_init_timeout):
                while not self._initialised:
                    await self._take(await self._message())
        except TimeoutError:
            raise Closing(4408, "Connection initialisation timeout") from None

    async def _message(self) -> dict[str, object]:
        received = await self._socket.receive()
        self._unanswered = False  # whatever it says, it lives
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
        token = bearer_token(given if given is not None else header)
        try:
            caller = await self._service.authenticate(token)
        except Coded as error:
            raise Closing(4403, error.message) from None
        if caller is None:
            raise Closing(4403, "Forbidden")
        self._standing = Standing(self._service.authenticate, token, caller)
        await self._send({"type": "connection_ack"})

    async def _subscribe(self, identity: str, parameters: dict[str, object]) -> None:
        if self._standing is None:
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
        self._running[identity] = asyncio.create_task(self._run(identity, request, self._standing))

    async def _run(self, identity: str, request: GraphQLRequest, standing: Standing) -> None:
        """An operation from its document to `complete` or `error`."""

        async def deliver(content: dict[str, object]) -> None:
            await self._send({"id": identity, "type": "next", "payload": content})

        try:
            await standing.confirm_before_telling()
            errors = await perform(self._service, standing, request, deliver)
            if errors is not None:
                await self._refuse(identity, errors)
            elif self._running.pop(identity, None) is not None:
                await self._send({"id": identity, "type": "complete"})
        except WebSocketDisconnect:
            self._running.pop(identity, None)  # the connection has ended, and with it the asking
        except Ended as ended:
            self._ending = ended
            self._beats.wake()

    async def _refuse(self, identity: str, errors: list[GraphQLFormattedError]) -> None:
        if self._running.get(identity, asyncio.current_task()) is asyncio.current_task():
            self._running.pop(identity, None)
        await self._send({"id": identity, "type": "error", "payload": errors})

    async def _send(self, message: Mapping[str, object]) -> None:
        text = orjson.dumps(message).decode()
        async with self._sending:  # one at a time, so that what waits for a slow client is one message
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
