"""Reading activities: which types there are, and pages of what happened since a moment."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from bg_email_marketo.api import Answer, Api, Call

MOST_TYPES, MOST_LEADS, BATCH = 10, 30, 300
"""Activity types, leads and activities of one question. Source: providers.md, section 1."""
MOST_PAGES = 2_000
"""Pages that are followed; more is taken for a list that never ends."""


class Sent(StrEnum):
    """The types that tell what became of an e-mail, by their names in Marketo."""

    SEND = "Send Email"
    DELIVERED = "Email Delivered"
    BOUNCED = "Email Bounced"
    SOFT_BOUNCED = "Email Bounced Soft"
    UNSUBSCRIBED = "Unsubscribe Email"
    OPENED = "Open Email"
    CLICKED = "Click Email"


USUAL: Mapping[Sent, int] = MappingProxyType(
    {
        Sent.SEND: 6,
        Sent.DELIVERED: 7,
        Sent.BOUNCED: 8,
        Sent.UNSUBSCRIBED: 9,
        Sent.OPENED: 10,
        Sent.CLICKED: 11,
        Sent.SOFT_BOUNCED: 27,
    }
)
"""Ids that the types usually have; the subscription's own list counts before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Something that happened to a lead."""

    id: str
    type: int
    lead: int
    at: datetime
    asset: int | None
    """Id of the e-mail."""
    campaign: int | None
    """Id of the campaign that did it; None where Marketo does not tell."""
    record: Mapping[str, Any]
    """As Marketo gives it."""


class Activities:
    """Reads the activities of a subscription."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._types: Mapping[Sent, int] | None = None

    async def types(self) -> Mapping[Sent, int]:
        """The ids of the types about e-mails in this subscription. Raises ProviderError."""
        if self._types is None:
            answer = await self._api.ask(Call(path="/rest/v1/activities/types.json"))
            named = {str(each.get("name", "")).casefold(): each.get("id") for each in answer.result}
            found = {kind: named.get(kind.value.casefold()) for kind in Sent}
            self._types = {kind: each if isinstance(each, int) else USUAL[kind] for kind, each in found.items()}
        return self._types

    async def since(self, moment: datetime, types: Sequence[int], leads: Sequence[int] = ()) -> AsyncIterator[Activity]:
        """What happened since a moment, of at most ten types; of these leads, or of all. Raises ProviderError."""
        parts = [leads[start : start + MOST_LEADS] for start in range(0, len(leads), MOST_LEADS)] or [()]
        for part in parts:
            token = await self.token_of(moment)
            for _ in range(MOST_PAGES):
                answer = await self.page(token, types, part)
                for each in answer.result:
                    if (activity := read_activity(each)) is not None:
                        yield activity
                if not answer.more or answer.next_token in (None, token):
                    break
                token = answer.next_token or token

    async def token_of(self, moment: datetime) -> str:
        """The token from which on activities since a moment are read. Raises ProviderError."""
        text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        call = Call(path="/rest/v1/activities/pagingtoken.json", query={"sinceDatetime": text})
        return (await self._api.ask(call)).next_token or ""

    async def page(self, token: str, types: Sequence[int], leads: Sequence[int] = ()) -> Answer:
        """A page. It may be empty though there is more. Raises ProviderError."""
        query: dict[str, Any] = {
            "nextPageToken": token,
            "activityTypeIds": list(types)[:MOST_TYPES],
            "batchSize": BATCH,
        }
        if leads:
            query["leadIds"] = list(leads)
        return await self._api.ask(Call(path="/rest/v1/activities.json", query=query))


def read_activity(record: Mapping[str, Any]) -> Activity | None:
    """An activity of an answer; None where it lacks what makes it one. `marketoGUID` names it: `id` may be absent."""
    guid, lead, kind = record.get("marketoGUID"), record.get("leadId"), record.get("activityTypeId")
    at = moment_of(record.get("activityDate"))
    if not guid or not isinstance(lead, int) or not isinstance(kind, int) or at is None:
        return None
    asset, campaign = record.get("primaryAttributeValueId"), record.get("campaignId")
    return Activity(
        id=str(guid),
        type=kind,
        lead=lead,
        at=at,
        asset=asset if isinstance(asset, int) else None,
        campaign=campaign if isinstance(campaign, int) else None,
        record=record,
    )


def moment_of(text: object) -> datetime | None:
    """A moment as Marketo writes it, such as 2026-11-23T10:00:00Z or, of assets, 2026-11-23T10:00:00Z+0000."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text.replace("Z+", "+"))
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
