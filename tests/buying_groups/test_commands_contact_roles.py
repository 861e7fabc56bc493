"""Contact roles of the CRM become members: of which group, with which role, and when not."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import SQLModel

from bg_graph.buying_groups.commands.contact_roles import ContactRoleCounts, Fate, members_from_contact_roles
from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER, INFLUENCER, OTHER
from bg_graph.buying_groups.rules.membership import MembershipSource
from bg_graph.buying_groups.tables import BuyingGroupRow, GroupRoleRow, MemberRow, RemovalMarkRow
from bg_graph.store.changes import ChangeItemRow, ChangeRow
from tests.conftest import NOW, statements
from tests.world import World

LATER = NOW + timedelta(hours=1)
WRITTEN: tuple[type[SQLModel], ...] = (
    BuyingGroupRow,
    GroupRoleRow,
    MemberRow,
    RemovalMarkRow,
    ChangeRow,
    ChangeItemRow,
)
GRID = {"all": [{"attribute": "type", "is": "New Business"}, {"column": "Product__c", "starts_with": "grid"}]}
GRID_DEAL = {"kind": "New business", "columns": {"Product__c": "Grid Pro"}}


@pytest.fixture
async def interest(world: World) -> UUID:
    """Grid deals are about it; the CRM's words for roles are mapped."""
    await world.crm_roles(
        {"Economic Buyer": DECISION_MAKER.id, "Evaluator": INFLUENCER.id, "": CHAMPION.id, "Lawyer": OTHER.id}
    )
    return await world.interest("Grid", opportunity_conditions=GRID)


async def join(world: World, opportunity_ids: Collection[UUID] | None = None) -> ContactRoleCounts:
    async with world.database.writing(world.tenant) as db:
        return await members_from_contact_roles(db, by="import", now=LATER, opportunity_ids=opportunity_ids)


async def met(world: World, opportunity_ids: Collection[UUID] | None = None) -> dict[Fate, int]:
    """The fates that contact roles met in a run."""
    return {fate: count for fate, count in (await join(world, opportunity_ids)).fates.items() if count}


async def a_deal_with(world: World, role: str | None = "Economic Buyer") -> tuple[UUID, UUID, UUID]:
    account = await world.account()
    person = await world.person(account)
    opportunity = await world.opportunity(account, **GRID_DEAL)
    await world.contact_role(opportunity, person, role)
    return account, person, opportunity


async def written(world: World) -> list[list[object]]:
    return [await world.rows(row) for row in WRITTEN]


async def test_a_contact_role_makes_group_and_member(world: World, interest: UUID):
    account, person, _ = await a_deal_with(world, " economic BUYER ")
    counts = await join(world)
    assert (counts.groups_created, counts.contact_roles) == (1, 1)
    assert counts.counts()["assigned"] == 1
    group = await world.one(BuyingGroupRow)
    assert (group.account_id, group.solution_interest_id) == (account, interest)
    assert await world.people_in(group.id) == {person: (DECISION_MAKER.id, "JOURNEY")}
    await world.check_counts()
    kinds = [(row.kind, row.by, row.source) for row in await world.rows(ChangeRow, subject_id=group.id)]
    assert kinds == [("GROUP_CREATED", "import", "JOURNEY"), ("MEMBERS_ASSIGNED", "import", "JOURNEY")]


async def test_a_second_run_changes_nothing(world: World, interest: UUID):
    for _ in range(3):
        await a_deal_with(world)
    assert await met(world) == {Fate.ASSIGNED: 3}
    before = await written(world)
    assert await met(world) == {Fate.ALREADY_MEMBER: 3}
    assert await written(world) == before


async def test_the_group_is_that_of_the_contacts_account(world: World, interest: UUID):
    partner = await world.account("Partner")
    adviser = await world.person(partner)
    opportunity = await world.opportunity(await world.account("Customer"), **GRID_DEAL)
    await world.contact_role(opportunity, adviser, "Evaluator")
    await join(world)
    assert (await world.one(BuyingGroupRow)).name == "Grid for Partner"


async def test_the_first_interest_that_matches_is_taken(world: World, interest: UUID):
    await world.interest("Everything", opportunity_conditions={"attribute": "stage", "is_not": "nowhere"})
    await a_deal_with(world)
    account = await world.account()
    other = await world.opportunity(account, kind="Renewal")
    await world.contact_role(other, await world.person(account), "Evaluator")
    await join(world)
    names = {row.name.split(" for ")[0] for row in await world.rows(BuyingGroupRow)}
    assert names == {"Grid", "Everything"}


