"""Media types: which one an answer gets, and which a request's body may have."""

from enum import Enum

from bg_graph.graph.errors import ErrorCode
from bg_graph.web.faults import HttpFault


class MediaType(Enum):
    """The forms of an answer. Source: GraphQL over HTTP, "Media Types"; GraphQL over SSE."""

    GRAPHQL = b"application/graphql-response+json; charset=utf-8"
    """Status 400 says that nothing was executed."""
    JSON = b"application/json; charset=utf-8"
    """The older form: status 200 for every well-formed request."""
    EVENTS = b"text/event-stream; charset=utf-8"
    """Results one after the other, each as soon as it is there."""


_EVENTS = "text/event-stream"
_SPOKEN = {
    "application/graphql-response+json": MediaType.GRAPHQL,
    "application/json": MediaType.JSON,
    _EVENTS: MediaType.EVENTS,
    "application/*": MediaType.JSON,
    "*/*": MediaType.JSON,
}


def answer_type(accept: str | None) -> MediaType:
    """The media type of the answer to a request with this Accept header; JSON where none is preferred.

    The one with the highest weight wins, at equal weights a named one over a pattern, one answer over a stream of them,
    then the first.
    """
    if accept is None or not accept.strip():
        return MediaType.JSON
    best: tuple[float, bool, bool] = (0.0, False, False)
    chosen: MediaType | None = None
    for item in accept.split(","):
        name, weight = _weighted(item)
        rank = (weight, "*" not in name, name != _EVENTS)
        if name in _SPOKEN and weight > 0 and rank > best:
            best, chosen = rank, _SPOKEN[name]
    if chosen is None:
        spoken = "application/graphql-response+json, application/json or text/event-stream"
        message = f"Answers are {spoken}; Accept names none of them."
        raise HttpFault(406, ErrorCode.NOT_ACCEPTABLE, message)
    return chosen


def takes_events(accept: str | None) -> bool:
    """Whether a stream of events is named at all, for an operation that has many answers."""
    weights = dict(_weighted(item) for item in (accept or "").split(","))
    return weights.get(_EVENTS, 0.0) > 0


def check_content_type(content_type: str | None, encoding: str | None) -> None:
    """Refuse a body that is not JSON in UTF-8.

    A web page of another origin can send form and text types without asking first: refusing them closes that way in.
    """
    name, _, parameters = (content_type or "").partition(";")
    if name.strip().lower() != "application/json":
        said = f"not {name.strip()[:80]!r}" if name.strip() else "and there is no Content-Type header"
        raise _unsupported(f"The body must be application/json, {said}.")
    charset = _parameter(parameters, "charset")
    if charset not in ("", "utf-8", "utf8"):
        raise _unsupported(f"The body must be in UTF-8, not in {charset[:40]!r}.")
    if encoding is not None and encoding.strip().lower() not in ("", "identity"):
        raise _unsupported(f"The body must not be compressed; Content-Encoding is {encoding[:40]!r}.")


def _unsupported(message: str) -> HttpFault:
    return HttpFault(415, ErrorCode.UNSUPPORTED_MEDIA_TYPE, message)


def _weighted(item: str) -> tuple[str, float]:
    name, _, parameters = item.partition(";")
    try:
        weight = float(_parameter(parameters, "q") or "1")
    except ValueError:
        weight = 0.0
    charset = _parameter(parameters, "charset")
    return name.strip().lower(), weight if charset in ("", "utf-8", "utf8") else 0.0


def _parameter(parameters: str, name: str) -> str:
    for parameter in parameters.split(";"):
        key, _, value = parameter.partition("=")
        if key.strip().lower() == name:
            return value.strip().strip('"').lower()
    return ""
