"""Reports of deliveries that come in at `/plugins/<name>/events`, signed by the provider's own scheme or by the generic one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from uuid import UUID

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bg_graph.email.commands.events import Taken, apply_events
from bg_graph.email.rules.reports import Garbage, Reports, read_reports
from bg_graph.email.rules.signatures import signature_fault
from bg_graph.graph.errors import ErrorCode
from bg_graph.hosting.email import EmailHost
from bg_graph.hosting.email_hosts import EmailHosts
from bg_graph.hosting.hosted import PluginFailed
from bg_graph.plugins.email import DeliveryEvent, EmailAbility, Inbound
from bg_graph.plugins.errors import Forged, ProviderError, Rejected
from bg_graph.store.clock import Clock
from bg_graph.store.engine import Database
from bg_graph.web.bodies import Disconnected, read_body
from bg_graph.web.faults import HttpFault
from bg_graph.web.negotiation import MediaType
from bg_graph.web.responses import faulty

PATH = "/plugins/{name}/events"
_MOST_FAULTS = 20
log = structlog.get_logger(__name__)

Answer = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Webhooks:
    """What takes reports: from which providers, with which secret, into which store.

    `names`: the plugins by which deliveries may have been sent, now or before. Without a secret only a provider that signs
    by a scheme of its own is heard.
    """

    database: Database
    hosts: EmailHosts
    names: frozenset[str]
    secret: str | None
    clock: Clock
    max_body: int
    body_timeout: float

    def routes(self) -> list[Route]:
        """The endpoint."""
        return [Route(PATH, told(self.take), methods=["POST"], name="events")]

    async def take(self, request: Request) -> Response:
        """Take in a call's reports; what came before, or is of no delivery here, is counted and changes nothing."""
        name: str = request.path_params["name"]
        if name not in self.names:
            raise HttpFault(404, ErrorCode.NOT_FOUND, f"There is no e-mail provider {name[:40]!r}.")
        signs = [host for host in await self.hosts.all_of(name) if host.can(EmailAbility.SIGNED_EVENTS)]
        if not signs and self.secret is None:
            message = "Reports are not taken here: set email.webhook_secret (BG_EMAIL_WEBHOOK_SECRET) and sign them."
            raise HttpFault(403, ErrorCode.FORBIDDEN, message)
        declared = request.headers.get("content-length")
        body = await read_body(
            request.receive, None if declared is None else declared.encode(), self.max_body, self.body_timeout
        )
        if signs:
            return await self._take_from_provider(name, signs, request, body)
        reports = self._read(request, body)
        taken = await apply_events(self.database, name, reports.events, now=self.clock())
        return _told_of(name, taken, reports.ignored)

    def _read(self, request: Request, body: bytes) -> Reports:
        """The reports of a call that is signed by the generic scheme."""
        assert self.secret is not None
        headers = request.headers
        fault = signature_fault(
            self.secret, headers.get("bg-timestamp"), headers.get("bg-signature"), body, self.clock()
        )
        if fault is not None:
            raise HttpFault(401, ErrorCode.UNAUTHENTICATED, f"{fault}.")
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise HttpFault(400, ErrorCode.BAD_REQUEST, f"The body is no JSON: {error}.") from None
        reports = read_reports(document)
        if isinstance(reports, Garbage):
            raise HttpFault(400, ErrorCode.BAD_REQUEST, _listed(reports.faults))
        return reports

    async def _take_from_provider(
        self, name: str, hosts: Sequence[EmailHost], request: Request, body: bytes
    ) -> Response:
        """The reports of a call that a provider reads, and proves, by itself.

        Each provider speaks of the deliveries of those tenants alone whose settings it was built with. Where one can't
        be asked, a report that no other knows may be of its tenants: it has to come again.
        """
        inbound = Inbound(headers=dict(request.headers), body=body, received_at=self.clock())
        heard = await asyncio.gather(*(_heard(host, inbound) for host in hosts))
        taken = Taken()
        for events, speakers in _by_reports(heard):
            may = partial(self._carried_by_one, speakers)
            taken += await apply_events(self.database, name, events, now=self.clock(), may_speak_of=may)
        faults = sorted((each.fault for each in heard if each.fault is not None), key=_weight)
        if faults and (len(faults) == len(heard) or (taken.unknown and _weight(faults[0]) == 0)):
            raise _refusal(faults[0])
        return _told_of(name, taken, 0)

    async def _carried_by_one(self, hosts: Sequence[EmailHost], tenant_id: UUID) -> bool:
        return any([await self.hosts.carries(host, tenant_id) for host in hosts])


@dataclass(frozen=True, slots=True)
class _Heard:
    """What one provider made of a call: its reports, or why there are none."""

    host: EmailHost
    events: tuple[DeliveryEvent, ...] = ()
    fault: ProviderError | None = None


async def _heard(host: EmailHost, inbound: Inbound) -> _Heard:
    try:
        return _Heard(host, tuple(await host.read_events(inbound)))
    except ProviderError as fault:
        return _Heard(host, fault=fault)


def _by_reports(heard: Sequence[_Heard]) -> list[tuple[tuple[DeliveryEvent, ...], list[EmailHost]]]:
    """The reports that were proven, with all the providers that read the same: tenants may share a key."""
    found: list[tuple[tuple[DeliveryEvent, ...], list[EmailHost]]] = []
    for each in heard:
        if each.fault is not None:
            continue
        alike = next((hosts for events, hosts in found if events == each.events), None)
        if alike is None:
            found.append((each.events, [each.host]))
        else:
            alike.append(each.host)
    return found


def _weight(fault: ProviderError) -> int:
    """Which of several faults is told: that one could not say comes first, that it is not from its provider last."""
    if isinstance(fault, Forged):
        return 2
    return 1 if isinstance(fault, Rejected) and not isinstance(fault, PluginFailed) else 0


def _refusal(fault: ProviderError) -> HttpFault:
    match _weight(fault):
        case 2:
            return HttpFault(401, ErrorCode.UNAUTHENTICATED, f"The provider did not send this: {fault}.")
        case 1:
            return HttpFault(400, ErrorCode.BAD_REQUEST, f"The call can't be read: {fault}.")
    message = f"The provider can't read its reports now, send them again: {fault}."
    return HttpFault(503, ErrorCode.PROVIDER_UNAVAILABLE, message)


def told(answer: Answer) -> Answer:
    """The same, its refusals as answers in JSON."""

    async def answered(request: Request) -> Response:
        try:
            return await answer(request)
        except Disconnected:
            return Response(status_code=400)  # nobody is there to read it
        except HttpFault as fault:
            refusal = faulty(fault, MediaType.JSON)
            headers = {"cache-control": "no-store", **{key.decode(): value.decode() for key, value in refusal.headers}}
            return Response(refusal.body, refusal.status, headers, media_type="application/json")

    return answered


def _listed(faults: Sequence[str]) -> str:
    more = len(faults) - _MOST_FAULTS
    return "; ".join(faults[:_MOST_FAULTS]) + (f"; and {more} more" if more > 0 else "") + "."


def _told_of(plugin: str, taken: Taken, ignored: int) -> Response:
    counts = {**asdict(taken), "ignored": ignored}
    log.info("reports taken", plugin=plugin, **counts)
    return JSONResponse(counts, headers={"cache-control": "no-store"})
