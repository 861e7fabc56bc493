"""Commands on roles templates: made as a DRAFT, edited while it is one, published to LIVE."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update

from bg_graph.accounts.rules import text_key
from bg_graph.buying_groups.commands.roles import lock_setup, role_names
from bg_graph.buying_groups.rules.condition_data import from_data, to_data
from bg_graph.buying_groups.rules.publication import PublicationStatus
from bg_graph.buying_groups.rules.templates import (
    RoleDefinition,
    RolesTemplate,
    TemplateFault,
    Weighting,
    definition_faults,
    edit_faults,
    publish_faults,
)
from bg_graph.buying_groups.tables import RolesTemplateRow, TemplateRoleRow
from bg_graph.store.changes import Item, LoggedChange, record_changes
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant

TEMPLATE_CREATED = "TEMPLATE_CREATED"
TEMPLATE_EDITED = "TEMPLATE_EDITED"
TEMPLATE_PUBLISHED = "TEMPLATE_PUBLISHED"


async def stored_template(db: TenantConnection, template_id: UUID) -> RolesTemplate:
    """The template as the rules see it. Raises LookupError where there is none."""
    template, role = table_of(RolesTemplateRow), table_of(TemplateRoleRow)
    by_id = select(template.c.status).where(of_tenant(template), template.c.id == bindparam("template_id"))
    status = await db.value(by_id, {"template_id": template_id})
    if status is None:
        raise LookupError(f"there is no roles template {template_id}")
    of_template = select(
        role.c.role_id, role.c.weighting, role.c.required, role.c.members_required, role.c.conditions
    ).where(of_tenant(role), role.c.template_id == bindparam("template_id"))
    rows = await db.rows(of_template.order_by(role.c.position), {"template_id": template_id})
    definitions = tuple(
        RoleDefinition(
            role_id=row.role_id,
            weighting=Weighting[row.weighting],
            conditions=None if row.conditions is None else from_data(row.conditions),
            required=row.required,
            members_required=row.members_required,
        )
        for row in rows
    )
    return RolesTemplate(PublicationStatus(status), definitions)


async def create_template(
    db: TenantConnection, name: str, definitions: Sequence[RoleDefinition], *, by: str, now: datetime
) -> UUID | tuple[TemplateFault, ...]:
    """Make a DRAFT: its id, or all that is wrong with its definitions. The name must be free."""
    if faults := definition_faults(definitions, frozenset(await role_names(db))):
        return faults
    template_id, name = new_id(), name.strip()
    row = {"id": template_id, "name": name, "name_key": text_key(name), "status": "DRAFT", "created_at": now}
    await db.insert(RolesTemplateRow, [row])
    await _write_definitions(db, template_id, definitions)
    items = [Item(before=None, after=definition_data(definition)) for definition in definitions]
    await record_changes(db, [LoggedChange(template_id, now, by, "MANUAL", TEMPLATE_CREATED, items)])
    return template_id


async def edit_template(
    db: TenantConnection, template_id: UUID, definitions: Sequence[RoleDefinition], *, by: str, now: datetime
) -> tuple[TemplateFault, ...]:
    """Give a DRAFT these definitions instead of its own; what is wrong, or nothing. A LIVE one is refused."""
    await lock_setup(db)
    template = await stored_template(db, template_id)
    roles = frozenset(await role_names(db))
    if faults := (*edit_faults(template.status), *definition_faults(definitions, roles)):
        return faults
    table = table_of(TemplateRoleRow)
    await db.execute(
        delete(table).where(of_tenant(table), table.c.template_id == bindparam("of_template")),
        {"of_template": template_id},
    )
    await _write_definitions(db, template_id, definitions)
    items = [Item(before=definition_data(definition), after=None) for definition in template.definitions]
    items += [Item(before=None, after=definition_data(definition)) for definition in definitions]
    await record_changes(db, [LoggedChange(template_id, now, by, "MANUAL", TEMPLATE_EDITED, items)])
    return ()


async def publish_template(
    db: TenantConnection, template_id: UUID, *, by: str, now: datetime
) -> tuple[TemplateFault, ...]:
    """Make a DRAFT LIVE, from when on it is fixed; what keeps it from that, or nothing."""
    await lock_setup(db)
    template = await stored_template(db, template_id)
    if faults := publish_faults(template, frozenset(await role_names(db))):
        return faults
    table = table_of(RolesTemplateRow)
    statement = update(table).where(of_tenant(table), table.c.id == bindparam("template_id"))
    await db.execute(statement.values(status="LIVE", published_at=now), {"template_id": template_id})
    item = Item(before={"status": "DRAFT"}, after={"status": "LIVE"})
    await record_changes(db, [LoggedChange(template_id, now, by, "MANUAL", TEMPLATE_PUBLISHED, [item])])
    return ()


def definition_data(definition: RoleDefinition) -> dict[str, Any]:
    """A role definition as plain data, for the change log and for comparing."""
    return {
        "role_id": str(definition.role_id),
        "weighting": definition.weighting.name,
        "required": definition.required,
        "members_required": definition.members_required,
        "conditions": None if definition.conditions is None else to_data(definition.conditions),
    }


async def _write_definitions(db: TenantConnection, template_id: UUID, definitions: Sequence[RoleDefinition]) -> None:
    rows = [
        {
            **definition_data(definition),
            "id": new_id(),
            "template_id": template_id,
            "role_id": definition.role_id,
            "position": position,
            "weight": definition.weighting.value,
        }
        for position, definition in enumerate(definitions)
    ]
    await db.insert(TemplateRoleRow, rows)
