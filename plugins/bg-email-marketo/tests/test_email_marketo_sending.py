"""Sending through a campaign, against a small Marketo on a real socket: who is asked for, how often, and what is told."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bg_email_marketo.plugin import PLUGIN
from bg_email_marketo.provider import MarketoProvider
from bg_email_marketo.settings import MarketoSettings
from bg_graph.plugins.email import Accepted, FindRequest, Recipient, SendRequest
from bg_graph.plugins.errors import OutcomeUnknown
from tests.email.marketo_server import TRIGGER, Fault, Marketo, marketo_server, settings_for
from tests.plugins.lent import lent


@pytest.fixture
def marketo() -> Iterator[Marketo]:
    with marketo_server() as running:
        yield running


class Desk:
    """A provider at work for one tenant, with an e-mail that a campaign sends."""

    def __init__(self, marketo: Marketo, **settings: Any) -> None:
        self.marketo = marketo
        self.email = marketo.email("Spring offer")
        self.campaign = marketo.campaign("Send Spring offer", sends=self.email)
        self.settings = MarketoSettings(**settings_for(marketo, **settings))
        self.context = lent(PLUGIN.name)
        self.provider = MarketoProvider(self.settings, self.context)

    def crashed(self) -> "Desk":
        """The same after the process was killed: a new provider with the same storage."""
        self.provider = MarketoProvider(self.settings, self.context)
        return self

    def request(self, *recipients: Recipient, test: bool = False) -> SendRequest:
        return SendRequest(tenant="acme", email_id=self.email, recipients=recipients, test=test)

    async def send(self, *recipients: Recipient, test: bool = False) -> dict[str, Any]:
        return {each.key: each for each in await self.provider.send(self.request(*recipients, test=test))}

    async def found(self, *recipients: Recipient) -> dict[str, Any] | None:
        asked = FindRequest(tenant="acme", keys=tuple(each.key for each in recipients))
        answers = await self.provider.find_send(asked)
        return None if answers is None else {each.key: each for each in answers}


@asynccontextmanager
async def at(marketo: Marketo, **settings: Any) -> AsyncIterator[Desk]:
    desk = Desk(marketo, **settings)
    try:
        yield desk
    finally:
        await desk.provider.close()


def person(number: int, **more: Any) -> Recipient:
    return Recipient(**{"key": f"{number:032x}", "address": f"person{number}@example.com"} | more)


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
