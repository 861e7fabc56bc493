"""Summaries that are being written: asked for in batches behind the callers, each once however many wait for it."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import structlog

from bg_graph.graph.errors import Coded, ErrorCode
from bg_graph.plugins.summaries import SubjectKind
from bg_graph.store.chunks import chunks
from bg_graph.summaries.facts.gathering import Gathered
from bg_graph.summaries.rules.languages import Language
from bg_graph.summaries.rules.texts import WrittenText
from bg_graph.summaries.stamps import Stamps

log = structlog.get_logger(__name__)

REMEMBERED = 10.0
"""Seconds that a landed flight is known, for callers who looked at the store before its text was stored there."""

Landed = WrittenText | Coded
"""What came of asking: what was written, or the error that stands in its place."""


class FlightKey(NamedTuple):
    """Which summary is asked for: of whom, in which language, resting on what."""

    tenant_id: UUID
    kind: SubjectKind
    subject_id: UUID
    language: Language
    stamps: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A subject whose summary is to be written, with its facts and the stamps they were gathered under."""

    gathered: Gathered
    stamps: Stamps


@dataclass(frozen=True, slots=True)
class Batch:
    """Subjects of one kind and tenant that the providers are asked about together."""

    tenant_id: UUID
    tenant_name: str
    kind: SubjectKind
    language: Language
    wanted: Mapping[UUID, Wanted]

    def key_of(self, subject_id: UUID) -> FlightKey:
        """Which summary is asked for of a subject."""
        return flight_key(self.tenant_id, self.kind, subject_id, self.language, self.wanted[subject_id].stamps)

    def parts(self, size: int) -> Iterator["Batch"]:
        """The batch in batches of at most so many subjects."""
        for ids in chunks(self.wanted, size):
            wanted = {each: self.wanted[each] for each in ids}
            yield Batch(self.tenant_id, self.tenant_name, self.kind, self.language, wanted)


@dataclass(frozen=True, slots=True, eq=False)
class Flight:
    """A summary that is being written, since when (of the loop's clock), and what comes of it."""

    begun: float
    landed: asyncio.Future[Landed]


@dataclass(frozen=True, slots=True)
class FlightLimits:
    """How much is asked for at one time, and how long a failure is remembered.

    `most`: subjects under way; `batch`: subjects of one call; `calls`: calls at one time; `rest`: seconds.
    """

    most: int
    batch: int
    calls: int
    rest: float


Ask = Callable[[Batch], Awaitable[Mapping[UUID, Landed]]]
Store = Callable[[Batch, Mapping[UUID, WrittenText]], Awaitable[None]]


def flight_key(tenant_id: UUID, kind: SubjectKind, subject_id: UUID, language: Language, stamps: Stamps) -> FlightKey:
    """Which summary is asked for."""
    return FlightKey(tenant_id, kind, subject_id, language, tuple(sorted(stamps.items())))


