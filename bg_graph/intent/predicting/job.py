"""The intent job of a tenant: plan, then batch by batch gather, ask, conclude and store, each batch for itself."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import structlog

from bg_graph.hosting.intent import IntentHost, NotPredicted, Predicted
from bg_graph.intent.predicting.concluding import Concluding, Conclusions
from bg_graph.intent.predicting.gathering import Batch, gather
from bg_graph.intent.predicting.learning import Learning
from bg_graph.intent.predicting.planning import ACTIVITIES, Due, Plan, Window, by_account, make_plan
from bg_graph.intent.predicting.sources import GroupSource
from bg_graph.intent.predicting.storing import begin_run, note_run, present_subjects, store, stored_signals
from bg_graph.intent.predicting.terms import Terms, terms_of
from bg_graph.intent.rules import IntentSettings
from bg_graph.intent.settings import intent_settings
from bg_graph.intent.taxonomy import CategoryStatus, categories_in
from bg_graph.jobs.runs import Steps
from bg_graph.plugins.intent import IntentRequest
from bg_graph.store.clock import Clock, system_clock
from bg_graph.store.connection import TenantConnection

PATIENCE = 3
"""Batches in a row without an answer after which the rest is not asked for."""
log = structlog.get_logger(__name__)


class IntentIncomplete(Exception):
    """Some batches had no answer. The others are stored; the next run computes what is left."""

    def __init__(self, batches: int, reasons: Sequence[str]) -> None:
        self.batches = batches
        super().__init__(f"{batches} batches of accounts without an answer: {'; '.join(dict.fromkeys(reasons))}")


@dataclass(slots=True)
class IntentJob:
    """Predicts interests of all accounts whose activities, groups, taxonomy or model have changed, or whose signals fade."""

    host: IntentHost
    groups: GroupSource
    activities_at_once: int = ACTIVITIES
    clock: Clock = system_clock

    async def run(self, steps: Steps, tenant: str, as_of: datetime) -> dict[str, int]:
        """Compute, and tell counts. Source: domain.md, "Intent". Raises IntentIncomplete where batches had no answer."""
        models = self.host.models(tenant)
        async with steps.reading() as db:
            settings = await intent_settings(db)
            terms = terms_of([each.category for each in await categories_in(db, CategoryStatus.APPROVED)])
        if not models or not terms.told:
            return {"accounts": 0}
        learning = Learning(self.host, self.groups, steps, tenant, settings, terms, as_of)
        trainings = await learning.learn(models)
        window = Window.before(as_of, settings)
        built_of = [(each.name, each.plugin.version, each.settings_hash) for each in models]
        generation = _generation(settings, terms, built_of, trainings)
        async with steps.reading() as db:
            plan = await make_plan(db, self.groups, window, settings, generation)
        work = _Run(self, steps, tenant, settings, terms, window, generation, trainings)
        return await work.carry_out(plan)


@dataclass(slots=True)
class _Run:
    """One run for a tenant."""

    job: IntentJob
    steps: Steps
    tenant: str
    settings: IntentSettings
    terms: Terms
    window: Window
    generation: str
    trainings: Mapping[str, bytes]
    counts: Counter[str] = field(default_factory=Counter)
    noted: Mapping[str, str] = field(default_factory=dict)
    changed: int = 0
    failures: list[str] = field(default_factory=list)

    async def carry_out(self, plan: Plan) -> dict[str, int]:
        """Work through a plan."""
        if not plan.due:
            return self._told(plan)
        async with self.steps.writing() as db:
            run_id = await begin_run(db, self.window, self.generation)
        in_a_row = 0
        for due in plan.batches(self.job.activities_at_once):
            try:
                await self._batch(run_id, by_account(due))
                in_a_row = 0
            except NotPredicted as fault:
                log.warning("intent not predicted", tenant=self.tenant, accounts=len(due), reasons=fault.reasons)
                self.failures += fault.reasons
                self.counts["batches_without_answer"] += 1
                in_a_row += 1
                if in_a_row == PATIENCE:
                    break
        counts = self._told(plan)
        await self._end(run_id, counts)
        if self.failures:
            raise IntentIncomplete(self.counts["batches_without_answer"], self.failures)
        return counts

    async def _batch(self, run_id: UUID, due: Mapping[UUID, Due]) -> None:
        async with self.steps.reading() as db:
            batch = await gather(db, self.job.groups, list(due), self.window)
        predicted = await self.job.host.predict(self._request(batch), self.trainings) if len(batch.activities) else None
        concluding = Concluding(batch, self.terms, self.window, self.settings)
        async with self.steps.writing() as db:
            stored = await stored_signals(db, self.job.groups, batch.accounts)
            present = await present_subjects(db, self.job.groups, batch.accounts)
            found = await asyncio.to_thread(concluding.conclude, predicted, stored, present)
            await store(db, found, due, self.window, self.generation)
            await self._note(db, run_id, predicted, found)
        self._count(batch, found)

    async def _note(self, db: TenantConnection, run_id: UUID, predicted: Predicted | None, found: Conclusions) -> None:
        """Note in the run's record who answered and what changed, batch by batch: nobody knows whether there is a next one."""
        changed = self.changed + len(found.added) + len(found.changed) + len(found.gone)
        provenance = self.noted if predicted is None else _provenance(predicted)
        if provenance != self.noted or changed != self.changed:
            await note_run(db, run_id, signals_changed=changed, **provenance)
        if changed != self.changed:
            db.announce(self.job.groups.topic, None)
        self.noted, self.changed = provenance, changed

    def _request(self, batch: Batch) -> IntentRequest:
        return IntentRequest(
            tenant=self.tenant,
            as_of=self.window.end,
            window_days=self.settings.window_days,
            taxonomy=self.terms.told,
            kinds=batch.kinds,
            contents=batch.contents,
            accounts=len(batch.accounts),
            person_accounts=batch.person_accounts,
            activities=batch.activities,
            subjects=batch.subjects,
            floor=self.settings.thresholds.signal,
        )

    def _count(self, batch: Batch, found: Conclusions) -> None:
        self.counts.update(
            accounts=len(batch.accounts),
            activities=len(batch.activities),
            added=len(found.added),
            changed=len(found.changed),
            unchanged=found.unchanged,
            gone=len(found.gone),
            kept=found.kept,
        )

    def _told(self, plan: Plan) -> dict[str, int]:
        names = ("accounts", "activities", "added", "changed", "unchanged", "gone", "kept")
        told = {name: self.counts[name] for name in names}
        return {**told, "accounts_as_before": plan.rested}

    async def _end(self, run_id: UUID, counts: Mapping[str, int]) -> None:
        ended: dict[str, Any] = {} if self.failures else {"finished_at": self.job.clock()}
        async with self.steps.writing() as db:
            await note_run(db, run_id, outcome=dict(counts), **ended)


def _provenance(predicted: Predicted) -> dict[str, str]:
    return {
        "plugin": predicted.plugin,
        "plugin_version": predicted.version,
        "model_name": predicted.model.name,
        "model_version": predicted.model.version,
        "settings_hash": predicted.settings,
    }


def _generation(
    settings: IntentSettings, terms: Terms, models: Sequence[tuple[str, ...]], trainings: Mapping[str, bytes]
) -> str:
    """Stands for all that predictions rest on beside what people do: where it is another, all is computed anew."""
    limits = settings.thresholds
    rests_on = {
        "settings": [limits.signal, limits.medium, limits.high, settings.window_days],
        "terms": [[term.kind, term.category, term.product, term.name] for term in terms.called],
        "models": models,
        "trainings": {name: hashlib.sha256(state).hexdigest() for name, state in sorted(trainings.items())},
    }
    return hashlib.sha256(orjson.dumps(rests_on)).hexdigest()[:16]
