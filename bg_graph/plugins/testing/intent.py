"""The exam of intent models. Inherit it in a test: `plugin` and `settings` are needed; `from_activities` says whether it
predicts from what people read.
"""

from bg_graph.plugins.testing.intents.answers import AnswerChecks
from bg_graph.plugins.testing.intents.learning import LearningChecks
from bg_graph.plugins.testing.intents.sense import SenseChecks
from bg_graph.plugins.testing.intents.worlds import large_world

__all__ = ["IntentModelExam"]


class IntentModelExam(AnswerChecks, SenseChecks, LearningChecks):
    """Examines an intent model."""

    def heavy(self, number: int) -> tuple[str, object]:
        """Two thousand activities, in a request of its own each time."""
        return "predict", large_world(2_000 + number).request()
