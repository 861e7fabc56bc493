"""uvicorn as we run it: its HTTP protocol with the time-outs and the bound on headers that it lacks."""

import asyncio
from dataclasses import dataclass
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

STREAMING = "bg.streaming"
"""Key of a request's `state` under which an answer that has no end of its own puts the last that it would say."""
TRY_AGAIN_LATER = 1013
"""Close code for a client that leaves too much unread. Source: IANA's registry of WebSocket close codes."""
LINGER = 10.0
"""Seconds that a client who was given up has to read what is under way to it, the reason included."""


@dataclass(frozen=True, slots=True)
class TransportOptions:
    """Settings of the sockets."""

    host: str = "127.0.0.1"
    """Address to listen at."""
    port: int = 8000
    """Port to listen at; 0 takes a free one."""
    header_timeout: float = 10.0
    """Seconds within which a request's headers must have arrived."""
    max_headers: int = 65_536
    """Bytes of a request's line and headers."""
    write_timeout: float = 30.0
    """Seconds that a client may leave an answer or a message unread."""
    keep_alive: int = 5
    """Seconds that an idle connection is kept."""
    shutdown_timeout: int = 10
    """Seconds that requests under way get to end when the server stops."""
    max_message: int = 256_000
    """Bytes of a WebSocket message."""


def uvicorn_config(app: ASGIApp, options: TransportOptions) -> uvicorn.Config:
    """The configuration of a server for the app; logs are left to `configure_logs`, proxies to `build_web`."""
    return uvicorn.Config(
        app,
        host=options.host,
        port=options.port,
        http=_protocol("TimedHttpProtocol", TimedHttpProtocol, options),
        ws=_protocol("TimedSocketProtocol", TimedSocketProtocol, options),
        ws_ping_interval=None,  # the pings of graphql-transport-ws serve
        ws_per_message_deflate=False,  # its windows would take more memory than all else of an idle subscriber
        ws_max_size=options.max_message + 1,  # one more, so that our own refusal, with its reason, comes first
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=options.keep_alive,
        timeout_graceful_shutdown=options.shutdown_timeout,
    )


class TimedHttpProtocol(HttpToolsProtocol):
    """Cuts off a client that is slow to send its headers, sends too many, or does not read its answer."""

    options = TransportOptions()
    _header_timer: asyncio.TimerHandle | None = None
    _write_timer: asyncio.TimerHandle | None = None
    _linger_timer: asyncio.TimerHandle | None = None
    _header_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start to wait for headers."""
        super().connection_made(cast(asyncio.Transport, transport))
        self._expect_headers()

    def data_received(self, data: bytes) -> None:
        """Count what arrives before the headers are complete."""
        if self._awaits_headers():
            self._expect_headers()
            self._header_bytes += len(data)
        super().data_received(data)
        if self._header_timer is not None and self._header_bytes > self.options.max_headers:
            self._refuse(b"431 Request Header Fields Too Large")

    def on_headers_complete(self) -> None:
        """The headers are there: no more waiting for them."""
        self._stop_waiting()
        super().on_headers_complete()

    def pause_writing(self) -> None:
        """The client reads too slowly: from now on it has a limited time."""
        super().pause_writing()
        if self._write_timer is None:
            self._write_timer = self.loop.call_later(self.options.write_timeout, self._give_up)

    def resume_writing(self) -> None:
        """The client has read."""
        super().resume_writing()
        self._stop_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the timers go."""
        self._stop_waiting()
        self._stop_writing()
        if self._linger_timer is not None:
            self._linger_timer.cancel()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The server ends: a stream without an end of its own is broken off, so that its client connects again."""
        super().shutdown()
        if self._farewell() is not None:
            self.transport.close()

    def _farewell(self) -> bytes | None:
        """The last words of the stream that is being answered."""
        if self.cycle is None or self.cycle.response_complete:
            return None
        words: bytes | None = self.cycle.scope["state"].get(STREAMING)
        return words

    def _give_up(self) -> None:
        """The client has not read for too long: what waits for it is kept a little, nothing is added but the reason."""
        farewell = self._farewell()
        if farewell is None:
            self.transport.abort()
            return
        self.transport.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(farewell), farewell))
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        self.flow.resume_writing()  # whoever waits to write finds the client gone
        self._linger_timer = self.loop.call_later(LINGER, self.transport.abort)
        self.transport.close()

    def _awaits_headers(self) -> bool:
        return self._header_timer is not None or self.cycle is None or self.cycle.response_complete

    def _expect_headers(self) -> None:
        if self._header_timer is None:
            self._header_bytes = 0
            self._header_timer = self.loop.call_later(self.options.header_timeout, self._refuse, b"408 Request Timeout")

    def _stop_waiting(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _stop_writing(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _refuse(self, status: bytes) -> None:
        self._stop_waiting()
        if not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            self.transport.close()


class TimedSocketProtocol(WebSocketsSansIOProtocol):
    """Closes the WebSocket of a client that does not read, with a code; what waits for it never grows."""

    options = TransportOptions()
    _write_timer: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """The client reads too slowly: from now on it has a limited time."""
        super().pause_writing()
        if self._write_timer is None:
            self._write_timer = self.loop.call_later(self.options.write_timeout, self._give_up)

    def resume_writing(self) -> None:
        """The client has read."""
        super().resume_writing()
        self._stop_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the timer go."""
        self._stop_writing()
        super().connection_lost(exc)

    def _stop_writing(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _give_up(self) -> None:
        """The code goes behind what waits already, and the app learns that the client is gone."""
        if self.close_sent or self.disconnected:
            self.transport.abort()
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": TRY_AGAIN_LATER})
        self.conn.send_close(TRY_AGAIN_LATER, "Messages were left unread for too long")
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = self.disconnected = True
        self.writable.set()  # whoever waits to write finds the client gone
        self.transport.resume_reading()  # for the client's own word of the end
        self.close_timer = self.loop.call_later(LINGER, self.transport.abort)


def _protocol(name: str, protocol: type[Any], options: TransportOptions) -> type[Any]:
    """The protocol class with its settings: uvicorn makes the instances and passes none of ours."""
    return type(name, (protocol,), {"options": options})
