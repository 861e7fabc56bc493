"""What became of e-mails of which nobody knows: told from the records and Marketo's activities, never by a second trigger."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bg_email_marketo.matching import Ask, Departure, is_of, matched
from bg_email_marketo.records import Records, Stage
from bg_graph.plugins.email import Accepted
from bg_graph.plugins.errors import OutcomeUnknown, Unavailable
from tests.email.marketo_desk import Desk, at, person
from tests.email.marketo_server import TRIGGER, Fault, Marketo

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LOST = Fault("611", does_it=True)


async def lost(desk: Desk, *numbers: int) -> None:
    """Triggers that ran, and whose answer did not come."""
    desk.marketo.fails(TRIGGER, LOST)
    with pytest.raises(OutcomeUnknown):
        await desk.send(*(person(number) for number in numbers))


async def test_what_the_activities_do_not_show_yet_is_not_told_and_not_sent_again(marketo: Marketo) -> None:
    lead = marketo.lead("person1@example.com")
    marketo.writes_down = False
    async with at(marketo) as desk:
        await lost(desk, 1)
        assert await desk.found(person(1)) is None
        assert await desk.send(person(1)) == {}
        marketo.activity(lead, 6, asset=int(desk.email), campaign=desk.campaign)
        found = await desk.found(person(1))
    assert found is not None
    assert isinstance(found[person(1).key], Accepted)
    assert marketo.sent_to(lead) == 1


async def test_what_was_shown_once_is_known_when_the_activities_are_gone(marketo: Marketo) -> None:
    marketo.lead("person1@example.com")
    async with at(marketo) as desk:
        await lost(desk, 1)
        found = await desk.found(person(1))
        marketo.activities.clear()
        assert await desk.crashed().found(person(1)) == found


async def test_a_delivery_that_marketo_shows_without_its_sending_counts(marketo: Marketo) -> None:
    lead = marketo.lead("person1@example.com")
    marketo.writes_down = False
    async with at(marketo) as desk:
        await lost(desk, 1)
        marketo.activity(lead, 7, asset=int(desk.email))
        found = await desk.found(person(1))
    assert found is not None
    assert isinstance(found[person(1).key], Accepted)


async def test_other_emails_other_campaigns_and_earlier_ones_are_not_taken_for_it(marketo: Marketo) -> None:
    lead = marketo.lead("person1@example.com")
    marketo.writes_down = False
    async with at(marketo) as desk:
        await lost(desk, 1)
        email, campaign = int(desk.email), desk.campaign
        marketo.activity(lead, 6, asset=email + 1, campaign=campaign)
        marketo.activity(lead, 6, asset=email, campaign=campaign + 1)
        marketo.activity(lead, 10, asset=email, campaign=campaign)
        marketo.activity(lead, 6, asset=email, campaign=campaign, at=datetime.now(UTC) - timedelta(minutes=5))
        marketo.activity(lead, 6)
        marketo.activity(lead, 6, asset=email, campaign=campaign, marketoGUID=None)
        assert await desk.found(person(1)) is None


async def test_an_email_of_another_delivery_to_the_same_lead_is_not_taken_for_the_unknown_one(marketo: Marketo) -> None:
    marketo.lead("person1@example.com")
    async with at(marketo) as desk:
        marketo.fails(TRIGGER, Fault("611"))  # it did not run, but nobody knows
        with pytest.raises(OutcomeUnknown):
            await desk.send(person(1))
        await desk.send(person(2, address="person1@example.com"))
        assert len(marketo.triggered) == 1
        assert await desk.found(person(1)) is None


async def test_a_hundred_unknown_are_found_in_groups_of_thirty_leads_and_pages(marketo: Marketo) -> None:
    for number in range(100):
        marketo.lead(f"person{number}@example.com")
    async with at(marketo) as desk:
        await lost(desk, *range(100))
        for each in list(marketo.leads)[:30] * 15:
            marketo.activity(each, 7, asset=1, campaign=1)
        found = await desk.found(*(person(number) for number in range(100)))
    assert found is not None
    assert len(found) == 100
    asked = [
        parameters["leadIds"].split(",") for _, path, parameters in marketo.calls if path.endswith("activities.json")
    ]
    assert max(len(each) for each in asked) == 30
    assert len(asked) > 4, "a page after the first one"


async def test_some_found_and_some_not_are_told_apart(marketo: Marketo) -> None:
    marketo.lead("person1@example.com")
    two = marketo.lead("person2@example.com")
    async with at(marketo) as desk:
        await lost(desk, 1, 2)
        marketo.activities = [each for each in marketo.activities if each["leadId"] != two]
        found = await desk.found(person(1), person(2), person(3))
        again = await desk.send(person(1), person(2))
    assert found is not None
    assert set(found) == set(again) == {person(1).key}
    assert marketo.sent_to(two) == 1


async def test_types_of_the_subscription_count_where_they_differ_from_the_usual_ones(
    marketo: Marketo, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = marketo.lead("person1@example.com")
    marketo.writes_down = False
    monkeypatch.setitem(marketo.names, 6, "Something else")
    monkeypatch.setitem(marketo.names, 100_006, "Send Email")
    async with at(marketo) as desk:
        await lost(desk, 1)
        marketo.activity(lead, 6, asset=int(desk.email), campaign=desk.campaign)
        assert await desk.found(person(1)) is None
        marketo.activity(lead, 100_006, asset=int(desk.email), campaign=desk.campaign)
        assert await desk.found(person(1)) is not None


async def test_a_process_that_died_before_the_trigger_is_known_not_to_have_sent(marketo: Marketo) -> None:
    lead = marketo.lead("person1@example.com")
    async with at(marketo) as desk:
        records = Records(desk.context.storage, "acme")
        await records.prepare(desk.email, desk.campaign, {person(1).key: lead}, datetime.now(UTC))
        assert await desk.found(person(1)) is None, "it may still be about to"
        desk.later = timedelta(minutes=11)
        assert await desk.found(person(1)) == {}
        answers = await desk.send(person(1))
    assert isinstance(answers[person(1).key], Accepted)
    assert marketo.sent_to(lead) == 1


async def test_a_sender_that_was_held_up_after_writing_it_down_does_not_trigger_any_more(marketo: Marketo) -> None:
    marketo.lead("person1@example.com")
    async with at(marketo) as desk:
        put = desk.context.storage.put

        async def slow(tenant: str, key: str, value: str | None) -> None:
            await put(tenant, key, value)
            if key.startswith("key/"):
                desk.later = timedelta(minutes=3)

        desk.context.storage.put = slow
        with pytest.raises(Unavailable):
            await desk.send(person(1))
    assert marketo.triggered == []


async def test_a_call_that_is_cut_off_amid_the_trigger_is_settled_later(marketo: Marketo) -> None:
    lead = marketo.lead("person1@example.com")
    marketo.fails(TRIGGER, Fault("611", silent=1.0, does_it=True))
    async with at(marketo) as desk:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.4):
                await desk.send(person(1))
        found = await desk.found(person(1))
    assert found is not None
    assert marketo.sent_to(lead) == 1


async def test_an_operator_may_say_after_how_long_no_trace_means_not_sent(marketo: Marketo) -> None:
    lead = marketo.lead("person1@example.com")
    async with at(marketo, not_sent_after=2) as desk:
        marketo.fails(TRIGGER, Fault("611"))
        with pytest.raises(OutcomeUnknown):
            await desk.send(person(1))
        assert await desk.found(person(1)) is None
        desk.later = timedelta(hours=2, minutes=1)
        assert await desk.found(person(1)) == {}
        await desk.send(person(1))
    assert marketo.sent_to(lead) == 1


async def test_another_tenant_knows_nothing_of_a_key(marketo: Marketo) -> None:
    marketo.lead("person1@example.com")
    async with at(marketo) as desk:
        await desk.send(person(1))
        assert await Records(desk.context.storage, "other").of(person(1).key) is None


async def test_records_that_cannot_be_read_are_none(marketo: Marketo) -> None:
    async with at(marketo) as desk:
        for text in ("{", "[]", '{"at": "x"}', "null"):
            await desk.context.storage.put("acme", "call/1/20261123/x", text)
            await desk.context.storage.put("acme", f"key/{person(1).key}", "call/1/20261123/x")
            assert await desk.found(person(1)) == {}


def test_each_departure_stands_for_one_ask_and_certain_ones_come_first() -> None:
    unknown, certain = Ask("u", AT, certain=False), Ask("c", AT + timedelta(seconds=30), certain=True)
    one = Departure("d1", AT + timedelta(minutes=1), 7, 9)
    two = Departure("d2", AT + timedelta(minutes=2), 7, 9)
    assert matched([unknown, certain], [one]) == {"c": "d1"}
    assert matched([unknown, certain], [two, one]) == {"c": "d1", "u": "d2"}
    assert matched([unknown], [Departure("early", AT - timedelta(minutes=3), 7, 9)]) == {}


@pytest.mark.parametrize(
    ("asset", "campaign", "ours"),
    [(7, 9, True), (7, None, True), (None, 9, True), (None, None, False), (8, 9, False), (7, 8, False)],
)
def test_an_email_is_of_the_campaign_by_all_that_marketo_names(
    asset: int | None, campaign: int | None, ours: bool
) -> None:
    assert is_of(Departure("d", AT, asset, campaign), "7", 9) is ours


def test_stages_are_kept_by_their_names() -> None:
    assert [each.value for each in Stage] == ["PREPARED", "ASKED", "ACCEPTED", "DROPPED"]
