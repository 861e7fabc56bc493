"""Making tenants, and making and revoking the tokens of one."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.engine import Database
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant
from bg_graph.tenancy.rules import (
    BEGINNING,
    Right,
    checked_tenant_name,
    checked_token_name,
    token_hash,
)
from bg_graph.tenancy.tables import TenantRow, TokenRow

CALLER_TOPIC = "caller"
"""Under which a revoked token is announced, so that connections opened with it end at once."""
_SECRET_BYTES = 32


class TenantExists(Exception):
    """There is a tenant of that name already."""


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made. `secret` is shown once and not kept."""

    id: UUID
    secret: str


async def create_tenant(database: Database, name: str, now: datetime) -> UUID:
    """Make a tenant with nothing in it. Raises WrongName or TenantExists."""
    tenant_id = new_id()
    values = {"id": tenant_id, "name": checked_tenant_name(name), "created_at": now}
    try:
        async with database.system() as system:
            await system.execute(insert(table_of(TenantRow)).values(values))
    except IntegrityError as fault:
        raise TenantExists(f"there is a tenant {name!r} already") from fault
    return tenant_id


async def create_token(
    db: TenantConnection,
    name: str,
    rights: Iterable[Right],
    *,
    now: datetime,
    expires_at: datetime,
    automation: bool = False,
) -> NewToken:
    """Make a token for the tenant. Raises WrongName, or ValueError where it would have expired already."""
    if expires_at <= now:
        raise ValueError(f"a token must expire later than now, not at {expires_at}")
    token = NewToken(new_id(), BEGINNING + secrets.token_urlsafe(_SECRET_BYTES))
    row = {
        "id": token.id,
        "name": checked_token_name(name),
        "secret_hash": token_hash(token.secret),
        "rights": sorted({right.value for right in rights}),
        "automation": automation,
        "created_at": now,
        "expires_at": expires_at,
        "revoked_at": None,
    }
    await db.insert(TokenRow, [row])
    return token


async def revoke_token(db: TenantConnection, token_id: UUID, now: datetime) -> bool:
    """Make a token useless from now on; False where the tenant has no such token, or it was revoked before."""
    token = table_of(TokenRow)
    held = update(token).where(of_tenant(token), token.c.id == token_id, token.c.revoked_at.is_(None))
    db.announce(CALLER_TOPIC, token_id)
    return await db.execute(held.values(revoked_at=now)) == 1
