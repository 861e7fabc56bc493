import asyncio
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from bg_graph.accounts.tables import AccountRow
from bg_graph.buying_groups.commands.crm_roles import mapped_crm_roles
from bg_graph.buying_groups.commands.roles import role_names
from bg_graph.buying_groups.commands.stage_models import create_stage_model
from bg_graph.buying_groups.commands.templates import create_template
from bg_graph.buying_groups.rules.default_roles import DECISION_MAKER
from bg_graph.buying_groups.rules.stages import Stage
from bg_graph.buying_groups.rules.templates import RoleDefinition
from bg_graph.buying_groups.tables import (
    BuyingGroupRow,
    RolesTemplateRow,
    SolutionInterestRow,
    StageModelRow,
    StageRow,
    TemplateRoleRow,
)
from bg_graph.engagement.rules import DEFAULT_WEIGHTS
from bg_graph.engagement.weights import weighting_models
from bg_graph.setup.apply import apply_file
from bg_graph.setup.defaults import ensure_defaults
from bg_graph.setup.errors import SetupFileWrong
from bg_graph.setup.example import EXAMPLE_FILE
from bg_graph.setup.plan import Action, SetupPlan, Thing
from bg_graph.setup.rendering import render_plan
from bg_graph.store.changes import ChangeRow
from bg_graph.store.connection import table_of
from bg_graph.store.engine import Database
from bg_graph.store.ids import new_id
from bg_graph.store.rows import metadata
from bg_graph.store.scope import of_tenant
from tests.conftest import NOW, add_tenant

SMALL = """
[[roles]]
name = "Buyer"

[[roles_templates]]
name = "Committee"
[[roles_templates.roles]]
role = "Decision Maker"
weighting = "VITAL"
conditions = { attribute = "job_title", contains = "chief" }
[[roles_templates.roles]]
role = "Buyer"

[[stage_models]]
name = "Stages"
stages = [
  { name = "New", entry = true, next = ["Won"] },
  { name = "Won", destination = "success" },
]

[[solution_interests]]
name = "Cloud"
roles_template = "Committee"
accounts = { attribute = "industry", is = "Retail" }

[activity_weights]
name = "Ours"
weights = { VISIT_PAGE = 10 }

[crm_roles]
"Boss" = "Decision Maker"
"" = "Buyer"
"""


def clock():
    return NOW


@pytest.fixture
def write(tmp_path: Path):
    """Writes a set-up file and gives its path."""

    def write_file(text: str) -> Path:
        path = tmp_path / "tenant.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


async def apply(database: Database, tenant: UUID, path: Path, **options: bool) -> SetupPlan:
    return await apply_file(database, tenant, path, clock=clock, **options)


async def row_counts(database: Database, tenant: UUID) -> dict[str, int]:
    """How many rows each table holds for the tenant, the change log included."""
    async with database.reading(tenant) as db:
        return {
            table.name: await db.value(select(func.count()).select_from(table).where(of_tenant(table)))
            for table in metadata.sorted_tables
            if "tenant_id" in table.c
        }


async def column(database: Database, tenant: UUID, row: type, *names: str) -> list[tuple]:
    table = table_of(row)
    async with database.reading(tenant) as db:
        statement = select(*(table.c[name] for name in names)).where(of_tenant(table)).order_by(table.c.id)
        return [tuple(found) for found in await db.rows(statement)]


def actions(plan: SetupPlan) -> dict[tuple[str, str], str]:
    return {(entry.thing.value, entry.name): entry.action.value for entry in plan.entries}


async def test_the_example_that_ships_applies(database: Database, tenant: UUID):
    plan = await apply(database, tenant, EXAMPLE_FILE)
    assert plan.applied
    assert {entry.action for entry in plan.entries} == {Action.ADDED}
    assert await column(database, tenant, RolesTemplateRow, "name", "status") == [
        ("Data platform committee", "LIVE"),
        ("Security committee", "LIVE"),
        ("Service operations committee", "LIVE"),
    ]


