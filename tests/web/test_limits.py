"""Limits on documents: each refuses by its own code before anything is executed, in a time that does not grow."""

import threading
import time
from typing import Any

import httpx
import pytest

from bg_graph.web.options import Limits, WebOptions
from tests.web.toy_server import AUTHORIZED, World, code_of, served


@pytest.fixture(scope="module")
def world():
    with served() as world:
        yield world


def test_a_document_with_too_many_tokens_is_refused(world: World) -> None:
    assert world.code("{" + "hello " * 4_000 + "}") == "TOO_MANY_TOKENS"


def test_a_list_query_of_fifty_levels_is_refused_for_its_depth(world: World) -> None:
    query = "{ item { " + "children { " * 50 + "name" + " }" * 52
    assert quick_code(world, query) == "QUERY_TOO_DEEP"


def test_brackets_nested_beyond_the_parser_are_refused_for_their_depth(world: World) -> None:
    assert quick_code(world, "{a" * 1_000 + "}" * 1_000) == "QUERY_TOO_DEEP"
    assert quick_code(world, "{echo(text:" + "[" * 1_000 + "]" * 1_000 + ")}") == "QUERY_TOO_DEEP"


@pytest.mark.parametrize("levels", [22, 30, 100])
def test_a_bomb_of_nested_fragments_is_refused_at_once(world: World, levels: int) -> None:
    aliased = bomb(levels, "fragment F{0} on Item {{ a: parent {{ ...F{1} }} b: parent {{ ...F{1} }} }} ")
    assert quick_code(world, aliased) in ("QUERY_TOO_DEEP", "TOO_MANY_ALIASES")
    spread_twice = bomb(levels, "fragment F{0} on Item {{ ...F{1} ...F{1} x{0}: name }} ")
    assert quick_code(world, spread_twice) == "TOO_MANY_ALIASES"


def test_a_bomb_within_depth_and_aliases_is_refused_for_its_cost(world: World) -> None:
    merged = bomb(15, "fragment F{0} on Item {{ parent {{ ...F{1} }} parent {{ ...F{1} }} }} ")
    assert quick_code(world, merged) == "QUERY_TOO_COSTLY"


@pytest.mark.parametrize("size", ["$n", "1000"])
def test_a_bomb_of_spreads_whose_lists_have_a_variable_length_is_measured_in_linear_time(
    world: World, size: str
) -> None:
    last = f"fragment F200 on Query {{ items(first: {size}) {{ edges {{ node {{ name }} }} }} }}"
    spreads = "".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }} " for n in range(200))
    query = "query ($n: Int = 5, $m: Int) { echo(number: $n) ...F0 } " + spreads + last
    assert quick_code(world, query) in ("QUERY_TOO_INVOLVED", "QUERY_TOO_COSTLY")


def test_too_many_aliases_are_refused_and_a_fragments_count_each_time(world: World) -> None:
    within = "{" + "".join(f"a{n}: hello " for n in range(60)) + "}"
    assert world.post(within).status_code == 200
    assert world.code(within[:-1] + "more: hello }") == "TOO_MANY_ALIASES"
    through = "{ " + "".join(f"i{n}: item {{ ...F }} " for n in range(31)) + "} fragment F on Item { n: name }"
    assert world.code(through) == "TOO_MANY_ALIASES"


@pytest.mark.parametrize(
    ("query", "variables", "allowed"),
    [
        ("{ items(first: 100) { edges { node { name } } } }", None, True),
        ("{ items(first: 101) { edges { node { name } } } }", None, False),
        ("query ($n: Int!) { items(first: $n) { edges { node { name } } } }", {"n": 100}, True),
        ("query ($n: Int!) { items(first: $n) { edges { node { name } } } }", {"n": 101}, False),
        ("query ($n: Int! = 101) { items(first: $n) { edges { node { name } } } }", None, False),
        ("query ($n: Int! = 101) { items(first: $n) { edges { node { name } } } }", {"n": 1}, True),
        ("{ items { edges { node { name } } } }", None, True),
        ("{ items { edges { node { children { name } } } } }", None, False),
        ("{ items(first: 9) { edges { node { children { name } } } } }", None, True),
        ("{ items(first: 10) { edges { node { ...F } } } } fragment F on Item { children { name } }", None, False),
        ("{ items(first: 10) { ...F } } fragment F on ItemConnection { edges { node { name } } }", None, True),
        ("{ items(first: 51) { edges { node { parent { name } } } } }", None, False),
        ("query ($i: [ID!]!) { byIds(ids: $i) { name } }", {"i": ["x"] * 100}, True),
        ("query ($i: [ID!]!) { byIds(ids: $i) { name } }", {"i": ["x"] * 101}, False),
        ("{ items(first: 999999999999999999999999) { edges { node { name } } } }", None, False),
        ("{ item { children { children { name } } } }", None, False),
    ],
)
def test_cost_is_the_objects_that_could_be_asked_for(
    query: str, variables: dict[str, Any] | None, allowed: bool, small: World
) -> None:
    response = small.post(query, variables)
    if allowed:
        assert response.status_code == 200
        assert "errors" not in response.json()
    else:
        assert code_of(response) in ("QUERY_TOO_COSTLY", "VALIDATION_FAILED")


