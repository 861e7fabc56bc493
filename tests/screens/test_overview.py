"""The Overview tab: group summary, account overview, intent and members, each value as a user sees it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER, INFLUENCER, PRACTITIONER
from bg_graph.buying_groups.tables import BuyingGroupRow
from tests.conftest import NOW
from tests.screens.conftest import Ask, gid
from tests.world import World

CARD = "fragment Card on Member { name jobTitle role { name } engagementScore email phone }"


async def overview(ask: Ask, group: UUID, fields: str, more: str = "") -> dict[str, Any]:
    answer = await ask(f"query($g: ID!) {{ buyingGroup(id: $g) {{ {fields} }} }} {more}", g=gid("grp", group))
    found: dict[str, Any] = answer.data["buyingGroup"]
    return found


async def member(world: World, group: UUID, name: str, score: float | None, role: UUID = DECISION_MAKER.id) -> UUID:
    person = await world.person(await world.account_of(group), name)
    await world.score(person, score)
    return await world.member(group, person, role)


def names(members: list[dict[str, Any]]) -> list[str]:
    return [each["name"] for each in members]


async def test_the_summary_tells_name_stage_interest_template_scores_and_times(world: World, ask: Ask):
    interest = await world.interest(
        "Cloud", template=await world.template(name="Enterprise deal"), stage_model_id=await world.stage_model()
    )
    group = await world.group(await world.account("Acme"), interest)
    await world.stage(group, "Evaluation")
    await world.group_score(group, 67.5)
    await world.member(group)
    shown = await overview(
        ask,
        group,
        """name stage { name position isEntry destination } solutionInterest { name } rolesTemplate { name status }
        memberCount engagementScore completenessScore scoredAt updatedAt createdAt version archivedAt""",
    )
    assert shown == {
        "name": "Cloud for Acme",
        "stage": {"name": "Evaluation", "position": 1, "isEntry": False, "destination": None},
        "solutionInterest": {"name": "Cloud"},
        "rolesTemplate": {"name": "Enterprise deal", "status": "LIVE"},
        "memberCount": 1,
        "engagementScore": 68,
        "completenessScore": 33,
        "scoredAt": "2026-11-23T12:00:00+00:00",
        "updatedAt": "2026-11-23T12:00:00+00:00",
        "createdAt": "2026-11-23T12:00:00+00:00",
        "version": 2,
        "archivedAt": None,
    }


async def test_before_the_first_run_scores_are_unknown_rather_than_zero(world: World, ask: Ask):
    group = await world.group()
    await world.member(group)
    shown = await overview(ask, group, "engagementScore scoredAt stage { name } members { nodes { engagementScore } }")
    assert shown == {
        "engagementScore": None,
        "scoredAt": None,
        "stage": None,
        "members": {"nodes": [{"engagementScore": None}]},
    }


async def test_each_role_shows_its_completeness_in_the_order_of_the_template(world: World, ask: Ask):
    group = await world.group()
    await world.member(group, role_id=INFLUENCER.id)
    await world.member(group, role_id=PRACTITIONER.id)
    shown = await overview(
        ask,
        group,
        "roleCompleteness { role { name } memberCount membersRequired required score } missingRoles { name }",
    )
    assert [tuple(each.values()) for each in shown["roleCompleteness"]] == [
        ({"name": "Decision Maker"}, 0, 1, True, 0),
        ({"name": "Influencer"}, 1, 2, True, 50),
        ({"name": "Practitioner"}, 1, 1, False, 100),
        ({"name": "Champion"}, 0, 1, True, 0),
    ]
    assert names(shown["missingRoles"]) == ["Decision Maker", "Influencer", "Champion"]


async def test_a_full_group_misses_no_roles(world: World, ask: Ask):
    group = await world.group()
    for role in (DECISION_MAKER, INFLUENCER, INFLUENCER, CHAMPION):
        await world.member(group, role_id=role.id)
    assert await overview(ask, group, "completenessScore missingRoles { name }") == {
        "completenessScore": 100,
        "missingRoles": [],
    }


async def test_decision_makers_are_the_first_three_by_unrounded_score(world: World, ask: Ask):
    group = await world.group()
    for name, score in (("Low Last", 10.0), ("B Top", 80.4), ("A Top", 80.3), ("No Score", None), ("Zero", 0.0)):
        await member(world, group, name, score)
    await member(world, group, "Best Influencer", 99, INFLUENCER.id)
    shown = await overview(ask, group, "decisionMakers { ...Card }", CARD)
    assert names(shown["decisionMakers"]) == ["B Top", "A Top", "Low Last"]
    assert shown["decisionMakers"][0]["role"] == {"name": "Decision Maker"}


async def test_equal_scores_stand_by_name_case_folded_then_by_id(world: World, ask: Ask):
    group = await world.group()
    twins = [await member(world, group, "zoe Twin", 50), await member(world, group, "Zoe twin", 50)]
    await member(world, group, "adam", 50)
    await member(world, group, "Bert", 50)
    shown = await overview(ask, group, "decisionMakers(first: 4) { name person { id } }")
    assert names(shown["decisionMakers"])[:2] == ["adam", "Bert"]
    assert [each["person"]["id"] for each in shown["decisionMakers"][2:]] == [
        gid("per", twin) for twin in sorted(twins)
    ]


async def test_cards_and_table_break_ties_alike(world: World, ask: Ask):
    group = await world.group()
    people = [await world.person(await world.account_of(group), "Same Name") for _ in range(5)]
    for person in reversed(people):
        await world.score(person, 7)
        await world.member(group, person)
    shown = await overview(
        ask,
        group,
        """decisionMakers { id }
        members(first: 3, orderBy: [{field: ENGAGEMENT_SCORE, direction: DESC}]) { nodes { id } }""",
    )
    assert shown["decisionMakers"] == shown["members"]["nodes"]


async def test_top_engaged_members_are_all_but_the_first_three_decision_makers(world: World, ask: Ask):
    group = await world.group()
    for number, score in enumerate((90, 80, 70, 60)):
        await member(world, group, f"Maker {number}", score)
    for name, score in (("Keen", 95.0), ("Calm", 30.0), ("Silent", None)):
        await member(world, group, name, score, INFLUENCER.id)
    shown = await overview(
        ask, group, "decisionMakers { name } topEngagedMembers { name } all: topEngagedMembers(first: 9) { name }"
    )
    assert names(shown["decisionMakers"]) == ["Maker 0", "Maker 1", "Maker 2"]
    assert names(shown["topEngagedMembers"]) == ["Keen", "Maker 3", "Calm"]
    assert names(shown["all"]) == ["Keen", "Maker 3", "Calm", "Silent"]


async def test_a_fourth_decision_maker_stays_a_top_engaged_member_when_more_makers_are_asked_for(
    world: World, ask: Ask
):
    group = await world.group()
    for number, score in enumerate((90, 80, 70, 60)):
        await member(world, group, f"Maker {number}", score)
    shown = await overview(ask, group, "decisionMakers(first: 1) { name } topEngagedMembers { name }")
    assert names(shown["decisionMakers"]) == ["Maker 0"]
    assert names(shown["topEngagedMembers"]) == ["Maker 3"]


async def test_a_group_shows_its_own_members_only(world: World, ask: Ask):
    account = await world.account()
    mine, other = await world.group(account), await world.group(account, await world.interest("Other"))
    await member(world, other, "Elsewhere", 99)
    await member(world, mine, "Here", 1)
    answer = await ask("{ buyingGroups { nodes { name decisionMakers { name } topEngagedMembers { name } } } }")
    assert {each["name"]: names(each["decisionMakers"]) for each in answer.data["buyingGroups"]["nodes"]} == {
        "CRM for Account 1": ["Here"],
        "Other for Account 1": ["Elsewhere"],
    }


async def test_details_show_the_last_moment_and_the_two_most_recent_activities(world: World, ask: Ask):
    group = await world.group()
    person = await world.member(group)
    for days, kind, extra in (
        (9, "INTERESTING_MOMENT", {"moment": "Asked for a price"}),
        (20, "INTERESTING_MOMENT", {"moment": "Long ago"}),
        (3, "VISIT_PAGE", {"asset_name": "Pricing", "asset_url": "https://acme.example/p", "topics": ["price", "é"]}),
        (2, "DOWNLOAD", {"asset_name": "White paper"}),
        (5, "OPEN_EMAIL", {}),
    ):
        await world.activity(person, kind, NOW - timedelta(days=days), **extra)
    shown = await overview(
        ask,
        group,
        """decisionMakers { lastInterestingMoment { kind at moment }
        recentActivities { kind type assetName assetUrl topics at } long: recentActivities(first: 4) { kind } }""",
    )
    card = shown["decisionMakers"][0]
    assert card["lastInterestingMoment"] == {
        "kind": "INTERESTING_MOMENT",
        "at": "2026-11-14T12:00:00+00:00",
        "moment": "Asked for a price",
    }
    assert [each["assetName"] for each in card["recentActivities"]] == ["White paper", "Pricing"]
    assert card["recentActivities"][0]["kind"] == "OTHER"
    assert card["recentActivities"][0]["type"] == "DOWNLOAD"
    assert card["recentActivities"][1]["topics"] == ["price", "é"]
    assert [each["kind"] for each in card["long"]] == ["OTHER", "VISIT_PAGE", "OPEN_EMAIL", "INTERESTING_MOMENT"]


async def test_somebody_idle_has_no_moment_and_no_activities(world: World, ask: Ask):
    group = await world.group()
    await world.member(group)
    shown = await overview(ask, group, "decisionMakers { lastInterestingMoment { at } recentActivities { at } }")
    assert shown["decisionMakers"] == [{"lastInterestingMoment": None, "recentActivities": []}]


async def test_other_groups_of_a_person_are_the_latest_three_in_use(world: World, ask: Ask):
    account = await world.account("Acme")
    group = await world.group(account)
    person = await world.member(group)
    for number in range(6):
        other = World(world.database, world.tenant, NOW + timedelta(hours=number), _numbers=world._numbers)
        interest = await world.interest(f"Interest {number}")
        joined = await world.group(account, interest)
        await other.member(joined, person)
        if number == 4:
            await world.archive(joined)
    shown = await overview(
        ask, group, "decisionMakers { otherBuyingGroups { name } all: otherBuyingGroups(first: 9) { name } }"
    )
    card = shown["decisionMakers"][0]
    assert names(card["otherBuyingGroups"]) == [f"Interest {number} for Acme" for number in (5, 3, 2)]
    assert names(card["all"]) == [f"Interest {number} for Acme" for number in (5, 3, 2, 1, 0)]


async def test_the_account_overview_counts_people_open_deals_and_groups_in_use(world: World, ask: Ask):
    parent = await world.account("Holding")
    account = await world.account("Acme", industry="Steel", parent_id=parent, country="Norway", employee_count=12)
    group = await world.group(account)
    await world.archive(await world.group(account, await world.interest("Old")))
    await world.group(account, await world.interest("New"))
    await world.people(account, 3)
    await world.people(parent, 2)
    await world.opportunity(account, "Open")
    await world.opportunity(account, "Closed", is_open=False)
    shown = await overview(
        ask,
        group,
        """account { name industry country employeeCount website personCount openOpportunityCount buyingGroupCount
        openOpportunities { totalCount nodes { name isOpen } } buyingGroups { nodes { name } }
        parent { name personCount buyingGroupCount parent { name } } }""",
    )
    assert shown["account"] == {
        "name": "Acme",
        "industry": "Steel",
        "country": "Norway",
        "employeeCount": 12,
        "website": None,
        "personCount": 3,
        "openOpportunityCount": 1,
        "buyingGroupCount": 2,
        "openOpportunities": {"totalCount": 1, "nodes": [{"name": "Open", "isOpen": True}]},
        "buyingGroups": {"nodes": [{"name": "CRM for Acme"}, {"name": "New for Acme"}]},
        "parent": {"name": "Holding", "personCount": 2, "buyingGroupCount": 0, "parent": None},
    }


async def test_journeys_are_the_latest_three(world: World, ask: Ask):
    group = await world.group()
    account = await world.account_of(group)
    for days, status in ((4, "EXITED"), (1, "ACTIVE"), (3, "COMPLETED"), (2, "ACTIVE")):
        await world.journey(account, f"{days} days ago", since=NOW - timedelta(days=days), status=status)
    await world.journey(await world.account(), "Of another account")
    shown = await overview(ask, group, "account { journeys { name status since } one: journeys(first: 1) { name } }")
    assert [(each["name"], each["status"]) for each in shown["account"]["journeys"]] == [
        ("1 days ago", "ACTIVE"),
        ("2 days ago", "ACTIVE"),
        ("3 days ago", "COMPLETED"),
    ]
    assert names(shown["account"]["one"]) == ["1 days ago"]


async def test_a_group_without_a_stage_may_move_to_entry_stages(world: World, ask: Ask):
    group = await world.group(interest_id=await world.interest(stage_model_id=await world.stage_model()))
    assert names((await overview(ask, group, "nextStages { name }"))["nextStages"]) == ["Discovery"]
    for stage, following in (
        ("Discovery", ["Evaluation", "Lost"]),
        ("Evaluation", ["Won", "Lost"]),
        ("Lost", ["Discovery"]),
        ("Won", []),
    ):
        await world.stage(group, stage)
        shown = await overview(ask, group, "stage { nextStages { name } } nextStages { name }")
        assert names(shown["nextStages"]) == following
        assert names(shown["stage"]["nextStages"]) == following


async def test_a_group_without_a_stage_model_has_no_next_stages(world: World, ask: Ask):
    await world.stage_model()
    group = await world.group()
    assert await overview(ask, group, "nextStages { name } solutionInterest { stageModel { name } }") == {
        "nextStages": [],
        "solutionInterest": {"stageModel": None},
    }


async def test_a_group_shows_each_opportunity_of_its_members_once(world: World, ask: Ask):
    group = await world.group()
    account = await world.account_of(group)
    first, second = await world.member(group), await world.member(group)
    outsider = await world.person(account)
    shared = await world.opportunity(account, "b shared", amount="1200.50", currency="EUR", close_date="2026-12-31")
    closed = await world.opportunity(account, "a closed", is_open=False)
    foreign = await world.opportunity(account, "c of an outsider")
    for opportunity, person in ((shared, first), (shared, second), (closed, first), (foreign, outsider)):
        await world.contact_role(opportunity, person, "Evaluator")
    shown = await overview(
        ask,
        group,
        """opportunities { totalCount nodes { name amount currency closeDate stage isOpen account { name } } }
        open: opportunities(open: true) { totalCount nodes { name } }
        closed: opportunities(open: false) { nodes { name } }""",
    )
    assert names(shown["opportunities"]["nodes"]) == ["a closed", "b shared"]
    assert shown["opportunities"]["totalCount"] == 2
    assert shown["opportunities"]["nodes"][1] == {
        "name": "b shared",
        "amount": "1200.50",
        "currency": "EUR",
        "closeDate": "2026-12-31",
        "stage": "Prospecting",
        "isOpen": True,
        "account": {"name": "Account 1"},
    }
    assert (names(shown["open"]["nodes"]), shown["open"]["totalCount"]) == (["b shared"], 1)
    assert names(shown["closed"]["nodes"]) == ["a closed"]


async def test_an_archived_group_is_still_shown_by_its_id(world: World, ask: Ask):
    group = await world.group()
    await world.archive(group)
    shown = await overview(ask, group, "archivedAt")
    assert shown == {"archivedAt": "2026-11-23T12:00:00+00:00"}


async def test_shown_scores_follow_the_stored_ones_after_a_run(world: World, ask: Ask):
    group = await world.group()
    for raw, shown in ((0.0, 0), (0.2, 1), (99.5, 100), (42.49, 42)):
        await world.group_score(group, raw)
        assert await overview(ask, group, "engagementScore") == {"engagementScore": shown}
    assert (await world.one(BuyingGroupRow, id=group)).engagement_raw == 42.49
