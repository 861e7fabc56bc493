"""The model of interests from activities passes the exam of intent models."""

from bg_graph.plugins.testing.intent import IntentModelExam
from bg_intent_activities.plugin import PLUGIN


class TestConformance(IntentModelExam):
    plugin = PLUGIN
    memory_calls = 200
    not_needed = ("down_settings", "wrong_settings", "slow_settings")
