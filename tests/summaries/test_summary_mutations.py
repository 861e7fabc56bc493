"""Having a summary written anew, and rating it."""

from uuid import UUID

import pytest
import strawberry

from bg_graph.settings import SummarySettings
from bg_graph.store.ids import new_id
from bg_graph.summaries.tables import SummaryFeedbackRow, SummaryRow
from bg_graph.tenancy.rules import Right
from tests.screens.conftest import gid
from tests.summaries.summary_desk import RATE, REFRESH, Desk
from tests.world import World


@pytest.fixture
def desk(world: World, schema: strawberry.Schema) -> Desk:
    return Desk(world, schema)


async def rate(desk: Desk, group: UUID, verdict: str, **options: object) -> dict[str, object]:
    data = await desk.ask(RATE, id=gid("grp", group), verdict=verdict, **options)
    payload: dict[str, object] = data["rateSummary"]
    return payload


def codes(payload: object) -> list[str]:
    assert isinstance(payload, dict)
    return [error["code"] for error in payload["userErrors"]]


async def test_a_current_summary_is_written_anew_on_request(world: World, desk: Desk):
    group = await world.group()
    before = await desk.summary(group)
    payload = (await desk.ask(REFRESH, id=gid("grp", group)))["refreshSummary"]
    assert before is not None
    assert payload["userErrors"] == []
    assert payload["summary"]["status"] == "FRESH"
    assert payload["summary"]["version"] != before["version"]
    shown = await desk.summary(group)
    assert shown is not None
    assert shown["version"] == payload["summary"]["version"]
    assert len(desk.teller.asked) == 2


async def test_what_takes_longer_is_pending_and_the_earlier_text_stands_until_then(
    world: World, schema: strawberry.Schema
):
    desk = Desk(world, schema, settings=SummarySettings(wait=0.1))
    group = await world.group()
    before = await desk.summary(group)
    desk.teller.free.clear()
    payload = (await desk.ask(REFRESH, id=gid("grp", group)))["refreshSummary"]
    assert (payload["summary"]["status"], payload["summary"]["text"]) == ("PENDING", None)
    assert await desk.summary(group) == before
    desk.teller.free.set()
    await desk.settled()
    after = await desk.summary(group)
    assert before is not None
    assert after is not None
    assert after["version"] != before["version"]


async def test_a_failed_one_is_asked_for_again_on_request(world: World, desk: Desk):
    group = await world.group()
    desk.fails()
    assert (await desk.result(REFRESH, id=gid("grp", group))).errors[0].original_error.code == "PROVIDER_UNAVAILABLE"
    await desk.settled()
    desk.teller.fault = None
    payload = (await desk.ask(REFRESH, id=gid("grp", group)))["refreshSummary"]
    assert payload["summary"]["status"] == "FRESH"
    assert await desk.status(group) == "FRESH"


async def test_writing_anew_needs_the_right_to_edit(world: World, desk: Desk):
    group = await world.group()
    payload = (await desk.ask(REFRESH, id=gid("grp", group), caller=desk.caller("Eve")))["refreshSummary"]
    assert codes(payload) == ["FORBIDDEN"]
    assert "edit" in payload["userErrors"][0]["message"]
    assert desk.teller.asked == []


async def test_what_is_no_subject_is_not_found(world: World, other_world: World, desk: Desk):
    foreign = await other_world.group()
    for given in ("nonsense", gid("grp", new_id()), gid("rol", new_id()), gid("grp", foreign)):
        assert codes((await desk.ask(REFRESH, id=given))["refreshSummary"]) == ["NOT_FOUND"]
        assert codes((await desk.ask(RATE, id=given, verdict="UP"))["rateSummary"]) == ["NOT_FOUND"]
    assert desk.teller.asked == []


