"""Intent models with one fault each."""

import asyncio
import math
import os
import time
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bg_graph.plugins.errors import Misconfigured, Unavailable
from bg_graph.plugins.health import Health
from bg_graph.plugins.intent import (
    IntentRequest,
    IntentSubject,
    IntentSubjectKind,
    Prediction,
    Predictions,
    TermKind,
    Training,
    TrainingRequest,
)
from bg_graph.plugins.summaries import Model
from tests.plugins.faults.good_intent import GoodModel, GoodModelExam, Weights
from tests.plugins.faults.good_reach import ReachSettings
from tests.plugins.faults.reach_faults import OF_MODELS
from tests.plugins.faults.running import Fault

stand_still = time.sleep
FILES: list[int] = []


class Changing(GoodModel):
    """Changes each prediction."""

    def changed(self, request: IntentRequest, each: Prediction) -> list[Prediction]:
        return [each]

    def answer(self, request: IntentRequest) -> Predictions:
        found = super().answer(request)
        changed = [new for each in found.predictions for new in self.changed(request, each)]
        return replace(found, predictions=changed)


class ComputesOnTheLoop(GoodModel):
    async def predict(self, request: IntentRequest) -> Predictions:
        if len(request.activities) >= 2000:
            stand_still(0.3)
        return await super().predict(request)


class HoldsOn(GoodModel):
    async def predict(self, request: IntentRequest) -> Predictions:
        try:
            return await super().predict(request)
        except asyncio.CancelledError:
            if self.settings.url != "slow":
                await asyncio.sleep(1.2)
            raise


class HoldsOnToASlowModel(GoodModel):
    async def predict(self, request: IntentRequest) -> Predictions:
        try:
            return await super().predict(request)
        except asyncio.CancelledError:
            if self.settings.url == "slow":
                await asyncio.sleep(1.2)
            raise


class RaisesWhatItLikes(GoodModel):
    async def predict(self, request: IntentRequest) -> Predictions:
        if self.settings.url == "nowhere":
            raise OSError("no model there")
        return await super().predict(request)


class NotReachedIsMisconfigured(GoodModel):
    async def predict(self, request: IntentRequest) -> Predictions:
        if self.settings.url == "nowhere":
            raise Misconfigured("no model there")
        return await super().predict(request)


class WrongKeyIsAway(GoodModel):
    async def predict(self, request: IntentRequest) -> Predictions:
        try:
            return await super().predict(request)
        except Misconfigured:
            raise Unavailable("not now") from None


class IsAlwaysWell(GoodModel):
    async def check(self) -> Health:
        return Health(healthy=True) if self.settings.url == "nowhere" else await super().check()


class OneRequestForAll(GoodModel):
    async def predict(self, request: IntentRequest) -> Predictions:
        self._request = request
        await asyncio.sleep(0)
        return await super().predict(self._request)


class StoresUnderOneTenant(GoodModel):
    async def predict(self, request: IntentRequest) -> Predictions:
        await self.context.storage.put("alpha", "last", str(len(request.activities)))
        return await super().predict(request)


class RemembersAll(GoodModel):
    def __init__(self, settings: ReachSettings, context: Any) -> None:
        super().__init__(settings, context)
        self._all: list[bytearray] = []

    def answer(self, request: IntentRequest) -> Predictions:
        self._all.append(bytearray(3000))
        return super().answer(request)


class OpensAFile(GoodModel):
    async def predict(self, request: IntentRequest) -> Predictions:
        FILES.append(os.open(__file__, os.O_RDONLY))
        return await super().predict(request)


class ShowsItsKey(GoodModel):
    def __str__(self) -> str:
        return f"model with {self.settings.api_key.get_secret_value()}"


class TrainsWithoutAwait(GoodModel):
    def train(self, request: TrainingRequest) -> Any:
        return super().train(request)


class SortsTheColumns(GoodModel):
    def answer(self, request: IntentRequest) -> Predictions:
        found = super().answer(request)
        times = sorted(request.activities.times)
        request.activities.times[:] = array("q", times)
        return found


class StrictAboutTheRequest(GoodModel):
    async def predict(self, request: IntentRequest) -> Predictions:
        if type(request) is not IntentRequest:
            raise TypeError(type(request).__name__)
        return await super().predict(request)


