"""Applying a set-up file: read, checked, planned and carried out in one transaction, or refused as a whole."""

from datetime import datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from bg_graph.accounts.rules import text_key
from bg_graph.buying_groups.commands.crm_roles import map_crm_roles
from bg_graph.buying_groups.commands.roles import add_role, lock_setup
from bg_graph.buying_groups.commands.solution_interests import (
    SolutionInterest,
    add_solution_interest,
    change_solution_interest,
)
from bg_graph.buying_groups.commands.stage_models import create_stage_model, edit_stage_model, publish_stage_model
from bg_graph.buying_groups.commands.templates import create_template, edit_template, publish_template
from bg_graph.buying_groups.rules.condition_data import from_data
from bg_graph.buying_groups.rules.templates import RoleDefinition, Weighting
from bg_graph.engagement.weights import set_weights
from bg_graph.intent.settings import set_intent
from bg_graph.intent.taxonomy import approve_category, draft_category, set_category_interests
from bg_graph.setup.checks import category_of, find_faults, stages_of
from bg_graph.setup.defaults import ensure_defaults
from bg_graph.setup.document import (
    IntentCategorySection,
    SetupDocument,
    SolutionInterestSection,
    StageModelSection,
    TemplateSection,
)
from bg_graph.setup.plan import Action, SetupPlan, Thing, intent_of, interest_keys, interest_positions, make_plan
from bg_graph.setup.reading import SetupFile, read_setup_file
from bg_graph.setup.stored import StoredSetup, read_stored
from bg_graph.store.clock import Clock
from bg_graph.store.connection import TenantConnection
from bg_graph.store.engine import Database
from bg_graph.summaries.commands import choose_language
from bg_graph.summaries.rules.languages import Language

Done = TypeVar("Done")

APPLIED_BY = "apply"
"""Who stands in the change log where nobody is named."""


class SetupContradiction(Exception):
    """A command refused what the plan allowed; nothing of the file is applied."""


async def apply_file(
    database: Database, tenant_id: UUID, path: Path, *, clock: Clock, by: str = APPLIED_BY, dry_run: bool = False
) -> SetupPlan:
    """Make the tenant's set-up what the file says; what the file does not name stays as it is.

    Raises SetupFileWrong with all errors of a wrong file. A plan with a refused thing is not applied, nor is one of a
    dry run. `applied` of the plan says whether it was.
    """
    file = read_setup_file(path)
    if dry_run:
        async with database.reading(tenant_id) as db:
            return await _plan(db, file)
    async with database.writing(tenant_id) as db:
        await ensure_defaults(db)
        await lock_setup(db)
        plan = await _plan(db, file)
        if plan.refused:
            return plan
        await _Application(db, plan, await read_stored(db), by, clock()).carry_out(file.document)
        return SetupPlan(plan.path, plan.entries, applied=True)


async def _plan(db: TenantConnection, file: SetupFile) -> SetupPlan:
    stored = await read_stored(db)
    file.refuse(find_faults(file.document, stored))
    return make_plan(file, stored)


