"""What an author of an intent model tells the exam, and how the exam asks."""

from typing import Any

from bg_graph.plugins.intent import IntentRequest, Prediction, Predictions
from bg_graph.plugins.plugin import Capability
from bg_graph.plugins.testing.behaving import Behaviour
from bg_graph.plugins.testing.checks import NotForThis, demand
from bg_graph.plugins.testing.intents.worlds import usual_world

SAME = 1e-6
"""Probabilities that differ by no more are the same."""


class IntentCalls(Behaviour):
    """What an author of an intent model tells the exam, and how the exam asks."""

    capability = Capability.INTENT
    methods = ("predict", "train", "check", "close")

    from_activities: bool = True
    """It predicts from what people read. False for a model that takes its scores from elsewhere."""
    seconds_for_10_000: float = 10.0
    """Seconds that 10,000 activities of 200 people may take."""

    def usual(self, number: int, tenant: str = "alpha") -> tuple[str, Any]:
        """The interests of two small accounts."""
        return "predict", usual_world(number).request(tenant)

    async def alone(self, built: Any, calls: list[tuple[str, Any]]) -> None:
        """Ask each by itself, to know the answers that calls at one time have to have."""
        self._answers = [(request, await built.call(method, request)) for method, request in calls]

    def strangeness(self, request: Any, answer: Any) -> str | None:
        """Whether the answer is the one that the same request had when it was asked alone."""
        if not isinstance(answer, Predictions):
            return f"the answer is a {type(answer).__name__}, not Predictions."
        alone = next((each for asked, each in getattr(self, "_answers", ()) if asked is request), answer)
        return None if close(alone, answer) else "it is not the answer that the same request had alone."

    def reads(self) -> None:
        """The check is for models that predict from activities."""
        if not self.from_activities:
            raise NotForThis("it does not predict from activities")

    async def predicted(self, request: IntentRequest) -> Predictions:
        """The answer of a provider that is built for it."""
        async with self.provider() as built:
            found: Predictions = await built.call("predict", request)
        demand(isinstance(found, Predictions), f"predict gave a {type(found).__name__}, not Predictions.")
        return found


def by_place(answer: Predictions) -> dict[tuple[int, int], Prediction]:
    """The predictions by subject and term."""
    return {(each.subject, each.term): each for each in answer.predictions}


def close(one: Predictions, other: Predictions) -> bool:
    """Whether two answers say the same, evidence aside."""
    first, second = by_place(one), by_place(other)
    return first.keys() == second.keys() and all(
        abs(first[place].probability - second[place].probability) <= SAME for place in first
    )


def chance(answer: Predictions, subject: int, term: int) -> float:
    """The probability of a subject's interest in a term; 0 where it was left out."""
    found = by_place(answer).get((subject, term))
    return 0.0 if found is None else found.probability
