"""Which campaign sends which e-mail: by the settings, by name, or as the only one of a program."""

import asyncio
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from bg_email_marketo.api import Api, Call
from bg_email_marketo.settings import CampaignChoice, MarketoSettings
from bg_graph.plugins.context import Storage

FRESH_FOR = 60.0
"""Seconds for which the list of campaigns is not read again."""
MOST_PAGES = 500
"""Pages that are followed; more is taken for a list that never ends."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """An active campaign that the API may ask to run for a lead."""

    id: int
    name: str
    program: int | None
    workspace: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """An e-mail for which a campaign is wanted."""

    id: str
    name: str
    workspace: str
    program: int | None = None
    alone: bool = False
    """Whether its program has no other approved e-mail."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The campaign that sends an e-mail, and the tokens that it is given."""

    campaign: int
    tokens: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NoChoice:
    """Why no campaign sends an e-mail."""

    reason: str


def configured(settings: MarketoSettings, email_id: str) -> Choice | None:
    """The campaign that the settings name for this e-mail alone."""
    chosen = settings.campaigns.get(email_id)
    return None if chosen is None else Choice(chosen.campaign, chosen.tokens)


def generic(settings: MarketoSettings, email_id: str) -> Choice | None:
    """The campaign that the settings name for all e-mails, where it knows this one."""
    chosen = settings.generic
    if chosen is None or (chosen.emails and email_id not in chosen.emails):
        return None
    return Choice(chosen.campaign, {**chosen.tokens, chosen.told_by: email_id})


def choose(settings: MarketoSettings, wanted: Wanted, requestable: Collection[Campaign]) -> Choice | NoChoice:
    """The campaign that sends an e-mail: the configured one, the one of its name, its program's only one, the generic one."""
    ids = {each.id for each in requestable}
    own = configured(settings, wanted.id)
    if own is not None:
        return own if own.campaign in ids else _not_requestable(own)
    named = _named(settings, wanted, requestable)
    if named is not None:
        return named
    in_program = [each for each in requestable if each.program is not None and each.program == wanted.program]
    if settings.campaign_in_program and wanted.alone and len(in_program) == 1:
        return Choice(in_program[0].id)
    for_all = generic(settings, wanted.id)
    if for_all is not None:
        return for_all if for_all.campaign in ids else _not_requestable(for_all)
    return NoChoice(_how_to_get_one(settings, wanted))


def _named(settings: MarketoSettings, wanted: Wanted, requestable: Collection[Campaign]) -> Choice | NoChoice | None:
    if settings.campaign_name is None:
        return None
    name = expected_name(settings.campaign_name, wanted)
    found = [each for each in requestable if _folded(each.name) == _folded(name)]
    near = [each for each in found if each.workspace == wanted.workspace]
    nearest = [each for each in near if each.program is not None and each.program == wanted.program]
    for some in (found, near, nearest):
        if len(some) == 1:
            return Choice(some[0].id)
    return NoChoice(f"several active campaigns are named {name!r}: name one in the settings") if found else None


def expected_name(pattern: str, wanted: Wanted) -> str:
    """The name that the campaign of an e-mail has by convention."""
    return pattern.replace("{email_id}", wanted.id).replace("{email}", wanted.name)


def _not_requestable(choice: Choice) -> NoChoice:
    return NoChoice(
        f"campaign {choice.campaign}, which the settings name, is not active, has no trigger 'Campaign is Requested' with "
        "the source Web Service API, or is not visible to the API user"
    )


def _how_to_get_one(settings: MarketoSettings, wanted: Wanted) -> str:
    ways = (
        []
        if settings.campaign_name is None
        else [f"activate one named {expected_name(settings.campaign_name, wanted)!r}"]
    )
    return f"no requestable campaign in Marketo sends it: {' or '.join([*ways, 'name one in the settings'])}"


class Campaigns:
    """The requestable campaigns of a subscription."""

    def __init__(self, api: Api, settings: MarketoSettings) -> None:
        self._api, self._settings = api, settings
        self._read: list[Campaign] = []
        self._until = 0.0
        self._reading = asyncio.Lock()

    async def requestable(self) -> list[Campaign]:
        """All requestable campaigns, read again when too old. Raises ProviderError."""
        loop = asyncio.get_running_loop()
        async with self._reading:
            if loop.time() >= self._until:
                self._read = await self._pages()
                self._until = loop.time() + FRESH_FOR
            return self._read

    async def _pages(self) -> list[Campaign]:
        size, found = self._settings.page_size, list[Campaign]()
        for page in range(MOST_PAGES):
            query = {"isActive": True, "maxReturn": size, "offset": page * size}
            answer = await self._api.ask(Call(path="/rest/asset/v1/smartCampaigns.json", query=query))
            for each in answer.result:
                parent = each.get("parentProgramId")
                campaign, program = each.get("id"), parent if isinstance(parent, int) else None
                if isinstance(campaign, int) and each.get("isActive") is True and each.get("isRequestable") is True:
                    name, workspace = str(each.get("name") or ""), str(each.get("workspace") or "")
                    found.append(Campaign(campaign, name, program, workspace))
            if len(answer.result) < size:
                break
        return found


async def remembered(storage: Storage, tenant: str, email_id: str) -> Choice | None:
    """The campaign that was last found for an e-mail."""
    text = await storage.get(tenant, f"campaign/{email_id}")
    if text is None:
        return None
    try:
        kept = CampaignChoice.model_validate(json.loads(text))
    except ValueError:
        return None
    return Choice(kept.campaign, kept.tokens)


async def remember(storage: Storage, tenant: str, email_id: str, choice: Choice | NoChoice) -> None:
    """Keep which campaign was found for an e-mail, or that there is none any more."""
    text = None
    if isinstance(choice, Choice):
        text = json.dumps({"campaign": choice.campaign, "tokens": dict(choice.tokens)})
    key = f"campaign/{email_id}"
    if await storage.get(tenant, key) != text:
        await storage.put(tenant, key, text)


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
