"""SMTP: connections are kept, counted and checked; TLS with a checked certificate; login."""

import asyncio
import logging
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from pydantic import SecretStr

from bg_email_smtp.provider import SmtpProvider
from bg_graph.plugins.errors import Misconfigured, Unavailable
from tests.email.mail_server import answers, answers_once, drops, is_silent, mail_server, password_is
from tests.email.messages import key_of, recipient, request
from tests.email.smtp_to import smtp_to

PASSWORD = "correct horse"


async def send(provider: SmtpProvider, *numbers: int) -> None:
    for number in numbers:
        await provider.send(request(recipient(number)))


async def until(condition: object) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


class TestPool:
    async def test_messages_one_after_the_other_share_a_connection_that_is_asked_before_each(self):
        async with mail_server() as server:
            provider = smtp_to(server.port)
            await send(provider, *range(10))
            await provider.close()
            assert len(server.connections) == 1
            assert len(server.taken) == 10
            assert server.commands.count("RSET") == 9

    async def test_there_are_never_more_connections_than_are_set(self):
        async with mail_server() as server:
            provider = smtp_to(server.port, connections=3, timeout=5)
            await asyncio.gather(*(send(provider, number) for number in range(30)))
            await provider.close()
            assert len(server.connections) == 3
            assert sorted(taken.content.split(b"@")[0] for taken in server.taken) == [
                f"Message-ID: <{key_of(number)}".encode() for number in range(30)
            ]

    async def test_who_waits_too_long_for_a_connection_is_told_to_try_again(self):
        async def is_slow(_server):
            await asyncio.sleep(0.25)

        async with mail_server() as server:
            server.acts = dict.fromkeys(("MAIL", "RCPT", "END"), is_slow)
            provider = smtp_to(server.port, connections=1, timeout=0.5)
            first = asyncio.create_task(send(provider, 1))
            await until(lambda: server.connections)
            with pytest.raises(Unavailable, match=r"smtp\.connections"):
                await send(provider, 2)
            await first
            await provider.close()
            assert len(server.taken) == 1

    async def test_a_connection_that_the_server_has_closed_is_replaced(self):
        async with mail_server() as server:
            provider = smtp_to(server.port)
            await send(provider, 1)
            server.connections[0].drop()
            await send(provider, 2)
            await provider.close()
            assert len(server.connections) == 2
            assert len(server.taken) == 2

    @pytest.mark.parametrize("act", [drops, is_silent, answers("421 4.4.2 idle too long"), answers("500 what")])
    async def test_a_connection_on_which_the_server_does_not_answer_is_replaced(self, act):
        async with mail_server() as server:
            provider = smtp_to(server.port)
            await send(provider, 1)
            server.acts["RSET"] = act
            await send(provider, 2)
            await provider.close()
            assert len(server.connections) == 2
            assert len(server.taken) == 2

    async def test_a_restarted_server_is_found_again(self):
        async with mail_server() as server:
            provider = smtp_to(server.port)
            await send(provider, 1)
            port = server.port
        with pytest.raises(Unavailable):
            await send(provider, 2)
        async with mail_server(port=port) as server:
            await send(provider, 2)
            assert len(server.taken) == 1
            await provider.close()

    async def test_an_unused_connection_is_closed_after_a_while(self):
        async with mail_server() as server:
            provider = smtp_to(server.port, idle=0.1)
            await send(provider, 1)
            await until(lambda: server.connections[0].transport is None)
            await send(provider, 2)
            await provider.close()
            assert len(server.connections) == 2

    async def test_closing_closes_all_connections_may_be_done_twice_and_ends_sending(self):
        async with mail_server() as server:
            provider = smtp_to(server.port, connections=2)
            await asyncio.gather(send(provider, 1), send(provider, 2))
            await provider.close()
            await provider.close()
            await until(lambda: all(connection.transport is None for connection in server.connections))
            with pytest.raises(Unavailable, match="closed"):
                await send(provider, 3)

    async def test_a_connection_in_use_is_closed_after_its_message(self):
        async with mail_server() as server:
            provider = smtp_to(server.port)
            going_on = asyncio.Event()

            async def waits(_server):
                await going_on.wait()

            server.acts["END"] = waits
            call = asyncio.create_task(send(provider, 1))
            await until(lambda: server.taken)
            await provider.close()
            going_on.set()
            await call
            await until(lambda: server.connections[0].transport is None)

    async def test_a_retry_later_does_not_cost_a_connection(self):
        async with mail_server() as server:
            server.acts["RCPT"] = answers_once("450 4.2.0 grey")
            provider = smtp_to(server.port)
            with pytest.raises(Unavailable):
                await send(provider, 1)
            await send(provider, 1)
            await provider.close()
            assert len(server.connections) == 1

    async def test_a_check_sends_nothing(self):
        async with mail_server() as server:
            provider = smtp_to(server.port)
            assert (await provider.check()).healthy
            await provider.close()
            assert server.taken == []
            assert "MAIL" not in server.commands


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    return tls_for(authority, "127.0.0.1")


