"""The set-up that a tenant has, read once before a file is compared with it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from bg_graph.accounts.rules import text_key
from bg_graph.buying_groups.commands.crm_roles import mapped_crm_roles
from bg_graph.buying_groups.commands.roles import role_names
from bg_graph.buying_groups.commands.solution_interests import SolutionInterest
from bg_graph.buying_groups.commands.stage_models import stages_data, stored_stages
from bg_graph.buying_groups.commands.templates import definition_data, stored_template
from bg_graph.buying_groups.rules.default_roles import DEFAULT_ROLES
from bg_graph.buying_groups.rules.publication import PublicationStatus
from bg_graph.buying_groups.tables import BuyingGroupRow, RolesTemplateRow, SolutionInterestRow, StageModelRow
from bg_graph.engagement.weights import WeightingModel, weighting_models
from bg_graph.intent.rules import IntentSettings
from bg_graph.intent.settings import own_intent_settings
from bg_graph.intent.taxonomy import CategoryStatus, StoredCategory, categories_in, category_interests
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant
from bg_graph.summaries.reads import chosen_language
from bg_graph.summaries.rules.languages import Language


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A roles template or stage model: its parts (role definitions, stages) as data, by the key of their names."""

    id: UUID
    name: str
    status: PublicationStatus
    parts: dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class StoredInterest:
    """A solution interest, and how many of its groups stand in a stage."""

    id: UUID
    interest: SolutionInterest
    staged_groups: int


@dataclass(frozen=True, slots=True)
class StoredSetup:
    """All of a tenant's set-up; names are compared by their keys (`text_key`)."""

    roles: dict[str, UUID]
    role_names: dict[UUID, str]
    templates: dict[str, StoredPart]
    stage_models: dict[str, StoredPart]
    interests: dict[str, StoredInterest]
    weighting: dict[str, WeightingModel]
    crm_roles: dict[str, UUID]
    intent: IntentSettings | None
    intent_categories: dict[str, StoredCategory]
    category_interests: dict[str, frozenset[UUID]]
    language: Language | None


async def read_stored(db: TenantConnection) -> StoredSetup:
    """The tenant's set-up. The default roles are in it even where the tenant does not have them yet."""
    names = {role.id: role.name for role in DEFAULT_ROLES} | await role_names(db)
    return StoredSetup(
        roles={text_key(name): role_id for role_id, name in names.items()},
        role_names=names,
        templates=await _templates(db, names),
        stage_models=await _stage_models(db),
        interests=await _interests(db),
        weighting={text_key(model.name): model for model in await weighting_models(db)},
        crm_roles=await mapped_crm_roles(db),
        intent=await own_intent_settings(db),
        intent_categories={
            text_key(each.category.name): each for each in await categories_in(db, CategoryStatus.APPROVED)
        },
        category_interests=await category_interests(db),
        language=await chosen_language(db),
    )


async def _templates(db: TenantConnection, names: dict[UUID, str]) -> dict[str, StoredPart]:
    table = table_of(RolesTemplateRow)
    statement = select(table.c.id, table.c.name, table.c.name_key).where(of_tenant(table)).order_by(table.c.name_key)
    found = {}
    for row in await db.rows(statement):
        template = await stored_template(db, row.id)
        parts = {text_key(names[each.role_id]): definition_data(each) for each in template.definitions}
        found[row.name_key] = StoredPart(row.id, row.name, template.status, parts)
    return found


async def _stage_models(db: TenantConnection) -> dict[str, StoredPart]:
    table = table_of(StageModelRow)
    columns = (table.c.id, table.c.name, table.c.name_key, table.c.status)
    found = {}
    for row in await db.rows(select(*columns).where(of_tenant(table)).order_by(table.c.name_key)):
        parts = {text_key(each["name"]): each for each in stages_data(await stored_stages(db, row.id))}
        found[row.name_key] = StoredPart(row.id, row.name, PublicationStatus(row.status), parts)
    return found


async def _interests(db: TenantConnection) -> dict[str, StoredInterest]:
    table, group = table_of(SolutionInterestRow), table_of(BuyingGroupRow)
    columns = [table.c[name] for name in SolutionInterest.__dataclass_fields__]
    statement = select(table.c.id, table.c.name_key, *columns).where(of_tenant(table)).order_by(table.c.position)
    staged = select(group.c.solution_interest_id, func.count().label("groups"))
    staged = staged.where(of_tenant(group), group.c.stage_id.is_not(None)).group_by(group.c.solution_interest_id)
    counts = {row.solution_interest_id: row.groups for row in await db.rows(staged)}
    return {
        row.name_key: StoredInterest(
            row.id,
            SolutionInterest(**{name: row._mapping[name] for name in SolutionInterest.__dataclass_fields__}),
            counts.get(row.id, 0),
        )
        for row in await db.rows(statement)
    }
