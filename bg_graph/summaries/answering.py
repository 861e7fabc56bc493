"""Answers with summaries: from the store while what they rest on is the same, else written anew within a short wait.

What takes longer is written behind; meanwhile the last text is shown as stale, or none as pending.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from bg_graph.graph.errors import Coded
from bg_graph.hosting.installed import Installed
from bg_graph.hosting.summaries import Answered, Chain, SummaryHost
from bg_graph.plugins.summaries import FactKind, SubjectKind
from bg_graph.settings.summaries import SummarySettings
from bg_graph.store.clock import Clock
from bg_graph.store.conflicts import DATABASE_LOST
from bg_graph.store.connection import TenantConnection
from bg_graph.store.engine import Database
from bg_graph.store.ids import new_id
from bg_graph.summaries.commands import NewText, confirm_texts, store_texts
from bg_graph.summaries.facts.gathering import Gathered, gather
from bg_graph.summaries.flights import (
    Batch,
    Flight,
    FlightKey,
    FlightLimits,
    Flights,
    Landed,
    Wanted,
    flight_key,
    wait_for,
)
from bg_graph.summaries.reads import Feedback, Held, gone, held_summaries
from bg_graph.summaries.rules.languages import Language
from bg_graph.summaries.rules.texts import WrittenText
from bg_graph.summaries.stamps import Stamps
from bg_graph.tenancy.rules import Caller

SERVICE = "summaries"
"""The service of a request that answers with summaries."""
FALLBACK_STANDS = timedelta(minutes=15)
"""How long a summary stands that another wrote in the place of the first provider, before that is asked again."""
GRACE = 5.0
"""Seconds that summaries under way are given to end at shutdown."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose summaries a caller asks for: subjects of one kind, in a language (None: the tenant's own)."""

    caller: Caller
    kind: SubjectKind
    ids: tuple[UUID, ...]
    language: Language | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """A summary that may be shown, and whether it rests on what is known now."""

    text: WrittenText
    is_fresh: bool
    feedback: Feedback


@dataclass(frozen=True, slots=True)
class Pending:
    """A summary that is being written, of which nothing can be shown yet."""

    language: Language


Answer = Shown | Pending | Coded | None
"""None where every provider declined: nothing is known that could be said."""


