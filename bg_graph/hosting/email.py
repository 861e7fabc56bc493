"""Hosts the e-mail provider: bounds each call in time and number, and tells what became of it in the errors of the contract.

A send whose outcome nobody knows is never taken for one that may be repeated.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeGuard

from bg_graph.hosting.hosted import NOBODY, Called, Hosted, PluginFailed
from bg_graph.hosting.installed import Installed
from bg_graph.plugins.email import (
    Accepted,
    ApprovedEmail,
    DeliveryEvent,
    EmailAbility,
    FindRequest,
    Inbound,
    ListRequest,
    Page,
    Refused,
    SendAnswer,
    SendRequest,
    Workspace,
)
from bg_graph.plugins.errors import OutcomeUnknown
from bg_graph.plugins.health import Health

NO_ABILITIES: frozenset[EmailAbility] = frozenset()


class EmailHost:
    """A provider of e-mail in use. Whatever that does, each call ends in time, with an answer or a ProviderError."""

    def __init__(self, hosted: Hosted) -> None:
        self.hosted = hosted

    @property
    def name(self) -> str:
        """The plugin's name."""
        return self.hosted.name

    @property
    def deadline(self) -> float:
        """Seconds that a call may take."""
        return self.hosted.options.deadline

    @property
    def concurrency(self) -> int:
        """Calls at one time."""
        return self.hosted.options.concurrency

    @property
    def abilities(self) -> frozenset[EmailAbility]:
        """What the provider can do; nothing before it was built."""
        given: frozenset[EmailAbility] = self.hosted.attribute("abilities", frozenset, NO_ABILITIES)
        return given

    @property
    def batch(self) -> int:
        """How many recipients one call may name."""
        batch: int = self.hosted.attribute("batch", int, 1)
        return max(1, batch)

    @property
    def installed(self) -> Installed:
        """What serves e-mail; healthy unless its last call failed."""
        plugin, status = self.hosted.plugin, self.hosted.status
        return Installed(
            plugin.name, plugin.version, plugin.title, self.hosted.capability, plugin.name, status.state == "HEALTHY"
        )

    def can(self, ability: EmailAbility) -> bool:
        """Whether the provider has an ability."""
        return ability in self.abilities

    async def send(self, request: SendRequest) -> list[SendAnswer]:
        """At most one answer for each recipient; one without an answer is unknown.

        Raises Unavailable where nothing left, OutcomeUnknown where something may have: our own deadline, and whatever
        else the provider raises, count as that; Misconfigured, Rejected and Unsupported as the provider says.
        """
        try:
            async with self.hosted.asked(
                "send", request, tenant=request.tenant, guarded=False
            ) as called:  # the queue has its own patience
                return self._checked(called, [recipient.key for recipient in request.recipients])
        except PluginFailed as failed:
            raise OutcomeUnknown(str(failed)) from None

    async def find_send(self, request: FindRequest) -> list[SendAnswer] | None:
        """What became of these keys; None where the provider can't tell. Raises ProviderError."""
        async with self.hosted.asked("find_send", request, tenant=request.tenant) as called:
            return None if called.answer is None else self._checked(called, request.keys)

    async def list_workspaces(self, request: ListRequest) -> Page[Workspace]:
        """A page of the provider's workspaces. Raises ProviderError."""
        page: Page[Workspace] = await self._asked("list_workspaces", request, tenant=request.tenant, form=Page)
        return page

    async def list_emails(self, request: ListRequest) -> Page[ApprovedEmail]:
        """A page of a workspace's approved e-mails. Raises ProviderError."""
        page: Page[ApprovedEmail] = await self._asked("list_emails", request, tenant=request.tenant, form=Page)
        return page

    async def read_events(self, inbound: Inbound) -> list[DeliveryEvent]:
        """The reports in a call that came in. Raises ProviderError: Forged where it is not from the provider."""
        async with self.hosted.asked("read_events", inbound, tenant=NOBODY) as called:
            events: list[DeliveryEvent] = _of_form(called, list)
            if not all(isinstance(each, DeliveryEvent) for each in events):
                raise called.wrong("gave something that is no DeliveryEvent")
            return events

    async def check(self) -> Health:
        """Whether the provider works. A failure of the check itself is told as not healthy."""
        return await self.hosted.check()

    async def close(self) -> None:
        """Have the provider give up what it holds; it may fail at that without harm."""
        await self.hosted.close()

    async def _asked(self, method: str, request: object, *, tenant: str, form: type[Any]) -> Any:
        """The answer to a call that changes nothing outside."""
        async with self.hosted.asked(method, request, tenant=tenant) as called:
            return _of_form(called, form)

    def _checked(self, called: Called, keys: Sequence[str]) -> list[SendAnswer]:
        """The answers that may be believed: to a key that was asked, and the only one to it."""
        answers = called.answer
        if not isinstance(answers, Sequence):
            raise called.wrong(f"answered with a {type(answers).__name__}")
        known = [each for each in answers if _is_answer(each) and each.key in keys]
        times = Counter(each.key for each in known)
        believed = [each for each in known if times[each.key] == 1]
        if len(believed) != len(answers):
            strange = {"strange": len(answers) - len(known), "contradicting": len(known) - len(believed)}
            called.wrong("gave answers to nothing that was asked, or several to one key", **strange)
        return believed


def _of_form(called: Called, form: type[Any]) -> Any:
    if not isinstance(called.answer, form):
        raise called.wrong(f"answered with a {type(called.answer).__name__}, not a {form.__name__}")
    return called.answer


def _is_answer(given: object) -> TypeGuard[SendAnswer]:
    """Whether it is an answer that can be kept; a plugin's own types are not checked anywhere else."""
    match given:
        case Accepted(message_id=str() | None):
            return True
        case Refused(code=str(), message=str(), bad_address=bool()):
            return True
    return False
