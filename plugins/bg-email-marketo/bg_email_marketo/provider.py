"""E-mail by Marketo Engage: approved e-mails, sent by asking a campaign to run for leads."""

from collections.abc import Iterable

from bg_email_marketo.activities import Activities
from bg_email_marketo.api import Api
from bg_email_marketo.campaigns import (
    Campaigns,
    Choice,
    NoChoice,
    Wanted,
    choose,
    configured,
    remember,
    remembered,
)
from bg_email_marketo.catalog import Catalog, Listed
from bg_email_marketo.designer import designed
from bg_email_marketo.leads import Leads
from bg_email_marketo.pace import Clock, system_clock
from bg_email_marketo.records import Records
from bg_email_marketo.sending import MOST_LEADS, Sending
from bg_email_marketo.settings import MarketoSettings
from bg_email_marketo.settling import Settling
from bg_graph.plugins.context import ProviderContext
from bg_graph.plugins.email import (
    ApprovedEmail,
    DeliveryEvent,
    EmailAbility,
    FindRequest,
    Inbound,
    ListRequest,
    Page,
    SendAnswer,
    SendRequest,
    Workspace,
)
from bg_graph.plugins.errors import Rejected, Unavailable, Unsupported
from bg_graph.plugins.health import Health

ABILITIES = frozenset({EmailAbility.IDEMPOTENT, EmailAbility.FIND_SEND, EmailAbility.TEST_SEND})
"""No EVENTS: Marketo calls nobody. IDEMPOTENT by our own records, since Marketo takes no keys."""


