"""Letting a tenant's models learn from its outcomes, once a week at most, and keeping what they learned."""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select

from bg_graph.accounts.tables import AccountRow
from bg_graph.hosting.hosted import Hosted
from bg_graph.hosting.intent import IntentHost
from bg_graph.intent.predicting.gathering import Batch, gather
from bg_graph.intent.predicting.outcomes import LATEST, Episode, deal_episodes, fingerprint, quiet_episodes
from bg_graph.intent.predicting.planning import PAGE, Window
from bg_graph.intent.predicting.sources import GroupSource
from bg_graph.intent.predicting.terms import Terms
from bg_graph.intent.rules import IntentSettings
from bg_graph.intent.tables import IntentTrainingRow
from bg_graph.intent.taxonomy import category_interests
from bg_graph.jobs.runs import Steps
from bg_graph.plugins.errors import ProviderError
from bg_graph.plugins.intent import (
    Activities,
    Content,
    IntentRequest,
    IntentSubject,
    IntentSubjectKind,
    Outcome,
    TrainingRequest,
)
from bg_graph.store.chunks import chunks
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant

LEARN_EVERY = timedelta(days=7)
"""How long what was learned stands, whatever was sold meanwhile: another model means that all is computed anew."""
MOST_ACTIVITIES = 1_000_000
"""Activities that are learned from at most, but for those of the accounts that are read with them."""
ACCOUNTS_AT_ONCE = 100
"""Accounts that are read together."""

account = table_of(AccountRow)
training = table_of(IntentTrainingRow)
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Learned:
    """What a model learned from a tenant's outcomes, as it is stored; without a state where it found too little."""

    plugin: str
    plugin_version: str
    settings_hash: str
    outcomes_hash: str
    outcomes: int
    state: bytes | None
    description: str
    trained_at: datetime


async def learned(db: TenantConnection) -> dict[str, Learned]:
    """What each plugin's model learned."""
    columns = [training.c[name] for name in Learned.__dataclass_fields__]
    return {row.plugin: Learned(**row._mapping) for row in await db.rows(select(*columns).where(of_tenant(training)))}


@dataclass(frozen=True, slots=True)
class Learning:
    """Learning for one tenant, as of a time."""

    host: IntentHost
    groups: GroupSource
    steps: Steps
    tenant: str
    settings: IntentSettings
    terms: Terms
    as_of: datetime

    async def learn(self, models: Sequence[Hosted]) -> dict[str, bytes]:
        """What each model knows of the tenant by now, by plugin; those learn first to whom something new can be told."""
        async with self.steps.reading() as db:
            known = await learned(db)
            categories = await self._categories(db)
            deals = await self.groups.deals(db) if categories else ()
            episodes = deal_episodes(deals, categories, self.settings, self.as_of)
        for hosted in models:
            before = known.get(hosted.name)
            if not episodes or not self._is_due(hosted, before, fingerprint(episodes)):
                continue
            async with self.steps.reading() as db:
                accounts = await _accounts(db)
                most = min(LATEST, 2 * len(episodes))
                quiet = quiet_episodes(accounts, deals, categories, self.as_of, most)
                request = await self._request(db, [*episodes, *quiet])
            known[hosted.name] = await self._ask(hosted, request, fingerprint(episodes), before)
        return {name: each.state for name, each in known.items() if each.state is not None}

    async def _categories(self, db: TenantConnection) -> dict[UUID, frozenset[int]]:
        """The categories of each solution interest, by their numbers in the taxonomy."""
        numbers = self.terms.categories()
        found: dict[UUID, set[int]] = defaultdict(set)
        for key, interest_ids in (await category_interests(db)).items():
            for interest_id in interest_ids if key in numbers else ():
                found[interest_id].add(numbers[key])
        return {interest_id: frozenset(of_interest) for interest_id, of_interest in found.items()}

    def _is_due(self, hosted: Hosted, before: Learned | None, outcomes: str) -> bool:
        if before is None or (before.plugin_version, before.settings_hash) != (
            hosted.plugin.version,
            hosted.settings_hash,
        ):
            return True
        return before.outcomes_hash != outcomes and self.as_of - before.trained_at >= LEARN_EVERY

    async def _ask(self, hosted: Hosted, request: TrainingRequest, outcomes: str, before: Learned | None) -> Learned:
        """Have a model learn, and keep it. A model that fails at it goes on with what it knew."""
        try:
            found = await self.host.train(hosted, request)
        except ProviderError as fault:
            log.warning("intent model could not learn", plugin=hosted.name, tenant=self.tenant, reason=str(fault))
            description = before.description if before and before.state else f"could not learn: {fault}"
            kept, description = (before.state if before else None), description[:500]
        else:
            nothing = f"{len(request.outcomes)} outcomes were too few to learn from, or the model does not learn"
            kept, description = (None, nothing) if found is None else (found.state, found.description)
        version, settings = hosted.plugin.version, hosted.settings_hash
        made = Learned(hosted.name, version, settings, outcomes, len(request.outcomes), kept, description, self.as_of)
        values = {name: getattr(made, name) for name in Learned.__dataclass_fields__}
        async with self.steps.writing() as db:
            await db.upsert(IntentTrainingRow, [{"id": new_id(), **values}], key=("plugin",), update=tuple(values)[1:])
        return made

    async def _request(self, db: TenantConnection, episodes: Iterable[Episode]) -> TrainingRequest:
        """All that a model learns from. Accounts of one moment are read together: most moments are the ends of days."""
        columns = _Episodes(self.as_of)
        of_moment: dict[datetime, list[Episode]] = defaultdict(list)
        for each in episodes:
            of_moment[each.at].append(each)
        for at, together in of_moment.items():
            for some in chunks(together, ACCOUNTS_AT_ONCE):
                window = Window.before(at, self.settings)
                columns.take(some, await gather(db, self.groups, [each.account_id for each in some], window))
                if len(columns.persons) > MOST_ACTIVITIES:
                    return columns.request(self.tenant, self.settings, self.terms)
        return columns.request(self.tenant, self.settings, self.terms)


