"""Prints how good the model is on worlds of testing, beside what it is compared with.

Run from the repository's root: `.venv/bin/python benchmarks/intent/run.py [--seeds 3]`.
"""

import argparse
import asyncio
import logging
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from baselines import COLLEAGUES, HALF_LIFE, counted, oracle
from fit_prior import FIRST_SEED, PLUGIN, known_of
from measures import at_level, average_precision, brier_skill, calibration_error
from worlds import TESTING, World, training_kind, world

from bg_graph.plugins.context import ProviderContext
from bg_graph.plugins.intent import IntentRequest, TrainingRequest
from bg_intent_activities.logistic import rising
from bg_intent_activities.matching import Matches
from bg_intent_activities.model import ActivitiesModel
from bg_intent_activities.prior import SUBJECTS, shipped
from bg_intent_activities.settings import ActivitiesSettings

FIRST_TEST = 1
FOLDS = 3
SIMPLE = ("random", "keyword count", "count, decay", "count, decay, colleagues")
Scores = dict[str, np.ndarray]
Table = dict[tuple[str, int, str, str], list[tuple[np.ndarray, np.ndarray, np.ndarray]]]


class _NoStorage:
    async def get(self, tenant: str, key: str) -> str | None: ...

    async def put(self, tenant: str, key: str, value: str | None) -> None: ...

    async def list(self, tenant: str, prefix: str = "") -> dict[str, str]:
        return {}


def model() -> ActivitiesModel:
    context = ProviderContext(plugin="activities", logger=logging.getLogger("activities"), storage=_NoStorage())
    return ActivitiesModel(ActivitiesSettings(), context)


def predicted(using: ActivitiesModel, each: World, request: IntentRequest) -> np.ndarray:
    """Subjects (rows) and terms (columns): probabilities."""
    table = np.zeros(each.truth.shape)
    for found in asyncio.run(using.predict(request)).predictions:
        table[found.subject, found.term] = found.probability
    return table


def trained(using: ActivitiesModel, each: World) -> np.ndarray:
    """Each fifth of the accounts predicted with what the outcomes of the other four fifths teach."""
    table = np.zeros(each.truth.shape)
    of = np.array([subject.account for subject in each.request.subjects])
    for fold in range(FOLDS):
        outcomes = tuple(outcome for outcome in each.outcomes if outcome.account % FOLDS != fold)
        learned = asyncio.run(using.train(TrainingRequest(request=each.request, outcomes=outcomes)))
        state = learned.state if learned else None
        table[of % FOLDS == fold] = predicted(using, each, replace(each.request, training=state))[of % FOLDS == fold]
    return table


def kinds_of(each: World) -> np.ndarray:
    return np.array([SUBJECTS.index(subject.kind) for subject in each.request.subjects])


def simple_scores(each: World, seed: int) -> Scores:
    return {
        "random": np.random.default_rng(seed).random(each.truth.shape),
        "keyword count": counted(each),
        "count, decay": counted(each, HALF_LIFE),
        "count, decay, colleagues": counted(each, HALF_LIFE, COLLEAGUES),
    }


def calibrated() -> dict[tuple[str, int], tuple[np.ndarray, np.ndarray]]:
    """For each thing compared and kind of subject a curve from score to probability, from worlds of training."""
    made = [(world(seed, training_kind(seed), testing=False), seed) for seed in range(FIRST_SEED, FIRST_SEED + 6)]
    scores = [(each, simple_scores(each, seed)) for each, seed in made]
    return {
        (name, kind): rising(
            np.concatenate([found[name][kinds_of(each) == kind].ravel() for each, found in scores]),
            np.concatenate([each.truth[kinds_of(each) == kind].ravel().astype(float) for each, _ in scores]), 200,
        )
        for name in SIMPLE for kind in range(len(SUBJECTS))
    }  # fmt: skip


def all_scores(
    each: World, seed: int, using: ActivitiesModel, curves: dict
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, scores to rank by, probabilities."""
    kinds = kinds_of(each)
    for name, scores in simple_scores(each, seed).items():
        chances = np.empty_like(scores)
        for kind in range(len(SUBJECTS)):
            chances[kinds == kind] = np.interp(scores[kinds == kind], *curves[name, kind])
        yield name, scores, chances
    for name, chances in (
        ("model, no labels", predicted(using, each, each.request)),
        ("model, own outcomes", trained(using, each)),
    ):
        yield name, chances, chances
    known = known_of(each, shipped())
    told = oracle(each, known)
    yield "oracle", told, told
    rows, terms = np.nonzero(each.about)
    truth = Matches(np.searchsorted(rows, np.arange(len(each.about) + 1)), terms, np.ones(len(rows)))
    told = oracle(each, replace(known, matches=truth))
    yield "oracle that knows the contents", told, told


def figures(parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> list[float]:
    """Of the worlds of one type: average precision and skill are means over the worlds, the others of all that was said."""
    chances, truth = (
        np.concatenate([part[1] for part in parts]),
        np.concatenate([part[2] for part in parts]).astype(float),
    )
    return [
        float(np.mean([average_precision(scores, right.astype(float)) for scores, _, right in parts])),
        *at_level(chances, truth, 0.75), calibration_error(chances, truth),
        float(np.mean([brier_skill(said, right.astype(float)) for _, said, right in parts])),
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--types", nargs="*", default=list(TESTING))
    options = parser.parse_args()
    using, curves = model(), calibrated()
    table: Table = {}
    for place, (type_, kind) in enumerate(TESTING.items()):
        for seed in range(FIRST_TEST, FIRST_TEST + options.seeds) if type_ in options.types else ():
            each = world(seed * 100 + place, kind, testing=True)
            categories = np.array([term.parent is None for term in each.request.taxonomy])
            for name, scores, chances in all_scores(each, seed, using, curves):
                for subject in range(len(SUBJECTS)):
                    rows = kinds_of(each) == subject
                    for part, columns in (("all", categories | True), ("categories", categories)):
                        cut = np.ix_(rows, columns)
                        columns_of = (scores[cut].ravel(), chances[cut].ravel(), each.truth[cut].ravel())
                        table.setdefault((type_, subject, part, name), []).append(columns_of)
    show(table)


def show(table: Table) -> None:
    head = "AP | precision at HIGH | recall at HIGH | ECE | Brier skill"
    names, types = (list(dict.fromkeys(key[place] for key in table)) for place in (3, 0))
    for part in ("all", "categories"):
        for subject, kind in enumerate(SUBJECTS):
            called = "all terms" if part == "all" else "categories"
            print(f"\n{kind}, {called}: all worlds (worst type)\n\n| | {head} |\n|---|---|---|---|---|---|")
            for name in names:
                by_type = [table[type_, subject, part, name] for type_ in types]
                every = figures([world for worlds in by_type for world in worlds])
                rows = np.array([figures(worlds) for worlds in by_type])
                worst = [*rows.min(0)[:3], rows.max(0)[3], rows.min(0)[4]]
                print(
                    f"| {name} | " + " | ".join(f"{a:.3f} ({b:.2f})" for a, b in zip(every, worst, strict=True)) + " |"
                )
    print(
        f"\nModel without labels by type, all terms: persons · groups · accounts\n\n| | {head} |\n|---|---|---|---|---|---|"
    )
    for type_ in types:
        means = [figures(table[type_, subject, "all", "model, no labels"]) for subject in range(len(SUBJECTS))]
        print(
            f"| {type_} | "
            + " | ".join(" · ".join(f"{mean[place]:.2f}" for mean in means) for place in range(5))
            + " |"
        )


if __name__ == "__main__":
    assert PLUGIN.exists()
    main()
