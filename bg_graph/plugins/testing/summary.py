"""The exam of summary providers. Inherit it in a test: `plugin` and `settings` are needed; `locales`, `kinds` and
`deterministic` say what the provider promises.
"""

from bg_graph.plugins.testing.summaries.grounded import GroundingChecks
from bg_graph.plugins.testing.summaries.promised import PromiseChecks

__all__ = ["SummaryProviderExam"]


class SummaryProviderExam(GroundingChecks, PromiseChecks):
    """Examines a summary provider."""
