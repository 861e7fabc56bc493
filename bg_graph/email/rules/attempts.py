"""What an attempt to deliver came to, and what becomes of the delivery by it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bg_graph.email.rules.deliveries import DeliveryStatus, advanced


class Reason(StrEnum):
    """Why a delivery is where it is, as far as it is the dispatch's doing."""

    UNAVAILABLE = "UNAVAILABLE"
    """Nothing left, since the provider could not take it; it is tried again."""
    MISCONFIGURED = "MISCONFIGURED"
    """Nothing left, since the provider's settings or credentials are wrong; it waits until somebody mends them."""
    GAVE_UP = "GAVE_UP"
    """Nothing left, however often it was tried."""
    REFUSED = "REFUSED"
    """The provider will not send it; its own words are kept."""
    BAD_ADDRESS = "BAD_ADDRESS"
    """The provider will not send it, since the address does not work; the address is marked."""
    NO_MESSAGE = "NO_MESSAGE"
    """There was nothing to send: the e-mail could not be filled in for this person."""
    GROUP_GONE = "GROUP_GONE"
    """The buying group that it was sent from is gone."""
    NO_ANSWER = "NO_ANSWER"
    """It may have left: the provider's answer did not come, or said nothing of it."""
    WORKER_LOST = "WORKER_LOST"
    """It may have left: the worker that sent it gave no more sign of life."""


@dataclass(frozen=True, slots=True)
class Result:
    """What an attempt came to: where it would take the delivery, and why."""

    status: DeliveryStatus
    reason: str | None = None
    detail: str | None = None
    message_id: str | None = None
    not_before: datetime | None = None
    """When to try again, of one that goes back into the queue."""
    bad_address: bool = False
    """The address will never work: it is marked."""
    rest_until: datetime | None = None
    """Until when the provider is left alone altogether."""


def after_cancellation(result: Result) -> Result:
    """The result where the send was cancelled meanwhile: what did not leave, and would be tried again, is cancelled.

    What may have left is not: it is repeated only at a provider that takes its key once, which is how that one is asked.
    """
    if result.status is not DeliveryStatus.QUEUED or result.reason == Reason.NO_ANSWER:
        return result
    return Result(DeliveryStatus.CANCELLED, detail=result.detail, rest_until=result.rest_until)


_OPEN = frozenset({DeliveryStatus.SENDING, DeliveryStatus.UNKNOWN})


def status_after(status: DeliveryStatus, result: Result) -> DeliveryStatus | None:
    """The delivery's status after its attempt's result; None where the result changes nothing any more.

    Meanwhile a report of the provider may have come, or the lease have run out, or a person have settled it: what is
    known to have left only moves forward, and everything else counts only as long as the outcome was open.
    """
    if result.status == DeliveryStatus.SENT:
        return advanced(status, DeliveryStatus.SENT)
    if result.status == DeliveryStatus.UNKNOWN:
        return result.status if status == DeliveryStatus.SENDING else None
    return result.status if status in _OPEN else None