class Flights:
    """The summaries under way in this process, and what landed or failed lately."""

    def __init__(self, ask: Ask, store: Store, limits: FlightLimits) -> None:
        self._ask, self._store, self._limits = ask, store, limits
        self._under_way: dict[FlightKey, Flight] = {}
        self._lately: dict[FlightKey, tuple[float, Flight]] = {}
        self._failed: dict[FlightKey, tuple[float, Coded]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._free = asyncio.Semaphore(limits.calls)

    def under_way(self, key: FlightKey) -> Flight | None:
        """The flight that somebody began for this summary, until its outcome is stored."""
        return self._under_way.get(key)

    def landed_lately(self, key: FlightKey) -> Flight | None:
        """The flight that wrote this summary a few seconds ago."""
        until, flight = self._lately.get(key, (0.0, None))
        return flight if _now() < until else None

    def failure(self, key: FlightKey) -> Coded | None:
        """Why this summary could not be written, where that was so short a time ago that nobody is asked again."""
        until, fault = self._failed.get(key, (0.0, None))
        return fault if _now() < until else None

    def begin(self, batch: Batch) -> dict[UUID, Flight]:
        """Begin to write the summaries of a batch, joining what is under way; subjects beyond the limit are left out."""
        self._forget()
        begun = {each: flight for each in batch.wanted if (flight := self._under_way.get(batch.key_of(each)))}
        new = [each for each in batch.wanted if each not in begun][: max(0, self._limits.most - len(self._under_way))]
        rest = Batch(
            batch.tenant_id, batch.tenant_name, batch.kind, batch.language, {each: batch.wanted[each] for each in new}
        )
        for part in rest.parts(self._limits.batch):
            flights = {each: Flight(_now(), asyncio.get_running_loop().create_future()) for each in part.wanted}
            self._under_way |= {part.key_of(each): flight for each, flight in flights.items()}
            begun |= flights
            self.behind(self._fly(part, flights))
        return begun

    def behind(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that nobody waits for."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def stored(self, tenant_id: UUID, kind: SubjectKind, ids: Iterable[UUID], seconds: float) -> None:
        """Wait until what was written of these subjects is stored; at most so many seconds."""
        wanted, until = set(ids), _now() + seconds
        while any(self._is_of(key, tenant_id, kind, wanted) for key in self._under_way) and _now() < until:
            await asyncio.wait(set(self._tasks), timeout=until - _now(), return_when=asyncio.FIRST_COMPLETED)

    async def settled(self, seconds: float | None = None) -> None:
        """Wait until nothing is under way, its outcome stored; at most so many seconds."""
        until = None if seconds is None else _now() + seconds
        while self._tasks and (until is None or _now() < until):
            await asyncio.wait(set(self._tasks), timeout=None if until is None else max(0.0, until - _now()))

    async def close(self, grace: float) -> None:
        """Give what is under way some seconds to end, and leave the rest."""
        await self.settled(grace)
        left = set(self._tasks)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)

    async def _fly(self, batch: Batch, flights: Mapping[UUID, Flight]) -> None:
        try:
            async with self._free:
                landed = await self._ask(batch)
            texts: dict[UUID, WrittenText] = {}
            for subject_id, flight in flights.items():
                outcome = landed[subject_id]
                flight.landed.set_result(outcome)
                if isinstance(outcome, Coded):
                    self._failed[batch.key_of(subject_id)] = (_now() + self._limits.rest, outcome)
                else:
                    self._failed.pop(batch.key_of(subject_id), None)
                    self._lately[batch.key_of(subject_id)] = (_now() + REMEMBERED, flight)
                    texts[subject_id] = outcome
            if texts:
                await self._store(batch, texts)
        finally:
            self._land(batch, flights)

    def _land(self, batch: Batch, flights: Mapping[UUID, Flight]) -> None:
        for subject_id, flight in flights.items():
            self._under_way.pop(batch.key_of(subject_id), None)
            if not flight.landed.done():
                flight.landed.set_result(Coded(ErrorCode.PLUGIN_ERROR, "The summary could not be written."))

    def _is_of(self, key: FlightKey, tenant_id: UUID, kind: SubjectKind, ids: set[UUID]) -> bool:
        """Whether a flight is about one of these subjects, and its text is written but not stored yet."""
        is_theirs = (key.tenant_id, key.kind) == (tenant_id, kind) and key.subject_id in ids
        return is_theirs and self._under_way[key].landed.done()

    def _forget(self) -> None:
        now = _now()
        self._lately = {key: (until, flight) for key, (until, flight) in self._lately.items() if now < until}
        self._failed = {key: (until, fault) for key, (until, fault) in self._failed.items() if now < until}

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.error("summaries could not be written or stored", exc_info=fault)


async def wait_for(flights: Iterable[Flight], seconds: float) -> bool:
    """Wait until all flights have landed, but no longer than so many seconds after each was begun; whether they have."""
    open_ones = [flight for flight in flights if not flight.landed.done()]
    until = max((flight.begun + seconds for flight in open_ones), default=0.0)
    if open_ones and until > _now():
        await asyncio.wait([flight.landed for flight in open_ones], timeout=until - _now())
    return all(flight.landed.done() for flight in open_ones)


def _now() -> float:
    return asyncio.get_running_loop().time()