async def test_a_second_apply_changes_no_row_and_logs_nothing(database: Database, tenant: UUID):
    await apply(database, tenant, EXAMPLE_FILE)
    before = await row_counts(database, tenant)
    plan = await apply(database, tenant, EXAMPLE_FILE)
    assert {entry.action for entry in plan.entries} == {Action.UNCHANGED}
    assert await row_counts(database, tenant) == before
    assert before["change"] > 0


async def test_two_applies_at_the_same_time_end_like_one(database: Database, tenant: UUID, write):
    path = write(SMALL)
    plans = await asyncio.gather(apply(database, tenant, path), apply(database, tenant, path))
    assert sorted(str(plan.entries[0].action) for plan in plans) == ["added", "unchanged"]
    other = await add_tenant(database, "other")
    await apply(database, other, path)
    assert await row_counts(database, tenant) == await row_counts(database, other)


async def test_apply_stores_what_the_file_says(database: Database, tenant: UUID, write):
    await apply(database, tenant, write(SMALL))
    async with database.reading(tenant) as db:
        names = await role_names(db)
        assert list(names.values())[-1] == "Buyer"
        assert len(names) == 7
        mapping = {crm: names[role_id] for crm, role_id in (await mapped_crm_roles(db)).items()}
        active = next(model for model in await weighting_models(db) if model.active)
    assert mapping == {"": "Buyer", "Boss": "Decision Maker"}
    assert (active.name, active.weights) == ("Ours", {"VISIT_PAGE": 10})
    roles = await column(database, tenant, TemplateRoleRow, "position", "weighting", "weight", "required", "conditions")
    assert roles == [
        (0, "VITAL", 100, True, {"attribute": "job_title", "contains": "chief"}),
        (1, "NORMAL", 60, True, None),
    ]
    assert await column(database, tenant, StageRow, "name", "is_entry", "destination") == [
        ("New", True, None),
        ("Won", False, "SUCCESS"),
    ]


async def test_every_change_is_in_the_log_with_who_and_when(database: Database, tenant: UUID, write):
    await apply_file(database, tenant, write(SMALL), clock=clock, by="mona")
    logged = await column(database, tenant, ChangeRow, "kind", "by", "at", "source")
    assert {kind for kind, *_ in logged} == {
        "ROLE_ADDED",
        "TEMPLATE_CREATED",
        "TEMPLATE_PUBLISHED",
        "STAGE_MODEL_CREATED",
        "STAGE_MODEL_PUBLISHED",
        "SOLUTION_INTEREST_ADDED",
        "WEIGHTS_SET",
        "CRM_ROLES_MAPPED",
    }
    assert {(by, at, source) for _, by, at, source in logged} == {("mona", NOW, "MANUAL")}


async def test_a_dry_run_shows_the_plan_and_writes_nothing(database: Database, tenant: UUID, write):
    before = await row_counts(database, tenant)
    plan = await apply(database, tenant, write(SMALL), dry_run=True)
    assert not plan.applied
    assert actions(plan)["roles template", "Committee"] == "added"
    assert await row_counts(database, tenant) == before


async def test_an_edited_interest_mapping_and_weights_are_changed_and_the_rest_is_not(
    database: Database, tenant: UUID, write
):
    await apply(database, tenant, write(SMALL))
    edited = SMALL.replace('is = "Retail"', 'is = "Energy"').replace("VISIT_PAGE = 10", "VISIT_PAGE = 20")
    plan = await apply(database, tenant, write(edited.replace('"Boss"', '"Chief"').replace('"Cloud"', '"CLOUD"')))
    assert actions(plan) == {
        ("role", "Buyer"): "unchanged",
        ("roles template", "Committee"): "unchanged",
        ("stage model", "Stages"): "unchanged",
        ("solution interest", "CLOUD"): "changed",
        ("activity weights", "Ours"): "changed",
        ("CRM roles", "mapping"): "changed",
    }
    stored = await column(database, tenant, SolutionInterestRow, "name", "account_conditions")
    assert stored == [("CLOUD", {"attribute": "industry", "is": "Energy"})]
    async with database.reading(tenant) as db:
        assert set(await mapped_crm_roles(db)) == {"", "Chief"}


