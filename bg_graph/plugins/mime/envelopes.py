"""From a message of the host to the bytes that are sent: MIME parts, header fields that nobody can add to, quoted-printable."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from bg_graph.plugins.email import Message, Recipient, Refused
from bg_graph.plugins.errors import Rejected
from bg_graph.plugins.mime.addresses import UnusableAddress, address_of, one_line, sender_of
from bg_graph.plugins.mime.headers import address_field, bare_field, text_field

_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,75}")
_OURS = frozenset(
    (
        "bcc",
        "cc",
        "date",
        "from",
        "message-id",
        "mime-version",
        "received",
        "reply-to",
        "return-path",
        "sender",
        "subject",
        "to",
    )
)
_PREFIXES_OF_OURS = ("content-", "resent-", "dkim-", "arc-")
_LONGEST_FIELD = 998  # RFC 5322, 2.1.1
_ONE_CLICK = "List-Unsubscribe=One-Click"


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message ready to be handed over: from whom, to whom, under which id, and its bytes (lines end with CRLF)."""

    sender: str
    recipient: str
    message_id: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mailing:
    """What is the same for all messages of a provider's call."""

    usual_sender: Address
    """From whom a message comes that names nobody."""
    at: datetime
    """When it is sent; aware."""
    test: bool = False
    """It is a trial: its subject says so."""


def message_id(key: str, domain: str) -> str:
    """The id under which the message of this delivery is known everywhere: reports may name it."""
    return f"<{key}@{domain}>"


def envelope_of(recipient: Recipient, mailing: Mailing) -> Envelope | Refused:
    """The recipient's message, ready to be handed over; Refused where the address or the message itself can't be used."""
    try:
        to = address_of(recipient.address, recipient.name)
        return _envelope(recipient, to, mailing)
    except UnusableAddress as fault:
        code = "BAD_ADDRESS" if fault.malformed else "ADDRESS_NOT_SUPPORTED"
        return Refused(key=recipient.key, code=code, message=fault.reason, bad_address=fault.malformed)
    except Rejected as fault:
        return Refused(key=recipient.key, code=fault.code, message=str(fault))
    except UnicodeEncodeError:
        reason = "the message holds characters that can't be written as UTF-8"
        return Refused(key=recipient.key, code="BAD_TEXT", message=reason)


def _envelope(recipient: Recipient, to: Address, mailing: Mailing) -> Envelope:
    message = recipient.message
    if message is None:
        raise Rejected("NO_CONTENT", "there is no message for this recipient; the host makes it")
    sender = _own_address("sender", message.sender) if message.sender else mailing.usual_sender
    made_id = message_id(recipient.key, sender.domain)
    fields = _fields(message, mailing, sender=sender, to=to, made_id=made_id)
    content = b"".join((*fields, _parts(message)))
    return Envelope(sender.addr_spec, to.addr_spec, made_id, content)


def _fields(message: Message, mailing: Mailing, *, sender: Address, to: Address, made_id: str) -> Iterator[bytes]:
    yield bare_field("Message-ID", made_id)
    yield bare_field("Date", format_datetime(mailing.at))
    yield address_field("From", sender)
    yield address_field("To", to)
    if message.reply_to:
        yield address_field("Reply-To", _own_address("reply_to", message.reply_to))
    yield text_field("Subject", one_line(f"[Test] {message.subject}" if mailing.test else message.subject))
    for name, value in _further_fields(message.headers):
        yield bare_field(name, value)


def _parts(message: Message) -> bytes:
    """The text, and the HTML as its other form, each with its own fields; lines end with CRLF."""
    email = EmailMessage(policy=SMTP)
    email.set_content(_with_line_ends(message.plain), cte="quoted-printable")
    if message.html is not None:
        email.add_alternative(_with_line_ends(message.html), subtype="html", cte="quoted-printable")
    return email.as_bytes()


def _with_line_ends(text: str) -> str:
    lines = re.sub(r"\r\n?", "\n", text)
    return lines if lines.endswith("\n") else f"{lines}\n"


def _own_address(what: str, text: str) -> Address:
    try:
        return sender_of(text)
    except UnusableAddress as fault:
        raise Rejected("BAD_SENDER", f"{what} of the message can't be used: {fault.reason}") from None


def _further_fields(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    fields = [(_field_name(name), _field_value(name, value)) for name, value in headers.items()]
    names = [name.lower() for name, _ in fields]
    if len(names) != len(set(names)):
        raise Rejected("BAD_HEADER", "a header field is named twice")
    unsubscribe = next((value for name, value in fields if name.lower() == "list-unsubscribe"), "")
    if re.search(r"<https?://", unsubscribe) and "list-unsubscribe-post" not in names:
        fields.append(("List-Unsubscribe-Post", _ONE_CLICK))  # RFC 8058
    return fields


def _field_name(name: str) -> str:
    if not _FIELD_NAME.fullmatch(name):
        raise Rejected("BAD_HEADER", f"{name!r} is no name of a header field")
    if name.lower() in _OURS or name.lower().startswith(_PREFIXES_OF_OURS):
        raise Rejected("BAD_HEADER", f"the header field {name} is not the message's to set")
    return name


def _field_value(name: str, value: str) -> str:
    if not (value.isascii() and value.isprintable() and len(name) + 2 + len(value) <= _LONGEST_FIELD):
        raise Rejected("BAD_HEADER", f"the value of the header field {name} must be one line of ASCII")
    return value
