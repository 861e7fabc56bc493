"""The field `aiSummary` and the query `plugins`, through the schema."""

from uuid import UUID

from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER, INFLUENCER
from bg_graph.buying_groups.tables import MemberRow
from bg_graph.intent.rules import IntentKind
from tests.conftest import NOW
from tests.screens.conftest import Ask, gid
from tests.world import World

FACTS = " AS part"
"""Stands in each statement that gathers facts."""
SUMMARY = """
fragment Summary on AiSummary {
  text bullets disclaimer status generatedAt
  provider { plugin name version }
  highlights {
    __typename
    ... on TopEngagedMembers { text members { memberId name role engagementScore } }
    ... on TopicsOfInterest { text topics { name level strength activityCount memberCount } }
    ... on MissingRoles { text roles { roleId name memberCount membersRequired } }
    ... on TopEngagedGroups { text groups { buyingGroupId name engagementScore } }
    ... on TopEngagedPeople { text people { personId name jobTitle engagementScore } }
  }
  citations { statement facts { key kind name values { name value } } }
}
"""
TAB = (
    """query($id: ID!) { buyingGroup(id: $id) {
      aiSummary { ...Summary }
      account { aiSummary { ...Summary } }
      decisionMakers { aiSummary { ...Summary } }
      topEngagedMembers { aiSummary { ...Summary } }
    } }"""
    + SUMMARY
)
LIST = """{ buyingGroups(first: 500) { nodes { aiSummary { text } account { aiSummary { text } }
    members { nodes { aiSummary { text bullets } } } } } }"""


async def a_group(world: World, members: int) -> UUID:
    group = await world.group()
    account = await world.account_of(group)
    for number, person in enumerate(await world.people(account, members)):
        await world.members(group, {person: INFLUENCER.id if number else DECISION_MAKER.id})
        await world.score(person, 100 - number / 10)
        await world.activity(person, topics=["Pricing"])
    return group


async def test_a_group_tells_text_highlights_and_what_they_rest_on(world: World, ask: Ask) -> None:
    group = await a_group(world, 2)
    await world.signal(group, "CRM Cloud", 0.6, kind=IntentKind.PRODUCT, subject_kind="GROUP", category="CRM")
    first, _ = sorted(await world.rows(MemberRow, group_id=group), key=lambda row: row.role_id)

    summary = (await ask(TAB, id=gid("grp", group))).data["buyingGroup"]["aiSummary"]

    engaged, topics, missing = summary["highlights"]
    assert engaged["members"][0] == {
        "memberId": gid("mem", first.id),
        "name": engaged["members"][0]["name"],
        "role": "Decision Maker",
        "engagementScore": 100,
    }
    assert topics["topics"] == [
        {"name": "CRM Cloud", "level": "MEDIUM", "strength": 60, "activityCount": None, "memberCount": None},
        {"name": "Pricing", "level": None, "strength": None, "activityCount": 2, "memberCount": 2},
    ]
    assert [role["name"] for role in missing["roles"]] == ["Influencer", "Champion"]
    assert missing["roles"][1] == {
        "roleId": gid("rol", CHAMPION.id),
        "name": "Champion",
        "memberCount": 0,
        "membersRequired": 1,
    }
    said = [citation["statement"] for citation in summary["citations"]]
    assert " ".join(said[:-3]) == summary["text"]
    assert said[-3:] == [highlight["text"] for highlight in summary["highlights"]]
    assert all(citation["facts"] for citation in summary["citations"])
    assert summary["citations"][0]["facts"][0]["kind"] == "GROUP"
    assert {"name": "member_count", "value": "2"} in summary["citations"][0]["facts"][0]["values"]
    assert summary["status"] == "FRESH"
    assert summary["generatedAt"] == NOW.isoformat()
    assert summary["provider"] == {"plugin": "facts", "name": "facts", "version": "1.1.0"}
    assert "may be wrong" in summary["disclaimer"]


async def test_accounts_and_members_have_summaries_too(world: World, ask: Ask) -> None:
    group = await a_group(world, 3)
    await world.group_score(group, 80)
    found = (await ask(TAB, id=gid("grp", group))).data["buyingGroup"]
    groups, people = found["account"]["aiSummary"]["highlights"]
    assert groups["groups"][0]["buyingGroupId"] == gid("grp", group)
    assert [person["engagementScore"] for person in people["people"]] == [100, 100, 100]
    assert len({person["personId"] for person in people["people"]}) == 3
    [decision_maker] = found["decisionMakers"]
    assert decision_maker["aiSummary"]["bullets"][0] == "In the last 30 days 1 activity: 1 page visited."
    assert len(found["topEngagedMembers"]) == 2
    assert all(member["aiSummary"]["text"] for member in found["topEngagedMembers"])


async def test_the_statements_do_not_grow_with_the_rows(world: World, ask: Ask) -> None:
    """One statement for each kind of subject; the two lists of members are asked about together."""
    counts = []
    for members in (1, 12):
        answer = await ask(TAB, id=gid("grp", await a_group(world, members)))
        counts.append(sum(FACTS in sql for sql in answer.sql))
    assert counts == [3, 3]


async def test_a_list_of_groups_asks_once_for_each_kind(world: World, ask: Ask) -> None:
    for number in range(3):
        account = await world.account()
        for interest in ("A", "B"):
            group = await world.group(account, await world.interest(f"{interest}{number}"))
            await world.member(group)
    answer = await ask(LIST)
    assert len(answer.data["buyingGroups"]["nodes"]) == 6
    assert sum(FACTS in sql for sql in answer.sql) == 3


async def test_plugins_lists_what_serves_summaries(world: World, ask: Ask) -> None:
    found = await ask("{ plugins { name title version capability provider healthy } }")
    assert [each for each in found.data["plugins"] if each["capability"] == "summary"] == [
        {
            "name": "facts",
            "title": "Summaries from the facts alone, without a network",
            "version": "1.1.0",
            "capability": "summary",
            "provider": "facts",
            "healthy": True,
        }
    ]
