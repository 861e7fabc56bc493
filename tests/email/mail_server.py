"""A real mail server (aiosmtpd) on a free port of this machine that records what it takes and misbehaves as it is told."""

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

Act = Callable[["Server"], Awaitable[str | None]]
"""What the server does at a stage: gives the answer, or None for the usual one."""


@dataclass
class Recorder:
    """What the server has seen, and what it is to do at which stage instead of the usual."""

    acts: dict[str, Act] = field(default_factory=dict)
    """By stage: MAIL, RCPT, DATA (before the content), CONTENT (while it comes), END (after it), RSET."""
    taken: list[Envelope] = field(default_factory=list)
    """Messages that it took, or that a stage after the end let pass."""
    connections: list["Server"] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    port: int = 0

    async def handle_DATA(self, server: "Server", _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Called by aiosmtpd at the end of a message."""
        self.taken.append(envelope)
        return await self.act("END", server) or "250 2.0.0 taken"

    async def act(self, stage: str, server: "Server") -> str | None:
        self.commands.append(stage)
        act = self.acts.get(stage)
        return await act(server) if act else None


class Server(SMTP):
    """aiosmtpd's server with a place before each stage at which a test may step in."""

    def __init__(self, recorder: Recorder, **options: Any) -> None:
        super().__init__(recorder, hostname="mail.test", **options)
        self.recorder = recorder
        recorder.connections.append(self)

    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802
        await self._or("MAIL", super().smtp_MAIL, arg)

    async def smtp_RCPT(self, arg: str) -> None:  # noqa: N802
        await self._or("RCPT", super().smtp_RCPT, arg)

    async def smtp_RSET(self, arg: str) -> None:  # noqa: N802
        await self._or("RSET", super().smtp_RSET, arg)

    async def smtp_EHLO(self, arg: str) -> None:  # noqa: N802
        await self._or("EHLO", super().smtp_EHLO, arg)

    async def smtp_HELO(self, arg: str) -> None:  # noqa: N802
        await self._or("HELO", super().smtp_HELO, arg)

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802
        await self._or("AUTH", super().smtp_AUTH, arg)

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        await self._or("STARTTLS", super().smtp_STARTTLS, arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if "CONTENT" in self.recorder.acts:
            await self.push("354 go ahead")
            await self._reader.read(1000)
            await self.recorder.act("CONTENT", self)
            return
        await self._or("DATA", super().smtp_DATA, arg)

    async def _or(self, stage: str, usual: Callable[[str], Awaitable[None]], arg: str) -> None:
        answer = await self.recorder.act(stage, self)
        if answer is None:
            await usual(arg)
        else:
            await self.push(answer)

    def drop(self) -> None:
        """Cut the connection."""
        if self.transport is not None:
            self.transport.abort()


def answers(text: str) -> Act:
    """Answer so, each time."""

    async def act(_server: Server) -> str:
        return text

    return act


def answers_once(text: str) -> Act:
    """Answer so the first time, then as usual."""
    left = [text]

    async def act(_server: Server) -> str | None:
        return left.pop() if left else None

    return act


async def drops(server: Server) -> None:
    """Cut the connection without an answer."""
    server.drop()
    await asyncio.sleep(3600)


async def is_silent(_server: Server) -> None:
    """Never answer."""
    await asyncio.sleep(3600)


def password_is(password: str) -> Callable[..., AuthResult]:
    """Takes a login with this password."""

    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        right = isinstance(given, LoginPassword) and given.password == password.encode()
        return AuthResult(success=right, handled=False)

    return authenticate


@asynccontextmanager
async def mail_server(*, tls: ssl.SSLContext | None = None, port: int = 0, **options: Any) -> AsyncIterator[Recorder]:
    """A mail server; `tls` protects it from the first byte, options go to aiosmtpd."""
    recorder = Recorder()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Server(recorder, loop=loop, **options), "127.0.0.1", port, ssl=tls)
    recorder.port = server.sockets[0].getsockname()[1]
    try:
        yield recorder
    finally:
        server.close()
        for connection in recorder.connections:
            connection.drop()
            handler = connection._handler_coroutine  # aiosmtpd leaves it running where it waits in one of our acts
            if handler is not None:
                handler.cancel()
        await asyncio.sleep(0)


@contextmanager
def mail_server_in_a_thread(*, silent: bool = False, **options: Any) -> Iterator[Recorder]:
    """A mail server on a loop of its own, so that it answers whatever others do to theirs; a silent one only connects."""
    ready, begun = threading.Event(), []

    async def serve() -> None:
        async with mail_server(**options) as recorder:
            if silent:
                recorder.acts["MAIL"] = is_silent
            ended = asyncio.Event()
            begun.extend((recorder, asyncio.get_running_loop(), ended))
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait(10)
    recorder, loop, ended = begun
    try:
        yield recorder
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(10)


@asynccontextmanager
async def scripted(*lines: bytes) -> AsyncIterator[int]:
    """A server that greets with the first line, answers each command with the next, then cuts the connection."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for line in lines:
            writer.write(line)
            await reader.readline()
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
