"""`bg-graph query`: of a server, and of the database."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.cli.shell import Shell


class Endpoint(BaseHTTPRequestHandler):
    """A server that answers a query with what it was asked."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked["token"] = self.headers["Authorization"]
        answer = {"errors": [{"message": "no"}]} if "fail" in asked["query"] else {"data": asked}
        body = b"<html>" if self.path != "/graphql" else json.dumps(answer).encode()
        self.send_response(200 if "data" in answer else 400)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Endpoint)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/graphql"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_query_goes_out_with_token_and_variables_and_its_answer_is_printed(shell: Shell, endpoint: str) -> None:
    (shell.folder / "values.json").write_text('{"first": 5}')
    (shell.folder / "tab.graphql").write_text("query Tab { a }")
    options = ("-v", "@values.json", "--url", endpoint, "--operation", "Tab")
    answer = json.loads(shell.out("query", "-f", "tab.graphql", *options, BG_TOKEN="bg_x"))["data"]
    assert answer == {
        "query": "query Tab { a }",
        "variables": {"first": 5},
        "operationName": "Tab",
        "token": "Bearer bg_x",
    }


def test_a_query_whose_answer_holds_errors_ends_with_one(shell: Shell, endpoint: str) -> None:
    done = shell.run("query", "{ fail }", "--token", "bg_x", "--url", endpoint, code=1)
    assert json.loads(done.stdout)["errors"]


def test_a_query_of_the_database_needs_no_server(ready: Shell) -> None:
    assert json.loads(ready.out("query", "{ viewer { name } }")) == {"data": {"viewer": {"name": "command line"}}}
    token = ready.out("token", "create", "Ann").strip()
    assert json.loads(ready.out("query", "{ viewer { name } }", "--token", token))["data"]["viewer"]["name"] == "Ann"
    assert "unknown, expired or revoked" in ready.fault("query", "{ viewer { name } }", "--token", "bg_x", code=1)


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (["{ viewr }"], "Cannot query field 'viewr'", "VALIDATION_FAILED"),
        (["{ viewer"], "Syntax Error", "SYNTAX_ERROR"),
        (["query A { viewer { name } }", "--operation", "B"], "no operation named 'B'", "OPERATION_NOT_FOUND"),
        (["query A($g: ID!) { buyingGroup(id: $g) { name } }"], "'$g'", "INVALID_VARIABLES"),
    ],
)
def test_a_wrong_query_of_the_database_is_answered_as_by_a_server(
    ready: Shell, arguments: list[str], message: str, code: str
) -> None:
    [error] = json.loads(ready.run("query", *arguments, code=1).stdout)["errors"]
    assert message in error["message"]
    assert error["extensions"]["code"] == code


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (["{ a }", "--url", "http://127.0.0.1:1/"], "a server needs a token", 2),
        (["--token", "x"], "give either a document or --file", 2),
        (["{ a }", "--token", "x", "-v", "[1"], "the variables are no JSON", 2),
        (["{ a }", "--token", "x", "-v", "[1]"], "must be a JSON object", 2),
        (["-f", "none.graphql", "--token", "x"], "none.graphql can't be read: No such file", 2),
        (["{ a }", "--token", "x", "--url", "example"], "'example' is no address", 2),
        (["{ a }", "--token", "ü", "--url", "http://127.0.0.1:1/"], "characters that no token has", 2),
        (["{ a }", "--token", "x", "--url", "http://127.0.0.1:1/graphql"], "does not answer", 1),
    ],
)
def test_a_query_that_can_not_be_asked_is_told(shell: Shell, arguments: list[str], message: str, code: int) -> None:
    assert message in shell.fault("query", *arguments, code=code)


def test_an_address_that_is_no_endpoint_is_told(shell: Shell, endpoint: str) -> None:
    message = shell.fault("query", "{ a }", "--token", "x", "--url", endpoint.replace("/graphql", "/"), code=1)
    assert "is no GraphQL" in message
