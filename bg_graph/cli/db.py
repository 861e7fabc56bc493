"""`bg-graph db`: the state of the database's tables."""

import asyncio

import typer

from bg_graph.cli.faults import Failure
from bg_graph.cli.installation import reached, settings_of, shown_url
from bg_graph.settings import Settings
from bg_graph.store.schema import newest_revision, upgrade

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Bring the database up to date, or tell whether it is."
)


@app.command("upgrade")
def upgrade_database(context: typer.Context) -> None:
    """Make the tables of this version, keeping what is stored. Safe to repeat."""
    asyncio.run(_upgrade(settings_of(context)))


@app.command("check")
def check_database(context: typer.Context) -> None:
    """Tell whether the database has the tables of this version; exit code 1 where it has not."""
    asyncio.run(_check(settings_of(context)))


async def _upgrade(settings: Settings) -> None:
    async with reached(settings) as (database, present):
        if present == newest_revision():
            typer.echo(f"{shown_url(settings)} is up to date, at revision {present}.")
            return
        await upgrade(database)
        typer.echo(f"{shown_url(settings)} is now at revision {newest_revision()}.")


async def _check(settings: Settings) -> None:
    async with reached(settings) as (_, present):
        if present == newest_revision():
            typer.echo(f"{shown_url(settings)} is up to date, at revision {present}.")
            return
    state = "has no tables yet" if present is None else f"is at revision {present}"
    raise Failure(f"{shown_url(settings)} {state}; this version needs {newest_revision()}", "Run: bg-graph db upgrade")
