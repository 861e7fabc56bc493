"""Messages for the tests of providers, built from what matters to a test alone."""

from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from bg_graph.plugins.email import Message, Recipient, SendRequest
from bg_graph.plugins.mime.envelopes import Mailing

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MAILING = Mailing(Address("News", "news", "example.com"), AT)


def key_of(number: int) -> str:
    """A delivery's key; higher numbers are later."""
    return f"{number:032x}"


def message(**said: Any) -> Message:
    return Message(**{"subject": "Hello", "plain": "Good day.", **said})


def recipient(
    number: int = 1, address: str = "ann@example.com", name: str | None = "Ann Lee", **said: Any
) -> Recipient:
    return Recipient(key=key_of(number), address=address, name=name, message=message(**said))


def request(*recipients: Recipient, tenant: str = "acme", test: bool = False) -> SendRequest:
    return SendRequest(tenant=tenant, email_id="e1", recipients=recipients or (recipient(),), test=test)


def parsed(content: bytes) -> EmailMessage:
    """A message as a mail program reads it."""
    return BytesParser(EmailMessage, policy=policy.default).parsebytes(content)
