"""Sending: the leads of the recipients, what is written down before, and the one call that asks Marketo."""

import asyncio
from collections.abc import Mapping, Sequence

from bg_email_marketo.api import Api, Call
from bg_email_marketo.campaigns import Choice
from bg_email_marketo.codes import CODES, Meaning
from bg_email_marketo.leads import Leads
from bg_email_marketo.pace import Clock
from bg_email_marketo.records import Asked, Records, Stage
from bg_email_marketo.settings import MOST_TOKENS
from bg_email_marketo.settling import TRIGGERED_WITHIN
from bg_graph.plugins.email import Accepted, Recipient, Refused, SendAnswer, SendRequest
from bg_graph.plugins.errors import Misconfigured, OutcomeUnknown, ProviderError, Rejected, Unavailable

MOST_LEADS = 100
"""Leads of one trigger. Source: providers.md, section 1."""


class Sending:
    """Asks Marketo to send."""

    def __init__(self, api: Api, leads: Leads, clock: Clock) -> None:
        self._api, self._leads, self._clock = api, leads, clock

    async def trigger(
        self, records: Records, request: SendRequest, recipients: Sequence[Recipient], choice: Choice
    ) -> list[SendAnswer]:
        """Ask the campaign to run for these recipients: one call. Raises ProviderError."""
        found = await self._leads.of(recipients)
        answers: list[SendAnswer] = [*found.refused]
        if not found.leads:
            return answers
        leads = {key: lead.id for key, lead in found.leads.items()}
        asked = await records.prepare(request.email_id, choice.campaign, leads, self._clock())
        call = Call(
            path=f"/rest/v1/campaigns/{choice.campaign}/trigger.json",
            method="POST",
            body={"input": {"leads": [{"id": each} for each in leads.values()], "tokens": _tokens(choice, request)}},
            acts=True,
        )
        try:
            asked = await self._asked(records, asked, call)
        except Rejected as refused:
            if CODES.get(refused.code) is not Meaning.GONE:
                raise
            gone = await self._gone(leads, refused)
            if not gone:
                # No lead is missing, so it was the campaign: nobody can have been written to.
                await records.advance(asked, Stage.DROPPED)
                raise
            return answers + gone
        return answers + [Accepted(key=key, message_id=asked.message_id(key)) for key in leads]

    async def sample(self, records: Records, request: SendRequest) -> list[SendAnswer]:
        """Send samples, one call for each recipient; a recipient whose sample nobody knows of has no answer."""
        answers: list[SendAnswer] = []
        last: ProviderError | None = None
        for recipient in request.recipients:
            try:
                answers.append(await self._sample(records, request.email_id, recipient))
            except Rejected as refused:
                answers.append(Refused(key=recipient.key, code=refused.code, message=str(refused)))
            except (Unavailable, Misconfigured, OutcomeUnknown) as fault:
                last = fault
                if not isinstance(fault, OutcomeUnknown):
                    break
        if last is not None and not answers:
            raise last
        return answers

    async def _sample(self, records: Records, email_id: str, recipient: Recipient) -> Accepted:
        asked = await records.prepare(email_id, 0, {recipient.key: 0}, self._clock())
        path = f"/rest/asset/v1/email/{int(email_id)}/sendSample.json"
        call = Call(path=path, method="POST", form={"emailAddress": recipient.address}, acts=True)
        asked = await self._asked(records, asked, call)
        return Accepted(key=recipient.key, message_id=asked.message_id(recipient.key))

    async def _asked(self, records: Records, asked: Asked, call: Call) -> Asked:
        """Make the call, and write down before and after it how far it came. Raises ProviderError."""
        now = self._clock()
        if now >= asked.at + TRIGGERED_WITHIN:
            raise Unavailable("writing down what is sent took too long; nothing was sent")
        asked = await records.advance(asked, Stage.ASKED, at=now)
        try:
            answer = await self._api.ask(call)
        except (OutcomeUnknown, asyncio.CancelledError):
            raise
        except Rejected as refused:
            if CODES.get(refused.code) is not Meaning.GONE:
                await records.advance(asked, Stage.DROPPED)
            raise
        except ProviderError:
            await records.advance(asked, Stage.DROPPED)
            raise
        return await records.advance(asked, Stage.ACCEPTED, request=answer.request_id)

    async def _gone(self, leads: Mapping[str, int], refused: Rejected) -> list[SendAnswer]:
        """Who of the trigger is gone from Marketo. Of the others it says nothing, nor do we: that is unknown."""
        there = await self._leads.still_there(list(leads.values()))
        gone = [key for key, lead in leads.items() if lead not in there]
        return [Refused(key=key, code=refused.code, message="the lead is gone from Marketo") for key in gone]


def _tokens(choice: Choice, request: SendRequest) -> list[dict[str, str]]:
    """The tokens of a trigger. Their values may name the e-mail and the tenant."""
    filled = {
        name: value.replace("{email_id}", request.email_id).replace("{tenant}", request.tenant)
        for name, value in choice.tokens.items()
    }
    return [{"name": name, "value": value} for name, value in filled.items()][:MOST_TOKENS]
