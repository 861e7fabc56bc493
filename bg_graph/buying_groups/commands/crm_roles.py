"""The mapping of the CRM's contact roles to the tenant's roles."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete, select

from bg_graph.accounts.rules import text_key
from bg_graph.buying_groups.tables import CrmRoleRow
from bg_graph.store.changes import Item, LoggedChange, record_changes
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant

CRM_ROLES_MAPPED = "CRM_ROLES_MAPPED"


async def mapped_crm_roles(db: TenantConnection) -> dict[str, UUID]:
    """Our role for each role of the CRM, in the CRM's words; the empty text is for contact roles without one."""
    table = table_of(CrmRoleRow)
    statement = select(table.c.crm_role, table.c.role_id).where(of_tenant(table)).order_by(table.c.crm_role_key)
    return {row.crm_role: row.role_id for row in await db.rows(statement)}


async def map_crm_roles(db: TenantConnection, wanted: Mapping[str, UUID], *, by: str, now: datetime) -> None:
    """Make this the whole mapping; what is there and not wanted goes."""
    table = table_of(CrmRoleRow)
    statement = select(table.c.id, table.c.crm_role, table.c.crm_role_key, table.c.role_id).where(of_tenant(table))
    present = {row.crm_role_key: row for row in await db.rows(statement)}
    wanted_by_key = {text_key(name): (name.strip(), role_id) for name, role_id in wanted.items()}
    changes = []
    rows = []
    for key in sorted(present.keys() | wanted_by_key.keys()):
        row, want = present.get(key), wanted_by_key.get(key)
        if row is not None and want == (row.crm_role, row.role_id):
            continue
        row_id = new_id() if row is None else row.id
        if want is not None:
            rows.append({"id": row_id, "crm_role": want[0], "crm_role_key": key, "role_id": want[1]})
        before = None if row is None else {"crm_role": row.crm_role, "role_id": str(row.role_id)}
        after = None if want is None else {"crm_role": want[0], "role_id": str(want[1])}
        changes.append(LoggedChange(row_id, now, by, "MANUAL", CRM_ROLES_MAPPED, [Item(before, after)]))
    await db.upsert(CrmRoleRow, rows, key=("crm_role_key",), update=("crm_role", "role_id"))
    gone = [{"gone": key} for key in present.keys() - wanted_by_key.keys()]
    await db.execute_each(delete(table).where(of_tenant(table), table.c.crm_role_key == bindparam("gone")), gone)
    await record_changes(db, changes)
