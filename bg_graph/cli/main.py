"""The command `bg-graph`: which commands there are. Each is loaded only when it runs, so that help comes at once."""

import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from bg_graph.cli.faults import Failure


class Place(NamedTuple):
    """Where a command stands, and how the list of commands tells of it."""

    module: str
    panel: str
    help: str


BEGIN, DATA, RUN = "Begin", "A tenant's data", "Run and look after"
COMMANDS = {
    "demo": Place("demo", BEGIN, "Serve a made-up tenant: groups, members, scores, three months of activities."),
    "doctor": Place("doctor", BEGIN, "Tell what is set, reachable and migrated; each problem with its remedy."),
    "tenant": Place("tenant", DATA, "Make and list tenants: each has data of its own."),
    "apply": Place("apply", DATA, "Set a tenant up from a file: roles, templates, solution interests, stages."),
    "import": Place("imports", DATA, "Load exports of a CRM and files of activities."),
    "members": Place("members", DATA, "Assign, remove and give roles to any number of members, from a CSV."),
    "email": Place("email", DATA, "Take e-mails in from a folder, approve them, look at them, try them."),
    "jobs": Place("jobs", DATA, "Compute scores, maintain groups; list the runs."),
    "intent": Place("intent", DATA, "See which model predicted interests, and what it learned from deals."),
    "query": Place("query", DATA, "Ask a GraphQL query, of a server or of the database."),
    "serve": Place("serve", RUN, "Serve the API, the GraphiQL page and the daily jobs."),
    "worker": Place("worker", RUN, "Send queued e-mails: as many workers as you like, on any machine."),
    "db": Place("db", RUN, "Bring the database up to date, or tell whether it is."),
    "plugins": Place("plugins", RUN, "List and examine plugins; begin a new one."),
    "token": Place("token", RUN, "Make, list and revoke the tokens by which callers are known."),
    "schema": Place("schema", RUN, "Export the GraphQL schema; tell breaking changes from safe ones."),
}


class LazyCommands(TyperGroup):
    """A group of commands that lists them all and imports only the one that is called."""

    def __init__(self, **attributes: Any) -> None:
        listed = {
            name: TyperCommand(name, help=place.help, rich_help_panel=place.panel) for name, place in COMMANDS.items()
        }
        super().__init__(**{**attributes, "commands": listed})

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is called, now loaded."""
        if args and args[0] in COMMANDS:
            place = COMMANDS[args[0]]
            loaded = typer.main.get_command(import_module(f"bg_graph.cli.{place.module}").app)
            loaded.name = args[0]
            self.commands[args[0]] = loaded
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=LazyCommands,
    name="bg-graph",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Begin with `bg-graph demo`. Settings come from flags, BG_... variables and bg-graph.toml: docs/settings.md.",
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"bg-graph {version('bg-graph')}")
        raise typer.Exit


@app.callback()
def begin(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="Settings file; default: BG_CONFIG, else ./bg-graph.toml where it exists.")
    ] = None,
    _version: Annotated[
        bool | None, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = None,
) -> None:
    """The GraphQL backend for buying groups: load a CRM export, keep the groups scored, answer the tabs."""
    context.obj = config


def main() -> None:
    """Run the command line; a failure that the user can mend is one message on standard error."""
    try:
        app()
    except Failure as failure:
        sys.stderr.write(f"{failure}\n")
        sys.exit(failure.code)
