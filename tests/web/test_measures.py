"""Measures of documents: a fragment counts as what it holds, and no text makes the checks fail in another way."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from graphql import GraphQLError, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from bg_graph.web.documents import Documents
from bg_graph.web.faults import HttpFault, Refused
from bg_graph.web.measures import Measures
from bg_graph.web.metrics import Metrics
from bg_graph.web.options import Limits, WebOptions
from bg_graph.web.requests import GraphQLRequest, from_body, from_query_string
from tests.web.toy_server import schema

MEASURES = Measures(schema._schema, Limits(max_depth=1_000, max_aliases=1_000_000))
DOCUMENTS = Documents(schema, WebOptions(), Metrics())

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
requests = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("query", "variables", "operationName", "extensions", "documentId"), json_values)
)
pieces = st.sampled_from(
    [
        "{",
        "}",
        "(",
        ")",
        "...",
        "on",
        "query",
        "fragment",
        "F",
        "item",
        "children",
        "name",
        "$a",
        ":",
        "Int",
        "a:",
        '"x"',
        "[",
        "]",
        "@skip(if:true)",
        "1",
        "null",
        "subscription",
        "__schema",
        "items",
        "first:5",
        ",",
    ]
)
# Selections on Item: leaves, lists, single objects, and parts that one document spreads and the other inlines.
selections = st.recursive(
    st.just("name"),
    lambda inner: st.lists(
        st.tuples(st.sampled_from(["children", "parent", "spread", "again"]), inner), min_size=1, max_size=3
    ),
    max_leaves=12,
)


@given(
    st.binary(max_size=200) | json_values.map(lambda value: orjson.dumps(value, default=str) if sound(value) else b"")
)
def test_any_bytes_are_a_request_or_a_coded_4xx(body: bytes) -> None:
    for read in (from_body, from_query_string):
        outcome = read_or_fault(read, body)
        assert isinstance(outcome, GraphQLRequest) or 400 <= outcome.status < 500


@given(requests.filter(lambda value: sound(value)))
def test_any_parameters_are_a_request_or_a_coded_4xx(parameters: dict[str, Any]) -> None:
    outcome = read_or_fault(from_body, orjson.dumps(parameters))
    if isinstance(outcome, GraphQLRequest):
        assert outcome.query == parameters["query"]
    else:
        assert outcome.status == 400


@settings(max_examples=300)
@given(st.text(max_size=40) | st.lists(pieces, max_size=30).map(" ".join))
def test_any_text_is_a_document_or_is_refused_with_codes(text: str) -> None:
    errors = refusal_of(text)
    assert all(error.extensions and error.extensions["code"] for error in errors)


@settings(max_examples=200)
@given(selections, st.integers(1, 9))
def test_a_fragment_costs_what_it_holds_wherever_it_is_spread(selection: Any, number: int) -> None:
    frame = "query ($n: Int) {{ items(first: $n) {{ edges {{ node {{ {0} }} }} }} }}"
    fragments: list[str] = []
    spread = frame.format(rendered(selection, fragments)) + "".join(fragments)
    inlined = frame.format(rendered(selection, None))
    assert cost(spread, number) == cost(inlined, number) == number * (1 + expected(selection))


def test_a_text_with_a_surrogate_alone_is_refused() -> None:
    with pytest.raises(Refused):
        DOCUMENTS.check('{ echo(text: "\\ud800") }')


def read_or_fault(read: Callable[[bytes, int], GraphQLRequest], data: bytes) -> GraphQLRequest | HttpFault:
    try:
        return read(data, 64)
    except HttpFault as fault:
        return fault


def refusal_of(text: str) -> list[GraphQLError]:
    try:
        DOCUMENTS.check(text)
    except Refused as reason:
        return reason.errors
    return []


def rendered(selection: Any, fragments: list[str] | None) -> str:
    """The selection in GraphQL, `spread` as fragments where these are collected, else inline."""
    if isinstance(selection, str):
        return selection
    parts = []
    for kind, inner in selection:
        text = rendered(inner, fragments)
        if kind in ("children", "parent"):
            parts.append(f"{kind} {{ {text} }}")
        elif fragments is None:
            parts.append(f"... on Item {{ {text} }}" * (2 if kind == "again" else 1))
        else:
            name = f"F{len(fragments)}"
            fragments.append(f" fragment {name} on Item {{ {text} }}")
            parts.append(f"...{name} " * (2 if kind == "again" else 1))
    return " ".join(parts)


def expected(selection: Any) -> int:
    """Objects below one item, counted in the plainest way: a list without `first` has 10."""
    if isinstance(selection, str):
        return 0
    sizes = {"children": (10, 1), "parent": (1, 1), "spread": (1, 0), "again": (2, 0)}
    return sum(sizes[kind][0] * (sizes[kind][1] + expected(inner)) for kind, inner in selection)


def cost(text: str, number: int) -> int:
    costs = MEASURES.costs(parse(text))
    assert costs is not None
    return costs[None].value({"n": number})


def sound(value: object) -> bool:
    try:
        orjson.dumps(value)
    except (TypeError, ValueError):
        return False
    return True
