"""Finding the leads of recipients, and what in them forbids an e-mail."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bg_email_marketo.api import Api, Call
from bg_email_marketo.settings import MarketoSettings
from bg_graph.plugins.email import Recipient, Refused

AT_A_TIME = 300
"""Values that one look-up takes, and leads of a page. Source: providers.md, section 1."""
MOST_PAGES = 100
"""Pages of one look-up; more is taken for a list that never ends."""


@dataclass(frozen=True, slots=True)
class Lead:
    """A lead, as far as sending needs to know it."""

    id: int
    address: str
    crm_id: str
    forbidden_by: tuple[str, ...]
    """The fields that are set of those that forbid an e-mail."""


@dataclass(frozen=True, slots=True)
class Found:
    """The leads to write to, by recipient key, and who is refused."""

    leads: Mapping[str, Lead]
    refused: Sequence[Refused]


class Leads:
    """Looks up leads."""

    def __init__(self, api: Api, settings: MarketoSettings) -> None:
        self._api, self._settings = api, settings

    async def of(self, recipients: Sequence[Recipient]) -> Found:
        """The lead of each recipient: by the id in the CRM, else by the address. Raises ProviderError.

        Of several leads with one address the oldest is written to, unless any of them forbids it.
        """
        field = self._settings.crm_id_field
        crm_ids = [] if field == "none" else [each.external_id for each in recipients if each.external_id]
        by_crm = _by(await self._looked_up(field, crm_ids), lambda lead: lead.crm_id)
        rest = [each.address for each in recipients if (each.external_id or "") not in by_crm]
        by_address = _by(await self._looked_up("email", rest), lambda lead: _folded(lead.address))
        leads: dict[str, Lead] = {}
        refused: list[Refused] = []
        met: set[int] = set()
        for recipient in recipients:
            candidates = by_crm.get(recipient.external_id or "") or by_address.get(_folded(recipient.address), [])
            judged = _judged(recipient, candidates, met)
            if isinstance(judged, Refused):
                refused.append(judged)
            else:
                leads[recipient.key] = judged
                met.add(judged.id)
        return Found(leads, refused)

    async def still_there(self, ids: Sequence[int]) -> set[int]:
        """Those of these leads that Marketo still has. Raises ProviderError."""
        return {lead.id for lead in await self._looked_up("id", [str(each) for each in ids])}

    async def _looked_up(self, field: str, values: Sequence[str]) -> list[Lead]:
        # A comma parts two values and can't be escaped: whoever has one in the address can't be looked up.
        wanted = list(dict.fromkeys(each for each in values if each and "," not in each))
        found: list[Lead] = []
        for start in range(0, len(wanted), AT_A_TIME):
            found += await self._pages(field, wanted[start : start + AT_A_TIME])
        return found

    async def _pages(self, field: str, values: Sequence[str]) -> list[Lead]:
        crm_field = self._settings.crm_id_field
        names = {"id", "email", *self._settings.refuse_when} | ({crm_field} - {"none"})
        query: dict[str, Any] = {"filterType": field, "filterValues": values, "fields": sorted(names)}
        found: list[Lead] = []
        for _ in range(MOST_PAGES):
            answer = await self._api.ask(Call(path="/rest/v1/leads.json", query=query | {"batchSize": AT_A_TIME}))
            found += [lead for each in answer.result if (lead := self._lead(each)) is not None]
            if answer.next_token is None:
                break
            query["nextPageToken"] = answer.next_token
        return found

    def _lead(self, record: Mapping[str, Any]) -> Lead | None:
        lead_id = record.get("id")
        if not isinstance(lead_id, int) or isinstance(lead_id, bool):
            return None
        forbidding = tuple(name for name in self._settings.refuse_when if is_set(record.get(name)))
        crm_id = str(record.get(self._settings.crm_id_field) or "")
        return Lead(lead_id, str(record.get("email") or ""), crm_id, forbidding)


def is_set(value: object) -> bool:
    """Whether a field that is true or false is set; a text or number in its place counts as it reads."""
    return value is True or str(value).strip().lower() in ("true", "1", "yes")


def _judged(recipient: Recipient, candidates: Sequence[Lead], met: set[int]) -> Lead | Refused:
    """The lead to write to, or why there is none."""
    key = recipient.key
    if not candidates:
        return Refused(key=key, code="1004", message="Marketo has no lead for this person")
    forbidding = {name for lead in candidates for name in lead.forbidden_by}
    if forbidding:
        names = ", ".join(sorted(forbidding))
        bad = "emailInvalid" in forbidding
        return Refused(key=key, code="FORBIDDEN", message=f"the lead in Marketo has {names} set", bad_address=bad)
    lead = min(candidates, key=lambda each: each.id)
    if _folded(lead.address) != _folded(recipient.address):
        return Refused(key=key, code="ADDRESS_DIFFERS", message="the lead in Marketo has another e-mail address")
    if lead.id in met:
        return Refused(key=key, code="SAME_LEAD", message="another recipient of this e-mail is the same lead")
    return lead


def _by(leads: Iterable[Lead], name: Any) -> dict[str, list[Lead]]:
    found: dict[str, list[Lead]] = {}
    for lead in leads:
        if key := name(lead):
            found.setdefault(key, []).append(lead)
    return found


def _folded(address: str) -> str:
    return address.strip().casefold()
