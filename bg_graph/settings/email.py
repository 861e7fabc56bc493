"""Settings of e-mail: by which provider it is sent and how fast, and what the providers that come with us need."""

from collections.abc import Iterator
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, SecretStr

from bg_graph.settings.section import Section, setting

LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""Hosts to which nothing leaves the machine."""


def _sender(value: str) -> str:
    _, address = parseaddr(value)
    local, _, domain = address.rpartition("@")
    if not (
        local.isascii() and local.isprintable() and local and value.isprintable() and not set(address) & set(' "<>')
    ):
        raise ValueError("no sender")
    domain.encode("idna")  # raises where that is no name
    return value


class EmailSettings(Section):
    """By which provider e-mail is sent, how fast, and what comes in from it."""

    provider: Literal["outbox", "smtp"] = setting(
        "outbox",
        "Who sends: `outbox` writes each message to a file and shows it at `/plugins/outbox/`, so that nobody is "
        "written to while you try things; `smtp` sends by the server that `[smtp]` names.",
    )
    sender: Annotated[str, AfterValidator(_sender)] | None = setting(
        None,
        "From whom e-mails come that name no sender of their own. `smtp` needs it.",
        allowed="an address such as news@example.com or Example News <news@example.com>",
    )
    dispatch: bool = setting(
        True, "Whether `bg-graph serve` sends what is queued; with PostgreSQL, `bg-graph worker` can do it instead."
    )
    rate: float = setting(10.0, "Messages a second that are handed to the provider at most.", gt=0, le=10_000)
    concurrency: int = setting(4, "Calls of the provider at one time, in each process.", ge=1, le=100)
    attempts: int = setting(
        8, "How often a delivery is tried, where it is sure that nothing left, before it fails.", ge=1, le=100
    )
    deadline: float = setting(
        60.0,
        "Seconds that one call of the provider may take; what has no answer by then is UNKNOWN, and not sent again.",
        gt=0,
        le=3600,
    )
    lease: float = setting(
        180.0,
        "Seconds for which a worker holds what it claimed; longer than `deadline`. What a worker that died had "
        "claimed is taken up by another after that.",
        gt=0,
        le=36_000,
    )
    webhook_secret: SecretStr | None = setting(
        None,
        "Secret with which reports of a provider are signed; without it none are taken.",
        allowed="at least 16 characters",
        min_length=16,
        repr=False,
    )


class OutboxSettings(Section):
    """The outbox: sends nothing, keeps each message as a file."""

    folder: Path = setting(
        Path("outbox"), "Where the messages lie: a folder for each tenant, in it a file for each.", allowed="a folder"
    )


class SmtpSettings(Section):
    """The mail server that messages are handed to."""

    host: str | None = setting(None, "Name or address of the mail server.", min_length=1, allowed="a host")
    port: int = setting(587, "Its port: usually 587 with STARTTLS, 465 with TLS, 25 without.", ge=1, le=65535)
    tls: Literal["starttls", "tls", "none"] = setting(
        "starttls",
        "How the connection is protected: `starttls` begins openly and is refused where the server can't change to "
        "TLS, `tls` is protected from the first byte, `none` is open. The server's certificate is always checked.",
    )
    ca_file: Path | None = setting(
        None,
        "Certificates (PEM) of the authorities that are trusted to vouch for the server, instead of the machine's own.",
        allowed="a file",
    )
    user: str | None = setting(None, "Name to log in with; none where the server asks for none.", allowed="a name")
    password: SecretStr | None = setting(
        None, "Password of that name; sent over TLS only.", allowed="a text", min_length=1, repr=False
    )
    hello: str | None = setting(
        None,
        "Name that we give ourselves (EHLO); none takes the machine's.",
        allowed="a host name",
        pattern=r"^[A-Za-z0-9.\[\]:-]+$",
    )
    connections: int = setting(4, "Connections at one time, in each process.", ge=1, le=100)
    idle: float = setting(30.0, "Seconds after which an unused connection is closed.", gt=0, le=3600)
    timeout: float = setting(
        20.0,
        "Seconds waited for the connection, and for each answer of the server. Where one is missing before the "
        "message was sent, it is tried again; after that, the delivery is UNKNOWN.",
        gt=0,
        le=3600,
    )


def contradictions(email: EmailSettings, smtp: SmtpSettings) -> Iterator[tuple[str, str]]:
    """Settings of e-mail that do not go together: the key at fault, and what is wrong."""
    if email.lease <= email.deadline:
        yield "email.lease", f"must be more than email.deadline, which is {email.deadline:g}"
    if email.provider != "smtp":
        return
    if smtp.host is None:
        yield "smtp.host", "must be set where email.provider is smtp"
    if email.sender is None:
        yield "email.sender", "must be set where email.provider is smtp"
    if (smtp.user is None) != (smtp.password is None):
        yield "smtp.password" if smtp.password is None else "smtp.user", "user and password must be set together"
    if smtp.user is not None and smtp.tls == "none" and smtp.host not in LOOPBACK:
        yield "smtp.tls", "must be starttls or tls where there is a password: it would be sent for all to read"