class _Application:
    """One plan being carried out; it knows the ids of what it has made so far, by key."""

    def __init__(self, db: TenantConnection, plan: SetupPlan, stored: StoredSetup, by: str, now: datetime) -> None:
        self.db, self.plan, self.stored, self.by, self.now = db, plan, stored, by, now
        self.roles = dict(stored.roles)
        self.templates = {key: part.id for key, part in stored.templates.items()}
        self.models = {key: part.id for key, part in stored.stage_models.items()}
        self.interests = {key: each.id for key, each in stored.interests.items()}

    async def carry_out(self, document: SetupDocument) -> None:
        for role in document.roles:
            if self._is(Thing.ROLE, role.name, Action.ADDED):
                added = await add_role(self.db, role.name, by=self.by, now=self.now)
                self.roles[text_key(role.name)] = _made(added)
        for template in document.roles_templates:
            if not self._is(Thing.TEMPLATE, template.name, Action.UNCHANGED):
                await self._template(template)
        for model in document.stage_models:
            if not self._is(Thing.STAGE_MODEL, model.name, Action.UNCHANGED):
                await self._stage_model(model)
        positions = interest_positions(document.solution_interests, self.stored)
        for interest in document.solution_interests:
            if not self._is(Thing.INTEREST, interest.name, Action.UNCHANGED):
                await self._interest(interest, positions[text_key(interest.name)])
        await self._weights_and_crm_roles(document)
        await self._intent(document)
        if document.language is not None:
            await choose_language(self.db, Language(document.language), by=self.by, now=self.now)

    def _is(self, thing: Thing, name: str, action: Action) -> bool:
        return self.plan.action(thing, name) is action

    async def _template(self, section: TemplateSection) -> None:
        key = text_key(section.name)
        definitions = [
            RoleDefinition(
                role_id=self.roles[text_key(each.role)],
                weighting=Weighting[each.weighting],
                conditions=None if each.conditions is None else from_data(each.conditions),
                required=each.required,
                members_required=each.members_required,
            )
            for each in section.roles
        ]
        if key in self.templates:
            faults = await edit_template(self.db, self.templates[key], definitions, by=self.by, now=self.now)
            _expect_none(faults)
        else:
            self.templates[key] = _made(
                await create_template(self.db, section.name, definitions, by=self.by, now=self.now)
            )
        _expect_none(await publish_template(self.db, self.templates[key], by=self.by, now=self.now))

    async def _stage_model(self, section: StageModelSection) -> None:
        key, stages = text_key(section.name), stages_of(section)
        if key in self.models:
            _expect_none(await edit_stage_model(self.db, self.models[key], stages, by=self.by, now=self.now))
        else:
            self.models[key] = await create_stage_model(self.db, section.name, stages, by=self.by, now=self.now)
        _expect_none(await publish_stage_model(self.db, self.models[key], by=self.by, now=self.now))

    async def _interest(self, section: SolutionInterestSection, position: int) -> None:
        wanted = SolutionInterest(
            name=section.name,
            description=section.description,
            template_id=self.templates[text_key(section.roles_template)],
            stage_model_id=None if section.stage_model is None else self.models[text_key(section.stage_model)],
            account_conditions=section.accounts,
            opportunity_conditions=section.opportunities,
            position=position,
        )
        present = self.stored.interests.get(text_key(section.name))
        if present is None:
            added = await add_solution_interest(self.db, wanted, by=self.by, now=self.now)
            self.interests[text_key(section.name)] = _made(added)
            return
        _expect_none(await change_solution_interest(self.db, present.id, wanted, by=self.by, now=self.now))

    async def _weights_and_crm_roles(self, document: SetupDocument) -> None:
        weights = document.activity_weights
        if weights is not None and not self._is(Thing.WEIGHTS, weights.name, Action.UNCHANGED):
            await set_weights(self.db, weights.name, weights.weights, by=self.by, now=self.now)
        if document.crm_roles is not None:
            wanted = {name: self.roles[text_key(role)] for name, role in document.crm_roles.items()}
            await map_crm_roles(self.db, wanted, by=self.by, now=self.now)

    async def _intent(self, document: SetupDocument) -> None:
        if document.intent is not None and not self._is(Thing.INTENT, "settings", Action.UNCHANGED):
            await set_intent(self.db, intent_of(document.intent), by=self.by, now=self.now)
        for section in document.intent_categories:
            if not self._is(Thing.CATEGORY, section.name, Action.UNCHANGED):
                await self._category(section)

    async def _category(self, section: IntentCategorySection) -> None:
        present, wanted = self.stored.intent_categories.get(text_key(section.name)), category_of(section)
        if present is None or present.category != wanted:
            category_id = _made(await draft_category(self.db, wanted, by=self.by, now=self.now))
            _expect_none(await approve_category(self.db, category_id, by=self.by, now=self.now))
        interests = [self.interests[key] for key in interest_keys(section)]
        await set_category_interests(self.db, section.name, interests)


def _made(outcome: UUID | tuple[object, ...]) -> UUID:
    if isinstance(outcome, UUID):
        return outcome
    raise SetupContradiction("; ".join(str(fault) for fault in outcome))


def _expect_none(faults: tuple[object, ...]) -> None:
    if faults:
        raise SetupContradiction("; ".join(str(fault) for fault in faults))
