"""Checks of the form of a model's answer: probabilities, their order in the taxonomy, evidence, floor."""

import math
from dataclasses import replace

from bg_graph.plugins.intent import IntentRequest, Prediction, Predictions, TermKind
from bg_graph.plugins.testing.checks import demand
from bg_graph.plugins.testing.exam import check
from bg_graph.plugins.testing.intents.calls import IntentCalls, by_place, chance
from bg_graph.plugins.testing.intents.worlds import TAXONOMY, parents, usual_world

_ALL = 0.01
_HIGH = 0.6
_HIGHER = 0.95
_ROUNDING = 1e-9


class AnswerChecks(IntentCalls):
    """The form of an answer."""

    @check()
    async def test_probabilities_are_between_0_and_1(self) -> None:
        """Each is a finite number of that range."""
        for each in (await self._usual()).predictions:
            good = isinstance(each.probability, float | int) and math.isfinite(each.probability)
            demand(good and 0 <= each.probability <= 1, f"A probability is {each.probability!r}, not 0 to 1.")

    @check()
    async def test_a_parent_is_never_below_its_parts(self) -> None:
        """A product is not below its strongest keyword, a category not below its strongest product."""
        answer = await self._usual()
        for each in answer.predictions:
            if not 0 <= each.term < len(TAXONOMY):
                continue  # has a check of its own
            for above in parents(each.term)[:1]:
                parent = chance(answer, each.subject, above)
                demand(
                    not parent + _ROUNDING < each.probability <= 1,
                    f"The {TAXONOMY[each.term].kind.lower()} {TAXONOMY[each.term].name} has {each.probability:.3f}, its "
                    f"{TAXONOMY[above].kind.lower()} {TAXONOMY[above].name} only {parent:.3f}.",
                )

    @check()
    async def test_each_subject_and_term_stands_once(self) -> None:
        """No two predictions are of one subject and one term."""
        places = [(each.subject, each.term) for each in (await self._usual()).predictions]
        demand(len(places) == len(set(places)), f"{len(places) - len(set(places))} predictions repeat another.")

    @check()
    async def test_subjects_and_terms_are_those_of_the_request(self) -> None:
        """Numbers are places in the lists of the request."""
        request = self._request()
        for each in (await self.predicted(request)).predictions:
            demand(each.subject in range(len(request.subjects)), f"There is no subject {each.subject!r}.")
            demand(each.term in range(len(TAXONOMY)), f"There is no term {each.term!r}.")

    @check()
    async def test_evidence_is_among_the_activities_given(self) -> None:
        """Each row is one of the request."""
        request = self._request()
        for each, row, _ in _evidence(await self.predicted(request)):
            demand(row in range(len(request.activities)), f"Evidence of {_name(each)} is row {row!r}: there is none.")

    @check()
    async def test_evidence_is_of_the_subjects_own_account(self) -> None:
        """What people of other accounts did is no evidence."""
        request = self._request()
        for each, row, _ in _evidence(await self.predicted(request)):
            if row in range(len(request.activities)) and each.subject in range(len(request.subjects)):
                account = request.person_accounts[request.activities.persons[row]]
                demand(
                    account == request.subjects[each.subject].account,
                    f"Evidence of {_name(each)} is an activity of another account.",
                )

    @check()
    async def test_weights_of_evidence_are_above_0(self) -> None:
        """Finite and positive: what spoke against it is no evidence."""
        for each, _, weight in _evidence(await self._usual()):
            demand(math.isfinite(weight) and weight > 0, f"A weight of evidence of {_name(each)} is {weight!r}.")

    @check()
    async def test_the_strongest_evidence_comes_first(self) -> None:
        """People are shown the first few, each activity once."""
        for each in (await self._usual()).predictions:
            weights = [weight for _, weight in each.evidence]
            demand(weights == sorted(weights, reverse=True), f"Evidence of {_name(each)} is not strongest first.")
            rows = [row for row, _ in each.evidence]
            demand(len(rows) == len(set(rows)), f"Evidence of {_name(each)} names an activity twice.")

    @check()
    async def test_nothing_below_the_floor_is_given(self) -> None:
        """Only what is as likely as was asked for."""
        for floor in (_HIGH, _HIGHER):
            answer = await self.predicted(replace(self._request(), floor=floor))
            low = [each for each in answer.predictions if each.probability < floor - _ROUNDING]
            demand(not low, f"{len(low)} predictions are below the floor of {floor}.")

    @check()
    async def test_the_floor_changes_no_probability(self) -> None:
        """What is above a high floor is the same under a low one."""
        high, low = [by_place(await self.predicted(replace(self._request(), floor=each))) for each in (_HIGH, _ALL)]
        changed = [place for place, each in high.items() if place not in low or _differ(each, low[place])]
        demand(not changed, f"{len(changed)} predictions have another probability under another floor.")

    @check()
    async def test_it_tells_which_model_it_is(self) -> None:
        """Name and version: people are shown where a prediction comes from."""
        model = (await self._usual()).model
        demand(model.name and model.version, "The model has no name or no version.")

    def _request(self) -> IntentRequest:
        return usual_world().request(floor=_ALL)

    async def _usual(self) -> Predictions:
        return await self.predicted(self._request())


def _evidence(answer: Predictions) -> list[tuple[Prediction, int, float]]:
    return [(each, row, weight) for each in answer.predictions for row, weight in each.evidence]


def _differ(one: Prediction, other: Prediction) -> bool:
    return abs(one.probability - other.probability) > 1e-6


def _name(prediction: Prediction) -> str:
    known = prediction.term in range(len(TAXONOMY))
    return TAXONOMY[prediction.term].name if known else f"{TermKind.KEYWORD} {prediction.term}"
