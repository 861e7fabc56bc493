"""What the server counts about itself, in a registry of its own, and the page that shows it."""

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from starlette.requests import Request
from starlette.responses import Response

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Counters of one server; other rooms add theirs to `registry`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.requests = self._counter("bg_graph_http_requests", "HTTP requests answered", ("method", "route", "status"))
        self.request_seconds = Histogram(
            "bg_graph_http_request_seconds",
            "Time from a request's headers to the end of its answer",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.operations = self._counter(
            "bg_graph_graphql_operations", "GraphQL operations by kind and outcome", ("kind", "outcome")
        )
        self.errors = self._counter("bg_graph_graphql_errors", "GraphQL errors answered", ("code",))
        self.documents = self._counter(
            "bg_graph_graphql_documents", "Documents looked up, by whether they were kept", ("kept",)
        )
        self.sockets = Gauge("bg_graph_websockets", "Open WebSocket connections", registry=self.registry)
        self.event_streams = Gauge("bg_graph_event_streams", "Open streams of events", registry=self.registry)

    async def page(self, request: Request) -> Response:
        """The answer at /metrics."""
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)

    def _counter(self, name: str, meaning: str, labels: tuple[str, ...]) -> Counter:
        return Counter(name, meaning, labels, registry=self.registry)
