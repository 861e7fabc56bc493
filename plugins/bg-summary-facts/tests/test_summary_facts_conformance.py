"""The summaries from the facts alone pass the exam of summary providers."""

from bg_graph.plugins.testing.summary import SummaryProviderExam
from bg_summary_facts.plugin import PLUGIN


class TestConformance(SummaryProviderExam):
    plugin = PLUGIN
    locales = ("en", "nl", "de")
    not_needed = ("down_settings", "wrong_settings", "slow_settings")
