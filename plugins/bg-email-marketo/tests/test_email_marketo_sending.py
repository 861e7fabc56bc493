"""Sending through a campaign, against a small Marketo on a real socket: who is asked for, how often, and what is told."""

import asyncio
import json

import pytest

from bg_graph.plugins.email import Accepted, Refused
from bg_graph.plugins.errors import OutcomeUnknown, Rejected, Unavailable
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


async def test_a_lead_is_found_by_its_id_in_the_crm_before_its_address(marketo: Marketo) -> None:
    marketo.lead("person1@example.com", sfdcContactId="003A")
    wanted = marketo.lead("person1@example.com", sfdcContactId="003B")
    async with at(marketo) as desk:
        await desk.send(person(1, external_id="003B"))
    assert [each["leads"] for each in marketo.triggered] == [[{"id": wanted}]]


async def test_whoever_the_crm_id_does_not_find_is_found_by_the_address_in_any_case(marketo: Marketo) -> None:
    lead = marketo.lead("Person1@Example.com")
    async with at(marketo) as desk:
        answers = await desk.send(person(1, external_id="003X"))
    assert isinstance(answers[person(1).key], Accepted)
    assert marketo.sent_to(lead) == 1


async def test_whoever_is_no_lead_unsubscribed_or_invalid_is_refused_and_the_others_are_sent_to(
    marketo: Marketo,
) -> None:
    marketo.lead("person1@example.com")
    marketo.lead("person2@example.com", unsubscribed=True)
    marketo.lead("person3@example.com", emailInvalid="true")
    async with at(marketo) as desk:
        answers = await desk.send(person(1), person(2), person(3), person(4), person(5, address="a,b@example.com"))
    assert isinstance(answers[person(1).key], Accepted)
    refused = {key: each for key, each in answers.items() if isinstance(each, Refused)}
    assert {int(key, 16): each.code for key, each in refused.items()} == {
        2: "FORBIDDEN",
        3: "FORBIDDEN",
        4: "1004",
        5: "1004",
    }
    assert [int(key, 16) for key, each in refused.items() if each.bad_address] == [3]
    assert len(marketo.triggered[0]["leads"]) == 1


async def test_of_several_leads_with_an_address_one_that_unsubscribed_forbids_all(marketo: Marketo) -> None:
    marketo.lead("person1@example.com")
    marketo.lead("person1@example.com", unsubscribed=True)
    async with at(marketo) as desk:
        answers = await desk.send(person(1))
    assert isinstance(answers[person(1).key], Refused)
    assert marketo.triggered == []


async def test_a_lead_whose_address_is_another_one_is_not_written_to(marketo: Marketo) -> None:
    marketo.lead("elsewhere@example.com", sfdcContactId="003A")
    async with at(marketo) as desk:
        answers = await desk.send(person(1, external_id="003A"))
    assert answers[person(1).key].code == "ADDRESS_DIFFERS"
    assert marketo.triggered == []


async def test_two_recipients_who_are_one_lead_get_one_email(marketo: Marketo) -> None:
    lead = marketo.lead("person1@example.com")
    async with at(marketo) as desk:
        answers = await desk.send(person(1), person(2, address="PERSON1@example.com"))
    assert answers[person(2).key].code == "SAME_LEAD"
    assert marketo.sent_to(lead) == 1


async def test_a_hundred_leads_fit_in_one_trigger_and_many_leads_of_one_address_are_paged(marketo: Marketo) -> None:
    for number in range(100):
        marketo.lead(f"person{number}@example.com")
    for _ in range(450):
        marketo.lead("person5@example.com")
    async with at(marketo) as desk:
        answers = await desk.send(*(person(number) for number in range(desk.provider.batch)))
    assert all(isinstance(each, Accepted) for each in answers.values())
    assert len(marketo.triggered) == 1
    assert marketo.count("leads.json") == 2


async def test_a_question_too_long_for_an_address_is_asked_in_the_body(marketo: Marketo) -> None:
    long = "x" * 60
    for number in range(100):
        marketo.lead(f"{long}{number}@{long}.example.com")
    async with at(marketo) as desk:
        answers = await desk.send(
            *(person(number, address=f"{long}{number}@{long}.example.com") for number in range(100))
        )
    assert all(isinstance(each, Accepted) for each in answers.values())
    [(method, parameters)] = [(method, asked) for method, path, asked in marketo.calls if path.endswith("leads.json")]
    assert (method, parameters["_method"]) == ("POST", "GET")


async def test_tokens_of_the_settings_are_given_to_the_campaign(marketo: Marketo) -> None:
    marketo.lead("person1@example.com")
    async with at(marketo) as desk:
        tokens = {"{{my.mail}}": "{email_id} of {tenant}"}
        own = {"campaigns": {desk.email: {"campaign": desk.campaign, "tokens": tokens}}}
        desk.settings = desk.settings.model_validate(desk.settings.model_dump() | own)
        await desk.crashed().send(person(1))
    assert marketo.triggered[0]["tokens"] == [{"name": "{{my.mail}}", "value": f"{desk.email} of acme"}]