async def _accounts(db: TenantConnection) -> list[UUID]:
    found: list[UUID] = []
    async for page in db.pages(select(account.c.id).where(of_tenant(account)), size=PAGE):
        found.extend(row.id for row in page)
    return found


@dataclass(slots=True)
class _Episodes:
    """Columns of all episodes together: each is an account of its own, its times moved so that it ends at `as_of`."""

    as_of: datetime
    accounts: int = 0
    kinds: dict[str, int] = field(default_factory=lambda: defaultdict(count().__next__))
    contents: dict[Content, int] = field(default_factory=lambda: defaultdict(count().__next__))
    person_accounts: "array[int]" = field(default_factory=lambda: array("i"))
    persons: "array[int]" = field(default_factory=lambda: array("i"))
    times: "array[int]" = field(default_factory=lambda: array("q"))
    kind_numbers: "array[int]" = field(default_factory=lambda: array("i"))
    content_numbers: "array[int]" = field(default_factory=lambda: array("i"))
    subjects: list[IntentSubject] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def take(self, episodes: Sequence[Episode], batch: Batch) -> None:
        """Add episodes of one moment, whose accounts are those of the batch. Accounts that did nothing are left out."""
        first_account, first = self.accounts, len(self.person_accounts)
        shift = int((self.as_of - episodes[0].at).total_seconds())
        kinds, contents = [self.kinds[each] for each in batch.kinds], [self.contents[each] for each in batch.contents]
        done = batch.activities
        self.persons.extend(map(first.__add__, done.persons))
        self.times.extend(map(shift.__add__, done.times))
        self.kind_numbers.extend(map(kinds.__getitem__, done.kinds))
        self.content_numbers.extend(map(contents.__getitem__, done.contents))
        self.person_accounts.extend(map(first_account.__add__, batch.person_accounts))
        self.accounts += len(batch.accounts)
        active = set(map(batch.person_accounts.__getitem__, done.persons))
        everybody = (each for each in batch.subjects if each.kind is IntentSubjectKind.ACCOUNT)
        for episode, subject in zip(episodes, everybody, strict=True):
            if subject.account in active:
                self._add(episode, first_account + subject.account, array("i", map(first.__add__, subject.persons)))

    def _add(self, episode: Episode, account: int, persons: "array[int]") -> None:
        self.subjects.append(IntentSubject(kind=IntentSubjectKind.ACCOUNT, account=account, persons=persons))
        self.outcomes += (Outcome(account=account, term=term, won=won) for term, won in sorted(episode.bought.items()))

    def request(self, tenant: str, settings: IntentSettings, terms: Terms) -> TrainingRequest:
        """All that was taken."""
        done: Mapping[str, Any] = {
            "persons": self.persons,
            "times": self.times,
            "kinds": self.kind_numbers,
            "contents": self.content_numbers,
        }
        request = IntentRequest(
            tenant=tenant,
            as_of=self.as_of,
            window_days=settings.window_days,
            taxonomy=terms.told,
            kinds=tuple(self.kinds),
            contents=tuple(self.contents),
            accounts=self.accounts,
            person_accounts=self.person_accounts,
            activities=Activities(**done),
            subjects=tuple(self.subjects),
            floor=settings.thresholds.signal,
        )
        return TrainingRequest(request=request, outcomes=tuple(self.outcomes))
