"""A worker: takes deliveries from the queue, hands them to the provider, writes down what came of it, until it is stopped."""

import asyncio
import os
import socket
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

import structlog

from bg_graph.email.dispatch.answers import record
from bg_graph.email.dispatch.claiming import Claim, Claimed, Holder, claim, release, rest
from bg_graph.email.dispatch.delivering import Delivering, Results, not_begun
from bg_graph.email.dispatch.departing import Departure, depart
from bg_graph.email.dispatch.letters import Letter, Writer
from bg_graph.email.dispatch.pace import gap
from bg_graph.email.dispatch.patience import AT_A_TIME, FOR_A_WHILE, MISCONFIGURED, until_written
from bg_graph.email.dispatch.recovery import bury, settle
from bg_graph.email.rules.attempts import Reason
from bg_graph.email.rules.deliveries import DeliveryStatus
from bg_graph.hosting.email_hosts import Carrier, EmailHosts, NoEmailProvider
from bg_graph.store.chunks import chunks
from bg_graph.store.clock import Clock, system_clock
from bg_graph.store.conflicts import DATABASE_LOST
from bg_graph.store.engine import Database
from bg_graph.store.ids import new_id

POLL = 1.0
"""Seconds after which the queue is looked into again, where nobody tells that there is something in it."""
LOOK_AFTER = 10.0
"""Seconds at most between two looks for what is to be recovered."""
LANES = 2
"""Claims that a worker works on at one time: one is written down while the other is under way."""

AHEAD = 8
"""Rounds of calls for which a lane claims and writes letters at once: far cheaper than for each round alone."""

