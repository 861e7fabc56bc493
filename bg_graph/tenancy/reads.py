"""Finding tenants, and the tokens of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.engine import Database
from bg_graph.store.scope import of_tenant
from bg_graph.tenancy.rules import Caller, Right, Validity, token_hash
from bg_graph.tenancy.tables import TenantRow, TokenRow

_TENANT = table_of(TenantRow).c
_TOKEN = table_of(TokenRow).c


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant, as lists show it."""

    id: UUID
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """A token, as lists show it: everything but the secret."""

    id: UUID
    name: str
    rights: tuple[Right, ...]
    automation: bool
    created_at: datetime
    validity: Validity


async def list_tenants(database: Database) -> Sequence[Tenant]:
    """All tenants by name."""
    statement = select(_TENANT.id, _TENANT.name, _TENANT.created_at).order_by(_TENANT.name)
    async with database.system(reading=True) as system:
        return [Tenant(row.id, row.name, row.created_at) for row in await system.rows(statement)]


async def list_tokens(db: TenantConnection) -> Sequence[Token]:
    """The tenant's tokens, revoked and expired ones included, the oldest first."""
    columns = (_TOKEN.id, _TOKEN.name, _TOKEN.rights, _TOKEN.automation, _TOKEN.created_at)
    statement = select(*columns, _TOKEN.expires_at, _TOKEN.revoked_at)
    rows = await db.rows(statement.where(of_tenant(table_of(TokenRow))).order_by(_TOKEN.created_at, _TOKEN.id))
    return [
        Token(
            row.id,
            row.name,
            tuple(map(Right, row.rights)),
            row.automation,
            row.created_at,
            Validity(row.expires_at, row.revoked_at),
        )
        for row in rows
    ]


async def authenticate(database: Database, token: str, now: datetime) -> Caller | None:
    """The caller whose token this is; None where it is unknown, expired or revoked. One statement."""
    statement = (
        select(
            _TOKEN.tenant_id,
            _TENANT.name.label("tenant_name"),
            _TOKEN.id,
            _TOKEN.name,
            _TOKEN.rights,
            _TOKEN.automation,
            _TOKEN.expires_at,
            _TOKEN.revoked_at,
        )
        .join_from(table_of(TokenRow), table_of(TenantRow), _TENANT.id == _TOKEN.tenant_id)
        .where(_TOKEN.secret_hash == token_hash(token))
    )
    async with database.system(reading=True) as system:
        found = await system.rows(statement)
    if not found or not Validity(found[0].expires_at, found[0].revoked_at).holds(now):
        return None
    row = found[0]
    rights = frozenset(map(Right, row.rights))
    return Caller(row.tenant_id, row.tenant_name, row.id, row.name, rights, row.automation)
