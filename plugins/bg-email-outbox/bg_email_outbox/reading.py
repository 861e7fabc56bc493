"""A kept message as the outbox's page shows it: who, to whom, about what, and its two bodies."""

from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser


@dataclass(frozen=True, slots=True)
class KeptHeader:
    """One line of the list of messages."""

    key: str
    subject: str
    sender: str
    recipient: str
    at: datetime | None
    """When it was sent; None where the file does not say."""


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """A message as a whole."""

    header: KeptHeader
    fields: tuple[tuple[str, str], ...]
    """Every header field, decoded, in its order."""
    plain: str
    html: str | None


def header_of(key: str, content: bytes) -> KeptHeader:
    """What the list shows of a message."""
    return _header(key, _parsed(content, headers_only=True))


def message_of(key: str, content: bytes) -> KeptMessage:
    """All that is to be seen of a message."""
    email = _parsed(content)
    html = email.get_body(("html",))
    return KeptMessage(
        _header(key, email),
        tuple((name, str(value)) for name, value in email.items()),
        _text(email.get_body(("plain",))) or "",
        _text(html),
    )


def message_id_of(content: bytes) -> str | None:
    """The id in a message's header."""
    value = _parsed(content, headers_only=True)["message-id"]
    return None if value is None else str(value)


def _parsed(content: bytes, *, headers_only: bool = False) -> EmailMessage:
    return BytesParser(EmailMessage, policy=policy.default).parsebytes(content, headersonly=headers_only)


def _header(key: str, email: EmailMessage) -> KeptHeader:
    date = email["date"]
    return KeptHeader(
        key,
        str(email["subject"] or ""),
        str(email["from"] or ""),
        str(email["to"] or ""),
        None if date is None else date.datetime,
    )


def _text(part: object) -> str | None:
    return str(part.get_content()) if isinstance(part, EmailMessage) else None
