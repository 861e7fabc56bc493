"""Summaries from the store: current while what they rest on is the same, stale or pending while they are written."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import strawberry

from bg_graph.accounts.fact_marks import FactSource, mark_facts
from bg_graph.buying_groups.rules.default_roles import CHAMPION
from bg_graph.buying_groups.tables import MemberRow
from bg_graph.settings import SummarySettings
from bg_graph.summaries.commands import choose_language
from bg_graph.summaries.facts.gathering import gather
from bg_graph.summaries.rules.languages import DISCLAIMERS, Language
from bg_graph.summaries.tables import SummaryRow
from tests.hosting.hosted_providers import hosted
from tests.screens.conftest import gid
from tests.summaries.summary_desk import QUERY, REFRESH, SUMMARY, Desk, Teller
from tests.world import World


@pytest.fixture
def desk(world: World, schema: strawberry.Schema) -> Desk:
    return Desk(world, schema)


@pytest.fixture
def hasty(world: World, schema: strawberry.Schema) -> Desk:
    """A desk at which nobody waits."""
    return Desk(world, schema, settings=SummarySettings(wait=0, rest=30))


async def imported(world: World) -> None:
    async with world.database.writing(world.tenant) as db:
        await mark_facts(db, FactSource.IMPORTS)


async def test_a_summary_is_written_once_and_answered_from_the_store_from_then_on(world: World, desk: Desk):
    group = await world.group()
    first = await desk.summary(group)
    assert first is not None
    assert first["status"] == "FRESH"
    assert await desk.summary(group) == first
    assert await desk.summary(group, summaries=desk.process()) == first, "another process shows the same"
    assert len(desk.teller.asked) == 1
    assert desk.counted == {"fresh": 3}


async def test_what_is_kept_is_the_text_with_its_facts_and_where_it_comes_from(world: World, desk: Desk):
    group = await world.group()
    await desk.summary(group)
    row = await world.one(SummaryRow)
    assert row.group_id == group
    assert row.content["text"][0]["facts"] == ["group"]
    assert row.facts[0]["key"] == "group"
    assert ["member_count", 0] in row.facts[0]["values"]
    assert (row.plugin, row.plugin_version, row.model_name, row.language) == ("teller", "1", "teller", "en")
    assert row.generated_at == world.now
    assert row.seconds >= 0


async def test_a_current_summary_takes_one_statement_for_each_kind_of_subject(world: World, desk: Desk):
    group = await world.group()
    await world.member(group)
    query = f"query($id: ID!) {{ buyingGroup(id: $id) {{ {SUMMARY} account {{ {SUMMARY} }} members {{ nodes {{ {SUMMARY} person {{ {SUMMARY} }} }} }} }} }}"
    await desk.ask(query, id=gid("grp", group))
    seen = await desk.sql(query, id=gid("grp", group))
    assert sum("summary_language" in each for each in seen) == 4
    assert not [each for each in seen if " AS part" in each], "no facts are gathered"
    assert not [each for each in seen if each.startswith(("INSERT", "UPDATE"))]


async def test_a_change_of_the_group_has_the_summary_written_anew(world: World, desk: Desk):
    group = await world.group()
    before = await desk.summary(group)
    await world.member(group, await world.person(await world.account_of(group), "Ada Lovelace"))
    after = await desk.summary(group)
    assert before is not None
    assert after is not None
    assert after["status"] == "FRESH"
    assert after["version"] != before["version"]
    assert len(desk.teller.asked) == 2
    assert len(await world.rows(SummaryRow)) == 1


async def test_an_import_that_left_the_facts_as_they_are_asks_no_provider(world: World, desk: Desk):
    group = await world.group()
    before = await desk.summary(group)
    await imported(world)
    assert await desk.summary(group) == before
    seen = await desk.sql(QUERY, id=gid("grp", group))
    assert not [each for each in seen if " AS part" in each], "that the facts are the same is stored"
    assert len(desk.teller.asked) == 1


async def test_on_another_day_the_facts_are_looked_at_anew(world: World, desk: Desk):
    group = await world.group()
    person = await world.member(group)
    await world.score(person, 50)
    await world.activity(person, at=world.now - timedelta(days=29), topics=["Pricing"])
    await desk.summary(group)
    desk.later = timedelta(days=2)
    assert await desk.status(group) == "FRESH"
    assert len(desk.teller.asked) == 2, "the topic left the window"
    desk.later = timedelta(days=3)
    assert await desk.status(group) == "FRESH"
    assert len(desk.teller.asked) == 2


async def test_another_provider_writes_it_anew(world: World, desk: Desk, schema: strawberry.Schema):
    group = await world.group()
    await desk.summary(group)
    other = Desk(world, schema, name="other")
    assert await other.status(group) == "FRESH"
    assert len(other.teller.asked) == 1
    assert (await world.one(SummaryRow)).plugin == "other"


async def test_while_it_is_written_for_the_first_time_it_is_pending(world: World, hasty: Desk):
    group = await world.group()
    hasty.teller.free.clear()
    pending = await hasty.summary(group)
    assert pending is not None
    assert (pending["status"], pending["text"], pending["version"], pending["feedback"]) == (
        "PENDING",
        None,
        None,
        None,
    )
    assert "may be wrong" in pending["disclaimer"]
    hasty.teller.free.set()
    await hasty.settled()
    assert await hasty.status(group) == "FRESH"
    assert len(hasty.teller.asked) == 1
    assert hasty.counted == {"pending": 1, "fresh": 1}


async def test_while_it_is_written_anew_the_last_one_is_stale(world: World, hasty: Desk):
    group = await world.group()
    await hasty.summary(group)
    await hasty.settled()
    before = await hasty.summary(group)
    await world.member(group)
    hasty.teller.free.clear()
    stale = await hasty.summary(group)
    assert before is not None
    assert stale is not None
    assert stale == {**before, "status": "STALE"}
    hasty.teller.free.set()
    await hasty.settled()
    fresh = await hasty.summary(group)
    assert fresh is not None
    assert (fresh["status"], fresh["version"] == before["version"]) == ("FRESH", False)


async def test_a_stale_summary_does_not_name_who_has_left_the_group(world: World, hasty: Desk):
    group = await world.group()
    person = await world.person(await world.account_of(group), "Ada Lovelace", engagement_raw=80, engagement_score=80)
    await world.member(group, person)
    await hasty.summary(group)
    await hasty.settled()
    named = await hasty.summary(group)
    assert named is not None
    assert "Ada Lovelace" in named["text"]
    await world.remove(group, person)
    hasty.teller.free.clear()
    shown = await hasty.summary(group)
    assert shown is not None
    assert (shown["status"], shown["text"]) == ("PENDING", None)
    hasty.teller.free.set()
    await hasty.settled()


async def test_many_who_ask_at_once_have_it_written_once(world: World, desk: Desk):
    group = await world.group()
    desk.teller.free.clear()
    asking = [asyncio.create_task(desk.result(QUERY, id=gid("grp", group))) for _ in range(20)]
    while not desk.teller.asked:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    desk.teller.free.set()
    answers = [(await each).data["buyingGroup"]["aiSummary"] for each in asking]
    assert [each["status"] for each in answers] == ["FRESH"] * 20
    assert len({each["version"] for each in answers}) == 1
    assert len(desk.teller.asked) == 1
    await desk.settled()


async def test_who_looked_at_the_store_before_it_was_written_there_is_shown_that_text(
    world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    group = await world.group()
    others: list[dict[str, Any] | None] = []

    async def slowly(*arguments: Any) -> Any:
        gathered = await gather(*arguments)
        if not others:
            others.append({})
            others[0] = await desk.summary(group)
        return gathered

    monkeypatch.setattr("bg_graph.summaries.answering.gather", slowly)
    mine = await desk.summary(group)
    assert mine == others[0]
    assert len(desk.teller.asked) == 1


async def test_a_list_of_groups_asks_the_provider_once(world: World, desk: Desk):
    for _ in range(12):
        await world.group()
    data = await desk.ask(f"{{ buyingGroups {{ nodes {{ {SUMMARY} }} }} }}")
    assert [each["aiSummary"]["status"] for each in data["buyingGroups"]["nodes"]] == ["FRESH"] * 12
    assert [len(each) for each in desk.teller.asked] == [12]


async def test_large_levels_are_asked_for_in_batches_and_beyond_the_limit_later(
    world: World, schema: strawberry.Schema
):
    desk = Desk(world, schema, settings=SummarySettings(wait=30, batch=5, waiting=8))
    for _ in range(10):
        await world.group()
    query = f"{{ buyingGroups {{ nodes {{ {SUMMARY} }} }} }}"
    shown = [each["aiSummary"]["status"] for each in (await desk.ask(query))["buyingGroups"]["nodes"]]
    assert sorted(shown) == ["FRESH"] * 8 + ["PENDING"] * 2
    assert sorted(len(each) for each in desk.teller.asked) == [3, 5]
    shown = [each["aiSummary"]["status"] for each in (await desk.ask(query))["buyingGroups"]["nodes"]]
    assert shown == ["FRESH"] * 10


async def test_a_failure_is_told_on_its_field_alone_and_not_asked_for_again_at_once(world: World, desk: Desk):
    group = await world.group()
    desk.fails()
    query = f"query($id: ID!) {{ buyingGroup(id: $id) {{ name {SUMMARY} }} }}"
    for _ in range(3):
        result = await desk.result(query, id=gid("grp", group))
        assert result.data["buyingGroup"]["aiSummary"] is None
        assert result.data["buyingGroup"]["name"]
        [error] = result.errors
        assert error.original_error.code == "PROVIDER_UNAVAILABLE"
        await desk.settled()
    assert len(desk.teller.asked) == 1
    assert desk.counted == {"failed": 3}
    assert not await world.rows(SummaryRow)


async def test_after_a_rest_it_is_asked_for_again(world: World, schema: strawberry.Schema):
    desk = Desk(world, schema, settings=SummarySettings(wait=30, rest=0))
    group = await world.group()
    desk.fails()
    await desk.result(QUERY, id=gid("grp", group))
    desk.teller.fault = None
    assert await desk.status(group) == "FRESH"


async def test_where_writing_anew_fails_the_last_one_is_shown_as_stale(world: World, desk: Desk):
    group = await world.group()
    before = await desk.summary(group)
    await world.member(group)
    desk.fails()
    assert before is not None
    assert await desk.summary(group) == {**before, "status": "STALE"}


async def test_while_queries_do_not_wait_whoever_asks_for_a_summary_anew_does(world: World, schema: strawberry.Schema):
    desk = Desk(world, schema, settings=SummarySettings(wait=1, rest=30))
    first, second = await world.group(), await world.group()
    desk.teller.free.clear()
    assert await desk.status(first) == "PENDING"
    asking = asyncio.ensure_future(desk.result(REFRESH, id=gid("grp", second)))
    await asyncio.sleep(0.1)
    assert not asking.done()
    desk.teller.free.set()
    result = await asking
    assert result.data["refreshSummary"]["summary"]["status"] == "FRESH"
    await desk.settled()


async def test_after_a_wait_in_vain_nobody_waits_for_a_while(world: World, schema: strawberry.Schema):
    desk = Desk(world, schema, settings=SummarySettings(wait=0.3, rest=30))
    desk.teller.free.clear()
    loop, took = asyncio.get_running_loop(), []
    for _ in range(3):
        began = loop.time()
        assert await desk.status(await world.group()) == "PENDING"
        took.append(loop.time() - began)
    assert took[0] >= 0.3
    assert sum(took[1:]) < took[0]
    desk.teller.free.set()
    await desk.settled()


async def test_that_nothing_can_be_said_is_kept_too(world: World, desk: Desk):
    group = await world.group()
    desk.teller.declines = True
    assert await desk.summary(group) is None
    assert await desk.summary(group) is None
    assert len(desk.teller.asked) == 1


async def test_a_summary_tells_which_plugins_were_asked_before_what_wrote_it_and_how_long_it_took(
    world: World, schema: strawberry.Schema
):
    declining = Teller()
    declining.declines = True
    chain = (hosted(declining, "summary", "a"), hosted(Teller(), "summary", "b", version="2.3"))
    desk = Desk(world, schema, chain=chain)
    await world.group()
    told = "{ triedBefore pluginVersion seconds provider { plugin name version } }"
    for _ in ("written", "stored"):
        data = await desk.ask(f"{{ buyingGroups {{ nodes {{ aiSummary {told} }} }} }}")
        [node] = data["buyingGroups"]["nodes"]
        seconds = node["aiSummary"].pop("seconds")
        assert 0 <= seconds < 10
        assert node["aiSummary"] == {
            "triedBefore": ["a"],
            "pluginVersion": "2.3",
            "provider": {"plugin": "b", "name": "teller", "version": "1"},
        }


async def test_what_a_fallback_wrote_is_shown_while_the_first_provider_is_asked_again_later(
    world: World, schema: strawberry.Schema
):
    first, second = Teller(), Teller()
    chain = (hosted(first, "summary", "first"), hosted(second, "summary", "second"))
    desk = Desk(world, schema, teller=first, chain=chain)
    group = await world.group()
    desk.fails()
    assert await desk.status(group) == "FRESH"
    row = await world.one(SummaryRow)
    assert (row.plugin, row.tried) == ("second", ["first"])
    first.fault = None
    assert await desk.status(group) == "FRESH"
    assert len(first.asked) == 1
    desk.later = timedelta(minutes=20)
    assert await desk.status(group) == "FRESH"
    assert len(first.asked) == 2
    assert (await world.one(SummaryRow)).plugin == "first"


async def test_a_summary_goes_with_its_subject(world: World, desk: Desk):
    group = await world.group()
    person = await world.member(group, role_id=CHAMPION.id)
    (member,) = await world.rows(MemberRow, group_id=group)
    query = f"query($id: ID!) {{ node(id: $id) {{ ... on Member {{ {SUMMARY} }} }} }}"
    await desk.ask(query, id=gid("mem", member.id))
    assert await world.rows(SummaryRow)
    await world.remove(group, person)
    assert not await world.rows(SummaryRow)


async def test_two_tenants_do_not_see_each_others(world: World, other_world: World, schema: strawberry.Schema):
    mine, theirs = Desk(world, schema), Desk(other_world, schema)
    group = await world.group()
    assert await mine.status(group) == "FRESH"
    data: dict[str, Any] = await theirs.ask(QUERY, id=gid("grp", group))
    assert data["buyingGroup"] is None
    assert not await other_world.rows(SummaryRow)


async def test_texts_are_in_the_tenants_language_or_in_the_one_asked_for(world: World, desk: Desk):
    group = await world.group()
    async with world.database.writing(world.tenant) as db:
        assert await choose_language(db, Language.NL, by="Maria", now=world.now)
    own = await desk.summary(group)
    query = QUERY.replace("aiSummary {", "aiSummary(language: DE) {")
    german = (await desk.ask(query, id=gid("grp", group)))["buyingGroup"]["aiSummary"]
    assert own is not None
    assert (own["language"], own["disclaimer"]) == ("NL", DISCLAIMERS[Language.NL])
    assert (german["language"], german["disclaimer"]) == ("DE", DISCLAIMERS[Language.DE])
    assert desk.teller.locales == ["nl", "de"]
    assert sorted(row.language for row in await world.rows(SummaryRow)) == ["de", "nl"]
    assert await desk.summary(group) == own, "each language is stored on its own"