@pytest.mark.parametrize(
    ("role", "fate"),
    [
        (None, Fate.ASSIGNED),
        ("", Fate.ASSIGNED),
        ("Janitor", Fate.ROLE_NOT_MAPPED),
        ("Lawyer", Fate.ROLE_NOT_IN_TEMPLATE),
    ],
)
async def test_the_role_is_the_mapped_one_if_the_template_offers_it(
    world: World, interest: UUID, role: str | None, fate: Fate
):
    await a_deal_with(world, role)
    assert await met(world) == {fate: 1}
    groups = await world.rows(BuyingGroupRow)
    assert len(groups) == (fate is Fate.ASSIGNED)
    assert [row.role_id for row in await world.rows(MemberRow)] == [CHAMPION.id] * len(groups)


async def test_a_deal_about_no_interest_makes_no_member(world: World, interest: UUID):
    account = await world.account()
    opportunity = await world.opportunity(account, kind="Renewal", columns={"Product__c": "Grid"})
    await world.contact_role(opportunity, await world.person(account), "Evaluator")
    assert await met(world) == {Fate.WITHOUT_INTEREST: 1}


async def test_a_system_member_is_raised_and_a_users_member_stays(world: World, interest: UUID):
    account, raised, opportunity = await a_deal_with(world)
    kept = await world.person(account)
    await world.contact_role(opportunity, kept, "Economic Buyer")
    group = await world.group(account, interest)
    await world.member(group, raised, CHAMPION.id, MembershipSource.SYSTEM)
    await world.member(group, kept, CHAMPION.id, MembershipSource.MANUAL)
    assert await met(world) == {Fate.RAISED: 1, Fate.ALREADY_MEMBER: 1}
    assert await world.people_in(group) == {
        raised: (DECISION_MAKER.id, "JOURNEY"),
        kept: (CHAMPION.id, "MANUAL"),
    }
    await world.check_counts()


@pytest.mark.parametrize(
    ("source", "fate"),
    [(MembershipSource.MANUAL, Fate.REMOVED_BY_HIGHER), (MembershipSource.JOURNEY, Fate.ASSIGNED)],
)
async def test_a_person_whom_a_user_removed_is_not_brought_back(
    world: World, interest: UUID, source: MembershipSource, fate: Fate
):
    _, person, _ = await a_deal_with(world)
    await join(world)
    group = (await world.one(BuyingGroupRow)).id
    await world.remove(group, person, source)
    assert await met(world) == {fate: 1}


async def test_an_archived_group_is_left_alone(world: World, interest: UUID):
    account, *_ = await a_deal_with(world)
    await world.archive(await world.group(account, interest))
    assert await met(world) == {Fate.GROUP_ARCHIVED: 1}


async def test_of_two_roles_of_one_person_the_earlier_counts(world: World, interest: UUID):
    account, person, _ = await a_deal_with(world, "Evaluator")
    second = await world.opportunity(account, **GRID_DEAL)
    await world.contact_role(second, person, "Economic Buyer")
    assert await met(world) == {Fate.ASSIGNED: 1, Fate.ALREADY_MEMBER: 1}
    assert (await world.one(MemberRow)).role_id == INFLUENCER.id


async def test_only_the_opportunities_named_are_looked_at(world: World, interest: UUID):
    _, person, opportunity = await a_deal_with(world)
    await a_deal_with(world)
    assert await met(world, [opportunity]) == {Fate.ASSIGNED: 1}
    assert (await world.one(MemberRow)).person_id == person
    assert await met(world, []) == {}


async def test_contact_roles_are_taken_page_by_page(world: World, interest: UUID, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bg_graph.buying_groups.commands.contact_roles._PAGE", 2)
    for _ in range(5):
        await a_deal_with(world)
    assert await met(world) == {Fate.ASSIGNED: 5}


async def test_the_number_of_statements_does_not_depend_on_the_number_of_contact_roles(world: World, interest: UUID):
    counts = []
    for how_many in (1, 10):
        for _ in range(how_many):
            await a_deal_with(world)
        with statements(world.database) as seen:
            await join(world)
        counts.append(len(seen))
    assert counts[0] == counts[1]
