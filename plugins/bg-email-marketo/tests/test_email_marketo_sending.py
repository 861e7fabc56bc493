"""Sending through a campaign, against a small Marketo on a real socket: who is asked for, how often, and what is told."""

import pytest

from bg_graph.plugins.email import Accepted
from bg_graph.plugins.errors import OutcomeUnknown
from tests.email.marketo_desk import at, person
from tests.email.marketo_server import TRIGGER, Fault, Marketo


async def test_an_email_is_sent_by_asking_its_campaign_once_for_all_leads(marketo: Marketo) -> None:
    ids = [marketo.lead(f"person{number}@example.com") for number in range(3)]
    async with at(marketo) as desk:
        answers = await desk.send(*(person(number) for number in range(3)))
    assert all(isinstance(each, Accepted) for each in answers.values())
    assert len(answers) == 3
    [trigger] = marketo.triggered
    assert trigger["campaign"] == desk.campaign
    assert trigger["leads"] == [{"id": each} for each in ids]
    assert len({each.message_id for each in answers.values()}) == 3


async def test_an_answer_lost_after_marketo_took_the_trigger_is_settled_without_a_second_one(marketo: Marketo) -> None:
    lead = marketo.lead("person1@example.com")
    async with at(marketo) as desk:
        marketo.fails(TRIGGER, Fault("611", does_it=True))
        with pytest.raises(OutcomeUnknown):
            await desk.send(person(1))
        found = await desk.crashed().found(person(1))
        again = await desk.send(person(1))
    assert found is not None
    assert isinstance(found[person(1).key], Accepted)
    assert again == found
    assert marketo.sent_to(lead) == 1
