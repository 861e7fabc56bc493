"""The provider: matches contents once, predicts and learns in a thread beside the loop."""

import asyncio
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

from bg_graph.plugins.context import ProviderContext
from bg_graph.plugins.health import Health
from bg_graph.plugins.intent import Content, IntentRequest, Predictions, Term, Training, TrainingRequest
from bg_graph.plugins.summaries import Model
from bg_intent_activities.matching import Matches, match
from bg_intent_activities.predicting import Known, predict
from bg_intent_activities.prior import Prior, shipped
from bg_intent_activities.settings import ActivitiesSettings
from bg_intent_activities.taxonomy import Tree, tree_of
from bg_intent_activities.training import learned, with_training
from bg_intent_activities.words import Stems

NAME = "activities"
VERSION = "1.0.0"
REMEMBERED = 8
"""Lists of contents (with their taxonomy) whose matches are remembered."""
Answer = TypeVar("Answer")


class ActivitiesModel:
    """Predicts interests from what people read, how lately, and what their colleagues read."""

    def __init__(self, settings: ActivitiesSettings, context: ProviderContext) -> None:
        self._settings = settings
        self._logger = context.logger
        self._prior: Prior = shipped()
        self._matches: OrderedDict[bytes, Matches] = OrderedDict()
        self._lock = threading.Lock()

    async def predict(self, request: IntentRequest) -> Predictions:
        """The probabilities from the floor upwards; the same request gives the same answer."""
        return await _beside(lambda stopped: self._predict(request, stopped))

    async def train(self, request: TrainingRequest) -> Training | None:
        """Learns from a tenant's outcomes; None where there are too few."""
        return await _beside(lambda stopped: self._train(request, stopped))

    async def check(self) -> Health:
        """It needs nothing but its prior, which is read at the start."""
        return Health(healthy=True, message=f"prior {self._prior.version}, stems of {self._settings.language}")

    async def close(self) -> None:
        """Forgets its matches."""
        with self._lock:
            self._matches.clear()

    def _predict(self, request: IntentRequest, stopped: Callable[[], bool]) -> Predictions:
        known, trained = self._known(request)
        found = predict(request, known, self._settings.weight, stopped)
        version = f"{VERSION}+{known.prior.version}{'.trained' if trained else ''}"
        return Predictions(model=Model(name=NAME, version=version), predictions=found)

    def _train(self, request: TrainingRequest, stopped: Callable[[], bool]) -> Training | None:
        known, _ = self._known(request.request)
        return learned(request, known, self._prior, self._settings.weight, stopped)

    def _known(self, request: IntentRequest) -> tuple[Known, bool]:
        tree = tree_of(request.taxonomy)
        prior, trained = with_training(self._prior, request.training)
        if request.training is not None and not trained:
            self._logger.warning("what was learned is of another version; the prior serves until the next training")
        matches = self._matched(request.taxonomy, tree, request.contents)
        return Known(tree, matches, prior, self._settings.evidence, request.floor), trained

    def _matched(self, terms: tuple[Term, ...], tree: Tree, contents: tuple[Content, ...]) -> Matches:
        key = hashlib.sha256(repr((terms, contents)).encode()).digest()
        with self._lock:
            if (known := self._matches.get(key)) is not None:
                self._matches.move_to_end(key)
                return known
        matches = match(terms, tree, contents, Stems(self._settings.language), self._prior.matching)
        with self._lock:
            self._matches[key] = matches
            while len(self._matches) > REMEMBERED:
                self._matches.popitem(last=False)
        return matches


async def _beside(work: Callable[[Callable[[], bool]], Answer]) -> Answer:
    """Do long work in a thread; whoever stops waiting stops it at its next batch."""
    stop = threading.Event()
    try:
        return await asyncio.to_thread(work, stop.is_set)
    finally:
        stop.set()