class Summaries:
    """The summaries of an installation."""

    def __init__(self, database: Database, chain: Chain, settings: SummarySettings, clock: Clock) -> None:
        self._database, self._chain, self._settings, self._clock = database, chain, settings, clock
        self._host = SummaryHost(chain)
        limits = FlightLimits(settings.waiting, settings.batch, settings.concurrency, settings.rest)
        self._flights = Flights(self._ask, self._store, limits)
        self._impatient: dict[UUID, float] = {}
        self._count: Callable[[Mapping[str, int]], None] = _uncounted

    @property
    def installed(self) -> Installed:
        """Who is asked for summaries."""
        return self._host.installed

    def count_with(self, count: Callable[[Mapping[str, int]], None]) -> None:
        """Have the answers counted by their status."""
        self._count = count

    async def answers(self, db: TenantConnection, asked: Asked) -> dict[UUID, Answer]:
        """The summary of each subject that there is."""
        held = await self.held(db, asked)
        found: dict[UUID, Answer] = {
            subject_id: _stored(each, is_fresh=True) for subject_id, each in held.items() if each.is_current
        }
        outdated = {subject_id: each for subject_id, each in held.items() if not each.is_current}
        makeshift = {subject_id: held[subject_id] for subject_id in found if _is_makeshift(held[subject_id], asked.now)}
        if outdated or makeshift:
            found |= await self._renewed(db, asked, outdated, makeshift)
        self._count(Counter(status_of(answer) for answer in found.values()))
        return found

    async def refreshed(self, db: TenantConnection, asked: Asked) -> dict[UUID, Answer]:
        """The summary of each subject that there is, written anew whatever is stored; pending where that takes longer.

        Whoever asks for this waits, even while queries do not.
        """
        held = await self.held(db, asked)
        gathered = await gather(db, asked.kind, list(held), asked.now)
        flights = self._begin(asked, held, gathered)
        await wait_for(list(flights.values()), self._settings.wait)
        return {subject_id: _landed(flights.get(subject_id), each) for subject_id, each in held.items()}

    async def held(self, db: TenantConnection, asked: Asked) -> dict[UUID, Held]:
        """What is stored of each subject that there is, with its present stamps."""
        return await held_summaries(
            db,
            asked.kind,
            asked.ids,
            caller=asked.caller.token_id,
            language=asked.language,
            chain=self._identity(asked.caller.tenant_name),
            now=asked.now,
        )

    async def stored_soon(self, asked: Asked) -> None:
        """Give texts that were shown before they were stored a moment to be stored."""
        await self._flights.stored(asked.caller.tenant_id, asked.kind, asked.ids, self._settings.wait)

    async def settled(self, seconds: float | None = None) -> None:
        """Wait until whatever is being written is stored; at most so many seconds."""
        await self._flights.settled(seconds)

    async def close(self) -> None:
        """Store what can be stored soon, and leave the rest."""
        await self._flights.close(GRACE)

    async def _renewed(
        self, db: TenantConnection, asked: Asked, outdated: Mapping[UUID, Held], makeshift: Mapping[UUID, Held]
    ) -> dict[UUID, Answer]:
        """Answers for what is not current; what is makeshift is only begun anew."""
        found: dict[UUID, Answer] = {}
        joined: dict[UUID, Flight] = {}
        looked_at: dict[UUID, Held] = {}
        for subject_id, each in {**outdated, **makeshift}.items():
            key = _key(asked, subject_id, each)
            if flight := self._flights.under_way(key):
                joined[subject_id] = flight
            elif fault := self._flights.failure(key):
                found[subject_id] = fault
            else:
                looked_at[subject_id] = each
        gathered = await gather(db, asked.kind, list(looked_at), asked.now) if looked_at else {}
        same = {each for each in gathered if each in outdated and _is_same(looked_at[each], gathered[each])}
        self._confirm(asked, {each: outdated[each] for each in same})
        found |= {each: _stored(outdated[each], is_fresh=True) for each in same}
        joined |= self._landed_meanwhile(asked, {each: outdated[each] for each in gathered if each in outdated})
        changed = {each: known for each, known in gathered.items() if each not in same and each not in joined}
        flights = {**joined, **self._begin(asked, looked_at, changed)}
        await self._waited(asked, [flight for each, flight in flights.items() if each in outdated])
        late = {each: _landed(flights.get(each), held) for each, held in outdated.items() if each not in found}
        found = {each: answer for each, answer in found.items() if each in outdated}
        return await self._with_stale(db, asked, outdated, {**found, **late})

    def _landed_meanwhile(self, asked: Asked, outdated: Mapping[UUID, Held]) -> dict[UUID, Flight]:
        """What others had written between this caller's look at the store and now."""
        flights = {each: self._flights.landed_lately(_key(asked, each, held)) for each, held in outdated.items()}
        return {each: flight for each, flight in flights.items() if flight}

    async def _with_stale(
        self, db: TenantConnection, asked: Asked, held: Mapping[UUID, Held], answers: dict[UUID, Answer]
    ) -> dict[UUID, Answer]:
        """The answers, with the last text where there is no new one, unless it cites who or what is gone."""
        last = {
            subject_id: each.stored.text
            for subject_id, each in held.items()
            if isinstance(answers[subject_id], Pending | Coded) and each.stored and each.stored.text.summary
        }
        if not last:
            return answers
        unfit = await gone(db, asked.kind, last)
        shown = [subject_id for subject_id in last if subject_id not in unfit]
        failed = Counter(fault.code for each in shown if isinstance(fault := answers[each], Coded))
        if failed:
            log.warning("stale summaries shown in the place of failed ones", failed=dict(failed))
        return answers | {subject_id: _stored(held[subject_id], is_fresh=False) for subject_id in shown}

    def _begin(self, asked: Asked, held: Mapping[UUID, Held], gathered: Mapping[UUID, Gathered]) -> dict[UUID, Flight]:
        by_language: dict[Language, dict[UUID, Wanted]] = {}
        for subject_id, known in gathered.items():
            each = held[subject_id]
            by_language.setdefault(each.language, {})[subject_id] = Wanted(known, each.stamps)
        caller, begun = asked.caller, dict[UUID, Flight]()
        for language, wanted in by_language.items():
            begun |= self._flights.begin(Batch(caller.tenant_id, caller.tenant_name, asked.kind, language, wanted))
        return begun

    async def _waited(self, asked: Asked, flights: Iterable[Flight]) -> None:
        """Wait for flights, unless the tenant's last wait was in vain: then nobody waits for a while."""
        flights, tenant_id = list(flights), asked.caller.tenant_id
        now = asyncio.get_running_loop().time()
        is_patient = now >= self._impatient.get(tenant_id, now)
        if await wait_for(flights, self._settings.wait if is_patient else 0.0):
            if flights:
                self._impatient.pop(tenant_id, None)
        elif is_patient:
            self._impatient[tenant_id] = now + self._settings.rest

    def _confirm(self, asked: Asked, same: Mapping[UUID, Held]) -> None:
        stamps = {each.stored.id: each.stamps for each in same.values() if each.stored}
        if stamps:
            self._flights.behind(self._confirmed(asked.caller.tenant_id, stamps))

    async def _confirmed(self, tenant_id: UUID, stamps: Mapping[UUID, Stamps]) -> None:
        try:
            async with self._database.writing(tenant_id) as db:
                await confirm_texts(db, stamps)
        except DATABASE_LOST:
            log.warning("summaries could not be confirmed: the database is away", count=len(stamps))

    async def _ask(self, batch: Batch) -> dict[UUID, Landed]:
        """What the providers write of a batch."""
        began = asyncio.get_running_loop().time()
        outcomes = await self._host.summarize(
            batch.tenant_name,
            [each.gathered.subject for each in batch.wanted.values()],
            locale=batch.language.value,
            deadline=self._settings.deadline,
        )
        seconds, at = asyncio.get_running_loop().time() - began, self._clock()
        return {
            subject_id: outcome if isinstance(outcome, Coded) else _written(batch, wanted, outcome, at, seconds)
            for (subject_id, wanted), outcome in zip(batch.wanted.items(), outcomes, strict=True)
        }

    async def _store(self, batch: Batch, texts: Mapping[UUID, WrittenText]) -> None:
        new = [NewText(subject_id, text, batch.wanted[subject_id].stamps) for subject_id, text in texts.items()]
        try:
            async with self._database.writing(batch.tenant_id) as db:
                await store_texts(db, batch.kind, new)
        except DATABASE_LOST:
            log.warning("summaries could not be stored: the database is away", count=len(new))

    def _identity(self, tenant: str) -> str:
        """Who would be asked: the plugins in their order, with versions and settings."""
        return ",".join(f"{each.name} {each.plugin.version} {each.settings_hash}" for each in self._chain(tenant))