async def test_the_generic_campaign_is_told_which_email(marketo: Marketo) -> None:
    marketo.lead("person1@example.com")
    campaign = marketo.campaign("All of them")
    async with at(marketo, generic={"campaign": campaign}, campaign_name=None) as desk:
        await desk.send(person(1))
    [trigger] = marketo.triggered
    assert trigger["campaign"] == campaign
    assert trigger["tokens"] == [{"name": "{{my.email id}}", "value": desk.email}]


async def test_an_email_without_a_campaign_is_rejected_before_anything_is_asked(marketo: Marketo) -> None:
    marketo.lead("person1@example.com")
    async with at(marketo, campaign_name=None) as desk:
        with pytest.raises(Rejected) as rejected:
            await desk.send(person(1))
        desk.email = "999999"
        with pytest.raises(Rejected) as unknown:
            await desk.send(person(1))
        desk.email = "../../etc"
        with pytest.raises(Rejected):
            await desk.send(person(1))
    assert (rejected.value.code, unknown.value.code) == ("NO_CAMPAIGN", "702")
    assert marketo.count("trigger.json") == 0


async def test_a_test_goes_out_as_a_sample_to_any_address(marketo: Marketo) -> None:
    async with at(marketo) as desk:
        answers = await desk.send(person(1), person(2), test=True)
        again = await desk.send(person(1), test=True)
    assert all(isinstance(each, Accepted) for each in answers.values())
    assert again == {person(1).key: answers[person(1).key]}
    assert [each["emailAddress"] for each in marketo.samples] == ["person1@example.com", "person2@example.com"]
    assert marketo.triggered == []


async def test_a_sample_that_nobody_knows_of_stays_unknown_and_the_others_are_told(marketo: Marketo) -> None:
    marketo.fails("sendSample", Fault("611", does_it=True))
    async with at(marketo) as desk:
        answers = await desk.send(person(1), person(2), test=True)
        found = await desk.found(person(1))
    assert list(answers) == [person(2).key]
    assert found is None
    assert len(marketo.samples) == 2


async def test_a_key_is_triggered_once_however_often_and_by_whomever_it_is_asked_for(marketo: Marketo) -> None:
    lead = marketo.lead("person1@example.com")
    async with at(marketo) as desk:
        first = await desk.send(person(1))
        assert await desk.send(person(1)) == first
        assert await desk.crashed().send(person(1)) == first
        await desk.send(person(2, address="person1@example.com"))
    assert marketo.sent_to(lead) == 2, "another key is another e-mail"


async def test_a_key_that_is_being_sent_is_not_sent_a_second_time_meanwhile(marketo: Marketo) -> None:
    lead = marketo.lead("person1@example.com")
    marketo.delay = 0.05
    async with at(marketo) as desk:
        outcomes = await asyncio.gather(*(desk.send(person(1)) for _ in range(3)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in outcomes) == ["Unavailable", "Unavailable", "dict"]
    assert marketo.sent_to(lead) == 1


async def test_a_lead_that_went_between_look_up_and_trigger_is_refused(marketo: Marketo) -> None:
    gone, there = marketo.lead("person1@example.com"), marketo.lead("person2@example.com")
    marketo.fails("leads", Fault(body=leads_as_they_were(gone, there), does_it=True))
    async with at(marketo) as desk:
        del marketo.leads[gone]
        answers = await desk.send(person(1), person(2))
        found = await desk.found(person(1), person(2))
    assert list(answers) == [person(1).key]
    assert answers[person(1).key].code == "1004"
    assert found is None, "whether the other one was written to is for the activities to tell"


def leads_as_they_were(*ids: int) -> bytes:
    found = [{"id": each, "email": f"person{number}@example.com"} for number, each in enumerate(ids, 1)]
    return json.dumps({"requestId": "r", "success": True, "result": found}).encode()


async def test_no_connection_means_that_nothing_was_sent(marketo: Marketo) -> None:
    async with at(marketo) as desk:
        desk.settings = desk.settings.model_copy(update={"endpoint": "http://127.0.0.1:9"})
        with pytest.raises(Unavailable):
            await desk.crashed().send(person(1))
        assert await desk.found(person(1)) == {}


@pytest.mark.parametrize(
    "text", ["", "{}", '{"result": 5, "success": true}', '{"success": true, "result": [5, null, {"id": "x"}, {}]}']
)
async def test_odd_answers_to_a_look_up_find_nobody(marketo: Marketo, text: str) -> None:
    marketo.fails("leads", *(Fault(body=text.encode()) for _ in range(3)))
    async with at(marketo) as desk:
        try:
            answers = await desk.send(person(1))
        except Unavailable:
            answers = {}
    assert not any(isinstance(each, Accepted) for each in answers.values())
    assert marketo.triggered == []
