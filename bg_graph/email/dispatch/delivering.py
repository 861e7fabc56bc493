"""Handing letters to the provider, and what its answers and failures mean for each delivery."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

import structlog

from bg_graph.email.dispatch.claiming import Claimed
from bg_graph.email.dispatch.departing import Departure
from bg_graph.email.dispatch.letters import Letter
from bg_graph.email.dispatch.patience import MISCONFIGURED, asked_pause, before_attempt
from bg_graph.email.rules.attempts import Reason, Result
from bg_graph.email.rules.deliveries import DeliveryStatus
from bg_graph.hosting.email_hosts import Carrier
from bg_graph.plugins.email import Accepted, Refused, SendAnswer, SendRequest
from bg_graph.plugins.errors import Misconfigured, OutcomeUnknown, ProviderError, Unavailable
from bg_graph.store.chunks import chunks
from bg_graph.store.clock import Clock

Results = dict[Claimed, Result]
log = structlog.get_logger(__name__)


class Delivering:
    """Hands deliveries over, in one process: how often at most, and how far apart."""

    def __init__(self, clock: Clock, *, attempts: int, gap: timedelta) -> None:
        self.clock = clock
        self.attempts = attempts
        self.gap = gap
        self._free_at = 0.0

    async def results(self, carrier: Carrier, departure: Departure, leaves_at: datetime) -> AsyncIterator[Results]:
        """What becomes of the deliveries, as the provider's answers come: each exactly once."""
        under_way: set[asyncio.Task[Results]] = set()
        batch = carrier.host.batch
        for place, letters in enumerate(_calls(departure.leaving, batch)):
            call = self._call(carrier, letters, leaves_at + place * batch * self.gap, departure.lease_until)
            under_way.add(asyncio.create_task(call))
        try:
            while under_way:
                done, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                yield {claimed: result for task in done for claimed, result in task.result().items()}
        finally:
            for task in under_way:
                task.cancel()

    async def _call(
        self, carrier: Carrier, letters: Mapping[Claimed, Letter], starts_at: datetime, lease_until: datetime
    ) -> Results:
        """One call of the provider. It is not begun unless it must end before the lease does."""
        await self._turn(starts_at, len(letters))
        if self.clock() + timedelta(seconds=carrier.host.deadline) >= lease_until:
            log.warning("no time was left to send; it is queued again", deliveries=len(letters))
            return dict.fromkeys(letters, not_begun(self.clock()))
        letter = next(iter(letters.values()))
        recipients = tuple(each.recipient for each in letters.values())
        request = SendRequest(tenant=carrier.tenant, email_id=letter.email_id, recipients=recipients)
        try:
            answers = {answer.key: answer for answer in await carrier.host.send(request)}
        except ProviderError as fault:
            return {each: self._failed(each, fault) for each in letters}
        return {each: answered(answers.get(each.id.hex)) for each in letters}

    async def _turn(self, starts_at: datetime, deliveries: int) -> None:
        """Wait for the time that was reserved; calls of this process that are late do not come all at once."""
        now = asyncio.get_running_loop().time()
        turn = max(now + (starts_at - self.clock()).total_seconds(), self._free_at)
        self._free_at = max(now, turn) + deliveries * self.gap.total_seconds()
        await asyncio.sleep(turn - now)

    def _failed(self, claimed: Claimed, fault: ProviderError) -> Result:
        """What becomes of a delivery whose call came to nothing, or may have."""
        detail = str(fault)
        if isinstance(fault, OutcomeUnknown):
            return Result(DeliveryStatus.UNKNOWN, Reason.NO_ANSWER, detail)
        if isinstance(fault, Misconfigured):
            until = self.clock() + MISCONFIGURED
            return Result(DeliveryStatus.QUEUED, Reason.MISCONFIGURED, detail, not_before=until, rest_until=until)
        if not isinstance(fault, Unavailable):
            code = getattr(fault, "code", type(fault).__name__)
            return Result(DeliveryStatus.FAILED, Reason.REFUSED, f"{code} {detail}")
        rest_until = None if fault.retry_after is None else self.clock() + asked_pause(fault.retry_after)
        if claimed.attempt >= self.attempts:
            return Result(DeliveryStatus.FAILED, Reason.GAVE_UP, detail, rest_until=rest_until)
        not_before = self.clock() + before_attempt(claimed.attempt + 1, fault.retry_after)
        return Result(DeliveryStatus.QUEUED, Reason.UNAVAILABLE, detail, not_before=not_before, rest_until=rest_until)


def answered(answer: SendAnswer | None) -> Result:
    """What becomes of a delivery by the provider's answer to it; without one, nobody knows."""
    match answer:
        case Accepted():
            return Result(DeliveryStatus.SENT, message_id=answer.message_id)
        case Refused():
            reason = Reason.BAD_ADDRESS if answer.bad_address else Reason.REFUSED
            detail = f"{answer.code} {answer.message}"
            return Result(DeliveryStatus.FAILED, reason, detail, bad_address=answer.bad_address)
        case None:
            return Result(DeliveryStatus.UNKNOWN, Reason.NO_ANSWER, "the provider said nothing of this recipient")


def not_begun(now: datetime) -> Result:
    """Of an attempt that was put on record, but whose call was never begun: the delivery is queued as before."""
    return Result(DeliveryStatus.QUEUED, not_before=now)


def _calls(letters: Mapping[Claimed, Letter], batch: int) -> list[dict[Claimed, Letter]]:
    """The letters of one tenant in calls: of one e-mail each, and no larger than the provider takes."""

    def email_of(item: tuple[Claimed, Letter]) -> str:
        return item[1].email_id

    items: Sequence[tuple[Claimed, Letter]] = sorted(letters.items(), key=email_of)
    return [dict(piece) for _, alike in groupby(items, key=email_of) for piece in chunks(alike, batch)]
