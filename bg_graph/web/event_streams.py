"""Operations answered as server-sent events, one request each: GraphQL over SSE, "distinct connections mode"."""

import asyncio
from dataclasses import dataclass

import orjson
from starlette.types import Receive, Scope, Send

from bg_graph.graph.errors import ErrorCode
from bg_graph.web.beats import Beats
from bg_graph.web.bodies import wait_for_disconnect
from bg_graph.web.faults import coded_error
from bg_graph.web.operations import Errors, ended_errors, perform
from bg_graph.web.requests import GraphQLRequest
from bg_graph.web.service import Service
from bg_graph.web.standing import Ended, Standing
from bg_graph.web.transport import STREAMING

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"vary", b"Accept"),
    (b"x-accel-buffering", b"no"),  # nginx and others would keep events back until there are many
]
_COMPLETE = b"event: complete\ndata:\n\n"
_COMMENT = b":\n\n"


def _event(content: object) -> bytes:
    return b"event: next\ndata: " + orjson.dumps(content) + b"\n\n"


SLOW = _event(
    {"errors": [coded_error(ErrorCode.SLOW_CLIENT, "Events were left unread for too long; connect again.").formatted]}
)
"""The last that a client is told who leaves events unread."""


@dataclass(slots=True)
class EventStream:
    """The answer to one request, event by event."""

    service: Service
    standing: Standing
    request: GraphQLRequest
    scope: Scope
    receive: Receive

    async def send(self, send: Send) -> None:
        """Send it to its end: the operation's, or that of the client's interest, rights or patience."""
        beats = Beats(self.service.options.heartbeat)
        self.scope.setdefault("state", {})[STREAMING] = SLOW + _COMPLETE
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await _write(send, _COMMENT)  # so that the headers are on their way at once, through proxies too
        operation = asyncio.create_task(self._operate(send))
        operation.add_done_callback(lambda _: beats.wake())
        try:
            if await self._keep(operation, beats, send):
                return
            errors = operation.result()
        except Ended as ended:
            errors = ended_errors(self.service, ended)
        finally:
            operation.cancel()
            await asyncio.wait([operation])
        last = _event({"errors": errors}) if errors else b""
        await send({"type": "http.response.body", "body": last + _COMPLETE, "more_body": False})

    async def _keep(self, operation: asyncio.Task[Errors | None], beats: Beats, send: Send) -> bool:
        """Until the operation ends, show that the line is alive and see that the caller may stay; whether they left."""
        with (
            self.service.metrics.event_streams.track_inprogress(),
            self.service.follow(self.standing.caller, beats.wake),
        ):
            while not operation.done():
                if await beats.wait(_gone(self.receive)):
                    return True
                if operation.done():
                    break
                await self.standing.confirm_if_possible()
                if beats.is_due():
                    await _write(send, _COMMENT)
        return False

    async def _operate(self, send: Send) -> Errors | None:
        return await perform(self.service, self.standing, self.request, lambda content: _write(send, _event(content)))


async def _gone(receive: Receive) -> bool:
    await wait_for_disconnect(receive)
    return True


async def _write(send: Send, text: bytes) -> None:
    await send({"type": "http.response.body", "body": text, "more_body": True})