class MarketoProvider:
    """Serves e-mail by one Marketo subscription."""

    def __init__(self, settings: MarketoSettings, context: ProviderContext, *, clock: Clock = system_clock) -> None:
        self._settings, self._storage, self._clock = settings, context.storage, clock
        self._api = Api(settings, clock)
        self._catalog = Catalog(self._api, settings)
        self._campaigns = Campaigns(self._api, settings)
        self._sending = Sending(self._api, Leads(self._api, settings), clock)
        self._settling = Settling(Activities(self._api), settings, clock)
        self._under_way: set[str] = set()

    @property
    def abilities(self) -> frozenset[EmailAbility]:
        """What it can do."""
        return ABILITIES

    @property
    def batch(self) -> int:
        """How many recipients one call of `send` may name: as many leads as one trigger takes."""
        return MOST_LEADS

    async def list_workspaces(self, request: ListRequest) -> Page[Workspace]:
        """The workspaces of the settings, else those in which there are approved e-mails. Marketo has no list of them."""
        names = self._settings.workspaces or {each.workspace for each in await self._catalog.emails()}
        return Page(items=tuple(Workspace(id=name, name=name) for name in sorted(names)))

    async def list_emails(self, request: ListRequest) -> Page[ApprovedEmail]:
        """The approved e-mails, in the order of their ids; the cursor is the last id."""
        emails = await self._emails(request.workspace_id)
        start = _number(request.cursor)
        rest = [each for each in emails if int(each.id) > start]
        page = rest[: self._settings.page_size]
        items = [await self._approved(request.tenant, each) for each in page]
        return Page(items=tuple(items), next_cursor=page[-1].id if len(rest) > len(page) else None)

    async def send(self, request: SendRequest) -> list[SendAnswer]:
        """Ask a campaign to send to the recipients whose key was never asked for; of the others, tell what became of them."""
        if not request.email_id.isdecimal():
            raise Rejected("702", "Marketo's e-mails have numbers for ids")
        keys = {each.key for each in request.recipients}
        if keys & self._under_way:
            raise Unavailable("some of these are being sent at this moment", retry_after=5.0)
        self._under_way |= keys
        try:
            return await self._send(request)
        finally:
            self._under_way -= keys

    async def find_send(self, request: FindRequest) -> list[SendAnswer] | None:
        """What went out. None where there are keys of which nobody knows yet, and none that went out."""
        accepted, unknown = await self._settling.told(self._records(request.tenant), request.keys)
        return None if unknown and not accepted else [*accepted]

    async def read_events(self, inbound: Inbound) -> list[DeliveryEvent]:
        """Marketo reports nothing by itself. Raises Unsupported."""
        raise Unsupported("Marketo does not call back; import its activities instead")

    async def check(self) -> Health:
        """Whether Marketo gives a token (which is not counted in the quota), and calls are left today. Raises Misconfigured."""
        try:
            await self._api.identity.proved()
        except Unavailable as fault:
            return Health(healthy=False, message=str(fault))
        if self._api.quota.left() < 1:
            return Health(healthy=False, message="the day's API calls that are ours are used up until midnight CST")
        return Health(healthy=True, message="Marketo gives a token")

    async def close(self) -> None:
        """Close the connections. May be called twice."""
        await self._api.close()

    async def _send(self, request: SendRequest) -> list[SendAnswer]:
        records = self._records(request.tenant)
        before, unknown = await self._settling.told(records, [each.key for each in request.recipients])
        done = {each.key for each in before} | set(unknown)
        rest = tuple(each for each in request.recipients if each.key not in done)
        answers: list[SendAnswer] = [*before]
        if not rest:
            return answers
        if request.test:
            sample = SendRequest(tenant=request.tenant, email_id=request.email_id, recipients=rest, test=True)
            return answers + await self._sending.sample(records, sample)
        choice = await self._choice(request)
        return answers + await self._sending.trigger(records, request, rest, choice)

    async def _choice(self, request: SendRequest) -> Choice:
        """The campaign that sends an e-mail. Raises Rejected where there is none."""
        known = configured(self._settings, request.email_id)
        known = known or await remembered(self._storage, request.tenant, request.email_id)
        if known is not None:
            return known
        email = await self._catalog.one(request.email_id)
        if email is None:
            raise Rejected("702", "there is no approved e-mail of this id in Marketo")
        found = await self._found(request.tenant, email)
        if isinstance(found, NoChoice):
            raise Rejected("NO_CAMPAIGN", found.reason)
        return found

    async def _emails(self, workspace: str | None) -> list[Listed]:
        """All e-mails of a workspace by their id; those of the new designer as it gives them."""
        found = {each.id: each for each in await self._catalog.emails()}
        if self._settings.designer == "both":
            for name, workspace_id in self._settings.workspaces.items():
                if workspace_id and workspace in (None, name):
                    found |= {each.id: each for each in await designed(self._api, name, workspace_id)}
        chosen = self._settings.workspaces or {each.workspace for each in found.values()}
        some: Iterable[Listed] = (each for each in found.values() if each.workspace in chosen)
        return sorted((each for each in some if workspace in (None, each.workspace)), key=lambda each: int(each.id))

    async def _approved(self, tenant: str, email: Listed) -> ApprovedEmail:
        found = await self._found(tenant, email)
        program = await self._catalog.program_of(email)
        return ApprovedEmail(
            id=email.id,
            name=email.name,
            workspace_id=email.workspace,
            program_name=None if program is None else program.name,
            subject=email.subject,
            created_at=email.created_at,
            updated_at=email.updated_at,
            not_sendable_reason=found.reason if isinstance(found, NoChoice) else None,
        )

    async def _found(self, tenant: str, email: Listed) -> Choice | NoChoice:
        """The campaign that sends an e-mail now, kept for when it is sent."""
        program = await self._catalog.program_of(email)
        number = None if program is None else program.id
        alone = self._settings.campaign_in_program and number in await self._catalog.alone()
        wanted = Wanted(email.id, email.name, email.workspace, number, alone)
        found = choose(self._settings, wanted, await self._campaigns.requestable())
        await remember(self._storage, tenant, email.id, found)
        return found

    def _records(self, tenant: str) -> Records:
        return Records(self._storage, tenant)


def _number(cursor: str | None) -> int:
    """The id after which a page begins. Raises Rejected."""
    if cursor is None:
        return -1
    if not cursor.isdecimal():
        raise Rejected("BAD_CURSOR", "this cursor was not given by Marketo's list")
    return int(cursor)
