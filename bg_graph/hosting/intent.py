"""Asks the intent models of a tenant, one after the other, and lets through only what keeps the contract.

What is wrong with an answer refuses it whole, and the next model is asked: half an answer would take signals away.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite

from bg_graph.hosting.hosted import Called, Hosted
from bg_graph.plugins.errors import ProviderError
from bg_graph.plugins.intent import IntentRequest, Prediction, Predictions, Training, TrainingRequest
from bg_graph.plugins.summaries import Model

Chain = Callable[[str], Sequence[Hosted]]
"""The intent models of a tenant (by its name), in the order in which they are asked."""
LONGEST_NAME = 200
"""Characters of the name and version of a model."""
LARGEST_STATE = 16_000_000
"""Bytes that a model may have learned."""
LONGEST_DESCRIPTION = 4_000
"""Characters in which it may say what it learned."""


@dataclass(frozen=True, slots=True)
class Predicted:
    """A checked answer, and where it comes from."""

    predictions: Sequence[Prediction]
    model: Model
    plugin: str
    version: str
    """Version of the plugin."""
    settings: str
    """Stands for the settings that it was built with."""
    tried: tuple[str, ...] = ()
    """Plugins that were asked before and gave no answer that can be taken."""


class NotPredicted(Exception):
    """No model gave an answer that can be taken."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons) or "no intent model is configured")
        self.reasons = tuple(reasons)
        """Why, for each model that was asked."""


class IntentHost:
    """Asks for predictions: the first model of the tenant's chain whose answer keeps the contract serves."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain

    def models(self, tenant: str) -> Sequence[Hosted]:
        """The models of a tenant, in the order in which they are asked."""
        return self._chain(tenant)

    async def predict(self, request: IntentRequest, trainings: Mapping[str, bytes] | None = None) -> Predicted:
        """The interests asked for. `trainings`: what each model learned from this tenant, by plugin.

        Raises NotPredicted where no model gives an answer that can be taken.
        """
        reasons: list[str] = []
        tried: list[str] = []
        for hosted in self._chain(request.tenant):
            asked = replace(
                request,
                training=(trainings or {}).get(hosted.name),
                deadline=min(request.deadline, hosted.options.deadline),
            )
            try:
                async with hosted.asked("predict", asked, tenant=request.tenant, seconds=asked.deadline) as called:
                    return await _checked(called, hosted, asked, tuple(tried))
            except ProviderError as fault:
                reasons.append(f"{hosted.name}: {fault}")
                tried.append(hosted.name)
        raise NotPredicted(reasons)

    async def train(self, hosted: Hosted, request: TrainingRequest) -> Training | None:
        """What a model learns from outcomes; None where it does not. Raises ProviderError where it fails."""
        tenant, within = request.request.tenant, min(request.request.deadline, hosted.options.deadline)
        async with hosted.asked("train", request, tenant=tenant, seconds=within) as called:
            learned = called.answer
            if learned is not None and (fault := _training_fault(learned)):
                raise called.wrong(fault)
        assert learned is None or isinstance(learned, Training)
        return learned


def fault_in(request: IntentRequest, predictions: Sequence[object]) -> str | None:
    """The first thing by which predictions break the contract, in words; None where nothing does."""
    return next(_faults(request, predictions), None)


async def _checked(called: Called, hosted: Hosted, request: IntentRequest, tried: tuple[str, ...]) -> Predicted:
    answer = called.answer
    if not isinstance(answer, Predictions) or not isinstance(answer.predictions, Sequence):
        raise called.wrong(f"answered with a {type(answer).__name__}, not with Predictions")
    if not _names_itself(answer.model):
        raise called.wrong("does not name its model and version")
    try:
        # Not on the loop: a batch may have a hundred thousand of them.
        fault = await asyncio.to_thread(fault_in, request, answer.predictions)
    except Exception as strange:  # its parts have types that can't be compared
        raise called.wrong("gave predictions that can't be read", cause=type(strange).__name__) from None
    if fault is not None:
        raise called.wrong(fault)
    version = hosted.plugin.version
    return Predicted(answer.predictions, answer.model, hosted.name, version, hosted.settings_hash, tried)


def _names_itself(model: object) -> bool:
    return isinstance(model, Model) and all(map(_is_name, (model.name, model.version)))


def _is_name(text: object) -> bool:
    return isinstance(text, str) and 0 < len(text) <= LONGEST_NAME and "\0" not in text


def _training_fault(learned: object) -> str | None:
    if not isinstance(learned, Training) or not isinstance(learned.state, bytes):
        return f"answered with a {type(learned).__name__}, not with a Training"
    if len(learned.state) > LARGEST_STATE:
        return f"learned {len(learned.state)} bytes; {LARGEST_STATE} are kept at most"
    if not isinstance(learned.description, str) or len(learned.description) > LONGEST_DESCRIPTION:
        return f"does not say in up to {LONGEST_DESCRIPTION} characters what it learned"
    return None


def _faults(request: IntentRequest, predictions: Sequence[object]) -> Iterator[str]:
    seen: set[tuple[int, int]] = set()
    accounts, persons = request.person_accounts, request.activities.persons
    for each in predictions:
        if not isinstance(each, Prediction):
            yield f"gave a {type(each).__name__} among its predictions"
            return
        yield from _number_faults(request, each)
        if (each.subject, each.term) in seen:
            yield f"predicted term {each.term} of subject {each.subject} twice"
        seen.add((each.subject, each.term))
        if each.evidence:
            account = request.subjects[each.subject].account
            yield from _evidence_faults(each, {row for row, _ in each.evidence}, len(persons))
            if any(accounts[persons[row]] != account for row, _ in each.evidence):
                yield f"gave subject {each.subject} activities of another account as evidence"


def _number_faults(request: IntentRequest, each: Prediction) -> Iterator[str]:
    if not _within(each.subject, len(request.subjects)):
        yield f"predicted for subject {each.subject!r}; there are {len(request.subjects)}"
    if not _within(each.term, len(request.taxonomy)):
        yield f"predicted term {each.term!r}; there are {len(request.taxonomy)}"
    number = each.probability
    if isinstance(number, bool) or not isinstance(number, float | int) or not 0 <= number <= 1:
        yield f"gave {number!r} as a probability of subject {each.subject}, term {each.term}"


def _evidence_faults(each: Prediction, rows: set[int], activities: int) -> Iterator[str]:
    if len(rows) < len(each.evidence):
        yield f"named an activity twice as evidence for subject {each.subject}, term {each.term}"
    for row, weight in each.evidence:
        if not _within(row, activities):
            yield f"gave activity {row!r} as evidence; there are {activities}"
        if isinstance(weight, bool) or not isinstance(weight, float | int) or not isfinite(weight) or weight <= 0:
            yield f"gave evidence the weight {weight!r}; weights are above 0"


def _within(number: object, count: int) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and 0 <= number < count
