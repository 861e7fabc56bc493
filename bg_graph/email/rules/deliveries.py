"""How a delivery moves: its statuses, their order, and what a provider's report or a person's word makes of it."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from bg_graph.plugins.email import EventKind


class DeliveryStatus(StrEnum):
    """How far one e-mail to one person is. Source: domain.md, "E-mail"."""

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    UNKNOWN = "UNKNOWN"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    OPENED = "OPENED"
    CLICKED = "CLICKED"
    BOUNCED = "BOUNCED"
    UNSUBSCRIBED = "UNSUBSCRIBED"
    COMPLAINED = "COMPLAINED"
    SKIPPED = "SKIPPED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


_FORWARD = (
    DeliveryStatus.QUEUED,
    DeliveryStatus.SENDING,
    DeliveryStatus.UNKNOWN,
    DeliveryStatus.SENT,
    DeliveryStatus.DELIVERED,
    DeliveryStatus.OPENED,
    DeliveryStatus.CLICKED,
    DeliveryStatus.BOUNCED,
    DeliveryStatus.UNSUBSCRIBED,
    DeliveryStatus.COMPLAINED,
)
"""From the first to the last. Any of the last three ends a delivery; where several of them come, the gravest stands (ours):
who unsubscribed or complained did get the e-mail, whatever bounced, and a complaint says more than an unsubscribe.
One order for all of them is what makes the outcome independent of the order in which reports arrive."""

OWN_ENDS = frozenset({DeliveryStatus.SKIPPED, DeliveryStatus.CANCELLED, DeliveryStatus.FAILED})
"""Nothing left, and nothing will: no report moves such a delivery. Source: domain.md, "E-mail"."""

PENDING = frozenset({DeliveryStatus.QUEUED, DeliveryStatus.SENDING})
"""A worker still has something to do."""


class Outcome(StrEnum):
    """How a person settles a delivery whose outcome is unknown. Source: domain.md, "E-mail"."""

    SENT = "SENT"
    """It did go out."""
    DROP = "DROP"
    """It did not go out, and is not to."""
    QUEUE_AGAIN = "QUEUE_AGAIN"
    """It did not go out, and is to."""


SETTLED: Mapping[Outcome, DeliveryStatus] = MappingProxyType(
    {
        Outcome.SENT: DeliveryStatus.SENT,
        Outcome.DROP: DeliveryStatus.CANCELLED,
        Outcome.QUEUE_AGAIN: DeliveryStatus.QUEUED,
    }
)
"""What each outcome makes of an unknown delivery. *Ours*: one that is dropped is cancelled, with the reason DROPPED."""

DROPPED = "DROPPED"
"""Reason of a delivery that a person settled as not sent and not to be sent."""

HARD_BOUNCE = "HARD_BOUNCE"
"""Reason of a bounced delivery whose address will never work."""
SOFT_BOUNCE = "SOFT_BOUNCE"
"""Reason of a bounced delivery whose address may work another time."""


def advanced(status: DeliveryStatus, to: DeliveryStatus) -> DeliveryStatus | None:
    """The status after something that would make it `to`; None where the delivery stands there already, or further."""
    if status in OWN_ENDS or to in OWN_ENDS:
        return None
    return to if _FORWARD.index(to) > _FORWARD.index(status) else None


def moved(status: DeliveryStatus, event: EventKind) -> DeliveryStatus | None:
    """The status after a report; None where it changes nothing. Reports come in any order, and more than once.

    A report proves that the e-mail went out: it settles an UNKNOWN delivery, and it takes one out of the queue (which can
    happen where a person let it be queued again by mistake), so that it is not sent a second time.
    """
    return advanced(status, DeliveryStatus(event.value))


def outcome_of(status: DeliveryStatus, events: Iterable[EventKind]) -> DeliveryStatus:
    """Where a delivery ends after all these reports, in whichever order."""
    for event in events:
        status = moved(status, event) or status
    return status