class Percent(Changing):
    def changed(self, request: IntentRequest, each: Prediction) -> list[Prediction]:
        keyword = request.taxonomy[each.term].kind is TermKind.KEYWORD
        return [replace(each, probability=each.probability * 100 if not keyword else each.probability)]


class NotANumber(Changing):
    def changed(self, request: IntentRequest, each: Prediction) -> list[Prediction]:
        category = request.taxonomy[each.term].kind is TermKind.CATEGORY
        nothing = category and each.subject == 0 and request.floor < 0.1
        return [replace(each, probability=math.nan)] if nothing else [each]


class MeanOfTheParts(Changing):
    def changed(self, request: IntentRequest, each: Prediction) -> list[Prediction]:
        product = request.taxonomy[each.term].kind is TermKind.PRODUCT
        probability = max(each.probability * 0.9, request.floor) if product else each.probability
        return [replace(each, probability=probability)]


class CategoriesBelow(Changing):
    def changed(self, request: IntentRequest, each: Prediction) -> list[Prediction]:
        category = request.taxonomy[each.term].kind is TermKind.CATEGORY
        return [replace(each, probability=max(each.probability * 0.9, request.floor))] if category else [each]


class SaysItTwice(Changing):
    def changed(self, request: IntentRequest, each: Prediction) -> list[Prediction]:
        return [each, each]


class CountsFromOne(Changing):
    def changed(self, request: IntentRequest, each: Prediction) -> list[Prediction]:
        last = len(request.subjects) - 1
        return [each, replace(each, subject=last + 1)] if each.subject == last else [each]


class EvidenceOutOfRange(Changing):
    def changed(self, request: IntentRequest, each: Prediction) -> list[Prediction]:
        return [replace(each, evidence=((len(request.activities) + 5, 9.0), *each.evidence))]


class EvidenceOfOthers(Changing):
    def changed(self, request: IntentRequest, each: Prediction) -> list[Prediction]:
        account = request.subjects[each.subject].account
        persons = request.activities.persons
        other = (row for row, person in enumerate(persons) if request.person_accounts[person] != account)
        row = next(other, None)
        return [each if row is None else replace(each, evidence=((row, 9.0), *each.evidence))]


class NegativeWeights(Changing):
    def changed(self, request: IntentRequest, each: Prediction) -> list[Prediction]:
        return [replace(each, evidence=tuple((row, weight - 9) for row, weight in each.evidence))]


class WeakestFirst(GoodModel):
    def evidence(self, rows: Sequence[tuple[int, float]]) -> tuple[tuple[int, float], ...]:
        return super().evidence(rows)[::-1]


class IgnoresTheFloor(GoodModel):
    def answer(self, request: IntentRequest) -> Predictions:
        return super().answer(replace(request, floor=min(request.floor, 0.25)))


class ScalesWithTheFloor(Changing):
    def changed(self, request: IntentRequest, each: Prediction) -> list[Prediction]:
        return [replace(each, probability=min(1.0, each.probability * (1 + max(0, request.floor - 0.5))))]


class NamelessModel(GoodModel):
    def answer(self, request: IntentRequest) -> Predictions:
        return replace(super().answer(request), model=Model(name="", version="1"))


class ByChance(Changing):
    instances = 0

    def __init__(self, settings: ReachSettings, context: Any) -> None:
        super().__init__(settings, context)
        type(self).instances += 1
        self._shift = 0.001 * (type(self).instances % 997)

    def changed(self, request: IntentRequest, each: Prediction) -> list[Prediction]:
        return [replace(each, probability=max(request.floor, each.probability * (1 - self._shift)))]


class LastRowsCountMore(GoodModel):
    def weight(self, request: IntentRequest, row: int) -> float:
        return super().weight(request, row) * (1 + row / 1000)


class LowNumbersCountMore(GoodModel):
    def weights(self, request: IntentRequest, subject: IntentSubject, rows: Mapping[int, Sequence[int]]) -> Weights:
        found = super().weights(request, subject, rows)
        more = 1 + min(subject.persons, default=0) / 100
        return {term: [(row, weight * more) for row, weight in some] for term, some in found.items()}


class PriorForEverybody(GoodModel):
    def answer(self, request: IntentRequest) -> Predictions:
        found = super().answer(request)
        if len(request.activities):
            return found
        prior = [Prediction(subject=number, term=0, probability=0.5) for number in range(len(request.subjects))]
        return replace(found, predictions=prior if request.taxonomy else [])


