"""Reports of deliveries that come in at `/plugins/<name>/events`, signed by the provider's own scheme or by the generic one."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

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
        reports = await self._read_by_provider(request, body, signs) if signs else self._read(request, body)
        taken = await apply_events(self.database, name, reports.events, now=self.clock())
        log.info("reports taken", plugin=name, ignored=reports.ignored, **asdict(taken))
        return JSONResponse(_counts(taken, reports.ignored), headers={"cache-control": "no-store"})

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

    async def _read_by_provider(self, request: Request, body: bytes, hosts: Sequence[EmailHost]) -> Reports:
        """The reports of a call that the provider reads, and proves, by itself."""
        headers: Mapping[str, str] = dict(request.headers)
        try:
            events = await _proven(hosts, Inbound(headers=headers, body=body, received_at=self.clock()))
        except Forged as fault:
            raise HttpFault(401, ErrorCode.UNAUTHENTICATED, f"The provider did not send this: {fault}.") from None
        except Rejected as fault:
            raise HttpFault(400, ErrorCode.BAD_REQUEST, f"The call can't be read: {fault}.") from None
        except ProviderError as fault:
            message = f"The provider can't read its reports now, send them again: {fault}."
            raise HttpFault(503, ErrorCode.PROVIDER_UNAVAILABLE, message) from None
        return Reports(tuple(events), 0)


async def _proven(hosts: Sequence[EmailHost], inbound: Inbound) -> list[DeliveryEvent]:
    """The reports by the provider that knows the call for its own: tenants may have keys of their own. Raises ProviderError."""
    for host in hosts[:-1]:
        try:
            return await host.read_events(inbound)
        except Forged:
            continue
    return await hosts[-1].read_events(inbound)


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


def _counts(taken: Taken, ignored: int) -> dict[str, int]:
    return {**asdict(taken), "ignored": ignored}