def tls_for(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.fixture
def quiet() -> Iterator[None]:
    """The server's complaints about handshakes that we break off on purpose."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("asyncio").setLevel(logging.NOTSET)


class TestTls:
    async def test_starttls_protects_what_comes_after_it(self, tls: ssl.SSLContext, ca_file: Path):
        async with mail_server(tls_context=tls, require_starttls=True) as server:
            provider = smtp_to(server.port, tls="starttls", ca_file=ca_file, timeout=5)
            await send(provider, 1, 2)
            assert len(server.taken) == 2
            assert server.connections[0].session.ssl is not None
            assert len(server.connections) == 1
            await provider.close()

    async def test_tls_protects_from_the_first_byte(self, tls: ssl.SSLContext, ca_file: Path):
        async with mail_server(tls=tls) as server:
            provider = smtp_to(server.port, tls="tls", ca_file=ca_file, timeout=5)
            await send(provider, 1, 2)
            assert len(server.taken) == 2
            assert len(server.connections) == 1
            await provider.close()

    async def test_a_long_message_arrives_whole_over_tls(self, tls: ssl.SSLContext, ca_file: Path):
        async with mail_server(tls=tls) as server:
            provider = smtp_to(server.port, tls="tls", ca_file=ca_file, timeout=10)
            await provider.send(request(recipient(plain="x" * 70 + "\n" * 1 + ("y" * 70 + "\n") * 30_000)))
            assert server.taken[0].content.count(b"y" * 70) == 30_000
            await provider.close()

    @pytest.mark.parametrize("mode", ["starttls", "tls"])
    async def test_a_certificate_of_an_unknown_authority_is_a_matter_of_settings(
        self, tls: ssl.SSLContext, mode: str, quiet: None
    ):
        async with mail_server(**({"tls": tls} if mode == "tls" else {"tls_context": tls})) as server:
            provider = smtp_to(server.port, tls=mode, timeout=5)
            with pytest.raises(Misconfigured, match=r"certificate of the mail server .* is not trusted"):
                await send(provider, 1)
            assert server.taken == []

    @pytest.mark.parametrize("mode", ["starttls", "tls"])
    async def test_a_certificate_for_another_name_is_a_matter_of_settings(
        self, authority: trustme.CA, ca_file: Path, mode: str, quiet: None
    ):
        other = tls_for(authority, "mail.example.com")
        async with mail_server(**({"tls": other} if mode == "tls" else {"tls_context": other})) as server:
            provider = smtp_to(server.port, tls=mode, ca_file=ca_file, timeout=5)
            with pytest.raises(Misconfigured, match="not trusted"):
                await send(provider, 1)

    async def test_a_server_without_starttls_is_not_spoken_to_in_the_open(self):
        async with mail_server() as server:
            with pytest.raises(Misconfigured, match="STARTTLS"):
                await send(smtp_to(server.port, tls="starttls"), 1)
            assert "AUTH" not in server.commands
            assert "MAIL" not in server.commands

    @pytest.mark.parametrize(
        ("answer", "kind"), [("454 4.7.0 TLS not available", Unavailable), ("554 5.7.3 no", Misconfigured)]
    )
    async def test_a_refused_starttls_is_told(
        self, tls: ssl.SSLContext, ca_file: Path, answer: str, kind: type[Exception]
    ):
        async with mail_server(tls_context=tls) as server:
            server.acts["STARTTLS"] = answers(answer)
            with pytest.raises(kind, match=answer[:3]):
                await send(smtp_to(server.port, tls="starttls", ca_file=ca_file), 1)

    async def test_a_handshake_that_breaks_off_may_be_tried_again(self, ca_file: Path):
        async with mail_server() as server:  # speaks no TLS at all
            with pytest.raises(Unavailable):
                await send(smtp_to(server.port, tls="tls", ca_file=ca_file), 1)

    @pytest.mark.parametrize(("content", "reason"), [(None, "No such file"), ("no certificate", "no certificates")])
    async def test_a_ca_file_that_cannot_be_used_is_told(self, tmp_path: Path, content: str | None, reason: str):
        path = tmp_path / "broken.pem"
        if content:
            path.write_text(content)
        with pytest.raises(Misconfigured, match=rf"smtp\.ca_file .*broken\.pem can't be used: .*{reason}"):
            await send(smtp_to(1, tls="tls", ca_file=path), 1)


class TestLogin:
    async def test_the_password_is_given_once_a_connection(self, tls: ssl.SSLContext, ca_file: Path):
        async with mail_server(tls_context=tls, auth_required=True, authenticator=password_is(PASSWORD)) as server:
            provider = smtp_to(server.port, tls="starttls", ca_file=ca_file, **login(PASSWORD), timeout=5)
            await send(provider, 1, 2)
            assert server.commands.count("AUTH") == 1
            assert len(server.taken) == 2
            await provider.close()

    async def test_a_wrong_password_is_a_matter_of_settings_and_is_not_shown(self):
        async with login_server() as server:
            provider = smtp_to(server.port, **login("battery staple"), timeout=5)
            with pytest.raises(Misconfigured, match=r"refused the login.*535") as caught:
                await send(provider, 1)
            assert "battery" not in str(caught.value)
            with pytest.raises(Misconfigured, match="refused the login") as told:
                await provider.check()
            assert "battery" not in str(told.value)

    async def test_a_login_that_fails_for_now_may_be_tried_again(self):
        async with login_server() as server:
            server.acts["AUTH"] = answers("454 4.7.0 Temporary authentication failure")
            with pytest.raises(Unavailable, match="454"):
                await send(smtp_to(server.port, **login(PASSWORD)), 1)

    async def test_a_server_that_takes_no_login_is_a_matter_of_settings(self):
        async with mail_server(auth_exclude_mechanism=["PLAIN", "LOGIN"]) as server:
            with pytest.raises(Misconfigured, match=r"smtp\.user"):
                await send(smtp_to(server.port, **login(PASSWORD)), 1)

    async def test_the_options_do_not_show_the_password(self):
        provider = smtp_to(1, **login(PASSWORD))
        assert PASSWORD not in repr(vars(provider))


def login(password: str) -> dict[str, object]:
    return {"user": "me", "password": SecretStr(password)}


def login_server():
    return mail_server(auth_require_tls=False, authenticator=password_is(PASSWORD))
