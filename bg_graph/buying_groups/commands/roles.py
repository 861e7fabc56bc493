"""Commands on a tenant's roles: the six defaults that each tenant has, and roles of its own."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from bg_graph.accounts.rules import text_key
from bg_graph.buying_groups.rules.default_roles import DEFAULT_ROLES
from bg_graph.buying_groups.rules.templates import RoleFault, add_role_faults
from bg_graph.buying_groups.tables import RoleRow
from bg_graph.store.changes import Item, LoggedChange, record_changes
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant

ROLE_ADDED = "ROLE_ADDED"


async def ensure_default_roles(db: TenantConnection) -> None:
    """Give the tenant the six default roles, where it lacks them."""
    rows = [
        {"id": role.id, "name": role.name, "name_key": text_key(role.name), "is_default": True, "position": position}
        for position, role in enumerate(DEFAULT_ROLES)
    ]
    await db.upsert(RoleRow, rows, key=("id",), update=())


async def role_names(db: TenantConnection) -> dict[UUID, str]:
    """The tenant's roles, id to name, in the order of lists."""
    role = table_of(RoleRow)
    statement = select(role.c.id, role.c.name).where(of_tenant(role)).order_by(role.c.position, role.c.name_key)
    return {row.id: row.name for row in await db.rows(statement)}


async def lock_setup(db: TenantConnection) -> None:
    """Hold the tenant's set-up until the transaction ends, so that two changes of it come one after the other."""
    role = table_of(RoleRow)
    await db.rows(select(role.c.id).where(of_tenant(role), role.c.id == DEFAULT_ROLES[0].id).with_for_update())


async def add_role(db: TenantConnection, name: str, *, by: str, now: datetime) -> UUID | tuple[RoleFault, ...]:
    """Add a role of the tenant's own: its id, or why there can't be one of this name."""
    await lock_setup(db)
    present = await role_names(db)
    if faults := add_role_faults(name, present):
        return faults
    role_id, name = new_id(), name.strip()
    row = {"id": role_id, "name": name, "name_key": text_key(name), "is_default": False, "position": len(present)}
    await db.insert(RoleRow, [row])
    added = Item(before=None, after={"name": name})
    await record_changes(db, [LoggedChange(role_id, now, by, "MANUAL", ROLE_ADDED, [added])])
    return role_id
