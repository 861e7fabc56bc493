"""A model that a test holds in its hands, and the job that asks it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bg_graph.buying_groups.commands.intent_groups import GROUP_SOURCE
from bg_graph.hosting.hosted import Hosted
from bg_graph.hosting.intent import IntentHost
from bg_graph.intent.predicting.job import IntentJob
from bg_graph.intent.rules import TaxonomyCategory, TaxonomyProduct
from bg_graph.intent.taxonomy import approve_category, draft_category, set_category_interests
from bg_graph.jobs.runs import InSteps, RunOutcome, Steps, run_job
from bg_graph.plugins.intent import IntentRequest, IntentSubjectKind, Prediction, Predictions, Training, TrainingRequest
from bg_graph.plugins.summaries import Model
from bg_graph.store.clock import Clock, system_clock
from tests.hosting.hosted_providers import hosted
from tests.world import World

DATA = TaxonomyCategory(
    "Data", (TaxonomyProduct("Lake", ("data lake", "cost")), TaxonomyProduct("Catalog", ("lineage",)))
)
MODEL = Model(name="counter", version="7")


@dataclass
class Counting:
    """The more activities carry a keyword as a topic, the likelier: 1 gives 0.3, 2 gives 0.6, 3 and more 0.9.

    Only keywords are predicted, unless `answer` is given. Every request is kept.
    """

    requests: list[IntentRequest] = field(default_factory=list)
    learned: list[TrainingRequest] = field(default_factory=list)
    answer: Callable[[IntentRequest], Any] | None = None
    teach: Callable[[TrainingRequest], Training | None] | None = None

    async def predict(self, request: IntentRequest) -> Any:
        self.requests.append(request)
        if self.answer is not None:
            return self.answer(request)
        return Predictions(model=MODEL, predictions=predictions(request))

    async def train(self, request: TrainingRequest) -> Training | None:
        self.learned.append(request)
        return None if self.teach is None else self.teach(request)


def predictions(request: IntentRequest) -> list[Prediction]:
    found = []
    for number, subject in enumerate(request.subjects):
        persons = set(subject.persons)
        for term, told in enumerate(request.taxonomy):
            rows = [
                row
                for row, (person, content) in enumerate(
                    zip(request.activities.persons, request.activities.contents, strict=True)
                )
                if person in persons and told.name in request.contents[content].topics
            ]
            if rows and told.kind == "KEYWORD":
                evidence = tuple((row, 1.0 + row) for row in reversed(rows))
                found.append(
                    Prediction(subject=number, term=term, probability=min(0.3 * len(rows), 0.9), evidence=evidence)
                )
    return found


def model(provider: Any, name: str = "counting", version: str = "1") -> Hosted:
    return hosted(provider, "intent", name, version=version)


def job_of(*models: Hosted, clock: Clock = system_clock, activities_at_once: int = 1_000) -> InSteps:
    chosen: Sequence[Hosted] = models
    job = IntentJob(IntentHost(lambda _tenant: chosen), GROUP_SOURCE, activities_at_once, clock)

    async def work(steps: Steps, now: datetime) -> dict[str, int]:
        return await job.run(steps, "acme", now)

    return InSteps(work)


async def run_intent(world: World, *models: Hosted, now: datetime | None = None, **options: int) -> RunOutcome:
    at = now or world.now
    job = job_of(*models, clock=lambda: at, **options)
    return await run_job(world.database, world.tenant, "intent", job, lambda: at)


async def approve(world: World, *categories: TaxonomyCategory) -> None:
    async with world.database.writing(world.tenant) as db:
        for category in categories or (DATA,):
            made = await draft_category(db, category, by=world.by, now=world.now)
            assert not isinstance(made, tuple), made
            assert not await approve_category(db, made, by=world.by, now=world.now)


async def sell(world: World) -> UUID:
    """An account that read about data lakes before it bought, 20 days ago, and something else since."""
    await approve(world)
    interest = await world.interest("Data", opportunity_conditions={"column": "Product__c", "is": "Data"})
    async with world.database.writing(world.tenant) as db:
        await set_category_interests(db, "Data", [interest])
    account = await world.account()
    person = await world.person(account)
    closed = world.now - timedelta(days=20)
    won = {"is_open": False, "stage": "Closed Won", "close_date": f"{closed:%Y-%m-%d}"}
    await world.opportunity(account, **won, columns={"product__c": "Data"})
    await world.activity(person, at=closed - timedelta(days=1), topics=["data lake"])
    await world.activity(person, at=closed + timedelta(days=1), topics=["cost"])
    return account


def subjects(request: IntentRequest, kind: IntentSubjectKind) -> list[list[int]]:
    """The persons of each subject of a kind."""
    return [list(each.persons) for each in request.subjects if each.kind is kind]
