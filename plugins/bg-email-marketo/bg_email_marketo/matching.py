"""Which of the e-mails that were asked for Marketo's activities show: pure rules.

Source: providers.md, section 1: the answer to a trigger holds no message id, so that e-mail, campaign, lead and time must do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SKEW = timedelta(minutes=2)
"""How far Marketo's clock may be behind ours."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One e-mail that was asked for, to one lead."""

    key: str
    at: datetime
    certain: bool
    """Whether Marketo is known to have taken it."""


@dataclass(frozen=True, slots=True)
class Departure:
    """One e-mail to the lead that an activity shows."""

    id: str
    at: datetime
    asset: int | None
    campaign: int | None


def is_of(departure: Departure, email: str, campaign: int) -> bool:
    """Whether this campaign sent it with this e-mail. Where Marketo names only one of the two, that one decides."""
    if departure.asset is None and departure.campaign is None:
        return False
    return departure.campaign in (None, campaign) and (departure.asset is None or str(departure.asset) == email)


def matched(asks: Sequence[Ask], departures: Sequence[Departure]) -> dict[str, str]:
    """The departure (its id) of each ask that has one, by key.

    A departure stands for one ask alone, and those that Marketo is known to have taken come first: so that an e-mail
    which left for another delivery is never taken for one that is unknown.
    """
    free = sorted(departures, key=lambda each: each.at)
    found: dict[str, str] = {}
    for ask in sorted(asks, key=lambda each: (not each.certain, each.at)):
        fitting = next((each for each in free if each.at >= ask.at - SKEW), None)
        if fitting is not None:
            free.remove(fitting)
            found[ask.key] = fitting.id
    return found
