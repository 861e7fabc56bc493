"""`bg-graph query`: one GraphQL operation, sent to a server, its answer printed."""

import json
import sys
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from bg_graph.cli.faults import FAILED, Failure, misuse
from bg_graph.cli.installation import settings_of
from bg_graph.settings import Settings

app = typer.Typer(add_completion=False)

_SECONDS = 60


@app.command()
def query(
    context: typer.Context,
    document: Annotated[
        str | None, typer.Argument(help="The GraphQL document; - reads it from standard input.")
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="File with the document.")] = None,
    variables: Annotated[
        str, typer.Option("--variables", "-v", help="Variables as a JSON object, or @file with one.")
    ] = "{}",
    operation: Annotated[str | None, typer.Option(help="Which operation, where the document has several.")] = None,
    token: Annotated[str | None, typer.Option(envvar="BG_TOKEN", help="Token of the caller.")] = None,
    url: Annotated[
        str | None, typer.Option(help="Address of the endpoint; default: /graphql where the settings have it served.")
    ] = None,
) -> None:
    """Ask a GraphQL query of a server and print the answer as JSON. Exit code 1 where the answer holds errors."""
    if token is None:
        raise misuse("there is no token", "Give one: --token or BG_TOKEN; make one: bg-graph token create NAME")
    request = {"query": _document(document, file), "variables": _variables(variables), "operationName": operation}
    answer = _ask(url or _served_at(settings_of(context)), token, request)
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    if answer.get("errors"):
        raise typer.Exit(FAILED)


def _document(document: str | None, file: Path | None) -> str:
    if (document is None) == (file is None):
        raise misuse("give either a document or --file")
    if file is not None:
        return _read(file)
    return sys.stdin.read() if document == "-" else str(document)


def _variables(text: str) -> dict[str, Any]:
    source = _read(Path(text[1:])) if text.startswith("@") else text
    try:
        variables = json.loads(source)
    except ValueError as fault:
        raise misuse(f"the variables are no JSON: {fault}") from None
    if not isinstance(variables, dict):
        raise misuse("the variables must be a JSON object", """For instance: --variables '{"first": 5}'""")
    return variables


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else "it is not UTF-8"
        raise misuse(f"{file} can't be read: {reason}") from None


def _served_at(settings: Settings) -> str:
    server = settings.server
    return (server.base_url or f"http://{server.host}:{server.port}") + "/graphql"


def _ask(url: str, token: str, content: dict[str, Any]) -> dict[str, Any]:
    host, port = _place(url)
    if not token.isascii() or not token.isprintable():
        raise misuse("the token has characters that no token has")
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Accept": "application/graphql-response+json",
    }
    parts = urlsplit(url)
    connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = connect(host, port, timeout=_SECONDS)
    try:
        connection.request("POST", parts.path or "/", json.dumps(content).encode(), headers)
        return _answer(url, connection.getresponse().read())
    except (OSError, HTTPException) as fault:
        raise Failure(f"{url} does not answer: {fault}", "Is it served? Begin with: bg-graph serve") from None
    finally:
        connection.close()


def _place(url: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname:
            return parts.hostname, parts.port
    except ValueError:  # a port that is no number, a bracket that is not closed
        pass
    raise misuse(f"{url!r} is no address", "For instance: http://127.0.0.1:8000/graphql")


def _answer(url: str, body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Failure(f"what {url} answers is no GraphQL", "Is it the endpoint? It ends in /graphql")
    return answer