def status_of(answer: Answer) -> str:
    """How an answer is counted: fresh, stale, pending, failed or declined."""
    match answer:
        case Shown(is_fresh=True):
            return "fresh"
        case Shown():
            return "stale"
        case Pending():
            return "pending"
        case None:
            return "declined"
    return "failed"


def _uncounted(_statuses: Mapping[str, int]) -> None:
    """Nobody counts."""


def _key(asked: Asked, subject_id: UUID, held: Held) -> FlightKey:
    return flight_key(asked.caller.tenant_id, asked.kind, subject_id, held.language, held.stamps)


def _stored(held: Held, *, is_fresh: bool) -> Answer:
    stored = held.stored
    if stored is None or stored.text.summary is None:
        return None
    return Shown(stored.text, is_fresh, stored.feedback)


def _landed(flight: Flight | None, held: Held) -> Answer:
    """What came of asking, so far."""
    if flight is None or not flight.landed.done():
        return Pending(held.language)
    outcome = flight.landed.result()
    if isinstance(outcome, Coded):
        return outcome
    return None if outcome.summary is None else Shown(outcome, is_fresh=True, feedback=Feedback())


def _is_makeshift(held: Held, now: datetime) -> bool:
    """Whether a fallback wrote it so long ago that the first provider may be asked again."""
    return held.stored is not None and bool(held.stored.text.tried) and _age(held, now) > FALLBACK_STANDS


def _age(held: Held, now: datetime) -> timedelta:
    return timedelta(0) if held.stored is None else now - held.stored.text.generated_at


def _is_same(held: Held, gathered: Gathered) -> bool:
    """Whether a stored summary was written from these very facts, by those who would be asked now."""
    if held.stored is None or held.stored.stamps.get("chain") != held.stamps["chain"]:
        return False
    text = held.stored.text
    named = {fact.key for fact in text.facts if fact.kind is not FactKind.INTENT}
    return text.facts == gathered.subject.facts and all(text.refs.get(key) == gathered.rows.get(key) for key in named)


def _written(batch: Batch, wanted: Wanted, answered: Answered | None, at: datetime, seconds: float) -> WrittenText:
    return WrittenText(
        version=new_id(),
        language=batch.language,
        summary=None if answered is None else answered.summary,
        facts=wanted.gathered.subject.facts,
        refs=wanted.gathered.rows,
        plugin="" if answered is None else answered.plugin,
        plugin_version="" if answered is None else answered.version,
        settings_hash="" if answered is None else answered.settings,
        tried=() if answered is None else answered.tried,
        generated_at=at,
        seconds=round(seconds, 3),
    )