Count = Callable[[Mapping[DeliveryStatus, int]], None]
"""Is told how many deliveries came to which status."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Options:
    """How a worker works."""

    rate: float
    """Deliveries a second at most, of all workers together."""
    attempts: int
    """How often a delivery is tried where nothing left."""
    lease: float
    """Seconds for which it holds what it claimed."""
    concurrency: int = 4
    """Calls of the provider at one time."""
    poll: float = POLL
    """Seconds between two looks into an empty queue, where nobody tells of news."""


class Worker:
    """Sends what is queued for one plugin's providers: to each tenant by its own. Any number of workers may do so at once."""

    def __init__(
        self,
        database: Database,
        hosts: EmailHosts,
        provider: str,
        writer: Writer,
        options: Options,
        *,
        clock: Clock = system_clock,
        count: Count = lambda _: None,
    ) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{new_id().hex[-12:]}"
        self._database = database
        self._hosts, self._provider = hosts, provider
        self._writer = writer
        self._options = options
        self._clock = clock
        self._count = count
        self._holder = Holder(self.name, timedelta(seconds=options.lease))
        self._delivering = Delivering(clock, attempts=options.attempts, gap=gap(options.rate))
        self._stopping = asyncio.Event()
        self._news = asyncio.Event()
        self._failures = 0
        self._left_behind = False
        self._rest_until: datetime | None = None

    async def run(self) -> None:
        """Work until `stop` is called; what is under way then is finished, what is only claimed is given back.

        Cancelled, it breaks off: what was under way is UNKNOWN once its lease has run out.
        """
        lanes = min(LANES, self._options.concurrency)
        size = self._options.concurrency // lanes * await self._batch()
        log.info("e-mails are sent", worker=self.name, provider=self._provider, lanes=lanes, size=size)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(lanes):
                    group.create_task(self._lane(size))
                group.create_task(self._look_after())
        finally:
            with suppress(*DATABASE_LOST):
                await release(self._database, self.name)

    async def _batch(self) -> int:
        """How many recipients one call may name, at the least."""
        return min((host.batch for host in await self._hosts.all_of(self._provider)), default=1)

    async def _carrier(self, tenant_id: UUID) -> Carrier | None:
        try:
            return await self._hosts.carrying(self._provider, tenant_id)
        except NoEmailProvider as nobody:
            log.warning("nobody carries a tenant's e-mails", tenant=tenant_id.hex, why=str(nobody))
            return None

    def stop(self) -> None:
        """Let the worker end."""
        self._stopping.set()
        self._news.set()

    def wake(self) -> None:
        """Tell the worker that there may be something in the queue."""
        self._news.set()

    async def _lane(self, size: int) -> None:
        while not self._stopping.is_set():
            try:
                worked = await self._turn(size)
            except DATABASE_LOST as fault:
                log.warning("the queue can't be read", worker=self.name, fault=type(fault).__name__)
                worked, self._left_behind = False, True
            except Exception:
                log.exception("e-mails could not be sent", worker=self.name)
                worked = False
            if not worked:
                await self._idle()

    async def _look_after(self) -> None:
        """See to what died or unanswered calls left behind, now and then."""
        while not self._stopping.is_set():
            try:
                await bury(self._database, now=self._clock())
                settled = await settle(
                    self._database,
                    self._provider,
                    self._carrier,
                    attempts=self._options.attempts,
                    now=self._clock(),
                )
                if settled:
                    self.wake()
            except DATABASE_LOST as fault:
                log.warning("the queue can't be looked after", worker=self.name, fault=type(fault).__name__)
            except Exception:
                log.exception("the queue could not be looked after", worker=self.name)
            await self._pause_until(self._clock() + timedelta(seconds=min(LOOK_AFTER, self._options.lease / 4)))

    async def _idle(self) -> None:
        self._news.clear()
        if not self._stopping.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(self._options.poll):
                    await self._news.wait()

    async def _turn(self, size: int) -> bool:
        """Claim some deliveries and send them; whether there were any."""
        if self._left_behind:
            await release(self._database, self.name)
            self._left_behind = False
        claimed = await claim(
            self._database, self._provider, self._holder, size * AHEAD, rate=self._options.rate, now=self._clock()
        )
        leaves_at = claimed.leaves_at or self._clock()
        if not claimed.deliveries:
            await self._pause_until(leaves_at)
        for tenant_id, deliveries in _by_tenant(claimed):
            carrier = await self._carrier(tenant_id)
            if carrier is None:
                await release(self._database, self.name, deliveries, until=self._clock() + MISCONFIGURED)
                continue
            letters = await self._letters(tenant_id, deliveries, carrier)
            for piece in chunks(deliveries, size):
                await self._pause_until(leaves_at)
                if self._stopping.is_set():
                    break
                if self._rest_until is not None and self._clock() < self._rest_until:
                    self._left_behind = True  # what was claimed ahead waits like all the rest
                    return True
                await self._send(
                    carrier, tenant_id, {each: letters[each] for each in piece if each in letters}, leaves_at
                )
                leaves_at += len(piece) * self._delivering.gap
        return bool(claimed.deliveries)

    async def _pause_until(self, moment: datetime) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout((moment - self._clock()).total_seconds()):
                await self._stopping.wait()

    async def _letters(self, tenant_id: UUID, claimed: Sequence[Claimed], carrier: Carrier) -> dict[Claimed, Letter]:
        async with self._database.reading(tenant_id) as db:
            letters = await self._writer.letters(db, [each.id for each in claimed], carrier.host.abilities)
        by_id = {each.id: each for each in claimed}
        return {by_id[letter.delivery_id]: letter for letter in letters}

    async def _send(
        self, carrier: Carrier, tenant_id: UUID, letters: Mapping[Claimed, Letter], leaves_at: datetime
    ) -> None:
        """Send deliveries of one tenant, and write down what came of each."""
        try:
            departure = await depart(self._database, tenant_id, letters, self._holder, now=self._clock())
        except DATABASE_LOST:
            await self._take_back(tenant_id, list(letters))
            return
        self._count(Counter(result.status for result in departure.ended.values()))
        await self._deliver(carrier, tenant_id, departure, leaves_at)

    async def _deliver(self, carrier: Carrier, tenant_id: UUID, departure: Departure, leaves_at: datetime) -> None:
        async for results in self._delivering.results(carrier, departure, leaves_at):
            await self._record(tenant_id, results)
            await self._let_rest(results)

    async def _record(self, tenant_id: UUID, results: Results) -> None:
        async def write() -> Counter[DeliveryStatus]:
            return await record(self._database, tenant_id, results, now=self._clock())

        counts = await until_written(write)
        self._count(counts)
        log.info(
            "deliveries",
            tenant=tenant_id.hex,
            provider=self._provider,
            **{key.lower(): n for key, n in counts.items()},
        )

    async def _take_back(self, tenant_id: UUID, claimed: Sequence[Claimed]) -> None:
        """Queue again what did not leave, though it may be on record that it was about to."""
        await self._record(tenant_id, dict.fromkeys(claimed, not_begun(self._clock())))

        async def give_back() -> int:
            return await release(self._database, self.name, claimed)

        await until_written(give_back)

    async def _let_rest(self, results: Results) -> None:
        """Leave a provider alone that asks for it, or that can't work: each further call would only fail too."""
        unavailable = {result.reason for result in results.values()} <= {Reason.UNAVAILABLE, Reason.GAVE_UP}
        self._failures = self._failures + 1 if unavailable else 0
        asked = [result.rest_until for result in results.values() if result.rest_until is not None]
        if self._failures >= AT_A_TIME:
            asked.append(self._clock() + FOR_A_WHILE)
        if not asked:
            return
        self._rest_until = max(asked)
        details = sorted({result.detail for result in results.values() if result.detail})
        misconfigured = any(result.reason == Reason.MISCONFIGURED for result in results.values())
        write = log.error if misconfigured else log.warning
        write(
            "the e-mail provider is left alone",
            provider=self._provider,
            until=max(asked).isoformat(),
            why="; ".join(details),
        )
        with suppress(*DATABASE_LOST):
            await rest(self._database, self._provider, max(asked))


def _by_tenant(claimed: Claim) -> list[tuple[UUID, list[Claimed]]]:
    ordered = sorted(claimed.deliveries, key=lambda each: (each.tenant_id, each.id))
    return [(tenant_id, list(each)) for tenant_id, each in groupby(ordered, key=lambda each: each.tenant_id)]
