"""SMTP passes the exam of e-mail providers, against a real server that runs in a thread of its own."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from aiosmtpd.smtp import Envelope

from bg_email_smtp.plugin import PLUGIN
from bg_graph.plugins.testing.email import EmailProviderExam, Sent
from tests.email.mail_server import mail_server_in_a_thread, password_is
from tests.email.messages import parsed

PASSWORD = "correct horse"
LOGIN = MappingProxyType({"auth_require_tls": False, "authenticator": password_is(PASSWORD)})


class TestConformance(EmailProviderExam):
    plugin = PLUGIN
    memory_calls = 300

    @contextmanager
    def surroundings(self) -> Iterator[None]:
        with mail_server_in_a_thread(**LOGIN) as self.server, mail_server_in_a_thread(silent=True, **LOGIN) as silent:
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
