"""What the built-in summaries say of groups, accounts and members, on both databases."""

from datetime import timedelta
from uuid import UUID

import pytest

from bg_graph.accounts.rules import utc_day
from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER, INFLUENCER
from bg_graph.buying_groups.tables import MemberRow
from bg_graph.engagement.tables import PersonScoreRow
from bg_graph.intent.rules import IntentKind
from bg_graph.plugins.summaries import HighlightKind, SubjectKind, Summary
from bg_graph.store.engine import Database
from bg_graph.summaries.facts.gathering import gather
from tests.conftest import NOW
from tests.summaries.facts_host import facts_summaries
from tests.world import World


@pytest.fixture
def world(database: Database, tenant: UUID) -> World:
    return World(database, tenant, NOW)


async def summary_of(world: World, kind: SubjectKind, subject_id: UUID) -> Summary:
    async with world.database.reading(world.tenant) as db:
        gathered = await gather(db, kind, [subject_id], NOW)
    [summary] = await facts_summaries([gathered[subject_id].subject])
    assert isinstance(summary, Summary), summary
    return summary


def text(summary: Summary) -> str:
    return " ".join(statement.text for statement in summary.text)


def bullets(summary: Summary) -> list[str]:
    return [bullet.text for bullet in summary.bullets]


def highlights(summary: Summary) -> dict[HighlightKind, str]:
    return {highlight.kind: highlight.statement.text for highlight in summary.highlights}


async def member_id(world: World, group: UUID, person: UUID) -> UUID:
    row = await world.one(MemberRow, group_id=group, person_id=person)
    found: UUID = row.id
    return found


async def scored_person(world: World, account: UUID, name: str, raw: float | None, **columns: str) -> UUID:
    person = await world.person(account, name, **columns)
    await world.score(person, raw)
    return person


async def test_a_group_in_full(world: World) -> None:
    account = await world.account("Acme")
    group = await world.group(account)
    ada = await scored_person(world, account, "Ada Lovelace", 90.6)
    bob = await scored_person(world, account, "Bob Jones", 40)
    await scored_person(world, account, "Carl Outsider", 99)
    await world.members(group, {ada: DECISION_MAKER.id, bob: INFLUENCER.id})
    await world.group_score(group, 97)
    await world.signal(group, "CRM Cloud", 0.82, kind=IntentKind.PRODUCT, subject_kind="GROUP", category="CRM")
    await world.activity(ada, topics=["Data privacy"])
    await world.activity(bob, topics=["data privacy", "Pricing"], times=2)
    await world.activity(bob, topics=["Old news"], at=NOW - timedelta(days=31))

    summary = await summary_of(world, SubjectKind.GROUP, group)

    assert text(summary) == (
        "CRM for Acme has 2 members. Its engagement score is 97. Its roles are 50% complete. "
        "The most engaged member is Ada Lovelace (Decision Maker, 91). Interest is strongest in CRM Cloud (high, 82)."
    )
    assert highlights(summary) == {
        HighlightKind.TOP_ENGAGED_MEMBERS: (
            "Top engaged members: Ada Lovelace (Decision Maker, 91) and Bob Jones (Influencer, 40)."
        ),
        HighlightKind.TOPICS_OF_INTEREST: (
            "Interest in CRM Cloud (high, 82). In the last 30 days members looked at "
            "Data privacy (3 activities of 2 members) and Pricing (2 activities of 1 member)."
        ),
        HighlightKind.MISSING_ROLES: "Missing roles: Influencer (1 of 2) and Champion (0 of 1).",
    }
    assert summary.bullets == ()


async def test_a_group_of_which_little_is_known(world: World) -> None:
    group = await world.group(await world.account("Acme"))
    summary = await summary_of(world, SubjectKind.GROUP, group)
    assert text(summary) == "CRM for Acme has no members yet. It is not scored yet. Its roles are 0% complete."
    assert highlights(summary) == {
        HighlightKind.TOP_ENGAGED_MEMBERS: "No members yet.",
        HighlightKind.TOPICS_OF_INTEREST: "No topics of interest are known yet.",
        HighlightKind.MISSING_ROLES: "Missing roles: Decision Maker (0 of 1), Influencer (0 of 2) and Champion (0 of 1).",
    }


async def test_a_full_group_is_said_to_miss_no_roles(world: World) -> None:
    group = await world.group()
    for role in (DECISION_MAKER, INFLUENCER, INFLUENCER, CHAMPION):
        await world.member(group, role_id=role.id)
    found = highlights(await summary_of(world, SubjectKind.GROUP, group))
    assert found[HighlightKind.MISSING_ROLES] == "No missing roles."
    assert found[HighlightKind.TOP_ENGAGED_MEMBERS] == "No member is scored yet."


async def test_members_without_activity_are_not_called_engaged(world: World) -> None:
    group = await world.group()
    person = await world.member(group)
    await world.score(person, 0)
    found = highlights(await summary_of(world, SubjectKind.GROUP, group))
    assert found[HighlightKind.TOP_ENGAGED_MEMBERS] == "No member is engaged yet."