class FailsWithoutSubjects(GoodModel):
    def answer(self, request: IntentRequest) -> Predictions:
        _ = request.subjects[0]
        return super().answer(request)


class TooSlow(GoodModel):
    async def predict(self, request: IntentRequest) -> Predictions:
        if len(request.activities) >= 10_000:
            await asyncio.sleep(1.1)
        return await super().predict(request)


class NoticesNothing(GoodModel):
    def chance(self, weight: float) -> float:
        return super().chance(weight) * 0.2


class AnotherKeyword(GoodModel):
    """Takes each keyword for its neighbour."""

    def weights(self, request: IntentRequest, subject: IntentSubject, rows: Mapping[int, Sequence[int]]) -> Weights:
        found = super().weights(request, subject, rows)
        keywords = [number for number, term in enumerate(request.taxonomy) if term.kind is TermKind.KEYWORD]
        swapped = dict(zip(keywords, [*keywords[1:], keywords[0]], strict=True)) if keywords else {}
        more = {swapped[term]: [(row, weight * 1.2) for row, weight in some] for term, some in found.items()}
        return dict(found) | more


class MoreIsLess(GoodModel):
    def weights(self, request: IntentRequest, subject: IntentSubject, rows: Mapping[int, Sequence[int]]) -> Weights:
        found = super().weights(request, subject, rows)
        return {
            term: [(row, weight * (0.05 if len(some) > 36 else 1)) for row, weight in some]
            for term, some in found.items()
        }


class OldIsGold(GoodModel):
    def weight(self, request: IntentRequest, row: int) -> float:
        return 0.05 / super().weight(request, row)


class EverythingIsRelevant(GoodModel):
    """Takes whoever is busy to be interested."""

    def weights(self, request: IntentRequest, subject: IntentSubject, rows: Mapping[int, Sequence[int]]) -> Weights:
        found = super().weights(request, subject, rows)
        own = [row for person in subject.persons for row in rows.get(person, ())]
        if found or not own or subject.kind is not IntentSubjectKind.ACCOUNT:
            return found
        keyword = next((number for number, term in enumerate(request.taxonomy) if term.kind is TermKind.KEYWORD), None)
        return found if keyword is None else {keyword: [(row, 0.5) for row in own]}


class StumblesOverNames(GoodModel):
    def answer(self, request: IntentRequest) -> Predictions:
        for content in request.contents:
            if content.name is not None:
                content.name.split()[0].encode("ascii")
        return super().answer(request)


class UsesWhatIsNotItsOwn(GoodModel):
    def factor(self, request: IntentRequest) -> float:
        try:
            return super().factor(request)
        except Exception:
            return float(len(request.training or b""))


class StumblesOverGarbage(GoodModel):
    def factor(self, request: IntentRequest) -> float:
        try:
            return super().factor(request)
        except Exception as fault:
            raise ValueError("not JSON") from fault


class LearnsWithoutAWord(GoodModel):
    async def train(self, request: TrainingRequest) -> Training | None:
        found = await super().train(request)
        return None if found is None else replace(found, description=" ")


class LearnsFromNothing(GoodModel):
    async def train(self, request: TrainingRequest) -> Training | None:
        found = await super().train(request)
        return found or Training(state=b'{"factor": 1}', description="nothing")


class LearnsTooMuch(Changing):
    def changed(self, request: IntentRequest, each: Prediction) -> list[Prediction]:
        return [each if request.training is None else replace(each, probability=each.probability * 3)]


class LearnsAnObject(GoodModel):
    async def train(self, request: TrainingRequest) -> Training | None:
        found = await super().train(request)
        return None if found is None else replace(found, state=found.state.decode())  # type: ignore[arg-type]


def _fault(provider: Any, caught_by: str, says: str, **given: Any) -> Fault:
    return Fault(provider, caught_by, says, GoodModelExam, given=given)


def _fault_of_reach(provider: Any, caught_by: str, says: str, more: Mapping[str, Any]) -> Fault:
    return Fault(provider, caught_by, says, GoodModelExam, **more)


