"""One HTTP exchange: a request out, a bounded body in, and the knowledge whether the request can have been carried out.

The client library's transport is called directly: its client logs every address, and these hold secrets and e-mail addresses.
"""

import asyncio
from dataclasses import dataclass

import httpx

LARGEST = 64 * 2**20
"""Bytes of an answer that are read."""


class NotSent(Exception):
    """The request did not leave: there was no connection."""


class NoAnswer(Exception):
    """The request may have left, and no whole answer came."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A whole answer."""

    status: int
    body: bytes


class Transport:
    """Connections to Marketo. They are opened by the first call, in whose loop they stay."""

    def __init__(self, *, connect_timeout: float, timeout: float, connections: int) -> None:
        limits = httpx.Limits(max_connections=connections + 2, max_keepalive_connections=connections)
        self._limits = limits
        self._timeouts = httpx.Timeout(timeout, connect=connect_timeout, pool=timeout).as_dict()
        self._longest = connect_timeout + timeout
        self._pool: httpx.AsyncHTTPTransport | None = None

    async def exchange(self, request: httpx.Request) -> Exchange:
        """Send a request. Raises NotSent or NoAnswer; the exceptions name no address and no header."""
        request.extensions["timeout"] = self._timeouts
        if self._pool is None:
            self._pool = httpx.AsyncHTTPTransport(limits=self._limits)
        try:
            async with asyncio.timeout(self._longest):
                return await _exchanged(self._pool, request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as fault:
            raise NotSent(f"there was no connection ({type(fault).__name__})") from None
        except (httpx.HTTPError, httpx.StreamError, TimeoutError) as fault:
            raise NoAnswer(f"there was no whole answer ({type(fault).__name__})") from None

    async def close(self) -> None:
        """Close the connections. May be called twice."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.aclose()


async def _exchanged(pool: httpx.AsyncHTTPTransport, request: httpx.Request) -> Exchange:
    response = await pool.handle_async_request(request)
    try:
        body = bytearray()
        async for part in response.aiter_bytes():
            body += part
            if len(body) > LARGEST:
                raise NoAnswer(f"the answer is longer than {LARGEST} bytes")
        return Exchange(response.status_code, bytes(body))
    finally:
        await response.aclose()
