"""From a message of the host to the bytes that are sent: MIME parts, header fields that nobody can add to, quoted-printable."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from typing import Any

from bg_graph.email.built_in.addresses import UnusableAddress, address_of, one_line, sender_of
from bg_graph.plugins.email import Message, Recipient, Refused
from bg_graph.plugins.errors import Rejected

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
    """The recipient's message, ready to be handed over; Refused where the address can't be written to.

    Raises Rejected where the message itself can't be sent to anybody.
    """
    message = recipient.message
    if message is None:
        raise Rejected("NO_CONTENT", "there is no message for this recipient; the host makes it")
    try:
        to = address_of(recipient.address, recipient.name)
    except UnusableAddress as fault:
        code = "BAD_ADDRESS" if fault.malformed else "ADDRESS_NOT_SUPPORTED"
        return Refused(key=recipient.key, code=code, message=fault.reason, bad_address=fault.malformed)
    sender = _own_address("sender", message.sender) if message.sender else mailing.usual_sender
    made_id = message_id(recipient.key, sender.domain)
    email = EmailMessage(policy=_POLICY)
    email["Message-ID"] = made_id
    email["Date"] = format_datetime(mailing.at)
    email["From"] = sender
    email["To"] = to
    if message.reply_to:
        email["Reply-To"] = _own_address("reply_to", message.reply_to)
    email["Subject"] = one_line(f"[Test] {message.subject}" if mailing.test else message.subject)
    for name, value in _further_fields(message.headers):
        email[name] = value
    try:
        _write_parts(email, message)
        content = email.as_bytes()
    except UnicodeEncodeError:
        raise Rejected("BAD_TEXT", "the message holds characters that can't be written as UTF-8") from None
    return Envelope(sender.addr_spec, to.addr_spec, made_id, content)


def _write_parts(email: EmailMessage, message: Message) -> None:
    email.set_content(_with_line_ends(message.plain), cte="quoted-printable")
    if message.html is not None:
        email.add_alternative(_with_line_ends(message.html), subtype="html", cte="quoted-printable")


def _with_line_ends(text: str) -> str:
    return "\n".join([*text.splitlines(), ""])


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


class _Policy(EmailPolicy):
    """SMTP's rules, with two of ours: further header fields stay as they are given, since folding would encode a long
    address of the List-Unsubscribe field beyond recognition; message ids are not folded either.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The bytes of one header field."""
        lowered = name.lower()
        if lowered == "message-id" or not (lowered in _OURS or lowered.startswith(_PREFIXES_OF_OURS)):
            return f"{name}: {value}\r\n".encode("ascii")
        return super().fold_binary(name, value)


_POLICY = _Policy(**{name: getattr(SMTP, name) for name in ("linesep", "max_line_length", "utf8", "cte_type")})
