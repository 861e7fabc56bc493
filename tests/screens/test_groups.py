"""The lists of groups and accounts: every filter alone and together, search by beginnings of words, archived groups."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER, INFLUENCER, PRACTITIONER
from bg_graph.buying_groups.tables import BuyingGroupRow
from tests.conftest import NOW
from tests.screens.conftest import Ask, gid
from tests.world import World, definition

LIST = "query($f: BuyingGroupFilter) { buyingGroups(first: 500, filter: $f) { totalCount nodes { name } } }"


async def found(ask: Ask, wanted: Mapping[str, Any] | None) -> set[str]:
    """First words of the names of the groups that a filter leaves, after checking that the total counts the same."""
    answer = await ask(LIST, f=wanted)
    page = answer.data["buyingGroups"]
    assert page["totalCount"] == len(page["nodes"])
    return {each["name"].split(" for ")[1] for each in page["nodes"]}


async def groups(world: World, *names: str, interest: UUID | None = None) -> dict[str, UUID]:
    return {name: await world.group(await world.account(name), interest) for name in names}


async def test_groups_are_found_by_account_interest_and_stage(world: World, ask: Ask):
    staged = await world.interest("Staged", stage_model_id=await world.stage_model())
    plain = await groups(world, "A", "B")
    moving = await groups(world, "C", "D", interest=staged)
    await world.stage(moving["C"], "Discovery")
    stage = (await world.one(BuyingGroupRow, id=moving["C"])).stage_id
    account = gid("acc", await world.account_of(plain["A"]))
    other = gid("acc", await world.account_of(moving["D"]))
    assert await found(ask, {"accountIds": [account]}) == {"A"}
    assert await found(ask, {"accountIds": [account, other]}) == {"A", "D"}
    assert await found(ask, {"solutionInterestIds": [gid("sin", staged)]}) == {"C", "D"}
    assert await found(ask, {"stageIds": [gid("stg", stage)]}) == {"C"}
    assert await found(ask, {"stageIds": [gid("stg", stage)], "accountIds": [other]}) == set()
    assert await found(ask, {"accountIds": [], "stageIds": None}) == set()
    assert await found(ask, None) == await found(ask, {}) == {"A", "B", "C", "D"}


async def test_ids_of_nothing_find_nothing_and_are_no_error(world: World, ask: Ask):
    made = await groups(world, "A")
    for wrong in ("", "nonsense", gid("grp", made["A"]), "acc_" + "0" * 32, "ACC_" + "f" * 32):
        assert await found(ask, {"accountIds": [wrong]}) == set()
        assert await found(ask, {"solutionInterestIds": [wrong]}) == set()
        assert await found(ask, {"stageIds": [wrong]}) == set()
        assert await found(ask, {"missingRoleId": wrong}) == set()
        assert await found(ask, {"roleDepth": {"roleId": wrong, "members": {"min": 0}}}) == set()


async def test_groups_are_found_by_a_missing_role_and_by_its_depth(world: World, ask: Ask):
    made = await groups(world, "None", "One", "Two")
    for name, how_many in (("One", 1), ("Two", 2)):
        for _ in range(how_many):
            await world.member(made[name], role_id=INFLUENCER.id)
    await world.member(made["Two"], role_id=PRACTITIONER.id)
    influencer, practitioner = gid("rol", INFLUENCER.id), gid("rol", PRACTITIONER.id)
    assert await found(ask, {"missingRoleId": influencer}) == {"None", "One"}
    assert await found(ask, {"missingRoleId": practitioner}) == set()
    for members, names in (
        ({"min": 1}, {"One", "Two"}),
        ({"max": 1}, {"None", "One"}),
        ({"min": 1, "max": 1}, {"One"}),
        ({"min": 2, "max": 1}, set()),
        ({}, {"None", "One", "Two"}),
    ):
        assert await found(ask, {"roleDepth": {"roleId": influencer, "members": members}}) == names


async def test_groups_are_found_by_completeness_and_engagement_as_shown(world: World, ask: Ask):
    made = await groups(world, "Empty", "Third", "Unscored")
    optional = await world.template(definition(CHAMPION.id, required=False))
    made |= await groups(world, "NoneRequired", interest=await world.interest("Free", template=optional))
    await world.member(made["Third"], role_id=DECISION_MAKER.id)
    for name, raw in (("Empty", 0.0), ("Third", 49.5), ("NoneRequired", 100.0)):
        await world.group_score(made[name], raw)
    assert await found(ask, {"completenessScore": {"min": 33}}) == {"Third"}
    assert await found(ask, {"completenessScore": {"max": 32}}) == {"Empty", "Unscored"}
    assert await found(ask, {"completenessScore": {"min": 33, "max": 33}}) == {"Third"}
    assert await found(ask, {"engagementScore": {"min": 50}}) == {"Third", "NoneRequired"}
    assert await found(ask, {"engagementScore": {"min": 50, "max": 99}}) == {"Third"}
    assert await found(ask, {"engagementScore": {"max": 0}}) == {"Empty"}
    everything = {"Empty", "Third", "Unscored", "NoneRequired"}
    assert await found(ask, {"engagementScore": {}, "completenessScore": {"min": None}}) == everything


async def test_groups_are_found_by_their_own_intent_level(world: World, ask: Ask):
    made = await groups(world, "Low", "Medium", "High", "Cold", "OnlyTheAccount")
    for name, probability in (("Low", 0.3), ("Medium", 0.6), ("High", 0.9)):
        await world.signal(made[name], "Compute", probability, subject_kind="GROUP")
    await world.signal(await world.account_of(made["OnlyTheAccount"]), "Compute", 0.9, subject_kind="ACCOUNT")
    assert await found(ask, {"minIntentLevel": "LOW"}) == {"Low", "Medium", "High"}
    assert await found(ask, {"minIntentLevel": "MEDIUM"}) == {"Medium", "High"}
    assert await found(ask, {"minIntentLevel": "HIGH"}) == {"High"}


async def test_groups_are_found_by_the_time_of_their_last_change(world: World, ask: Ask):
    made = await groups(world, "Old", "Now", "Late")
    for name, hours in (("Old", -1), ("Now", 0), ("Late", 1)):
        await world.change(BuyingGroupRow, made[name], updated_at=NOW + timedelta(hours=hours))
    assert await found(ask, {"updated": {"since": "2026-11-23T12:00:00Z"}}) == {"Now", "Late"}
    assert await found(ask, {"updated": {"before": "2026-11-23T12:00:00Z"}}) == {"Old"}
    assert await found(ask, {"updated": {"since": "2026-11-23T13:00:00+01:00", "before": "2026-11-23T13:00:00Z"}}) == {
        "Now"
    }
    assert await found(ask, {"updated": {}}) == {"Old", "Now", "Late"}


@pytest.mark.parametrize(
    ("time", "message"),
    [
        ("2026-11-23T12:00:00", "needs its zone"),
        ("2026-11-23", "needs its zone"),
        ("yesterday", "no DateTime"),
        ("9999-12-31T23:59:59-12:00", "no DateTime"),
        (7, "a DateTime is a text"),
    ],
)
async def test_a_wrong_time_is_named_before_anything_is_asked(ask: Ask, time: object, message: str):
    answer = await ask(LIST, f={"updated": {"since": time}}, fails=True)
    assert message in answer.errors[0]["message"]
    assert "updated.since" in answer.errors[0]["message"]
    assert answer.sql == []


async def test_the_ends_of_the_calendar_are_times_like_others(world: World, ask: Ask):
    await groups(world, "A")
    whole = {"since": "0001-01-01T00:00:00Z", "before": "9999-12-31T23:59:59.999999Z"}
    assert await found(ask, {"updated": whole}) == {"A"}


async def test_archived_groups_are_listed_only_when_asked_for(world: World, ask: Ask):
    made = await groups(world, "Used", "Archived")
    await world.archive(made["Archived"])
    assert await found(ask, None) == {"Used"}
    assert await found(ask, {"archived": False}) == {"Used"}
    assert await found(ask, {"archived": None}) == {"Used"}
    assert await found(ask, {"archived": True}) == {"Archived"}
    assert await found(ask, {"archived": True, "search": "used"}) == set()


NAMES = ("Blue Whale", "Whaleboat Works", "Ångström Öl", "Angstrom", "AT&T", "100% Pure", "Straße 7", "李明")
SEARCHES: dict[str, set[str]] = {
    "whale": {"Blue Whale", "Whaleboat Works"},
    "WHAL": {"Blue Whale", "Whaleboat Works"},
    "whale blue": {"Blue Whale"},
    "bl wh": {"Blue Whale"},
    "hale": set(),
    "whale whale": {"Blue Whale", "Whaleboat Works"},
    "blue boat": set(),
    "ång": {"Ångström Öl"},
    "A\u030ang": {"Ångström Öl"},
    "ang": {"Angstrom"},
    "öl": {"Ångström Öl"},
    "ol": set(),
    "at&t": {"AT&T"},
    "100%": {"100% Pure"},
    "%": set(),
    "_": set(),
    "strass": {"Straße 7"},
    "STRASSE 7": {"Straße 7"},
    "李": {"李明"},
    "crm for": set(NAMES),
    "crm blue": {"Blue Whale"},
    "": set(NAMES),
    "  ": set(NAMES),
    "for' OR 1=1": set(),
}


async def test_search_finds_groups_by_beginnings_of_words(world: World, ask: Ask):
    await groups(world, *NAMES)
    assert {sought: await found(ask, {"search": sought}) for sought in SEARCHES} == SEARCHES


async def test_a_search_for_too_many_words_is_refused_with_its_limit(world: World, ask: Ask):
    await groups(world, "A")
    words = [f"w{number}" for number in range(21)]
    assert await found(ask, {"search": " ".join(words[:20])}) == set()
    assert await found(ask, {"search": " ".join(["a"] * 100)}) == {"A"}
    answer = await ask(LIST, f={"search": " ".join(words)}, fails=True)
    assert "at most 20 words, got 21" in answer.errors[0]["message"]


async def test_accounts_are_searched_filtered_by_industry_and_ordered(world: World, ask: Ask):
    for name, industry in (("beta Works", "Steel"), ("Alpha Works", "Glass"), ("Gamma", None)):
        await world.account(name, industry=industry)
    await world.group(await world.account("Delta", industry="Steel"))

    async def listed(wanted: Mapping[str, Any], direction: str = "ASC") -> list[str]:
        answer = await ask(
            """query($f: AccountFilter, $d: Direction!) {
            accounts(filter: $f, orderBy: [{field: NAME, direction: $d}]) { totalCount nodes { name } } }""",
            f=wanted,
            d=direction,
        )
        assert answer.data["accounts"]["totalCount"] == len(answer.data["accounts"]["nodes"])
        return [each["name"] for each in answer.data["accounts"]["nodes"]]

    assert await listed({}) == ["Alpha Works", "beta Works", "Delta", "Gamma"]
    assert await listed({}, "DESC") == ["Gamma", "Delta", "beta Works", "Alpha Works"]
    assert await listed({"search": "wor"}) == ["Alpha Works", "beta Works"]
    assert await listed({"search": "crm"}) == []
    assert await listed({"industries": ["Steel"]}) == ["beta Works", "Delta"]
    assert await listed({"industries": ["Steel", "Glass"], "search": "work alp"}) == ["Alpha Works"]
    assert await listed({"industries": []}) == []


async def test_the_catalogue_lists_roles_templates_and_interests(world: World, ask: Ask):
    own = await world.role("legal")
    template = await world.template(
        definition(own, members_required=2), definition(CHAMPION.id, required=False), name="b"
    )
    await world.template(name="A", live=False)
    model = await world.stage_model(name="Sales")
    interest = await world.interest("Cloud", template=template, stage_model_id=model, description="Servers to rent")
    await world.interest("Backup", template=template)
    answer = await ask(
        """query($t: ID!, $s: ID!) {
        roles { name isDefault }
        rolesTemplates { totalCount nodes { name status publishedAt createdAt } }
        rolesTemplate(id: $t) { name roleDefinitions { position weighting required membersRequired role { name } } }
        solutionInterests { totalCount nodes { name } }
        some: solutionInterests(search: "LOU") { totalCount nodes { name } }
        solutionInterest(id: $s) { name description rolesTemplate { name }
          stageModel { name status stages { name position isEntry destination } } } }""",
        t=gid("tpl", template),
        s=gid("sin", interest),
    )
    assert [each["name"] for each in answer.data["roles"]][-2:] == ["Other", "legal"]
    assert answer.data["rolesTemplates"]["nodes"] == [
        {"name": "A", "status": "DRAFT", "publishedAt": None, "createdAt": "2026-11-23T12:00:00+00:00"},
        {
            "name": "b",
            "status": "LIVE",
            "publishedAt": "2026-11-23T12:00:00+00:00",
            "createdAt": "2026-11-23T12:00:00+00:00",
        },
    ]
    assert [tuple(each.values()) for each in answer.data["rolesTemplate"]["roleDefinitions"]] == [
        (0, "NORMAL", True, 2, {"name": "legal"}),
        (1, "NORMAL", False, 1, {"name": "Champion"}),
    ]
    assert [each["name"] for each in answer.data["solutionInterests"]["nodes"]] == ["Backup", "Cloud"]
    assert answer.data["some"] == {"totalCount": 1, "nodes": [{"name": "Cloud"}]}
    shown = answer.data["solutionInterest"]
    assert (shown["name"], shown["description"], shown["rolesTemplate"]) == ("Cloud", "Servers to rent", {"name": "b"})
    assert shown["stageModel"]["stages"] == [
        {"name": "Discovery", "position": 0, "isEntry": True, "destination": None},
        {"name": "Evaluation", "position": 1, "isEntry": False, "destination": None},
        {"name": "Won", "position": 2, "isEntry": False, "destination": "SUCCESS"},
        {"name": "Lost", "position": 3, "isEntry": False, "destination": "FAILURE"},
    ]


async def test_nodes_come_in_the_order_of_their_ids_null_where_nothing_is_found(world: World, ask: Ask):
    made = await groups(world, "A", "B")
    account = await world.account_of(made["A"])
    ids = [gid("grp", made["B"]), "nonsense", gid("acc", account), gid("acc", made["A"]), gid("grp", made["B"])]
    answer = await ask(
        "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on BuyingGroup { name } ... on Account { title: name } } }",
        ids=ids,
    )
    b = {"__typename": "BuyingGroup", "id": ids[0], "name": "CRM for B"}
    assert answer.data["nodes"] == [b, None, {"__typename": "Account", "id": ids[2], "title": "A"}, None, b]
    assert len(answer.sql) == 2


async def test_more_than_500_nodes_at_once_are_refused(ask: Ask):
    answer = await ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=["x"] * 501, fails=True)
    assert "at most 500 ids" in answer.errors[0]["message"]


async def test_the_viewer_is_told_who_she_is(ask: Ask):
    answer = await ask("{ viewer { name tenant rights automation } }")
    assert answer.data["viewer"] == {"name": "Maria", "tenant": "acme", "rights": ["READ"], "automation": False}
