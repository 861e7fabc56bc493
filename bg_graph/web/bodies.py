"""Reading a request's body while it arrives: bounded in size and in time, so that no client holds anything for long."""

import asyncio

from starlette.types import Receive

from bg_graph.graph.errors import ErrorCode
from bg_graph.web.faults import HttpFault

_CLOSE = ((b"connection", b"close"),)
_DRAINED_BYTES = 1_000_000
_DRAINED_SECONDS = 1.0


class Disconnected(Exception):
    """The client went away before its request was answered."""


async def read_body(receive: Receive, declared: bytes | None, max_body: int, seconds: float) -> bytes:
    """The whole body, or a coded fault: 413 for one that is too large, 408 for one that is too slow.

    `declared` is the Content-Length header: what says itself to be too large is not read at all.
    """
    body = None
    if declared is None or not declared.isdigit() or (len(declared) <= 12 and int(declared) <= max_body):
        try:
            async with asyncio.timeout(seconds):
                body = await _collect(receive, max_body)
        except TimeoutError:
            message = f"The body did not arrive within {seconds:g} seconds."
            raise HttpFault(408, ErrorCode.BODY_TIMEOUT, message, _CLOSE) from None
    if body is None:
        await _drain(receive)
        raise HttpFault(413, ErrorCode.BODY_TOO_LARGE, f"The request is larger than {max_body} bytes.", _CLOSE)
    return body


async def wait_for_disconnect(receive: Receive) -> None:
    """Return when the client has gone away."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _collect(receive: Receive, max_body: int) -> bytes | None:
    """The whole body, or None as soon as it is too large."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        part = message.get("body", b"")
        size += len(part)
        if size > max_body:
            return None
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


async def _drain(receive: Receive) -> None:
    """Take in a little more, thrown away: a client that is still sending when we close would not see our answer."""
    taken = 0
    try:
        async with asyncio.timeout(_DRAINED_SECONDS):
            while taken < _DRAINED_BYTES:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
                taken += len(message.get("body", b""))
    except TimeoutError:
        return
