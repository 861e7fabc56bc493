"""Hosts the e-mail provider: bounds each call in time and number, and tells what became of it in the errors of the contract.

A send whose outcome nobody knows is never taken for one that may be repeated.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeGuard, TypeVar

import structlog

from bg_graph.hosting.calls import Calls
from bg_graph.hosting.installed import Installed
from bg_graph.plugins.email import (
    Accepted,
    ApprovedEmail,
    DeliveryEvent,
    EmailAbility,
    EmailProvider,
    FindRequest,
    Inbound,
    ListRequest,
    Page,
    Refused,
    SendAnswer,
    SendRequest,
    Workspace,
)
from bg_graph.plugins.errors import Misconfigured, OutcomeUnknown, ProviderError, Rejected, Unavailable
from bg_graph.plugins.health import Health

CAPABILITY = "email"
CONCURRENCY = 8
"""Calls at one time, unless said otherwise."""
PLUGIN_FAILED = "PLUGIN_ERROR"
"""Code of Rejected where the provider itself is at fault: it raised, answered nonsense, or not in time."""

Answer = TypeVar("Answer")
log = structlog.get_logger(__name__)


class EmailHost:
    """Holds the chosen provider of e-mail. Whatever that does, each call ends in time, with an answer or a ProviderError."""

    def __init__(
        self,
        name: str,
        provider: EmailProvider,
        *,
        deadline: float,
        concurrency: int = CONCURRENCY,
        title: str = "",
        version: str = "",
    ) -> None:
        self.name = name
        self.abilities: frozenset[EmailAbility] = provider.abilities
        self.batch = max(1, provider.batch)
        self.deadline = deadline
        self.concurrency = concurrency
        self._provider = provider
        self._shown = (title or name, version)
        self._free = asyncio.Semaphore(concurrency)
        self._calls = Calls()
        self._healthy = True

    @property
    def installed(self) -> Installed:
        """What serves e-mail; healthy unless its last call failed."""
        title, version = self._shown
        return Installed(self.name, version, title, CAPABILITY, type(self._provider).__name__, self._healthy)

    def can(self, ability: EmailAbility) -> bool:
        """Whether the provider has an ability."""
        return ability in self.abilities

    async def send(self, request: SendRequest) -> list[SendAnswer]:
        """At most one answer for each recipient; one without an answer is unknown.

        Raises Unavailable where nothing left, OutcomeUnknown where something may have: our own deadline, and whatever
        else the provider raises, count as that; Misconfigured, Rejected and Unsupported as the provider says.
        """
        try:
            answers: object = await self._call("send", self._provider.send, request)
        except _Failed as failed:
            raise OutcomeUnknown(str(failed)) from None
        if not isinstance(answers, Sequence):
            self._fault("send", f"answered with a {type(answers).__name__}")
            raise OutcomeUnknown("the provider's answer can't be read")
        return self._checked(answers, [recipient.key for recipient in request.recipients])

    async def find_send(self, request: FindRequest) -> list[SendAnswer] | None:
        """What became of these keys; None where the provider can't tell. Raises ProviderError."""
        answers: object = await self._asked("find_send", self._provider.find_send, request)
        if answers is None:
            return None
        if not isinstance(answers, Sequence):
            raise self._rejected("find_send", f"answered with a {type(answers).__name__}")
        return self._checked(answers, request.keys)

    async def list_workspaces(self, request: ListRequest) -> Page[Workspace]:
        """A page of the provider's workspaces. Raises ProviderError."""
        return await self._asked("list_workspaces", self._provider.list_workspaces, request, form=Page)

    async def list_emails(self, request: ListRequest) -> Page[ApprovedEmail]:
        """A page of a workspace's approved e-mails. Raises ProviderError."""
        return await self._asked("list_emails", self._provider.list_emails, request, form=Page)

    async def read_events(self, inbound: Inbound) -> list[DeliveryEvent]:
        """The reports in a call that came in. Raises ProviderError: Forged where it is not from the provider."""
        return await self._asked("read_events", self._provider.read_events, inbound, form=list)

    async def check(self) -> Health:
        """Whether the provider works. A failure of the check itself is told as not healthy."""
        try:
            return await self._asked("check", self._provider.check, form=Health)
        except ProviderError as fault:
            return Health(healthy=False, message=str(fault))

    async def close(self) -> None:
        """Have the provider give up what it holds; it may fail at that without harm."""
        try:
            await self._asked("close", self._provider.close)
        except ProviderError as fault:
            log.warning("plugin could not be closed", plugin=self.name, reason=str(fault))

    async def _asked(
        self, method: str, call: Callable[..., Awaitable[Answer]], *request: object, form: type[Any] = object
    ) -> Answer:
        """The answer to a call that changes nothing outside."""
        try:
            answer = await self._call(method, call, *request)
        except _Failed as failed:
            raise Rejected(PLUGIN_FAILED, str(failed)) from None
        if not isinstance(answer, form):
            raise self._rejected(method, f"answered with a {type(answer).__name__}, not a {form.__name__}")
        return answer

    async def _call(self, method: str, call: Callable[..., Awaitable[Answer]], *request: object) -> Answer:
        """The provider's answer, within the deadline; waiting for a place for the call counts.

        Raises ProviderError as the provider does, Unavailable where there was no place for the call in time, and
        _Failed where the provider gave no answer that the contract knows.
        """
        until = asyncio.get_running_loop().time() + self.deadline
        async with self._place(until):
            seconds = until - asyncio.get_running_loop().time()
            task = await self._calls.ended(call, *request, seconds=seconds)
        if task is None:
            raise self._failed(method, f"gave no answer within {self.deadline:g} seconds")
        if task.cancelled():
            raise self._failed(method, "cancelled its own call")
        fault = task.exception()
        if isinstance(fault, ProviderError):
            self._healthy = not isinstance(fault, Unavailable | Misconfigured | OutcomeUnknown)
            raise fault
        if fault is not None:
            raise self._failed(method, "failed", repr(type(fault)), fault)
        self._healthy = True
        return task.result()

    @asynccontextmanager
    async def _place(self, until: float) -> AsyncIterator[None]:
        """One of the places for calls. A call that gets none in time is not begun."""
        try:
            async with asyncio.timeout_at(until):
                await self._free.acquire()
        except TimeoutError:
            raise Unavailable(f"all {self.concurrency} places for calls of {self.name} were taken") from None
        try:
            yield
        finally:
            self._free.release()

    def _checked(self, answers: Sequence[object], keys: Sequence[str]) -> list[SendAnswer]:
        """The answers that may be believed: to a key that was asked, and the only one to it."""
        known = [each for each in answers if _is_answer(each) and each.key in keys]
        times = Counter(each.key for each in known)
        believed = [each for each in known if times[each.key] == 1]
        if len(believed) != len(answers):
            strange = {"strange": len(answers) - len(known), "contradicting": len(known) - len(believed)}
            self._fault("send", "gave answers to nothing that was asked, or several to one key", **strange)
        return believed

    def _fault(self, method: str, reason: str, **more: object) -> None:
        self._healthy = False
        log.warning("plugin failed", plugin=self.name, capability=CAPABILITY, method=method, reason=reason, **more)

    def _failed(self, method: str, shown: str, cause: str = "", fault: BaseException | None = None) -> "_Failed":
        self._healthy = False
        about = {"plugin": self.name, "capability": CAPABILITY, "method": method}
        # No text of the exception: it may hold an address.
        log.warning("plugin failed", **about, reason=shown, cause=cause, where=_place_of(fault))
        return _Failed(f"the e-mail plugin {self.name} {shown}")

    def _rejected(self, method: str, reason: str) -> Rejected:
        self._fault(method, reason)
        return Rejected(PLUGIN_FAILED, f"the e-mail plugin {self.name} {reason}")


class _Failed(Exception):
    """The provider gave no answer that the contract knows; the message may be shown."""


def _is_answer(given: object) -> TypeGuard[SendAnswer]:
    """Whether it is an answer that can be kept; a plugin's own types are not checked anywhere else."""
    match given:
        case Accepted(message_id=str() | None):
            return True
        case Refused(code=str(), message=str(), bad_address=bool()):
            return True
    return False


def _place_of(fault: BaseException | None) -> str:
    """Where in the code an exception was raised."""
    trace = None if fault is None else fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
