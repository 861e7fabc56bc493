"""GraphQL over HTTP: what is answered, in which form, with which status."""

import httpx
import pytest

from tests.web.toy_server import AUTHORIZED, SECRET, World, code_of, served

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"


@pytest.fixture(scope="module")
def world():
    with served() as world:
        yield world


def test_a_query_by_post_is_answered(world: World) -> None:
    response = world.post("query Q($t: String!) { echo(text: $t) caller }", {"t": "Grüße🏃"})
    assert response.status_code == 200
    assert response.json() == {"data": {"echo": "Grüße🏃0", "caller": "tester"}}
    assert response.headers["content-type"].startswith(GRAPHQL)


def test_a_query_by_get_is_answered(world: World) -> None:
    parameters = {"query": "query A($t: String!) { echo(text: $t) } query B { hello }", "variables": '{"t": "é+ü"}'}
    response = httpx.get(world.url + "/graphql", params={**parameters, "operationName": "A"}, headers=AUTHORIZED)
    assert response.json() == {"data": {"echo": "é+ü0"}}


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8", GRAPHQL),
        (f"{GRAPHQL};q=0.5, {JSON}", JSON),
        (f"{JSON};q=0.5, {GRAPHQL}", GRAPHQL),
        (f"*/*, {GRAPHQL};q=1.0", GRAPHQL),
        (f"text/event-stream, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL};q=0, {JSON}", JSON),
    ],
)
def test_the_media_type_is_negotiated(world: World, accept: str | None, given: str) -> None:
    headers = {**AUTHORIZED, "content-type": JSON, **({} if accept is None else {"accept": accept})}
    request = httpx.Request("POST", world.url + "/graphql", headers=headers, content=b'{"query":"{hello}"}')
    with httpx.Client() as client:
        response = client.send(request)
    assert response.headers["content-type"] == f"{given}; charset=utf-8"
    assert response.json() == {"data": {"hello": "world"}}


@pytest.mark.parametrize("accept", ["text/html", "application/json; charset=latin-1", f"{JSON};q=0", "nonsense"])
def test_an_accept_header_without_a_type_of_ours_is_answered_by_406(world: World, accept: str) -> None:
    response = world.post("{hello}", accept=accept)
    assert (response.status_code, code_of(response)) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/json; charset=utf-16",
    ],
)
def test_a_body_of_another_type_is_answered_by_415(world: World, content_type: str | None) -> None:
    headers = {**AUTHORIZED, **({"content-type": content_type} if content_type else {})}
    response = httpx.post(world.url + "/graphql", content=b'{"query":"{hello}"}', headers=headers)
    assert (response.status_code, code_of(response)) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_compressed_body_is_answered_by_415(world: World) -> None:
    response = world.post("{hello}", **{"content-encoding": "gzip"})
    assert (response.status_code, code_of(response)) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_other_methods_are_answered_by_405(world: World, method: str) -> None:
    response = httpx.request(method, world.url + "/graphql", headers=AUTHORIZED)
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


def test_a_mutation_by_get_is_answered_by_405_and_by_post_is_done(world: World) -> None:
    mutation = 'mutation { rename(name: "x") }'
    response = httpx.get(world.url + "/graphql", params={"query": mutation}, headers=AUTHORIZED)
    assert (response.status_code, code_of(response)) == (405, "METHOD_NOT_ALLOWED")
    assert world.post(mutation).json() == {"data": {"rename": "x"}}


