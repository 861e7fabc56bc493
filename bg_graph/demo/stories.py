"""What goes on between an account and an offer: how busy its committee is and since when, and how far the deal is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Story:
    """A state of affairs.

    `pace`: visits a week of an average committee member, for each of the thirteen weeks by interpolation between the
    three values (three months ago, half way, now). `coverage`: the share of the seats that are filled. `deal`: stage
    of the opportunity in the CRM, empty without one. `stages`: the stages that the buying group went through.
    """

    name: str
    pace: tuple[float, float, float]
    coverage: float
    deal: str = ""
    stages: tuple[str, ...] = ()

    def pace_in(self, share: float) -> float:
        """Visits a week when this share (0 to 1) of the three months has passed."""
        first, middle, last = self.pace
        if share < 0.5:
            return first + (middle - first) * share * 2
        return middle + (last - middle) * (share - 0.5) * 2


QUIET = Story("quiet", (0.1, 0.05, 0.05), 0.5)
IDENTIFIED = Story("identified", (0.1, 0.2, 0.5), 0.5, stages=("Identified",))
ENGAGED = Story("engaged", (0.3, 0.7, 1.0), 0.75, "Qualification", ("Identified", "Engaged"))
EVALUATING = Story("evaluating", (0.4, 1.1, 1.8), 0.9, "Proposal/Price Quote", ("Identified", "Engaged", "Evaluating"))
NEGOTIATING = Story("negotiating", (0.9, 1.8, 1.4), 1.0, "Negotiation/Review", ("Engaged", "Evaluating", "Negotiating"))
WON = Story("won", (1.4, 1.5, 0.3), 1.0, "Closed Won", ("Engaged", "Evaluating", "Negotiating", "Won"))
LOST = Story("lost", (1.2, 0.5, 0.05), 0.6, "Closed Lost", ("Identified", "Engaged", "Lost"))

_ROUND = (
    EVALUATING, ENGAGED, QUIET, NEGOTIATING, IDENTIFIED, ENGAGED, WON, QUIET, EVALUATING, LOST, IDENTIFIED,
)  # fmt: skip


def story_of(account: int, offer: int) -> Story:
    """The story of an account and an offer, by their numbers: each occurs, whatever the size."""
    return _ROUND[(account + 4 * offer) % len(_ROUND)]
