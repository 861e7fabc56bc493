"""From results to the bytes of an answer: its JSON, its media type and its status."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from graphql import GraphQLFormattedError
from starlette.types import Send

from bg_graph.web.faults import HttpFault
from bg_graph.web.negotiation import MediaType

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, ready to be sent."""

    status: int
    body: bytes
    media_type: MediaType = MediaType.JSON
    headers: Headers = ()

    async def send(self, send: Send) -> None:
        """Send it whole."""
        headers = [
            (b"content-type", self.media_type.value),
            (b"content-length", b"%d" % len(self.body)),
            (b"cache-control", b"no-store"),
            (b"vary", b"Accept"),
            *self.headers,
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def executed(
    data: Mapping[str, object] | None,
    errors: Sequence[GraphQLFormattedError],
    extensions: Mapping[str, object] | None,
    media_type: MediaType,
) -> Answer:
    """The answer to an operation that was executed; status 200 even where fields failed."""
    return Answer(200, orjson.dumps(payload(data, errors, extensions)), media_type)


def not_executed(errors: Sequence[GraphQLFormattedError], media_type: MediaType, status: int = 400) -> Answer:
    """The answer to a well-formed request whose operation was not, or not fully, executed: no `data` in it.

    Source: GraphQL over HTTP, "Status Codes": the older media type says 200 here.
    """
    body = orjson.dumps({"errors": errors})
    return Answer(status if media_type is MediaType.GRAPHQL else 200, body, media_type)


def faulty(fault: HttpFault, media_type: MediaType) -> Answer:
    """The answer to a request that is wrong as HTTP."""
    error = {"message": fault.message, "extensions": {"code": fault.code}}
    return Answer(fault.status, orjson.dumps({"errors": [error]}), media_type, fault.headers)


def payload(
    data: Mapping[str, object] | None,
    errors: Sequence[GraphQLFormattedError],
    extensions: Mapping[str, object] | None,
) -> dict[str, object]:
    """A GraphQL result as it is written; errors come first, so that a reader sees them. Source: GraphQL, "Response"."""
    result: dict[str, object] = {}
    if errors:
        result["errors"] = errors
    result["data"] = data
    if extensions:
        result["extensions"] = extensions
    return result
