"""`bg-graph plugins`: what is installed and whether it works, one plugin in all it says of itself, a new one."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bg_graph.cli.examining import examined, findings_of, shown_tenants
from bg_graph.cli.faults import FAILED, misuse
from bg_graph.cli.installation import migrated, settings_of, tenant_named
from bg_graph.cli.plugin_page import page_of
from bg_graph.cli.scaffold import License, Made, write_skeleton
from bg_graph.cli.tables import show_table
from bg_graph.hosting.discovery import discover, to_install
from bg_graph.hosting.hooks.backlog import tell_again
from bg_graph.hosting.standing import Standing
from bg_graph.settings import Settings, meant

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Plugins: list, show, examine, begin a new one.")
COLUMNS = ("plugin", "version", "serves", "state", "for", "runs in", "package")
Named = Annotated[str, typer.Argument(help="Name of the plugin.")]


@app.callback()
def plugins() -> None:
    """List and examine plugins; begin a new one."""


@app.command("list")
def list_plugins(context: typer.Context) -> None:
    """Tell each installed plugin, what it serves, and whether it works. Exit code 1 where one that is in use does not."""
    lines, faults = asyncio.run(_lines(settings_of(context)))
    show_table(COLUMNS, map(_row, lines))
    told = dict.fromkeys(
        f"{line.name}: {text}" for line in lines for text in (line.last_error, line.deprecated) if text
    )
    for text in (*told, *faults):
        typer.echo(text)
    if faults or any(line.last_error for line in lines):
        raise typer.Exit(FAILED)


@app.command("show")
def show(context: typer.Context, name: Named) -> None:
    """Tell all that a plugin says of itself: what it serves, its settings, its hooks, where it comes from."""
    settings = settings_of(context)
    _check_name(name)
    for line in page_of(name, settings):
        typer.echo(line)


@app.command("doctor")
def doctor(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Only this plugin; all that are enabled without it.")] = None,
) -> None:
    """Build each provider that is configured, have it check itself, and tell each problem with its remedy.

    Exit code 1 where there is a problem.
    """
    settings = settings_of(context)
    if name is not None:
        _check_name(name)
    problems = asyncio.run(_tell(settings, name))
    typer.echo(f"\n{problems} problem(s)" if problems else "\nAll is well.")
    if problems:
        raise typer.Exit(FAILED)


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Name of the plugin, such as acme-mail.")],
    capability: Annotated[Made, typer.Option(help="What it is to serve.")],
    into: Annotated[Path, typer.Option(help="Folder in which the package is made.")] = Path(),
    license_: Annotated[License, typer.Option("--license", help="License of the package.")] = License.APACHE,
    author: Annotated[str | None, typer.Option(help="Who holds the copyright.")] = None,
) -> None:
    """Write a package with a small provider that works, its settings, and a test that passes at once."""
    folder = write_skeleton(name, capability, into=into, license_=license_, author=author)
    typer.echo(f"{folder} is a plugin that works. Next:")
    typer.echo(f"  cd {folder}")
    typer.echo("  pip install -e '.[test]'")
    typer.echo("  pytest")


@app.command("retell")
def retell(
    context: typer.Context,
    name: Named,
    tenant: Annotated[str | None, typer.Option(help="Tenant; needed where there are several.")] = None,
) -> None:
    """Have a plugin that listens be told again the changes that were set aside, since it failed at them."""
    settings = settings_of(context)
    _check_name(name)
    count = asyncio.run(_told_again(settings, name, tenant))
    typer.echo(f"{count} changes are told to {name} again, by bg-graph serve or bg-graph worker.")


async def _told_again(settings: Settings, name: str, tenant: str | None) -> int:
    async with migrated(settings) as database:
        found = await tenant_named(database, tenant)
        async with database.writing(found.id) as db:
            return await tell_again(db, name)


async def _lines(settings: Settings) -> tuple[list[Standing], list[str]]:
    async with examined(settings) as found:
        if found.plugins is not None:
            await asyncio.gather(*(hosted.check() for hosted in found.plugins.hosted))
        return found.lines(), [f"setting {fault}" for fault in found.faults]


def _row(line: Standing) -> tuple[str, ...]:
    serves = line.capability or ("hooks" if line.hooks else ", ".join(line.capabilities) or "-")
    served = ", ".join(shown_tenants(line.tenants)) or "-"
    state = f"{line.state}, deprecated" if line.deprecated else str(line.state)
    return (line.name, line.version, serves, state, served, line.isolation or "-", line.distribution)


async def _tell(settings: Settings, name: str | None) -> int:
    """Print each finding as it is made; gives the number of problems."""
    problems = 0
    async with examined(settings) as found:
        async for finding in findings_of(found, name):
            typer.echo(str(finding))
            problems += not finding.is_well
    return problems


def _check_name(name: str) -> None:
    """Raise Failure where no such plugin is installed."""
    installed = discover(())
    if name not in installed:
        raise misuse(f"the plugin {name} is not installed{meant(name, installed)}", f"To use it, {to_install(name)}.")
