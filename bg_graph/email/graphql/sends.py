"""Sends and their deliveries as they are shown: how far each is, and what was reported of it."""

from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import case, exists, literal_column, or_

from bg_graph.accounts.graphql import Person
from bg_graph.accounts.tables import PersonRow
from bg_graph.buying_groups.graphql.groups import GROUP, BuyingGroup
from bg_graph.buying_groups.graphql.members import Member
from bg_graph.buying_groups.tables import BuyingGroupRow, MemberRow
from bg_graph.email.graphql.emails import ApprovedEmail
from bg_graph.email.rules.deliveries import PENDING, DeliveryStatus
from bg_graph.email.tables import DeliveryEventRow, DeliveryRow, EmailRow, EmailSendRow
from bg_graph.execution.declarations import VALUES, Filter, Key, Ordering
from bg_graph.graph.connections import Connection
from bg_graph.graph.ordering import by
from bg_graph.graph.types import Node, by_id, column, count, field_of, one, paged, part, part_type, related, type_of
from bg_graph.plugins.email import EventKind
from bg_graph.store.connection import table_of
from bg_graph.store.scope import of_tenant

SEND, DELIVERY, EVENT = table_of(EmailSendRow), table_of(DeliveryRow), table_of(DeliveryEventRow)
_of_send = DELIVERY.alias("of_send")


@strawberry.enum(description="How far a send is.")
class EmailSendStatus(Enum):
    """How far a send is."""

    QUEUED = strawberry.enum_value("QUEUED", description="Nothing of it has been tried yet.")
    SENDING = strawberry.enum_value("SENDING", description="Some of it was tried; something is queued or under way.")
    DONE = strawberry.enum_value(
        "DONE", description="Nothing is queued or under way; deliveries whose outcome is unknown may be left to settle."
    )
    CANCELLED = strawberry.enum_value(
        "CANCELLED", description="What was still queued was cancelled, and nothing is under way."
    )


def _status(status: DeliveryStatus, description: str) -> Any:
    return strawberry.enum_value(status.value, description=description)


@strawberry.enum(name="DeliveryStatus", description="How far one e-mail to one person is. It moves only forward.")
class Status(Enum):
    """How far one e-mail to one person is."""

    QUEUED = _status(DeliveryStatus.QUEUED, "It waits to be sent.")
    SENDING = _status(DeliveryStatus.SENDING, "The provider is being called for it.")
    UNKNOWN = _status(DeliveryStatus.UNKNOWN, "Nobody knows whether it went out; it is not sent again until settled.")
    SENT = _status(DeliveryStatus.SENT, "The provider took it.")
    DELIVERED = _status(DeliveryStatus.DELIVERED, "It reached the mailbox.")
    OPENED = _status(DeliveryStatus.OPENED, "It was opened.")
    CLICKED = _status(DeliveryStatus.CLICKED, "A link in it was clicked.")
    BOUNCED = _status(DeliveryStatus.BOUNCED, "It came back.")
    UNSUBSCRIBED = _status(DeliveryStatus.UNSUBSCRIBED, "The person unsubscribed by it.")
    COMPLAINED = _status(DeliveryStatus.COMPLAINED, "The person reported it as unwanted.")
    SKIPPED = _status(DeliveryStatus.SKIPPED, "The person may not be sent to; `reason` says why.")
    CANCELLED = _status(DeliveryStatus.CANCELLED, "It was cancelled, or dropped by whoever settled it.")
    FAILED = _status(DeliveryStatus.FAILED, "The provider refused it; `reason` says why.")


@strawberry.enum(name="DeliveryEventKind", description="What a provider reported of a delivery.")
class Reported(Enum):
    """What a provider reported."""

    DELIVERED = strawberry.enum_value(EventKind.DELIVERED.value, description="It reached the mailbox.")
    OPENED = strawberry.enum_value(EventKind.OPENED.value, description="It was opened.")
    CLICKED = strawberry.enum_value(EventKind.CLICKED.value, description="A link in it was clicked.")
    BOUNCED = strawberry.enum_value(EventKind.BOUNCED.value, description="It came back.")
    UNSUBSCRIBED = strawberry.enum_value(EventKind.UNSUBSCRIBED.value, description="The person unsubscribed.")
    COMPLAINED = strawberry.enum_value(EventKind.COMPLAINED.value, description="The person reported it as unwanted.")


@type_of(DeliveryEventRow, prefix="dle", description="Something that a provider reported of a delivery.")
class DeliveryEvent:
    """Something that a provider reported."""

    kind: Reported
    at: strawberry.auto
    received_at: strawberry.auto
    hard: strawberry.auto
    url: strawberry.auto
    raw: strawberry.auto


@type_of(DeliveryRow, prefix="dlv", description="One e-mail to one person.")
class Delivery(Node):
    """One e-mail to one person."""

    person: Person | None = one(
        PersonRow, DELIVERY.c.person_id, "Person who is written to; null where there is no such person any more."
    )
    member: Member | None = one(
        MemberRow, DELIVERY.c.member_id, "Member that the person was then; null where that membership has ended."
    )
    address: strawberry.auto
    status: Status
    reason: strawberry.auto
    detail: strawberry.auto
    provider_message_id: strawberry.auto
    attempts: int = column(DELIVERY.c.attempt, "How often the provider was called for it.")
    sent_at: strawberry.auto
    settled_by: strawberry.auto
    events: Connection[DeliveryEvent] = paged(
        related(DeliveryEventRow, EVENT.c.delivery_id, DELIVERY.c.id),
        Ordering(by(EVENT.c.at, EVENT.c.id), ()),
        "What was reported of it, the earliest first, whichever order the reports came in.",
    )
    updated_at: strawberry.auto


