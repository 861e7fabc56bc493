"""`bg-graph query`: one GraphQL operation, asked of a server or of the database, its answer printed."""

import asyncio
import json
import sys
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

import typer
from strawberry.types import ExecutionResult

from bg_graph.app import Product, build_schema
from bg_graph.cli.faults import FAILED, Failure, misuse
from bg_graph.cli.installation import migrated, settings_of, tenant_named
from bg_graph.settings import Settings
from bg_graph.tenancy.rules import Caller, Right
from bg_graph.web.documents import Documents
from bg_graph.web.execution import execute, use_checked
from bg_graph.web.faults import Refused, shown
from bg_graph.web.logs import configure_logs
from bg_graph.web.metrics import Metrics
from bg_graph.web.options import Limits, WebOptions

app = typer.Typer(add_completion=False)

_SECONDS = 60
_UNLIMITED = Limits(max_tokens=sys.maxsize, max_depth=sys.maxsize, max_aliases=sys.maxsize, max_cost=sys.maxsize)
"""Whoever can open the database makes nobody else wait."""


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
    url: Annotated[str | None, typer.Option(help="Address of a server's endpoint; it needs a token.")] = None,
    tenant: Annotated[
        str | None, typer.Option(help="Tenant, where neither a token nor its being alone says it.")
    ] = None,
) -> None:
    """Ask a GraphQL query and print the answer as JSON. Exit code 1 where the answer holds errors.

    With --url a server is asked. Without, the database of the settings: as the token's caller or, since whoever can
    open the database can do everything, without a token as an admin.
    """
    question = Question(_document(document, file), _variables(variables), operation)
    if url is not None:
        if token is None:
            raise misuse(
                "a server needs a token", "Give one: --token or BG_TOKEN; make one: bg-graph token create NAME"
            )
        answer = _ask(url, token, question)
    else:
        answer = asyncio.run(_answer_here(settings_of(context, with_plugins=True), token, tenant, question))
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    if answer.get("errors"):
        raise typer.Exit(FAILED)


@dataclass(frozen=True, slots=True)
class Question:
    """One GraphQL request."""

    document: str
    variables: dict[str, Any]
    operation: str | None


async def _answer_here(settings: Settings, token: str | None, tenant: str | None, question: Question) -> dict[str, Any]:
    configure_logs(settings.logging.format, "warning")
    async with migrated(settings) as database:
        product = Product(settings, database)
        caller = await _caller(product, token, tenant)
        async with product.context(caller) as context:
            try:
                result = await _execute(question, context)
            except Refused as reason:
                return {"errors": [error.formatted for error in reason.errors]}
        await product.summaries.close()
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = [shown(error, "command line") for error in result.errors]
    return answer


async def _execute(question: Question, context: object) -> ExecutionResult:
    """The answer to a question that is checked as a server checks it. Raises Refused."""
    schema = build_schema()
    use_checked(schema)
    documents = Documents(schema, WebOptions(limits=_UNLIMITED), Metrics())
    try:
        document = documents.check(question.document)
        return await execute(schema, document, document.operation(question.operation), question.variables, context)
    finally:
        documents.close()


async def _caller(product: Product, token: str | None, tenant: str | None) -> Caller:
    if token is None:
        found = await tenant_named(product.database, tenant)
        return Caller(found.id, found.name, UUID(int=0), "command line", frozenset({Right.ADMIN}))
    caller = await product.authenticate(token)
    if caller is None:
        raise Failure("the token is unknown, expired or revoked", "Tokens are listed by: bg-graph token list")
    return caller


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


def _ask(url: str, token: str, question: Question) -> dict[str, Any]:
    host, port = _place(url)
    if not token.isascii() or not token.isprintable():
        raise misuse("the token has characters that no token has")
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Accept": "application/graphql-response+json",
    }
    content = {"query": question.document, "variables": question.variables, "operationName": question.operation}
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
