"""The summary of a person, who may be in several groups or in none."""

from datetime import timedelta
from uuid import UUID

from bg_graph.accounts.rules import utc_day
from bg_graph.buying_groups.rules.default_roles import DECISION_MAKER
from bg_graph.buying_groups.tables import MemberRow
from bg_graph.engagement.tables import PersonScoreRow
from bg_graph.plugins.summaries import SubjectKind
from bg_graph.store.ids import new_id
from bg_graph.summaries.facts.gathering import gather
from tests.conftest import NOW
from tests.screens.conftest import Ask, gid
from tests.world import World

FACTS = " AS part"
"""Stands in each statement that gathers facts."""
PERSON = "query($id: ID!) { person(id: $id) { aiSummary { text bullets citations { statement facts { kind } } } } }"
PEOPLE = "query($id: ID!) { account(id: $id) { people(first: 100) { nodes { name aiSummary { text } } } } }"


async def said_of(ask: Ask, person: UUID) -> dict[str, object] | None:
    found: dict[str, object] | None = (await ask(PERSON, id=gid("per", person))).data["person"]["aiSummary"]
    return found


async def groups_of(world: World, account: UUID, person: UUID, *interests: str) -> list[UUID]:
    """Groups that the person came into one after the other."""
    made = []
    for number, interest in enumerate(interests):
        group = await world.group(account, await world.interest(interest))
        await world.members(group, {person: DECISION_MAKER.id})
        member = await world.one(MemberRow, group_id=group, person_id=person)
        await world.change(MemberRow, member.id, assigned_at=NOW - timedelta(days=100 - number))
        made.append(group)
    return made


async def test_a_person_in_no_group_in_full(world: World, ask: Ask) -> None:
    account = await world.account("Acme")
    ada = await world.person(account, "Ada Lovelace", job_title="CTO")
    await world.score(ada, 52)
    await world.activity(ada, topics=["Pricing"], times=2)
    await world.activity(ada, topics=["Pricing"], at=NOW - timedelta(days=40))
    await world.activity(ada, "FILL_OUT_FORM", at=NOW - timedelta(days=30))
    await world.add(PersonScoreRow(person_id=ada, day=utc_day(NOW), score_raw=52))
    await world.add(PersonScoreRow(person_id=ada, day=utc_day(NOW) - 28, score_raw=39.5))

    summary = await said_of(ask, ada)

    assert summary is not None
    assert summary["text"] == "Ada Lovelace (CTO) belongs to Acme. The engagement score is 52."
    assert summary["bullets"] == [
        "In the last 30 days 2 activities: 2 pages visited.",
        "Trending keyword: Pricing (2 activities, 1 in the 30 days before).",
        "The engagement score rose by 12 points in 4 weeks, from 40 to 52.",
        "In no buying group.",
    ]


async def test_the_latest_groups_are_named_and_all_in_use_are_counted(world: World, ask: Ask) -> None:
    account = await world.account("Acme")
    ada = await world.person(account, "Ada Lovelace")
    first, *_ = await groups_of(world, account, ada, "A", "B", "C", "D", "E")
    summary = await said_of(ask, ada)
    assert summary is not None
    assert summary["bullets"] == [
        "No activity in the last 30 days.",
        "In 5 buying groups, most recently E for Acme (Decision Maker), D for Acme (Decision Maker) "
        "and C for Acme (Decision Maker).",
    ]
    await world.archive(first)
    fewer = await said_of(ask, ada)
    assert fewer is not None
    assert str(fewer["bullets"]).count("In 4 buying groups") == 1


async def test_a_person_of_whom_nothing_is_known_has_no_summary(world: World, ask: Ask) -> None:
    account = await world.account("Acme")
    person = await world.person(account, "Ada Lovelace")
    assert await said_of(ask, person) is None
    await world.score(person, 0)
    assert await said_of(ask, person) is not None


async def test_of_an_id_that_nobody_has_nothing_is_gathered(world: World) -> None:
    async with world.database.reading(world.tenant) as db:
        gathered = await gather(db, SubjectKind.PERSON, [new_id()], NOW)
    assert gathered == {}


async def test_all_people_of_an_account_are_asked_about_at_once(world: World, ask: Ask) -> None:
    counts = []
    for how_many in (1, 12):
        account = await world.account()
        for person in await world.people(account, how_many):
            await world.score(person, 10)
        answer = await ask(PEOPLE, id=gid("acc", account))
        assert all(node["aiSummary"]["text"] for node in answer.data["account"]["people"]["nodes"])
        counts.append(sum(FACTS in sql for sql in answer.sql))
    assert counts == [1, 1]