def test_a_subscription_by_http_says_where_to_ask(world: World) -> None:
    response = world.post("subscription { count(to: 1) }")
    assert (response.status_code, code_of(response)) == (400, "SUBSCRIPTION_NEEDS_STREAM")


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{", None, "SYNTAX_ERROR"),
        ("", None, "SYNTAX_ERROR"),
        ("{ nothing }", None, "VALIDATION_FAILED"),
        ("query ($n: Int!) { echo(number: $n) }", {"n": None}, "INVALID_VARIABLES"),
        ("query ($n: Int!) { echo(number: $n) }", {"n": "x"}, "INVALID_VARIABLES"),
        ("query A { hello } query B { hello }", None, "OPERATION_NOT_FOUND"),
        ("{ echo(number: " + "1" * 10_000 + ") }", None, "VALIDATION_FAILED"),
        ("fragment F on Query { ...F } { ...F }", None, "VALIDATION_FAILED"),
        ("fragment F on Query { hello }", None, "VALIDATION_FAILED"),
        ('{ echo(text: "a\\u0000b") }', None, "INVALID_TEXT"),
    ],
)
def test_what_can_not_be_executed_has_a_code_and_a_status_by_media_type(
    world: World, query: str, variables: dict[str, object] | None, code: str
) -> None:
    response = world.post(query, variables)
    assert (response.status_code, code_of(response)) == (400, code)
    assert "data" not in response.json()
    older = world.post(query, variables, accept=JSON)
    assert (older.status_code, code_of(older)) == (200, code)


def test_an_operation_is_chosen_by_name(world: World) -> None:
    body = {"query": "query A { hello } query B { caller }", "operationName": "B"}
    assert httpx.post(world.url + "/graphql", json=body, headers=AUTHORIZED).json() == {"data": {"caller": "tester"}}
    wrong = httpx.post(world.url + "/graphql", json={**body, "operationName": "C"}, headers=AUTHORIZED)
    assert code_of(wrong) == "OPERATION_NOT_FOUND"


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic dG95", "Bearer", "toy-token", "Bearer expired"])
def test_without_a_good_token_the_answer_is_401(world: World, header: str | None) -> None:
    headers = {} if header is None else {"authorization": header}
    response = httpx.post(world.url + "/graphql", json={"query": "{hello}"}, headers=headers)
    assert (response.status_code, code_of(response)) == (401, "UNAUTHENTICATED")
    assert response.headers["www-authenticate"].startswith("Bearer")


def test_an_error_that_was_meant_to_be_seen_is_shown_with_its_code(world: World) -> None:
    error = world.post("{ refuses }").json()["errors"][0]
    assert error["message"] == "Only admins may ask this."
    assert error["extensions"] == {"code": "FORBIDDEN", "right": "admin"}
    assert error["path"] == ["refuses"]


def test_a_denied_permission_is_forbidden(world: World) -> None:
    response = world.post("{ denied hello }")
    assert code_of(response) == "FORBIDDEN"
    assert response.json()["data"] == {"denied": None, "hello": "world"}


@pytest.mark.parametrize("field", ["breaks", "tooBig"])
def test_an_unexpected_error_is_internal_and_tells_nothing_but_the_request_id(world: World, field: str) -> None:
    response = world.post(f"{{ {field} hello }}", **{"x-request-id": "find-me"})
    assert response.status_code == 200
    assert response.json()["data"] == {field: None, "hello": "world"}
    error = response.json()["errors"][0]
    assert error["extensions"] == {"code": "INTERNAL", "requestId": "find-me"}
    assert "find-me" in error["message"]
    assert SECRET not in response.text
    assert "1099511627776" not in response.text


def test_a_null_for_an_argument_that_needs_a_value_is_the_askers_mistake(world: World) -> None:
    response = world.post("query ($n: Int) { echo(number: $n) }", {"n": None})
    assert code_of(response) == "INVALID_VARIABLES"


def test_introspection_by_the_usual_tools_is_answered(world: World) -> None:
    from_tools = """
      query IntrospectionQuery { __schema { queryType { name } types { ...FullType }
        directives { name locations args(includeDeprecated: true) { ...InputValue } } } }
      fragment FullType on __Type { kind name fields(includeDeprecated: true) { name
        args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated }
        inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef }
        enumValues(includeDeprecated: true) { name } possibleTypes { ...TypeRef } }
      fragment InputValue on __InputValue { name type { ...TypeRef } defaultValue }
      fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
        ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }
    """
    assert len(world.post(from_tools).json()["data"]["__schema"]["types"]) > 10
