"""How many SQL statements a screen takes: a number of its shape, never of its rows; and only what is asked is read."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from bg_graph.accounts.tables import AccountJourneyRow, ActivityRow
from bg_graph.buying_groups.commands.acts import Act
from bg_graph.buying_groups.commands.groups import create_groups
from bg_graph.buying_groups.commands.membership import assign_members
from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER, INFLUENCER
from bg_graph.buying_groups.rules.membership import MembershipSource, RoleAssignment
from bg_graph.intent.rules import IntentKind
from bg_graph.intent.tables import IntentSignalRow
from bg_graph.screens.documents import GROUPS, MEMBERS, OVERVIEW, document
from tests.conftest import NOW
from tests.screens.conftest import Ask, gid
from tests.world import World

SIZES = (5, 50, 500)
ROLES = (DECISION_MAKER.id, INFLUENCER.id, CHAMPION.id)


async def more_members(world: World, groups: Sequence[UUID], how_many: int) -> None:
    """More people of the groups' one account, active, each a member of all the groups."""
    account = await world.account_of(groups[0])
    people = await world.people(account, how_many, job_title="Buyer", email="a@b.example", phone="1")
    kinds = ("INTERESTING_MOMENT", "VISIT_PAGE", "OPEN_EMAIL")
    await world.add_all(
        [
            ActivityRow(
                person_id=person,
                kind=kind,
                at=NOW - timedelta(days=day),
                day=20_000,
                source="marketo",
                external_id=f"{person}{kind}",
            )
            for person in people
            for day, kind in enumerate(kinds)
        ]
    )
    async with world.database.writing(world.tenant) as db:
        items = [RoleAssignment(person, ROLES[number % 3]) for number, person in enumerate(people)]
        await assign_members(db, dict.fromkeys(groups, items), Act("Maria", MembershipSource.MANUAL, NOW))


async def more_around(world: World, group: UUID, how_many: int) -> None:
    """More journeys and opportunities of the account, and categories of intent with products and keywords."""
    account = await world.account_of(group)
    journeys = [
        AccountJourneyRow(
            account_id=account, source="marketo", external_id=f"{how_many}-{n}", name="J", status="ACTIVE", since=NOW
        )
        for n in range(how_many)
    ]
    await world.add_all(journeys)
    for number in range(min(how_many, 20)):
        name = f"Category {how_many} {number}"
        await world.signal(group, name, subject_kind="GROUP")
        await world.signal(group, "Product", kind=IntentKind.PRODUCT, subject_kind="GROUP", category=name)
        await world.signal(
            group, "Keyword", kind=IntentKind.KEYWORD, subject_kind="GROUP", category=name, product="Product"
        )
    assert await world.rows(IntentSignalRow, subject_id=group, kind="KEYWORD")


@pytest.mark.slow
async def test_the_tabs_take_as_many_statements_for_500_members_as_for_5(world: World, ask: Ask):
    account = await world.account()
    group = await world.group(account)
    others = [await world.group(account, await world.interest(f"Other {number}")) for number in range(4)]
    overviews, tables, present = {}, {}, 0
    for size in SIZES:
        await more_members(world, [group, *others], size - present)
        await more_around(world, group, size)
        present = size
        written = await ask(document(OVERVIEW), group=gid("grp", group))
        assert len(written.sql) <= 26, "what is gathered and stored for new summaries included"
        shown = await ask(document(OVERVIEW), group=gid("grp", group))
        assert shown.data["buyingGroup"]["aiSummary"]["status"] == "FRESH"
        assert shown.data["buyingGroup"]["memberCount"] == size
        assert len(shown.data["buyingGroup"]["decisionMakers"][0]["otherBuyingGroups"]) == 3
        overviews[size] = len(shown.sql)
        table = await ask(document(MEMBERS), group=gid("grp", group), first=500)
        assert len(table.data["buyingGroup"]["members"]["nodes"]) == size
        tables[size] = len(table.sql)
    assert len(set(overviews.values())) == 1, overviews
    assert overviews[5] == 15, "as many as when no summary was stored"
    assert len(set(tables.values())) == 1, tables
    assert tables[5] <= 5


@pytest.mark.slow
async def test_the_list_takes_as_many_statements_for_500_groups_as_for_5(world: World, ask: Ask):
    interest = await world.interest("CRM")
    counts: dict[int, int] = {}
    for present, size in zip((0, *SIZES), SIZES, strict=False):
        accounts = [await world.account() for _ in range(size - present)]
        people = {account: await world.people(account, 4) for account in accounts}
        async with world.database.writing(world.tenant) as db:
            pairs = [(account, interest) for account in accounts]
            made = await create_groups(db, pairs, by="Maria", source=MembershipSource.MANUAL, now=NOW)
            wanted = {
                group: [RoleAssignment(person, DECISION_MAKER.id) for person in people[account]]
                for group, account in zip(made, accounts, strict=True)
            }
            await assign_members(db, wanted, Act("Maria", MembershipSource.MANUAL, NOW))
        shown = await ask(document(GROUPS), first=500)
        page = shown.data["buyingGroups"]
        assert (page["totalCount"], len(page["nodes"])) == (size, size)
        assert {len(each["members"]["nodes"]) for each in page["nodes"]} == {3}
        counts[size] = len(shown.sql)
    assert set(counts.values()) == {3}


async def test_only_what_is_asked_for_is_read(world: World, ask: Ask):
    group = await world.group()
    await world.member(group)
    answer = await ask("query($g: ID!) { buyingGroup(id: $g) { name } }", g=gid("grp", group))
    assert len(answer.sql) == 1
    for other in ("completeness", "engagement", "version", "JOIN", "member"):
        assert other not in answer.sql[0]
    answer = await ask("query($g: ID!) { buyingGroup(id: $g) { members { nodes { name } } } }", g=gid("grp", group))
    assert len(answer.sql) == 2
    for other in ("email", "phone", "job_title", "engagement", "activity", "count(", "role"):
        assert other not in answer.sql[1], answer.sql[1]


async def test_a_row_that_a_key_points_at_is_read_in_the_same_statement(world: World, ask: Ask):
    group = await world.group()
    query = "query($g: ID!) { buyingGroup(id: $g) { account { name personCount parent { name } } stage { name } rolesTemplate { name } } }"
    assert len((await ask(query, g=gid("grp", group))).sql) == 1


async def test_the_same_field_asked_twice_is_read_once(world: World, ask: Ask):
    group = await world.group()
    await world.member(group)
    query = """query($g: ID!) { buyingGroup(id: $g) {
        a: decisionMakers { name } b: decisionMakers { name } c: decisionMakers(first: 3) { name }
        members { nodes { name } } again: members { nodes { name } } } }"""
    answer = await ask(query, g=gid("grp", group))
    assert len(answer.sql) == 3
    assert answer.data["buyingGroup"]["a"] == answer.data["buyingGroup"]["c"] != []
