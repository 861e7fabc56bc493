"""From the bytes of an HTTP request to a checked GraphQL request; whatever is wrong is a coded 4xx."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

import orjson

from bg_graph.graph.errors import ErrorCode
from bg_graph.web.faults import HttpFault

_DOCUMENT_ID = (
    "A stored document's id was sent instead of its text, and this server keeps no stored documents. Send 'query'."
)


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """What one request asks: a document's text, which of its operations, and the values for it."""

    query: str
    variables: dict[str, object] | None = None
    operation_name: str | None = None
    extensions: dict[str, object] | None = None


def bad_request(message: str) -> HttpFault:
    """A request whose form is wrong."""
    return HttpFault(400, ErrorCode.BAD_REQUEST, message)


def from_body(body: bytes, max_depth: int) -> GraphQLRequest:
    """The request in the body of a POST. Source: GraphQL over HTTP, "JSON Encoding"."""
    if not body:
        raise bad_request("The body is empty; it must be a JSON object with 'query'.")
    parameters = load_json(body, "The body")
    if isinstance(parameters, list):
        raise bad_request("The body is a JSON array, and requests in batches are not taken. Send one object.")
    if not isinstance(parameters, dict):
        raise bad_request(f"The body must be a JSON object with 'query', not {_kind(parameters)}.")
    check_values(parameters, body, max_depth)
    return from_parameters(parameters)


def from_query_string(query_string: bytes, max_depth: int) -> GraphQLRequest:
    """The request in the address of a GET. Source: GraphQL over HTTP, "GET"."""
    parameters: dict[str, object] = {}
    for name, value in _pairs(query_string):
        if name in parameters:
            raise bad_request(f"The parameter '{name}' is given twice.")
        parameters[name] = value
    for name in ("variables", "extensions"):
        text = parameters.get(name)
        if isinstance(text, str):
            parameters[name] = load_json(text.encode(), f"The parameter '{name}'") if text else None
    parameters["operationName"] = parameters.get("operationName") or None
    check_values(parameters, orjson.dumps(parameters), max_depth)
    return from_parameters(parameters)


def from_parameters(parameters: Mapping[str, object]) -> GraphQLRequest:
    """The request that decoded parameters describe. Source: GraphQL over HTTP, "Request Parameters"."""
    query = parameters.get("query")
    if query is None and "documentId" in parameters:
        raise bad_request(_DOCUMENT_ID)
    if not isinstance(query, str):
        raise bad_request(f"'query' must be a string with a GraphQL document, not {_kind(query)}.")
    name = parameters.get("operationName")
    if name is not None and not isinstance(name, str):
        raise bad_request(f"'operationName' must be a string or null, not {_kind(name)}.")
    return GraphQLRequest(query, _mapping(parameters, "variables"), name, _mapping(parameters, "extensions"))


def load_json(text: bytes, what: str) -> object:
    """JSON as Python values, or a 400 that says what could not be read and where."""
    try:
        value: object = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise bad_request(f"{what} is not JSON in UTF-8: {error}") from None
    return value


def check_values(value: object, text: bytes, max_depth: int) -> None:
    """Refuse what no field could take: nesting beyond the limit, and the character NUL.

    The encoded text is looked at first: most requests have too few brackets and no escaped NUL to need a walk.
    """
    may_be_deep = text.count(b"{") + text.count(b"[") > max_depth
    if may_be_deep or b"u0000" in text:
        _walk(value, max_depth)


def _walk(value: object, max_depth: int) -> None:
    level: list[object] = [value]
    for _ in range(max_depth + 1):
        inner: list[object] = []
        for item in level:
            if isinstance(item, str) and "\0" in item:
                raise HttpFault(400, ErrorCode.INVALID_TEXT, "A text holds the character NUL (\\u0000). Remove it.")
            if isinstance(item, dict):
                inner.extend(item.keys())
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        if not inner:
            return
        level = inner
    raise HttpFault(400, ErrorCode.INPUT_TOO_DEEP, f"The JSON is nested more than {max_depth} levels deep.")


def _pairs(query_string: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20)
    except UnicodeDecodeError:
        raise bad_request("The query string is not UTF-8, percent-encoded.") from None
    except ValueError:
        raise bad_request("The query string has more than 20 parameters.") from None


def _mapping(parameters: Mapping[str, object], name: str) -> dict[str, object] | None:
    value = parameters.get(name)
    if value is not None and not isinstance(value, dict):
        raise bad_request(f"'{name}' must be an object or null, not {_kind(value)}.")
    return value


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"
