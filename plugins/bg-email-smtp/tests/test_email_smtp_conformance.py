"""SMTP passes the exam of e-mail providers, against a real server that runs in a thread of its own."""

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from aiosmtpd.smtp import Envelope

from bg_email_smtp.plugin import PLUGIN
from bg_graph.plugins.testing.email import EmailProviderExam, Sent
from tests.email.mail_server import Recorder, is_silent, mail_server, password_is
from tests.email.messages import parsed

PASSWORD = "correct horse"


class TestConformance(EmailProviderExam):
    plugin = PLUGIN
    memory_calls = 300

    @contextmanager
    def surroundings(self) -> Iterator[None]:
        with served() as self.server, served(silent=True) as silent:
            self.settings = settings(self.server.port)
            self.wrong_settings = settings(self.server.port, password="battery staple")
            self.down_settings = settings(free_port())
            self.slow_settings = settings(silent.port)
            yield

    def forget(self) -> None:
        self.server.taken.clear()
        self.server.commands.clear()

    def sent(self) -> Sequence[Sent]:
        return [seen(envelope) for envelope in list(self.server.taken)]


def settings(port: int, password: str = PASSWORD) -> dict[str, Any]:
    sender = "News <news@example.com>"
    return {"host": "127.0.0.1", "port": port, "sender": sender, "tls": "none", "user": "bg", "password": password}


def seen(envelope: Envelope) -> Sent:
    email = parsed(envelope.content)
    plain, html = email.get_body(("plain",)), email.get_body(("html",))
    return Sent(
        address=envelope.rcpt_tos[0],
        subject=str(email["subject"]),
        plain=plain.get_content() if plain else None,
        html=html.get_content() if html else None,
        headers={name: str(value) for name, value in email.items()},
    )


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def served(*, silent: bool = False) -> Iterator[Recorder]:
    """A mail server in a thread of its own, so that it answers whatever the provider does to its loop."""
    ready, begun = threading.Event(), []

    async def serve() -> None:
        options = {"auth_require_tls": False, "authenticator": password_is(PASSWORD)}
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