@pytest.fixture(scope="module")
def small():
    with served(WebOptions(limits=Limits(max_cost=100))) as world:
        yield world


def test_an_introspection_bomb_is_refused(world: World, small: World) -> None:
    lists = "{__schema{types{" + "fields{type{" * 8 + "name" + "}}" * 8 + "}}}"
    assert quick_code(world, lists) in ("VALIDATION_FAILED", "QUERY_TOO_DEEP", "QUERY_TOO_COSTLY")
    wide = "{" + "".join(f"a{n}: __schema {{ types {{ ...T }} }} " for n in range(9)) + "} fragment T on __Type {"
    assert quick_code(small, wide + "fields { name type { name } args { name type { name } } } }") == "QUERY_TOO_COSTLY"


def test_introspection_can_be_switched_off() -> None:
    with served(WebOptions(introspection=False)) as world:
        assert world.code("{__schema{types{name}}}") == "VALIDATION_FAILED"
        assert world.post("{__typename}").json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    "query",
    [
        "{" + "hello " * 3_900 + "}",
        "{" + "item{name} " * 900 + "}",
        "{"
        + "".join(f"...F{n} " for n in range(300))
        + "}"
        + "".join(f"fragment F{n} on Query{{hello}}" for n in range(300)),
        "{" + 'echo(text:"x") ' * 600 + "}",
        "".join(f"query Q{n}{{hello}} " for n in range(700)),
        "{" + "...{hello}" * 900 + "}",
        "{" + "".join(f"nothing{n} " for n in range(3_900)) + "}",
    ],
    ids=["fields", "objects", "fragments", "arguments", "operations", "inline fragments", "unknown fields"],
)
def test_a_document_that_is_costly_to_check_does_not_make_others_wait(world: World, query: str) -> None:
    statuses: list[int] = []

    def ask() -> None:
        response = httpx.post(world.url + "/graphql", json={"query": query}, headers=AUTHORIZED, timeout=60)
        statuses.append(response.status_code)

    thread = threading.Thread(target=ask)
    began = time.monotonic()
    thread.start()
    waits = []
    while thread.is_alive() or not waits:
        started = time.monotonic()
        assert world.post("{hello}").status_code == 200
        waits.append(time.monotonic() - started)
    thread.join()
    assert statuses == [200]
    # Were others to wait, one of them would wait as long as the check takes.
    assert max(waits) < max(3, (time.monotonic() - began) * 0.8)


def test_what_was_checked_once_is_kept_and_the_store_of_documents_is_bounded() -> None:
    with served(WebOptions(cached_documents=10, cached_characters=1_000)) as world:
        for n in range(3):
            assert world.post("{ hello }").status_code == 200
            assert kept(world) == n
        for n in range(30):
            world.post("{ hello" + " " * n + "}")
        before = kept(world)
        world.post("{ hello }")
        assert kept(world) == before


def kept(world: World) -> int:
    text = httpx.get(world.url + "/metrics").text
    lines = [line for line in text.splitlines() if line.startswith('bg_graph_graphql_documents_total{kept="yes"}')]
    return int(float(lines[0].split()[-1])) if lines else 0


def bomb(levels: int, fragment: str) -> str:
    fragments = "".join(fragment.format(n, n + 1) for n in range(levels))
    return "{ item { ...F0 } } " + fragments + f"fragment F{levels} on Item {{ name }}"


def quick_code(world: World, query: str) -> str:
    started = time.monotonic()
    code = world.code(query)
    assert time.monotonic() - started < 15  # unbounded, each of these would take minutes
    return code
