"""What is counted about plugins, for /metrics."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from bg_graph.hosting.hosted import Hosted

_SECONDS = (0.001, 0.005, 0.025, 0.1, 0.25, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0)


class PluginMeasures:
    """Calls of plugins, by outcome, and how long they took."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("plugin", "capability", "method")
        self._calls = Counter(
            "bg_graph_plugin_calls", "Calls of plugins by outcome", (*labels, "outcome"), registry=registry
        )
        self._seconds = Histogram(
            "bg_graph_plugin_call_seconds",
            "Time that calls of plugins took",
            labels,
            buckets=_SECONDS,
            registry=registry,
        )

    def observe(self, hosted: Hosted, method: str, outcome: str, seconds: float) -> None:
        """Count a call."""
        about = (hosted.name, hosted.capability, method)
        self._calls.labels(*about, outcome).inc()
        self._seconds.labels(*about).observe(seconds)
