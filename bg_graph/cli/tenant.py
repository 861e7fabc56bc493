"""`bg-graph tenant`: make and list tenants."""

import asyncio
from typing import Annotated

import typer

from bg_graph.cli.faults import Failure, misuse
from bg_graph.cli.installation import migrated, settings_of
from bg_graph.cli.tables import show_table
from bg_graph.settings import Settings
from bg_graph.store.clock import system_clock
from bg_graph.tenancy.commands import TenantExists, create_tenant
from bg_graph.tenancy.reads import list_tenants
from bg_graph.tenancy.rules import WrongName

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Make and list tenants: each has data of its own.")


@app.command("create")
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Short name: small letters, digits and hyphens.")],
) -> None:
    """Make a tenant with nothing in it. Set it up with `bg-graph apply`."""
    asyncio.run(_create(settings_of(context), name))


@app.command("list")
def show(context: typer.Context) -> None:
    """List the tenants."""
    asyncio.run(_show(settings_of(context)))


async def _create(settings: Settings, name: str) -> None:
    async with migrated(settings) as database:
        try:
            await create_tenant(database, name, system_clock())
        except WrongName as fault:
            raise misuse(str(fault)) from None
        except TenantExists as fault:
            raise Failure(str(fault), "Tenants are listed by: bg-graph tenant list") from None
    typer.echo(f"Tenant {name} is made. Next: bg-graph apply tenant.toml --tenant {name}")


async def _show(settings: Settings) -> None:
    async with migrated(settings) as database:
        tenants = await list_tenants(database)
    show_table(
        ("name", "id", "made"), ((tenant.name, str(tenant.id), f"{tenant.created_at:%F %R}") for tenant in tenants)
    )
