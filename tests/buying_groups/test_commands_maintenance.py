"""The maintenance job on the store: who comes in, who moves, who goes, and who is left alone."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from bg_graph.accounts.tables import PersonRow
from bg_graph.buying_groups.commands.maintenance import MaintenanceOutcome, maintain, maintain_job
from bg_graph.buying_groups.rules.conditions import AnyOf, Attribute, AttributeTest, Condition, IntentTest, Operator
from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER, INFLUENCER, OTHER
from bg_graph.buying_groups.rules.membership import MembershipSource
from bg_graph.buying_groups.tables import BuyingGroupRow, GroupRoleRow, MemberRow, NameWordRow, RemovalMarkRow
from bg_graph.intent.rules import IntentKind, IntentLevel
from bg_graph.store.changes import ChangeItemRow, ChangeRow
from tests.conftest import NOW, statements
from tests.world import World, definition

MANUAL, JOURNEY, SYSTEM = MembershipSource.MANUAL, MembershipSource.JOURNEY, MembershipSource.SYSTEM
LATER = NOW + timedelta(hours=1)
NOTHING = MaintenanceOutcome()
WRITTEN = (BuyingGroupRow, GroupRoleRow, MemberRow, RemovalMarkRow, NameWordRow, ChangeRow, ChangeItemRow)


def title(part: str) -> Condition:
    return AttributeTest(Attribute.JOB_TITLE, Operator.CONTAINS, part)


async def run(world: World, *, dry_run: bool = False) -> MaintenanceOutcome:
    async with world.database.writing(world.tenant) as db:
        return await maintain(db, LATER, dry_run=dry_run)


async def written(world: World) -> list[list[object]]:
    return [await world.rows(row) for row in WRITTEN]


@pytest.fixture
async def group(world: World) -> UUID:
    """A group whose template takes chiefs for Decision Makers, then engineers for Influencers; Others by hand."""
    template = await world.template(
        definition(DECISION_MAKER.id, title("chief")),
        definition(INFLUENCER.id, title("engineer"), members_required=2),
        definition(OTHER.id, required=False),
    )
    return await world.group(await world.account(), await world.interest(template=template))


async def person(world: World, group: UUID, job_title: str | None) -> UUID:
    return await world.person(await world.account_of(group), job_title=job_title)


async def test_people_get_the_first_role_whose_conditions_hold(world: World, group: UUID):
    chief = await person(world, group, "CHIEF Engineer")
    engineer = await person(world, group, "Engineer")
    await person(world, group, "Driver")
    await person(world, group, None)
    await world.person(await world.account(), job_title="Chief of another account")
    assert await run(world) == MaintenanceOutcome(groups_changed=1, assigned=2)
    assert await world.people_in(group) == {chief: (DECISION_MAKER.id, "SYSTEM"), engineer: (INFLUENCER.id, "SYSTEM")}
    row = await world.one(BuyingGroupRow)
    assert (row.completeness_score, row.version, row.updated_at) == (75, 2, LATER)
    await world.check_counts()
    change = await world.one(ChangeRow, subject_id=group, kind="MEMBERS_MAINTAINED")
    assert (change.by, change.source) == ("maintenance", "SYSTEM")


async def test_a_second_run_writes_nothing(world: World, group: UUID):
    await world.interest(account_conditions={"attribute": "industry", "is": "Energy"})
    await world.account(industry="Energy")
    for job_title in ("Chief", "Engineer", "Driver"):
        await person(world, group, job_title)
    assert await run(world) == MaintenanceOutcome(groups_created=1, groups_changed=1, assigned=2)
    before = await written(world)
    assert await run(world) == NOTHING
    assert await written(world) == before


async def test_members_follow_their_data(world: World, group: UUID):
    promoted = await person(world, group, "Engineer")
    retired = await person(world, group, "Engineer")
    await run(world)
    await world.change(PersonRow, promoted, job_title="Chief Engineer")
    await world.change(PersonRow, retired, job_title=None)
    assert await run(world) == MaintenanceOutcome(groups_changed=1, removed=1, edited=1)
    assert await world.people_in(group) == {promoted: (DECISION_MAKER.id, "SYSTEM")}
    await world.check_counts()
    await world.change(PersonRow, retired, job_title="Engineer again")
    assert await run(world) == MaintenanceOutcome(groups_changed=1, assigned=1)


@pytest.mark.parametrize("source", [MANUAL, JOURNEY])
async def test_a_higher_sources_members_stay_as_they_are(world: World, group: UUID, source: MembershipSource):
    driver, chief = await person(world, group, "Driver"), await person(world, group, "Chief")
    await world.members(group, {driver: OTHER.id, chief: INFLUENCER.id}, source)
    assert await run(world) == NOTHING
    assert await world.people_in(group) == {driver: (OTHER.id, source), chief: (INFLUENCER.id, source)}


@pytest.mark.parametrize("source", [MANUAL, JOURNEY])
async def test_a_person_whom_a_higher_source_removed_stays_out(world: World, group: UUID, source: MembershipSource):
    chief = await person(world, group, "Chief")
    await run(world)
    await world.remove(group, chief, source)
    before = await written(world)
    assert await run(world) == NOTHING
    assert await written(world) == before


async def test_an_archived_group_is_skipped(world: World, group: UUID):
    await person(world, group, "Chief")
    await world.archive(group)
    assert await run(world) == NOTHING


async def test_a_template_without_conditions_assigns_nobody(world: World):
    group = await world.group()
    await person(world, group, "Chief")
    assert await run(world) == NOTHING


async def test_the_engagement_score_is_compared_as_shown(world: World):
    above = AttributeTest(Attribute.ENGAGEMENT_SCORE, Operator.GREATER_THAN, 49)
    template = await world.template(definition(CHAMPION.id, above))
    group = await world.group(await world.account(), await world.interest(template=template))
    shown_50, shown_49, unknown = [await person(world, group, None) for _ in range(3)]
    await world.score(shown_50, 49.5)
    await world.score(shown_49, 49.4)
    await world.score(unknown, None)
    await run(world)
    assert set(await world.people_in(group)) == {shown_50}


async def test_intent_is_the_persons_own_at_the_level_or_above(world: World):
    grid = IntentTest(IntentKind.PRODUCT, "smart grid", IntentLevel.MEDIUM)
    template = await world.template(definition(CHAMPION.id, AnyOf((grid, title("chief")))))
    group = await world.group(await world.account(), await world.interest(template=template))
    high, medium, low, other_kind, other_name = [await person(world, group, None) for _ in range(5)]
    product = {"kind": IntentKind.PRODUCT, "category": "Energy"}
    await world.signal(high, "Smart Grid", 0.8, **product)
    await world.signal(medium, "Smart Grid", 0.5, **product)
    await world.signal(low, "Smart Grid", 0.49, **product)
    await world.signal(other_kind, "Smart Grid", 0.9, kind=IntentKind.KEYWORD)
    await world.signal(other_name, "Grid", 0.9, **product)
    await world.signal(group, "Smart Grid", 0.9, **product, subject_kind="GROUP")
    await run(world)
    assert set(await world.people_in(group)) == {high, medium}


async def test_groups_that_an_account_should_have_are_made_and_filled_in_the_same_run(world: World):
    template = await world.template(definition(DECISION_MAKER.id, title("chief")))
    interest = await world.interest(template=template, account_conditions={"attribute": "industry", "is": "Energy"})
    account = await world.account(industry="Energy")
    chief = await world.person(account, job_title="Chief")
    assert await run(world) == MaintenanceOutcome(groups_created=1, groups_changed=1, assigned=1)
    group = await world.one(BuyingGroupRow, account_id=account, solution_interest_id=interest)
    assert set(await world.people_in(group.id)) == {chief}
    assert group.completeness_score == 100


async def test_a_dry_run_tells_what_would_be_done_and_does_nothing(world: World, group: UUID):
    await world.interest(account_conditions={"attribute": "industry", "is": "Energy"})
    await world.account(industry="Energy")
    await person(world, group, "Chief")
    before = await written(world)
    told = await run(world, dry_run=True)
    assert told == MaintenanceOutcome(groups_created=1, groups_changed=1, assigned=1)
    assert await written(world) == before
    assert await run(world) == told


async def test_groups_are_taken_page_by_page(world: World, group: UUID, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bg_graph.buying_groups.commands.maintenance.PAGE", 2)
    interest = (await world.one(BuyingGroupRow)).solution_interest_id
    second_interest = await world.interest(template=(await world.one(BuyingGroupRow)).template_id)
    groups = [group]
    for _ in range(2):
        account = await world.account()
        groups += [await world.group(account, interest), await world.group(account, second_interest)]
    for each in groups:
        await person(world, each, "Engineer")
    assert await run(world) == MaintenanceOutcome(groups_changed=5, assigned=1 + 4 * 2)
    await world.check_counts()


async def test_the_number_of_statements_does_not_depend_on_groups_and_people(world: World, group: UUID):
    interest = (await world.one(BuyingGroupRow)).solution_interest_id
    counts = []
    for how_many in (1, 10):
        for _ in range(how_many):
            account = await world.account()
            await world.group(account, interest)
            await world.people(account, how_many, job_title="Chief")
        with statements(world.database) as changing:
            await run(world)
        with statements(world.database) as idle:
            await run(world)
        counts.append((len(changing), len(idle)))
    assert counts[0] == counts[1]
    assert counts[0][1] <= 12


async def test_another_tenants_people_and_groups_are_out_of_reach(world: World, group: UUID, other_world: World):
    stranger = await other_world.group()
    await other_world.person(await other_world.account_of(stranger), job_title="Chief")
    before = await written(other_world)
    await run(world)
    assert await written(other_world) == before


async def test_the_job_tells_its_counts(world: World, group: UUID):
    await person(world, group, "Chief")
    async with world.database.writing(world.tenant) as db:
        counts = await maintain_job(db, NOW)
    assert counts == {"groups_created": 0, "groups_changed": 1, "assigned": 1, "removed": 0, "edited": 0}


def test_outcomes_of_pages_add_up():
    one = MaintenanceOutcome(1, 2, 3, 4, 5)
    assert one + one == MaintenanceOutcome(2, 4, 6, 8, 10)
    assert replace(one, assigned=0) + NOTHING == MaintenanceOutcome(1, 2, 0, 4, 5)