async def test_what_the_file_leaves_out_stays(database: Database, tenant: UUID, write):
    await apply(database, tenant, write(SMALL))
    before = await row_counts(database, tenant)
    plan = await apply(database, tenant, write('[[roles]]\nname = "Buyer"\n'))
    assert actions(plan) == {("role", "Buyer"): "unchanged"}
    assert await row_counts(database, tenant) == before


async def test_a_file_may_name_what_the_tenant_has_already(database: Database, tenant: UUID, write):
    await apply(database, tenant, write(SMALL))
    more = '[[solution_interests]]\nname = "Data"\nroles_template = "committee"\nstage_model = "STAGES"\n'
    assert (await apply(database, tenant, write(more))).applied
    assert await column(database, tenant, SolutionInterestRow, "name", "position") == [("Cloud", 0), ("Data", 1)]


async def test_a_live_template_that_the_file_changes_is_refused_and_nothing_is_applied(
    database: Database, tenant: UUID, write
):
    await apply(database, tenant, write(SMALL))
    before = await row_counts(database, tenant)
    edited = SMALL.replace('weighting = "VITAL"', "members_required = 2").replace(
        'name = "Buyer"', 'name = "Seller"', 1
    )
    edited = edited.replace("VISIT_PAGE = 10", "VISIT_PAGE = 20") + '"New" = "Seller"\n[[roles]]\nname = "Buyer"\n'
    plan = await apply(database, tenant, write(edited))
    (refused,) = plan.of(Action.REFUSED)
    assert (refused.thing, refused.name, refused.line) == (Thing.TEMPLATE, "Committee", 5)
    assert refused.details == (
        "is LIVE and can't be changed: give the changed one a name of its own, such as 'Committee 2'",
        "decision maker: weighting: VITAL -> NORMAL",
        "decision maker: members_required: 1 -> 2",
    )
    assert not plan.applied
    assert await row_counts(database, tenant) == before


async def test_a_live_stage_model_that_the_file_changes_is_refused(database: Database, tenant: UUID, write):
    await apply(database, tenant, write(SMALL))
    edited = SMALL.replace('"New", entry', '"Open", entry').replace("Won", "Done")
    (refused,) = (await apply(database, tenant, write(edited))).of(Action.REFUSED)
    assert (refused.thing, refused.line) == (Thing.STAGE_MODEL, 14)
    assert "new: not in the file" in refused.details
    assert "open: new" in refused.details


async def test_a_changed_order_of_a_live_templates_roles_is_refused(database: Database, tenant: UUID, write):
    await apply(database, tenant, write(SMALL))
    first, rest = SMALL.split('[[roles_templates.roles]]\nrole = "Decision Maker"')
    decision_maker, rest = rest.split('[[roles_templates.roles]]\nrole = "Buyer"\n')
    edited = (
        f'{first}[[roles_templates.roles]]\nrole = "Buyer"\n'
        f'[[roles_templates.roles]]\nrole = "Decision Maker"{decision_maker}{rest}'
    )
    (refused,) = (await apply(database, tenant, write(edited))).of(Action.REFUSED)
    assert refused.details[1:] == ("order: decision maker, buyer -> buyer, decision maker",)


