"""What an operator can set about the served layer, as plain frozen values."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one request may ask; each limit has an error code of its own."""

    max_body: int = 256_000
    """Bytes of a request's body or query string, and of a WebSocket message."""
    max_input_depth: int = 64
    """Levels of lists and objects in the JSON of a request."""
    max_tokens: int = 4_000
    """Tokens of a document; the Overview tab has about 400."""
    max_depth: int = 20
    """Levels of nested fields; the introspection query of current tools has 15."""
    max_aliases: int = 60
    """Renamed fields, those of a fragment counted as often as it is spread."""
    max_cost: int = 20_000
    """Objects that one operation could ask for at most, `first` arguments multiplied along each path."""
    assumed_list: int = 10
    """Length taken for a list that has no `first` argument, when cost is counted."""


@dataclass(frozen=True, slots=True)
class WebOptions:
    """Settings of everything that is served over HTTP and WebSocket."""

    limits: Limits = field(default_factory=Limits)
    """How much one request may ask."""
    deadline: float = 30.0
    """Seconds that a query or mutation may take before it is cancelled."""
    body_timeout: float = 10.0
    """Seconds within which a request's body must have arrived."""
    cached_documents: int = 1_000
    """Documents kept parsed and validated."""
    cached_characters: int = 300_000
    """Characters of all kept documents together; a parsed one takes up to 300 bytes for each."""
    introspection: bool = True
    """Whether the schema may be asked for."""
    allowed_origins: tuple[str, ...] = ()
    """Web origins besides our own whose pages may call, such as https://app.example.com; none by default."""
    base_path: str = ""
    """Path below which a proxy serves us, such as /bg-graph; whether or not the proxy strips it."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks of proxies whose X-Forwarded-For and -Proto are believed; none by default."""
    socket_init_timeout: float = 10.0
    """Seconds that a WebSocket may stay open without `connection_init`."""
    socket_operations: int = 100
    """Operations that one WebSocket may have under way."""
    heartbeat: float = 20.0
    """Seconds between two signs of life on a WebSocket or a stream of events, and until a ping must be answered."""
    readiness_timeout: float = 5.0
    """Seconds after which a readiness check counts as failed."""
