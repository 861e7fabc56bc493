"""An intent model that keeps the contract: each fault is a small change of it."""

import asyncio
import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bg_graph.plugins.errors import Rejected
from bg_graph.plugins.intent import (
    IntentRequest,
    IntentSubject,
    Prediction,
    Predictions,
    Term,
    TermKind,
    Training,
    TrainingRequest,
)
from bg_graph.plugins.plugin import Plugin
from bg_graph.plugins.summaries import Model
from bg_graph.plugins.testing.intent import IntentModelExam
from tests.plugins.faults.good_reach import API_KEY, SLOW, GoodReach, ReachSettings

MODEL = Model(name="good", version="1.0.0")
Weights = Mapping[int, Sequence[tuple[int, float]]]
"""By keyword: rows and what they weigh."""


class GoodModel(GoodReach):
    """Counts what was read lately about each keyword."""

    async def predict(self, request: IntentRequest) -> Predictions:
        self.model()
        await asyncio.sleep(SLOW if self.settings.url == "slow" else 0)
        return await asyncio.to_thread(self.answer, request)

    def answer(self, request: IntentRequest) -> Predictions:
        factor = self.factor(request)
        rows = self.rows(request)
        found = [
            each
            for number, subject in enumerate(request.subjects)
            for each in self.of_subject(request, number, self.weights(request, subject, rows), factor)
        ]
        return Predictions(model=MODEL, predictions=found)

    def factor(self, request: IntentRequest) -> float:
        if request.training is None:
            return 1.0
        try:
            return float(json.loads(request.training)["factor"])
        except (ValueError, KeyError, TypeError):
            raise Rejected("BAD_TRAINING", "what was learned can't be read") from None

    def rows(self, request: IntentRequest) -> Mapping[int, Sequence[int]]:
        rows: dict[int, list[int]] = defaultdict(list)
        for row, person in enumerate(request.activities.persons):
            rows[person].append(row)
        return rows

    def weights(self, request: IntentRequest, subject: IntentSubject, rows: Mapping[int, Sequence[int]]) -> Weights:
        found: dict[int, list[tuple[int, float]]] = defaultdict(list)
        terms = {term.name: number for number, term in enumerate(request.taxonomy) if term.kind is TermKind.KEYWORD}
        for person in subject.persons:
            for row in rows.get(person, ()):
                content = request.contents[request.activities.contents[row]]
                for topic in content.topics:
                    if topic in terms:
                        found[terms[topic]].append((row, self.weight(request, row)))
        return found

    def weight(self, request: IntentRequest, row: int) -> float:
        days = (request.as_of.timestamp() - request.activities.times[row]) / 86_400
        return math.exp(-days / 30)

    def of_subject(self, request: IntentRequest, number: int, weights: Weights, factor: float) -> list[Prediction]:
        chances: dict[int, float] = {}
        rows: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for term, some in weights.items():
            chance = self.chance(sum(weight for _, weight in some) * factor)
            for each in self.upwards(request.taxonomy, term):
                chances[each] = max(chance, chances.get(each, 0.0))
                rows[each] += some
        return [
            Prediction(subject=number, term=term, probability=chance, evidence=self.evidence(rows[term]))
            for term, chance in chances.items()
            if chance >= request.floor
        ]

    def chance(self, weight: float) -> float:
        return 1 - math.exp(-weight / 3)

    def upwards(self, taxonomy: Sequence[Term], term: int) -> list[int]:
        above = taxonomy[term].parent
        return [term] if above is None else [term, *self.upwards(taxonomy, above)]

    def evidence(self, rows: Sequence[tuple[int, float]]) -> tuple[tuple[int, float], ...]:
        return tuple(sorted(dict(rows).items(), key=lambda each: (-each[1], each[0]))[:5])

    async def train(self, request: TrainingRequest) -> Training | None:
        self.model()
        await asyncio.sleep(0)
        if len(request.outcomes) < 20:
            return None
        won = sum(each.won for each in request.outcomes) / len(request.outcomes)
        state = json.dumps({"factor": 0.5 + won}).encode()
        return Training(state=state, description=f"{len(request.outcomes)} outcomes")


GOOD = Plugin(
    name="good-model",
    version="1.0.0",
    title="A model that keeps the contract",
    settings=ReachSettings,
    provides=MappingProxyType({"intent": GoodModel}),
)


class GoodModelExam(IntentModelExam):
    """Everything that the exam can be given."""

    plugin = GOOD
    settings = {"url": "model", "api_key": API_KEY}
    down_settings = {"url": "nowhere", "api_key": API_KEY}
    wrong_settings = {"url": "model", "api_key": "another-key-altogether"}
    slow_settings = {"url": "slow", "api_key": API_KEY}
    memory_calls = 150
