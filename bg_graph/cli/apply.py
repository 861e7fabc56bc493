"""`bg-graph apply`: a tenant's set-up from a file."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bg_graph.cli.faults import FAILED, Failure, misuse
from bg_graph.cli.installation import migrated, settings_of, tenant_named
from bg_graph.settings import Settings
from bg_graph.setup.apply import SetupContradiction, apply_file
from bg_graph.setup.errors import SetupFileWrong
from bg_graph.setup.example import EXAMPLE_FILE
from bg_graph.setup.plan import SetupPlan
from bg_graph.setup.rendering import render_plan
from bg_graph.store.clock import system_clock

app = typer.Typer(add_completion=False)


@app.command()
def apply(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="The set-up file, for instance tenant.toml.")] = None,
    tenant: Annotated[str | None, typer.Option(help="Tenant; not needed where there is only one.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and change nothing.")] = False,
    example: Annotated[
        bool, typer.Option("--example", help="Print an example with comments, to begin from, and do nothing else.")
    ] = False,
) -> None:
    """Make a tenant's set-up what the file says; what it does not name stays. A wrong file is refused whole."""
    if example:
        typer.echo(EXAMPLE_FILE.read_text(encoding="utf-8"), nl=False)
        return
    if file is None:
        raise misuse("give a set-up file", "Begin from the example: bg-graph apply --example > tenant.toml")
    plan = asyncio.run(_apply(settings_of(context), file, tenant, dry_run))
    typer.echo(render_plan(plan))
    if plan.refused:
        raise typer.Exit(FAILED)


async def _apply(settings: Settings, file: Path, tenant: str | None, dry_run: bool) -> SetupPlan:
    async with migrated(settings) as database:
        found = await tenant_named(database, tenant)
        try:
            return await apply_file(database, found.id, file, clock=system_clock, dry_run=dry_run)
        except SetupFileWrong as fault:
            count = "one error" if len(fault.errors) == 1 else f"{len(fault.errors)} errors"
            listed = "\n".join(["nothing was applied; the file has " + count, *(f"  {line}" for line in fault.lines())])
            raise misuse(listed) from None
        except SetupContradiction as fault:
            raise Failure(f"nothing was applied: {fault}") from None