async def test_an_account_in_full(world: World) -> None:
    account = await world.account("Acme", industry="Steel")
    first = await world.group(account)
    second = await world.group(account, await world.interest("ERP"))
    archived = await world.group(account, await world.interest("Old"))
    for group, raw in ((first, 12.5), (second, 80), (archived, 100)):
        await world.group_score(group, raw)
    await world.archive(archived)
    await scored_person(world, account, "Ada Lovelace", 0.2, job_title="CTO")
    await scored_person(world, account, "Bob Jones", 70)
    await scored_person(world, account, "Idle Ida", 0)
    await world.opportunity(account)
    await world.opportunity(account, is_open=False)

    summary = await summary_of(world, SubjectKind.ACCOUNT, account)

    assert text(summary) == (
        "Acme (Steel) has 3 people and 2 buying groups. It has 1 open opportunity. "
        "The most engaged buying group is ERP for Acme (80). The most engaged person is Bob Jones (70)."
    )
    assert highlights(summary) == {
        HighlightKind.TOP_ENGAGED_GROUPS: "Top engaged buying groups: ERP for Acme (80) and CRM for Acme (13).",
        HighlightKind.TOP_ENGAGED_PEOPLE: "Top engaged people: Bob Jones (70) and Ada Lovelace (CTO, 1).",
    }


async def test_an_account_of_which_little_is_known(world: World) -> None:
    account = await world.account("Acme")
    summary = await summary_of(world, SubjectKind.ACCOUNT, account)
    assert text(summary) == "Acme has no people and no buying groups. It has no open opportunities."
    assert list(highlights(summary).values()) == ["No buying groups yet.", "No people yet."]
    group = await world.group(account)
    person = await world.person(account)
    unscored = await summary_of(world, SubjectKind.ACCOUNT, account)
    assert list(highlights(unscored).values()) == ["No buying group is scored yet.", "Nobody is scored yet."]
    await world.group_score(group, 0)
    await world.score(person, 0)
    idle = await summary_of(world, SubjectKind.ACCOUNT, account)
    assert list(highlights(idle).values()) == ["No buying group is engaged yet.", "Nobody is engaged yet."]


async def test_a_member_in_full(world: World) -> None:
    account = await world.account("Acme")
    group = await world.group(account)
    ada = await scored_person(world, account, "Ada Lovelace", 52, job_title="CTO")
    bob = await scored_person(world, account, "Bob Jones", 1)
    await world.members(group, {ada: DECISION_MAKER.id, bob: INFLUENCER.id})
    await world.activity(ada, topics=["Pricing", "Data privacy"], times=2)
    await world.activity(ada, topics=["Pricing"], at=NOW - timedelta(days=40))
    await world.activity(ada, "OPEN_EMAIL")
    await world.activity(ada, "Webinar 2024", at=NOW - timedelta(days=29))
    await world.activity(ada, "FILL_OUT_FORM", at=NOW - timedelta(days=30))
    await world.activity(bob, topics=["pricing", "DATA PRIVACY"])
    today = utc_day(NOW)
    await world.add(PersonScoreRow(person_id=ada, day=today, score_raw=52))
    await world.add(PersonScoreRow(person_id=ada, day=today - 28, score_raw=39.5))
    await world.add(PersonScoreRow(person_id=ada, day=today - 29, score_raw=1))

    summary = await summary_of(world, SubjectKind.MEMBER, await member_id(world, group, ada))

    assert text(summary) == (
        "Ada Lovelace (CTO) has the role Decision Maker in CRM for Acme. The engagement score is 52."
    )
    assert bullets(summary) == [
        "In the last 30 days 4 activities: 2 pages visited, 1 e-mail opened and 1 of type Webinar 2024.",
        "Trending keywords: Data privacy (2 activities, none in the 30 days before) and "
        "Pricing (2 activities, 1 in the 30 days before).",
        "The engagement score rose by 12 points in 4 weeks, from 40 to 52.",
        "Shares topics with Bob Jones (2 topics, Data privacy among them).",
    ]


async def test_a_member_of_whom_little_is_known(world: World) -> None:
    group = await world.group(await world.account("Acme"))
    person = await world.person(await world.account_of(group), "Ada Lovelace")
    await world.members(group, {person: DECISION_MAKER.id})
    summary = await summary_of(world, SubjectKind.MEMBER, await member_id(world, group, person))
    assert text(summary).endswith("The person is not scored yet.")
    assert bullets(summary) == ["No activity in the last 30 days."]


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (60.0, ["The engagement score fell by 8 points in 4 weeks, from 60 to 52."]),
        (53.2, ["The engagement score fell by 1 point in 4 weeks, from 53 to 52."]),
        (51.9, ["The engagement score is 52 as it was 4 weeks ago."]),
        (None, []),
    ],
)
async def test_growth_needs_two_points(world: World, before: float | None, said: list[str]) -> None:
    group = await world.group()
    person = await world.member(group)
    await world.score(person, 52)
    await world.add(PersonScoreRow(person_id=person, day=utc_day(NOW), score_raw=52))
    if before is not None:
        await world.add(PersonScoreRow(person_id=person, day=utc_day(NOW) - 28, score_raw=before))
    summary = await summary_of(world, SubjectKind.MEMBER, await member_id(world, group, person))
    assert bullets(summary)[1:] == said


async def test_growth_that_does_not_end_at_the_shown_score_is_not_told(world: World) -> None:
    group = await world.group()
    person = await world.member(group)
    await world.score(person, 70)
    for day, raw in ((utc_day(NOW) - 5, 52), (utc_day(NOW) - 33, 20)):
        await world.add(PersonScoreRow(person_id=person, day=day, score_raw=raw))
    summary = await summary_of(world, SubjectKind.MEMBER, await member_id(world, group, person))
    assert bullets(summary) == ["No activity in the last 30 days."]
