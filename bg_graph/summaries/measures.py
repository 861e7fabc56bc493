"""What is counted of summaries: how many answers had which status in this process."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter


class SummaryMeasures:
    """The measures of summaries, in the registry of the process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._answers = Counter(
            "bg_graph_summaries",
            "Summaries answered, by status: fresh, stale, pending, failed, declined",
            ("status",),
            registry=registry,
        )

    def count(self, statuses: Mapping[str, int]) -> None:
        """Count answers with these statuses."""
        for status, number in statuses.items():
            self._answers.labels(status).inc(number)