def _counted(status: DeliveryStatus, description: str) -> Any:
    return count(related(DeliveryRow, DELIVERY.c.send_id, SEND.c.id, where=DELIVERY.c.status == status), description)


@part_type(description="How many deliveries of a send stand where.")
class DeliveryCounts:
    """How many deliveries of a send stand where."""

    total: int = count(related(DeliveryRow, DELIVERY.c.send_id, SEND.c.id), "All of them.")
    queued: int = _counted(DeliveryStatus.QUEUED, "That wait to be sent.")
    sending: int = _counted(DeliveryStatus.SENDING, "For which the provider is being called.")
    unknown: int = _counted(DeliveryStatus.UNKNOWN, "Of which nobody knows whether they went out.")
    sent: int = _counted(DeliveryStatus.SENT, "That the provider took, and of which nothing more is known.")
    delivered: int = _counted(DeliveryStatus.DELIVERED, "That reached the mailbox, and were not opened.")
    opened: int = _counted(DeliveryStatus.OPENED, "That were opened, and not clicked.")
    clicked: int = _counted(DeliveryStatus.CLICKED, "In which a link was clicked.")
    bounced: int = _counted(DeliveryStatus.BOUNCED, "That came back.")
    unsubscribed: int = _counted(DeliveryStatus.UNSUBSCRIBED, "By which the person unsubscribed.")
    complained: int = _counted(DeliveryStatus.COMPLAINED, "That the person reported as unwanted.")
    skipped: int = _counted(DeliveryStatus.SKIPPED, "To people who may not be sent to.")
    cancelled: int = _counted(DeliveryStatus.CANCELLED, "That were cancelled or dropped.")
    failed: int = _counted(DeliveryStatus.FAILED, "That the provider refused.")


def _any_delivery(condition: Any) -> Any:
    return exists().where(of_tenant(_of_send), _of_send.c.send_id == SEND.c.id, condition)


_PENDING = _any_delivery(_of_send.c.status.in_([literal_column(f"'{status}'") for status in sorted(PENDING)]))
_TRIED = _any_delivery(or_(_of_send.c.status == DeliveryStatus.SENDING, _of_send.c.attempt > 0))
SEND_STATUS = case(
    (~_PENDING & SEND.c.cancelled_at.is_not(None), EmailSendStatus.CANCELLED.value),
    (~_PENDING, EmailSendStatus.DONE.value),
    (_TRIED, EmailSendStatus.SENDING.value),
    else_=EmailSendStatus.QUEUED.value,
)
"""It follows from the deliveries: stored, it would be a second truth that every worker had to keep."""

STATUSES = Filter(DELIVERY.c.status.in_(VALUES), lambda statuses: ({"value": [each.value for each in statuses]},))


@type_of(EmailSendRow, prefix="snd", description="One call that sends an e-mail to members of a buying group.")
class EmailSend(Node):
    """One call that sends an e-mail."""

    status: EmailSendStatus = column(SEND_STATUS, "How far it is.", label="send_status")
    email: ApprovedEmail = one(EmailRow, SEND.c.email_id, "E-mail that is sent.")
    buying_group: BuyingGroup | None = one(
        BuyingGroupRow,
        SEND.c.group_id,
        "Buying group that it was sent from; null where there is no such group any more.",
    )
    idempotency_key: strawberry.auto
    requested_by: strawberry.auto
    requested_at: strawberry.auto
    cancelled_by: strawberry.auto
    cancelled_at: strawberry.auto
    counts: DeliveryCounts = part("How many deliveries stand where.")
    deliveries: Connection[Delivery] = paged(
        related(DeliveryRow, DELIVERY.c.send_id, SEND.c.id),
        Ordering(by(DELIVERY.c.id), ()),
        "One for each recipient, in the order of the request.",
        first=50,
        filters={"statuses": STATUSES},
        arguments={"statuses": (list[Status], "Only those that stand at one of these.")},
    )


field_of(Delivery, "email_send", EmailSend, one(EmailSendRow, DELIVERY.c.send_id, "Send that it belongs to."))
field_of(
    BuyingGroup,
    "email_sends",
    Connection[EmailSend],
    paged(
        related(EmailSendRow, SEND.c.group_id, GROUP.c.id),
        Ordering((Key(SEND.c.requested_at, descending=True), Key(SEND.c.id, descending=True)), ()),
        "E-mails sent from the group, the latest first.",
    ),
)


@strawberry.type
class SendQueries:
    """What callers may ask about sends."""

    email_send: EmailSend | None = by_id("A send; null where there is none that the caller may see.")
    email_deliveries: Connection[Delivery] = paged(
        related(DeliveryRow),
        Ordering((Key(DELIVERY.c.id, descending=True),), ()),
        "Deliveries of all sends, the latest first: those that are UNKNOWN, for instance, to be settled.",
        filters={"statuses": STATUSES},
        arguments={"statuses": (list[Status], "Only those that stand at one of these.")},
    )