FAULTS = [
    _fault(ComputesOnTheLoop, "it_does_not_block_the_loop", "stood still"),
    _fault(HoldsOn, "a_cancelled_call_ends_at_once_and_the_next_one_works", "still running"),
    _fault(HoldsOnToASlowModel, "a_call_to_a_slow_system_can_be_given_up", "still running"),
    _fault(RaisesWhatItLikes, "errors_are_those_of_the_contract", "OSError"),
    _fault(NotReachedIsMisconfigured, "a_call_to_a_system_that_is_down_is_unavailable", "Misconfigured"),
    _fault(WrongKeyIsAway, "wrong_credentials_are_told_as_misconfigured", "Unavailable"),
    _fault(IsAlwaysWell, "check_tells_a_system_that_is_down", "that it works"),
    _fault(OneRequestForAll, "calls_at_one_time_do_not_mix", "alone"),
    _fault(StoresUnderOneTenant, "tenants_do_not_mix", "storage of alpha"),
    _fault(RemembersAll, "memory_is_steady_over_many_calls", "Memory grew"),
    _fault(OpensAFile, "nothing_stays_behind_after_close", "open files"),
    _fault(ShowsItsKey, "no_secret_is_shown", "repr"),
    _fault(TrainsWithoutAwait, "it_has_all_methods_and_they_are_async", "train"),
    _fault(SortsTheColumns, "requests_and_answers_cross_to_another_process", "changed its request"),
    _fault(StrictAboutTheRequest, "fields_that_a_later_contract_adds_are_ignored", "LaterIntent"),
    _fault(Percent, "probabilities_are_between_0_and_1", "not 0 to 1"),
    _fault(NotANumber, "probabilities_are_between_0_and_1", "nan"),
    _fault(MeanOfTheParts, "a_parent_is_never_below_its_parts", "product"),
    _fault(CategoriesBelow, "a_parent_is_never_below_its_parts", "category"),
    _fault(SaysItTwice, "each_subject_and_term_stands_once", "repeat"),
    _fault(CountsFromOne, "subjects_and_terms_are_those_of_the_request", "no subject"),
    _fault(EvidenceOutOfRange, "evidence_is_among_the_activities_given", "there is none"),
    _fault(EvidenceOfOthers, "evidence_is_of_the_subjects_own_account", "another account"),
    _fault(NegativeWeights, "weights_of_evidence_are_above_0", "-8"),
    _fault(WeakestFirst, "the_strongest_evidence_comes_first", "not strongest first"),
    _fault(IgnoresTheFloor, "nothing_below_the_floor_is_given", "below the floor"),
    _fault(ScalesWithTheFloor, "the_floor_changes_no_probability", "another floor"),
    _fault(NamelessModel, "it_tells_which_model_it_is", "no name"),
    _fault(ByChance, "the_same_request_has_the_same_answer", "another answer"),
    _fault(LastRowsCountMore, "the_order_of_activities_does_not_matter", "another order"),
    _fault(LowNumbersCountMore, "the_numbers_of_persons_do_not_matter", "other numbers"),
    _fault(PriorForEverybody, "no_activities_give_no_predictions", "Without activities"),
    _fault(FailsWithoutSubjects, "nothing_asked_is_nothing_answered", "IndexError"),
    _fault(TooSlow, "10_000_activities_are_answered_in_time", "took", seconds_for_10_000=1.0),
    _fault(NoticesNothing, "what_is_read_much_is_noticed", "category has"),
    _fault(AnotherKeyword, "the_keyword_that_is_read_is_the_strongest", "nobody reads"),
    _fault(MoreIsLess, "more_reading_lowers_nothing", "fell"),
    _fault(OldIsGold, "fresher_reading_lowers_nothing", "two months"),
    _fault(EverythingIsRelevant, "reading_about_nothing_of_ours_stays_below_the_floor", "canteen"),
    _fault(StumblesOverNames, "texts_from_outside_break_nothing", "raised"),
    _fault(UsesWhatIsNotItsOwn, "a_state_that_is_none_of_its_own_is_not_used", "changed the answer"),
    _fault(StumblesOverGarbage, "a_state_that_is_none_of_its_own_is_not_used", "ValueError"),
    _fault(LearnsWithoutAWord, "a_training_is_bytes_with_a_description", "description"),
    _fault(LearnsAnObject, "a_training_is_bytes_with_a_description", "bytes"),
    _fault(LearnsFromNothing, "too_few_outcomes_teach_nothing", "Training"),
    _fault(LearnsTooMuch, "what_it_learned_serves_later", "not between"),
    *(_fault_of_reach(*each) for each in OF_MODELS),
]