async def test_a_draft_that_the_file_names_is_changed_and_published(database: Database, tenant: UUID, write):
    async with database.writing(tenant) as db:
        await ensure_defaults(db)
        await create_template(db, "Committee", [RoleDefinition(DECISION_MAKER.id)], by="mona", now=NOW)
        await create_stage_model(db, "Stages", [Stage("a", "Old", entry=True)], by="mona", now=NOW)
    plan = await apply(database, tenant, write(SMALL))
    assert actions(plan)["roles template", "Committee"] == "changed"
    assert actions(plan)["stage model", "Stages"] == "changed"
    assert await column(database, tenant, RolesTemplateRow, "status", "published_at") == [("LIVE", NOW)]
    assert await column(database, tenant, StageModelRow, "status") == [("LIVE",)]
    assert len(await column(database, tenant, TemplateRoleRow, "id")) == 2
    assert [name for (name,) in await column(database, tenant, StageRow, "name")] == ["New", "Won"]
    assert {each.action for each in (await apply(database, tenant, write(SMALL))).entries} == {Action.UNCHANGED}


async def test_the_template_of_a_solution_interest_is_fixed_once_set(database: Database, tenant: UUID, write):
    await apply(database, tenant, write(SMALL))
    other = '[[roles_templates]]\nname = "Other committee"\nroles = [{ role = "Other" }]\n'
    moved = SMALL.replace('roles_template = "Committee"', 'roles_template = "Other committee"')
    (refused,) = (await apply(database, tenant, write(moved + other))).of(Action.REFUSED)
    assert (refused.thing, refused.name) == (Thing.INTEREST, "Cloud")
    assert refused.details == (
        "its roles template is fixed once set: committee -> other committee; add a solution interest of another name",
    )
    assert [name for (name,) in await column(database, tenant, RolesTemplateRow, "name")] == ["Committee"]


async def add_group(database: Database, tenant: UUID, *, stage: str | None) -> UUID:
    """A group of the first solution interest, in a stage of its stage model."""
    interests = await column(database, tenant, SolutionInterestRow, "id", "template_id", "stage_model_id", "name")
    interest_id, template_id, stage_model_id, name = interests[0]
    stages = {name: stage_id for stage_id, name in await column(database, tenant, StageRow, "id", "name")}
    account_id, group_id = new_id(), new_id()
    times = {"created_at": NOW, "updated_at": NOW}
    account = {"id": account_id, "source": "s", "external_id": "1", "name": "Acme", "name_key": "acme", **times}
    group = {
        "id": group_id,
        "account_id": account_id,
        "solution_interest_id": interest_id,
        "template_id": template_id,
        "stage_model_id": stage_model_id,
        "stage_id": None if stage is None else stages[stage],
        "name": f"{name} for Acme",
        "name_key": f"{name} for acme".casefold(),
        "member_count": 0,
        "version": 1,
        **times,
    }
    async with database.writing(tenant) as db:
        await db.insert(AccountRow, [account])
        await db.insert(BuyingGroupRow, [group])
    return group_id


async def test_groups_get_the_stage_model_that_their_interest_is_given(database: Database, tenant: UUID, write):
    await apply(database, tenant, write(SMALL))
    await add_group(database, tenant, stage=None)
    with_stages = SMALL.replace('name = "Cloud"', 'name = "Cloud"\nstage_model = "Stages"')
    assert (await apply(database, tenant, write(with_stages))).applied
    ((model_id,),) = await column(database, tenant, StageModelRow, "id")
    assert await column(database, tenant, BuyingGroupRow, "stage_model_id", "version") == [(model_id, 2)]


async def test_the_stage_model_stays_while_a_group_stands_in_one_of_its_stages(database: Database, tenant: UUID, write):
    with_stages = SMALL.replace('name = "Cloud"', 'name = "Cloud"\nstage_model = "Stages"')
    await apply(database, tenant, write(with_stages))
    await add_group(database, tenant, stage="New")
    (refused,) = (await apply(database, tenant, write(SMALL))).of(Action.REFUSED)
    assert refused.details == ("its stage model can't be changed, stages -> none: groups that stand in a stage: 1",)


async def test_groups_follow_the_new_spelling_of_their_interest(database: Database, tenant: UUID, write):
    await apply(database, tenant, write(SMALL))
    await add_group(database, tenant, stage=None)
    await apply(database, tenant, write(SMALL.replace('"Cloud"', '"CLOUD"')))
    assert await column(database, tenant, BuyingGroupRow, "name") == [("CLOUD for Acme",)]


