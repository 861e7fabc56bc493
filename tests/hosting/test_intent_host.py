"""Whatever an intent model answers, the host lets through only what keeps the contract, and asks the next one otherwise."""

from array import array
from typing import Any

import pytest

from bg_graph.hosting.hosted import Hosted
from bg_graph.hosting.intent import IntentHost, NotPredicted, Predicted
from bg_graph.plugins.errors import Rejected, Unavailable
from bg_graph.plugins.intent import (
    Activities,
    Content,
    IntentRequest,
    IntentSubject,
    IntentSubjectKind,
    Prediction,
    Predictions,
    Term,
    TermKind,
    Training,
    TrainingRequest,
)
from bg_graph.plugins.summaries import Model
from tests.conftest import NOW
from tests.hosting.hosted_providers import hosted

MODEL = Model(name="oracle", version="3")
GOOD = Prediction(subject=0, term=1, probability=0.7, evidence=((0, 2.0), (1, 1.0)))
REQUEST = IntentRequest(
    tenant="acme",
    as_of=NOW,
    window_days=90,
    taxonomy=(Term(kind=TermKind.CATEGORY, name="Data"), Term(kind=TermKind.PRODUCT, name="Lake", parent=0)),
    kinds=("VISIT_PAGE",),
    contents=(Content(name="A lake"),),
    accounts=2,
    person_accounts=array("i", (0, 1)),
    activities=Activities(
        persons=array("i", (0, 0, 1)),
        times=array("q", (1, 2, 3)),
        kinds=array("i", (0,) * 3),
        contents=array("i", (0,) * 3),
    ),
    subjects=(
        IntentSubject(kind=IntentSubjectKind.PERSON, account=0, persons=array("i", (0,))),
        IntentSubject(kind=IntentSubjectKind.PERSON, account=1, persons=array("i", (1,))),
    ),
)


def model(answer: Any, name: str = "acme-intent") -> Hosted:
    class Provider:
        async def predict(self, request: IntentRequest) -> Any:
            if isinstance(answer, Exception):
                raise answer
            return answer(request) if callable(answer) else answer

        async def train(self, request: TrainingRequest) -> Any:
            if isinstance(answer, Exception):
                raise answer
            return answer

    return hosted(Provider(), "intent", name, version="2.1")


def saying(*predictions: Any) -> Predictions:
    return Predictions(model=MODEL, predictions=predictions)


async def ask(*models: Hosted, **trainings: bytes) -> Predicted:
    return await IntentHost(lambda _tenant: models).predict(REQUEST, trainings)


async def test_an_answer_that_keeps_the_contract_is_taken_and_says_where_it_comes_from():
    held = model(saying(GOOD))
    assert await ask(held) == Predicted((GOOD,), MODEL, "acme-intent", "2.1", held.settings_hash)


def wrong(**change: Any) -> Prediction:
    values = {"subject": 0, "term": 1, "probability": 0.7, "evidence": (), **change}
    return Prediction(**values)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, "answered with a NoneType"),
        ([GOOD], "answered with a list"),
        (Predictions(model=MODEL, predictions=None), "answered with a Predictions"),
        (Predictions(model=Model(name="", version="1"), predictions=()), "does not name its model"),
        (Predictions(model=Model(name="a\0", version="1"), predictions=()), "does not name its model"),
        (Predictions(model=Model(name="a" * 201, version="1"), predictions=()), "does not name its model"),
        (saying((0, 1, 0.5)), "gave a tuple among its predictions"),
        (saying(wrong(probability=1.01)), "1.01 as a probability"),
        (saying(wrong(probability=-0.01)), "-0.01 as a probability"),
        (saying(wrong(probability=float("nan"))), "nan as a probability"),
        (saying(wrong(probability=True)), "True as a probability"),
        (saying(wrong(probability="0.5")), "'0.5' as a probability"),
        (saying(wrong(subject=2)), "predicted for subject 2; there are 2"),
        (saying(wrong(subject=-1)), "predicted for subject -1"),
        (saying(wrong(subject="0")), "predicted for subject '0'"),
        (saying(wrong(term=2)), "predicted term 2; there are 2"),
        (saying(GOOD, wrong(probability=0.1)), "predicted term 1 of subject 0 twice"),
        (saying(wrong(evidence=((3, 1.0),))), "gave activity 3 as evidence; there are 3"),
        (saying(wrong(evidence=((-1, 1.0),))), "gave activity -1 as evidence"),
        (saying(wrong(evidence=((0, 1.0), (0, 2.0)))), "named an activity twice"),
        (saying(wrong(evidence=((0, 0.0),))), "the weight 0.0; weights are above 0"),
        (saying(wrong(evidence=((0, float("inf")),))), "the weight inf"),
        (saying(wrong(evidence=((2, 1.0),))), "gave subject 0 activities of another account"),
        (saying(wrong(evidence=(5,))), "gave predictions that can't be read"),
        (RuntimeError("secret"), "failed"),
    ],
)
async def test_what_breaks_the_contract_is_refused_whole_with_the_reason_and_the_next_is_asked(
    answer: Any, reason: str
):
    broken = model(answer, "broken")
    with pytest.raises(NotPredicted) as refused:
        await ask(broken)
    (told,) = refused.value.reasons
    assert told.startswith("broken: ")
    assert reason in told
    assert "secret" not in told
    assert broken.status.last_error is not None
    served = await ask(broken, model(saying(GOOD)))
    assert (served.plugin, served.tried) == ("acme-intent", ("broken",))


async def test_a_model_that_is_away_or_refuses_gives_way_to_the_next():
    away, picky = model(Unavailable("gone fishing"), "away"), model(Rejected("TOO_OLD", "too old"), "picky")
    assert (await ask(away, picky, model(saying(GOOD)))).tried == ("away", "picky")
    with pytest.raises(NotPredicted, match="away: gone fishing; picky: too old"):
        await ask(away, picky)


async def test_without_a_model_that_is_said():
    with pytest.raises(NotPredicted, match="no intent model is configured"):
        await ask()


async def test_each_model_is_handed_what_it_learned_itself():
    handed: list[bytes | None] = []

    def noting(request: IntentRequest) -> Predictions | None:
        handed.append(request.training)
        return saying(GOOD) if len(handed) == 2 else None

    await ask(model(noting, "one"), model(noting, "two"), one=b"1", three=b"3")
    assert handed == [b"1", None]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("wise", "answered with a str"),
        (Training(state="text", description=""), "answered with a Training"),
        (Training(state=b"x" * 16_000_001, description=""), "learned 16000001 bytes"),
        (Training(state=b"", description="x" * 4_001), "does not say in up to 4000 characters"),
        (Unavailable("closed"), "closed"),
    ],
)
async def test_what_was_not_learned_in_the_form_agreed_is_refused(answer: Any, reason: str):
    held = model(answer)
    with pytest.raises((Rejected, Unavailable), match=reason):
        await IntentHost(lambda _: (held,)).train(held, TrainingRequest(request=REQUEST, outcomes=()))


async def test_a_model_may_learn_nothing():
    held = model(None)
    assert await IntentHost(lambda _: (held,)).train(held, TrainingRequest(request=REQUEST, outcomes=())) is None
