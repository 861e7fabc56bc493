"""The contract of e-mail providers: what they list, what they are asked to send, what they report.

A provider whose system keeps no e-mails of its own has the ability HOST_CONTENT: the host keeps approved templates,
renders each message and hands it over. Every method is async and raises only the errors of `bg_graph.plugins.errors`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from bg_graph.plugins.health import Health

Item = TypeVar("Item")


class EmailAbility(StrEnum):
    """What a provider can do."""

    HOST_CONTENT = "HOST_CONTENT"
    """It has no e-mails of its own and sends the messages that it is given."""
    IDEMPOTENT = "IDEMPOTENT"
    """A recipient key that was accepted before is not sent again: asking twice is safe."""
    FIND_SEND = "FIND_SEND"
    """It can tell, after a crash, whether a key went out."""
    EVENTS = "EVENTS"
    """It reports what became of a delivery."""
    SIGNED_EVENTS = "SIGNED_EVENTS"
    """It signs its reports by a scheme of its own; without this ability the host's scheme is used."""
    TEST_SEND = "TEST_SEND"
    """It can send a test to any address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Item]):
    """A part of a list."""

    items: tuple[Item, ...]
    next_cursor: str | None = None
    """Where the next part begins; None at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRequest:
    """Asks for a part of a list."""

    tenant: str
    cursor: str | None = None
    """Where to begin; None at the beginning."""
    workspace_id: str | None = None
    """Only what is in this workspace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A part of the e-mail system in which its e-mails are kept."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedEmail:
    """An e-mail that a marketer approved in the provider's system."""

    id: str
    name: str
    workspace_id: str
    program_name: str | None = None
    subject: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    not_sendable_reason: str | None = None
    """Why the API can't send it; None where it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message that the host has rendered for one recipient."""

    subject: str
    plain: str
    html: str | None = None
    sender: str | None = None
    """From address; None for the provider's usual one."""
    reply_to: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Further header fields, such as List-Unsubscribe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One person who is written to. The key stands for this one delivery, for ever."""

    key: str
    """32 hex digits, unique among all deliveries of all tenants: the idempotency key."""
    address: str
    name: str | None = None
    external_id: str | None = None
    """Id of the person in the CRM, where the provider knows people by it."""
    message: Message | None = None
    """What to send, to a provider with HOST_CONTENT; None to the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRequest:
    """Asks for one e-mail to be sent to some people."""

    tenant: str
    email_id: str
    """The e-mail's id at the provider."""
    recipients: tuple[Recipient, ...]
    test: bool = False
    """A trial of the e-mail, which is to be known as one: the provider marks it, by ``[Test]`` in the subject where it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The system took the message to this recipient."""

    key: str
    message_id: str | None = None
    """Id of the message there, by which reports may name it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The system will not send to this recipient, now or later."""

    key: str
    code: str
    """The system's own word for why, such as `550 5.1.1`."""
    message: str
    bad_address: bool = False
    """The address itself is at fault and will never work."""


SendAnswer = Accepted | Refused
"""What became of one recipient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindRequest:
    """Asks whether these keys went out."""

    tenant: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A call that came in for the provider, as it came in."""

    headers: Mapping[str, str]
    """Names in small letters."""
    body: bytes
    received_at: datetime


class EventKind(StrEnum):
    """What a provider can report of a delivery."""

    DELIVERED = "DELIVERED"
    BOUNCED = "BOUNCED"
    OPENED = "OPENED"
    CLICKED = "CLICKED"
    UNSUBSCRIBED = "UNSUBSCRIBED"
    COMPLAINED = "COMPLAINED"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryEvent:
    """A report. It names its delivery by the recipient's key or by the message's id at the provider."""

    id: str
    """The same for the same report, however often it comes."""
    kind: EventKind
    at: datetime
    """Aware."""
    key: str | None = None
    message_id: str | None = None
    hard: bool = False
    """Of a bounce: the address will never work."""
    url: str | None = None
    """Of a click: where the link leads."""
    raw: str | None = None
    """The provider's own words."""


class EmailProvider(Protocol):
    """What a class must have to serve as e-mail provider."""

    @property
    def abilities(self) -> frozenset[EmailAbility]:
        """What it can do."""

    @property
    def batch(self) -> int:
        """How many recipients one call of `send` may name."""

    async def list_workspaces(self, request: ListRequest) -> Page[Workspace]:
        """The workspaces; Unsupported with HOST_CONTENT."""

    async def list_emails(self, request: ListRequest) -> Page[ApprovedEmail]:
        """The approved e-mails of a workspace; Unsupported with HOST_CONTENT."""

    async def send(self, request: SendRequest) -> list[SendAnswer]:
        """Send, and tell what became of each recipient, in any order.

        Raises Unavailable only where nothing can have left for any of them, OutcomeUnknown where something may have.
        A recipient without an answer is taken for unknown.
        """

    async def find_send(self, request: FindRequest) -> list[SendAnswer] | None:
        """What became of these keys; one that is missing from the answer did not go out. None: it can't be told."""

    async def read_events(self, inbound: Inbound) -> list[DeliveryEvent]:
        """The reports in an inbound call that carries the provider's own signature. Raises Forged."""

    async def check(self) -> Health:
        """Whether it works."""

    async def close(self) -> None:
        """Give up what it holds. May be called twice."""
