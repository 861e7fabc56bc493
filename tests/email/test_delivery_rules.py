"""How a delivery moves: only forward, to the same end whatever order reports come in."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bg_graph.email.rules.deliveries import OWN_ENDS, SETTLED, DeliveryStatus, Outcome, advanced, moved, outcome_of
from bg_graph.plugins.email import EventKind

FORWARD = ["QUEUED", "SENDING", "UNKNOWN", "SENT", "DELIVERED", "OPENED", "CLICKED"]
"""As domain.md, "E-mail", has them."""
ENDING = ["BOUNCED", "COMPLAINED", "UNSUBSCRIBED"]
statuses = st.sampled_from(list(DeliveryStatus))
reports = st.lists(st.sampled_from(list(EventKind)), max_size=8)


@given(statuses, reports, st.randoms())
def test_reports_in_any_order_and_repeated_end_in_the_same_status(
    status: DeliveryStatus, events: list[EventKind], chance: Random
) -> None:
    shuffled = [*events, *chance.choices(events, k=3)] if events else []
    chance.shuffle(shuffled)
    assert outcome_of(status, shuffled) is outcome_of(status, events)


@given(statuses, reports)
def test_no_report_moves_a_delivery_backward(status: DeliveryStatus, events: list[EventKind]) -> None:
    for event in events:
        after = moved(status, event)
        if after is not None:
            assert status not in OWN_ENDS
            assert status in FORWARD or after in ENDING
            assert after in ENDING or FORWARD.index(after) > FORWARD.index(status)
            assert moved(after, event) is None
            status = after


@pytest.mark.parametrize("status", FORWARD)
@pytest.mark.parametrize("end", ENDING)
def test_a_bounce_a_complaint_and_an_unsubscribe_end_a_delivery_from_anywhere(status: str, end: str) -> None:
    assert moved(DeliveryStatus(status), EventKind(end)) == end


@pytest.mark.parametrize("status", ["SKIPPED", "CANCELLED", "FAILED"])
@pytest.mark.parametrize("event", EventKind)
def test_what_never_left_stays_as_it_ended_whatever_is_reported(status: str, event: EventKind) -> None:
    assert moved(DeliveryStatus(status), event) is None


@pytest.mark.parametrize("status", ["QUEUED", "SENDING", "UNKNOWN"])
def test_a_report_proves_that_a_delivery_went_out(status: str) -> None:
    assert moved(DeliveryStatus(status), EventKind.OPENED) is DeliveryStatus.OPENED


@pytest.mark.parametrize(
    ("events", "end"),
    [
        (["BOUNCED", "UNSUBSCRIBED"], "UNSUBSCRIBED"),
        (["COMPLAINED", "UNSUBSCRIBED"], "COMPLAINED"),
        (["BOUNCED", "CLICKED"], "BOUNCED"),
        (["CLICKED", "DELIVERED"], "CLICKED"),
    ],
)
def test_of_several_ends_the_gravest_stands(events: list[str], end: str) -> None:
    assert outcome_of(DeliveryStatus.SENT, map(EventKind, events)) == end
    assert outcome_of(DeliveryStatus.SENT, map(EventKind, reversed(events))) == end


def test_nothing_advances_to_an_end_of_its_own() -> None:
    assert [advanced(DeliveryStatus.QUEUED, end) for end in OWN_ENDS] == [None, None, None]


def test_an_unknown_delivery_is_settled_as_sent_dropped_or_queued_again() -> None:
    assert SETTLED == {Outcome.SENT: "SENT", Outcome.DROP: "CANCELLED", Outcome.QUEUE_AGAIN: "QUEUED"}
