"""`bg-graph token`: make, list and revoke the tokens of a tenant."""

import asyncio
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import typer

from bg_graph.cli.faults import Failure, misuse
from bg_graph.cli.installation import migrated, settings_of, tenant_named
from bg_graph.cli.tables import show_table
from bg_graph.settings import Settings
from bg_graph.store.clock import system_clock
from bg_graph.tenancy.commands import NewToken, create_token, revoke_token
from bg_graph.tenancy.reads import Token, list_tokens
from bg_graph.tenancy.rules import Right, UnknownRight, WrongName, rights_named

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Make, list and revoke the tokens by which callers are known."
)

TenantOption = Annotated[str | None, typer.Option("--tenant", help="Tenant; not needed where there is only one.")]


@app.command("create")
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Who the caller is: a person's or program's name, shown in the history.")],
    rights: Annotated[
        str, typer.Option(help=f"Rights, separated by commas: {', '.join(Right)}. Whatever is asked needs read too.")
    ] = Right.READ.value,
    days: Annotated[int, typer.Option(help="Days until it expires.", min=1, max=3650)] = 365,
    automation: Annotated[
        bool, typer.Option("--automation", help="The caller is a program: it acts as source JOURNEY, not as a user.")
    ] = False,
    tenant: TenantOption = None,
) -> None:
    """Make a token and print it. It is shown once; only its hash is kept."""
    token = asyncio.run(_create(settings_of(context), tenant, name, rights, days, automation))
    typer.echo(token.secret)


@app.command("list")
def show(context: typer.Context, tenant: TenantOption = None) -> None:
    """List the tokens of a tenant, and whether they are good."""
    tokens, now = asyncio.run(_tokens(settings_of(context), tenant)), system_clock()
    columns = ("id", "name", "rights", "state", "expires", "made")
    show_table(columns, (_shown(token, now) for token in tokens))


@app.command("revoke")
def revoke(
    context: typer.Context,
    token: Annotated[str, typer.Argument(help="The token's id, as `bg-graph token list` shows it.")],
    tenant: TenantOption = None,
) -> None:
    """Make a token useless, at once and for good."""
    asyncio.run(_revoke(settings_of(context), tenant, token))
    typer.echo(f"Token {token} is revoked.")


async def _create(
    settings: Settings, tenant: str | None, name: str, rights: str, days: int, automation: bool
) -> NewToken:
    now = system_clock()
    async with migrated(settings) as database:
        found = await tenant_named(database, tenant)
        async with database.writing(found.id) as db:
            try:
                granted = rights_named(filter(None, rights.split(",")))
                expiry = now + timedelta(days=days)
                return await create_token(db, name, granted, now=now, expires_at=expiry, automation=automation)
            except (UnknownRight, WrongName) as fault:
                raise misuse(str(fault)) from None


async def _tokens(settings: Settings, tenant: str | None) -> list[Token]:
    async with migrated(settings) as database:
        found = await tenant_named(database, tenant)
        async with database.reading(found.id) as db:
            return list(await list_tokens(db))


async def _revoke(settings: Settings, tenant: str | None, token: str) -> None:
    try:
        token_id = UUID(token)
    except ValueError:
        raise misuse(f"{token[:40]!r} is no token's id", "Ids are listed by: bg-graph token list") from None
    async with migrated(settings) as database:
        found = await tenant_named(database, tenant)
        async with database.writing(found.id) as db:
            if not await revoke_token(db, token_id, system_clock()):
                listed = f"bg-graph token list --tenant {found.name}"
                raise Failure(f"tenant {found.name} has no token {token}, or it was revoked before", f"See: {listed}")


def _shown(token: Token, now: datetime) -> tuple[str, ...]:
    state = "good" if token.validity.holds(now) else "revoked" if token.validity.revoked_at else "expired"
    rights = ", ".join(right for right in Right if right in token.rights) + (
        " (automation)" if token.automation else ""
    )
    return str(token.id), token.name, rights, state, f"{token.validity.expires_at:%F}", f"{token.created_at:%F}"
