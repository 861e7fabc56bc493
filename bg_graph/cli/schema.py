"""`bg-graph schema`: the exported schema, and what a change of it means for those who use it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from graphql import (
    GraphQLError,
    GraphQLSchema,
    build_schema,
    find_breaking_changes,
    find_dangerous_changes,
    print_schema,
)
from graphql.utilities import lexicographic_sort_schema

from bg_graph.cli.faults import FAILED, Failure, misuse
from bg_graph.schema import schema_text

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Export the GraphQL schema; tell breaking changes from safe ones."
)

EXPORTED = Path("schema.graphql")


@app.command("export")
def export(
    file: Annotated[Path, typer.Option("--output", "-o", help="File to write; - for standard output.")] = EXPORTED,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit code 1 where the file differs.")] = False,
) -> None:
    """Write the schema, sorted, as a file of types."""
    text = schema_text()
    if str(file) == "-":
        typer.echo(text, nl=False)
    elif check:
        if _read(file) != text:
            raise Failure(f"{file} is not what the code gives", f"Run: bg-graph schema export -o {file}")
        typer.echo(f"{file} is current.")
    else:
        _write(file, text)
        typer.echo(f"{file} is written.")


@app.command("diff")
def diff(
    old: Annotated[Path, typer.Argument(help="The schema that users have.")],
    new: Annotated[Path, typer.Argument(help="The schema that they would get.")] = EXPORTED,
) -> None:
    """Tell what a new schema breaks. Exit code 1 where a change is breaking."""
    before, after = _parsed(old), _parsed(new)
    breaking = [change.description for change in find_breaking_changes(before, after)]
    dangerous = [change.description for change in find_dangerous_changes(before, after)]
    _tell("breaking: queries that worked would fail", breaking)
    _tell("dangerous: answers may surprise a client", dangerous)
    if breaking:
        raise typer.Exit(FAILED)
    if not dangerous:
        same = _canonical(before) == _canonical(after)
        typer.echo("no change" if same else "safe: only additions and changed descriptions")


def _canonical(schema: GraphQLSchema) -> str:
    return print_schema(lexicographic_sort_schema(schema)) + "\n"


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else "it is not UTF-8"
        raise misuse(f"{file} can't be read: {reason}") from None


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise misuse(f"{file} can't be written: {fault.strerror}") from None


def _parsed(file: Path) -> GraphQLSchema:
    try:
        return build_schema(_read(file))
    except (GraphQLError, TypeError) as fault:
        raise misuse(f"{file} is no GraphQL schema: {fault}") from None


def _tell(heading: str, changes: Iterable[str]) -> None:
    for position, change in enumerate(changes):
        if position == 0:
            typer.echo(heading)
        typer.echo(f"  {change}")