async def test_every_kind_of_subject_is_refreshed_and_rated(world: World, desk: Desk):
    group = await world.group()
    person = await world.member(group)
    data = await desk.ask("query($id: ID!) { buyingGroup(id: $id) { members { nodes { id } } } }", id=gid("grp", group))
    member = data["buyingGroup"]["members"]["nodes"][0]["id"]
    account = await world.account_of(group)
    for given in (gid("grp", group), gid("acc", account), member, gid("per", person)):
        assert (await desk.ask(REFRESH, id=given))["refreshSummary"]["summary"]["status"] == "FRESH"
        rated = (await desk.ask(RATE, id=given, verdict="UP"))["rateSummary"]
        assert rated["summary"]["feedback"]["up"] == 1
    assert len(await world.rows(SummaryFeedbackRow)) == 4


async def test_a_verdict_is_kept_with_the_text_and_facts_that_were_rated(world: World, desk: Desk):
    group = await world.group()
    summary = await desk.summary(group)
    payload = await rate(desk, group, "DOWN", reason="  Nobody asked.  ")
    stored, row = await world.one(SummaryRow), await world.one(SummaryFeedbackRow)
    assert codes(payload) == []
    assert (row.verdict, row.reason, row.rated_by, row.rated_at) == ("DOWN", "Nobody asked.", "Ada", world.now)
    assert (row.content, row.facts, row.version) == (stored.content, stored.facts, stored.version)
    assert row.provenance["plugin"] == "teller"
    assert summary is not None
    assert payload["summary"] == {
        **summary,
        "feedback": {"verdict": "DOWN", "reason": "Nobody asked.", "up": 0, "down": 1},
    }
    await world.member(group)
    await desk.summary(group)
    assert (await world.one(SummaryFeedbackRow)).facts == row.facts, "a new text leaves it as it is"


async def test_each_caller_has_one_verdict_on_a_text_and_may_change_it(world: World, desk: Desk):
    group, eve = await world.group(), desk.caller("Eve")
    await desk.summary(group)
    await rate(desk, group, "UP")
    await rate(desk, group, "DOWN", caller=eve)
    await rate(desk, group, "UP", caller=eve, reason="On second thoughts")
    summary = await desk.summary(group)
    assert summary is not None
    assert summary["feedback"] == {"verdict": "UP", "reason": None, "up": 2, "down": 0}
    summary = await desk.summary(group, caller=eve)
    assert summary is not None
    assert summary["feedback"] == {"verdict": "UP", "reason": "On second thoughts", "up": 2, "down": 0}
    summary = await desk.summary(group, caller=desk.caller("Zoe"))
    assert summary is not None
    assert summary["feedback"] == {"verdict": None, "reason": None, "up": 2, "down": 0}


async def test_a_new_text_has_no_verdicts_yet_and_the_earlier_one_is_rated_no_more(world: World, desk: Desk):
    group = await world.group()
    before = await desk.summary(group)
    await rate(desk, group, "UP")
    await world.member(group)
    after = await desk.summary(group)
    assert before is not None
    assert after is not None
    assert after["feedback"] == {"verdict": None, "reason": None, "up": 0, "down": 0}
    payload = await rate(desk, group, "DOWN", version=before["version"])
    assert codes(payload) == ["VERSION_CONFLICT"]
    assert payload["summary"] is None
    assert codes(await rate(desk, group, "DOWN", version=after["version"])) == []
    assert [row.verdict for row in await world.rows(SummaryFeedbackRow)] == ["UP", "DOWN"]


async def test_what_nobody_has_read_is_not_rated(world: World, desk: Desk):
    payload = await rate(desk, await world.group(), "UP")
    assert codes(payload) == ["NO_SUMMARY"]
    assert not await world.rows(SummaryFeedbackRow)


async def test_a_reason_that_is_too_long_is_refused(world: World, desk: Desk):
    group = await world.group()
    await desk.summary(group)
    payload = await rate(desk, group, "DOWN", reason="x" * 1001)
    assert codes(payload) == ["INVALID_INPUT"]
    assert "1000" in payload["userErrors"][0]["message"]  # type: ignore[index]
    assert not await world.rows(SummaryFeedbackRow)


async def test_whoever_may_read_may_rate(world: World, desk: Desk):
    group, reader = await world.group(), desk.caller("Eve")
    assert reader.rights == {Right.READ}
    await desk.summary(group)
    assert codes(await rate(desk, group, "UP", caller=reader)) == []