async def test_the_order_of_solution_interests_is_the_files(database: Database, tenant: UUID, write):
    one = '[[solution_interests]]\nname = "{}"\nroles_template = "Committee"\n'
    await apply(database, tenant, write(SMALL + one.format("Data")))
    before_cloud = SMALL.replace("[[solution_interests]]", one.format("Data") + "[[solution_interests]]")
    plan = await apply(database, tenant, write(before_cloud))
    assert [entry.details for entry in plan.of(Action.CHANGED)] == [("position: 1 -> 0",), ("position: 0 -> 1",)]
    assert await column(database, tenant, SolutionInterestRow, "name", "position") == [("Cloud", 1), ("Data", 0)]


async def test_defaults_are_given_once_and_nothing_is_logged(database: Database, tenant: UUID):
    async with database.writing(tenant) as db:
        await ensure_defaults(db)
    before = await row_counts(database, tenant)
    async with database.writing(tenant) as db:
        await ensure_defaults(db)
        (model,) = await weighting_models(db)
    assert (model.name, model.active, model.weights) == ("Default", True, dict(DEFAULT_WEIGHTS))
    assert before["role"] == 6
    assert before["change"] == 0
    assert await row_counts(database, tenant) == before


async def test_a_file_can_make_the_default_weights_active_again(database: Database, tenant: UUID, write):
    await apply(database, tenant, write(SMALL))
    weights = ", ".join(f"{kind} = {weight}" for kind, weight in DEFAULT_WEIGHTS.items())
    plan = await apply(database, tenant, write(f'[activity_weights]\nname = "Default"\nweights = {{ {weights} }}\n'))
    assert [entry.details for entry in plan.entries] == [("active: false -> true",)]
    async with database.reading(tenant) as db:
        assert {model.name: model.active for model in await weighting_models(db)} == {"Default": True, "Ours": False}


async def test_a_wrong_file_leaves_the_tenant_as_it_was(database: Database, tenant: UUID, write):
    before = await row_counts(database, tenant)
    with pytest.raises(SetupFileWrong):
        await apply(database, tenant, write(SMALL + '"Chief" = "Nobody"\n'))
    assert await row_counts(database, tenant) == before


async def test_roles_of_earlier_files_count_for_the_twenty(database: Database, tenant: UUID, write):
    roles = "".join(f'[[roles]]\nname = "Role {number}"\n' for number in range(14))
    await apply(database, tenant, write(roles))
    with pytest.raises(SetupFileWrong, match=r"tenant\.toml:1: roles\[0\]: is role 21; a tenant has at most 20"):
        await apply(database, tenant, write('[[roles]]\nname = "One more"\n'))


async def test_tenants_have_their_own_set_up(database: Database, tenant: UUID, write):
    other = await add_tenant(database, "other")
    await apply(database, tenant, write(SMALL))
    assert (await apply(database, other, write(SMALL))).applied
    assert await row_counts(database, other) == await row_counts(database, tenant)


async def test_the_plan_reads_as_plain_text(database: Database, tenant: UUID, write):
    await apply(database, tenant, write(SMALL))
    text = render_plan(await apply(database, tenant, write(SMALL.replace('"VITAL"', '"MINOR"') + '"Z" = "Buyer"\n')))
    assert text.splitlines() == [
        "= unchanged  role Buyer",
        "! refused    roles template Committee (tenant.toml:5)",
        "               is LIVE and can't be changed: give the changed one a name of its own, such as 'Committee 2'",
        "               decision maker: weighting: VITAL -> MINOR",
        "= unchanged  stage model Stages",
        "= unchanged  solution interest Cloud",
        "= unchanged  activity weights Ours",
        "~ changed    CRM roles mapping",
        "               Z: none -> buyer",
        "0 added, 1 changed, 4 unchanged, 1 refused",
        "Nothing was applied: mend what is refused and apply again.",
    ]
