"""What became of keys that were asked for: from the records, and where those can't tell, from Marketo's activities."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bg_email_marketo.activities import Activities, Sent
from bg_email_marketo.matching import SKEW, Ask, Departure, is_of, matched
from bg_email_marketo.pace import Clock
from bg_email_marketo.records import Asked, Records, Stage, keys_in
from bg_email_marketo.settings import MarketoSettings
from bg_graph.plugins.email import Accepted

TRIGGERED_WITHIN = timedelta(minutes=2)
"""How long after it was written down a call may still leave; a slower one is given up by its own sender."""
SURELY_OVER = timedelta(minutes=10)
"""How long after that a call which never came to be asked is known not to leave: far above the clocks' difference."""


class Settling:
    """Tells what became of keys."""

    def __init__(self, activities: Activities, settings: MarketoSettings, clock: Clock) -> None:
        self._activities, self._settings, self._clock = activities, settings, clock

    async def told(self, records: Records, keys: Sequence[str]) -> tuple[list[Accepted], list[str]]:
        """What went out, and the keys of which nobody knows; all others did not go out. Raises ProviderError."""
        accepted: list[Accepted] = []
        unknown: dict[str, Asked] = {}
        for key in keys:
            asked = await records.of(key)
            if asked is None:
                continue
            message_id = await self._known(records, asked, key)
            if message_id is not None:
                accepted.append(Accepted(key=key, message_id=message_id))
            elif self._open(asked):
                unknown[key] = asked
        shown = await self._shown(records, unknown)
        accepted += [Accepted(key=key, message_id=message_id) for key, message_id in shown.items()]
        return accepted, [key for key, asked in unknown.items() if key not in shown and not self._given_up(asked)]

    async def _known(self, records: Records, asked: Asked, key: str) -> str | None:
        if asked.stage is Stage.ACCEPTED:
            return asked.message_id(key)
        return await records.confirmed(key)

    def _open(self, asked: Asked) -> bool:
        """Whether a call may have left, or still may."""
        if asked.stage is Stage.PREPARED:
            return self._clock() < asked.at + SURELY_OVER
        return asked.stage is Stage.ASKED

    def _given_up(self, asked: Asked) -> bool:
        """Whether the operator takes a call without a trace for one that did not run."""
        hours = self._settings.not_sent_after
        if hours is None or asked.stage is not Stage.ASKED or not asked.campaign:
            return False
        return self._clock() >= asked.at + timedelta(hours=hours)

    async def _shown(self, records: Records, unknown: dict[str, Asked]) -> dict[str, str]:
        """The unknown e-mails that the activities show, and the ids of their messages; kept, since activities end some day."""
        found: dict[str, str] = {}
        asked = {key: each for key, each in unknown.items() if each.stage is Stage.ASKED and each.campaign}
        for campaign, email in {(each.campaign, each.email) for each in asked.values()}:
            group = {key: each for key, each in asked.items() if (each.campaign, each.email) == (campaign, email)}
            found |= await self._shown_of(records, group)
        for key, message_id in found.items():
            await records.confirm(unknown[key], key, message_id)
        return found

    async def _shown_of(self, records: Records, asked: dict[str, Asked]) -> dict[str, str]:
        first = min(asked.values(), key=lambda each: each.at)
        calls = [each for each in await records.around(first, self._clock()) if each.email == first.email]
        leads = sorted({each.leads[key] for key, each in asked.items()})
        asks = {lead: [each for key, call in keys_in(calls, lead) if (each := _ask(key, call))] for lead in leads}
        since = min(each.at for some in asks.values() for each in some) - SKEW
        departures = await self._departures(leads, since, first)
        found: dict[str, str] = {}
        for lead in leads:
            found |= matched(asks[lead], departures.get(lead, []))
        return {key: message_id for key, message_id in found.items() if key in asked}

    async def _departures(self, leads: Sequence[int], since: datetime, of: Asked) -> dict[int, list[Departure]]:
        """The e-mails that left for these leads: as sent; where Marketo shows no sending, as delivered or bounced."""
        types = await self._activities.types()
        order = [types[Sent.SEND], types[Sent.DELIVERED], types[Sent.BOUNCED], types[Sent.SOFT_BOUNCED]]
        by_type: dict[int, dict[int, list[Departure]]] = {}
        async for each in self._activities.since(since, order, leads):
            departure = Departure(each.id, each.at, each.asset, each.campaign)
            if is_of(departure, of.email, of.campaign):
                by_type.setdefault(each.lead, {}).setdefault(each.type, []).append(departure)
        return {lead: next(kinds[kind] for kind in order if kind in kinds) for lead, kinds in by_type.items()}


def _ask(key: str, call: Asked) -> Ask | None:
    """What a call asked for, as long as it can have left."""
    if call.stage in (Stage.PREPARED, Stage.DROPPED):
        return None
    return Ask(key, call.at, call.stage is Stage.ACCEPTED)
