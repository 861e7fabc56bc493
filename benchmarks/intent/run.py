"""Prints how good the model is on worlds of testing, beside what it is compared with.

Run from the repository's root: `.venv/bin/python benchmarks/intent/run.py [--seeds 2] [--processes 2]`.
"""

import argparse
import asyncio
import logging
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from baselines import COLLEAGUES, HALF_LIFE, counted, oracle
from fit_prior import FIRST_SEED, PLUGIN, Described, Known, all_described, interests_of, known_of
from measures import at_level, average_precision, brier_skill, calibration_error
from worlds import TESTING, World, training_kind, world

from bg_graph.plugins.context import ProviderContext
from bg_graph.plugins.intent import TrainingRequest
from bg_intent_activities.logistic import rising
from bg_intent_activities.model import ActivitiesModel
from bg_intent_activities.prior import SUBJECTS, shipped
from bg_intent_activities.settings import ActivitiesSettings
from bg_intent_activities.training import with_training

FIRST_TEST = 3
"""Worlds of the seeds before served to choose the ranges of the worlds of training."""
FOLDS = 3
ACCOUNT = 2
HIGH, LOW = 0.75, 0.25
SIMPLE = ("random", "keyword count", "count, decay", "count, decay, colleagues")
MODEL, OWN, ORACLE = "model, no labels", "model, own outcomes", "oracle"
HEAD = "AP, mean ± sd (worst type) | precision at HIGH | recall at HIGH | ECE | ECE from 0.25 | Brier skill"
Scores = dict[str, np.ndarray]
Curves = dict[tuple[str, int], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, slots=True)
class Told:
    """What everything compared said of one world."""

    type: str
    kinds: np.ndarray
    """Of the subjects (rows)."""
    categories: np.ndarray
    """Whether a term (column) is a category."""
    truth: np.ndarray
    said: dict[str, tuple[np.ndarray, np.ndarray]]
    """By name: scores to rank by, probabilities."""


class _NoStorage:
    async def get(self, tenant: str, key: str) -> str | None: ...

    async def put(self, tenant: str, key: str, value: str | None) -> None: ...

    async def list(self, tenant: str, prefix: str = "") -> dict[str, str]:
        return {}


def model(evidence: int = 1) -> ActivitiesModel:
    context = ProviderContext(plugin="activities", logger=logging.getLogger("activities"), storage=_NoStorage())
    return ActivitiesModel(ActivitiesSettings(evidence=evidence), context)


def trained(each: World, known: Known, some: list[Described], before: np.ndarray) -> np.ndarray:
    """Accounts, each third of them predicted with what the outcomes of the other two thirds teach; the others as before."""
    table, using, kinds = before.copy(), model(), kinds_of(each)
    of = np.array([subject.account for subject in each.request.subjects])
    accounts = tuple(subject for subject in each.request.subjects if subject.kind is SUBJECTS[ACCOUNT])
    for fold in range(FOLDS):
        outcomes = tuple(outcome for outcome in each.outcomes if outcome.account % FOLDS != fold)
        asked = TrainingRequest(request=replace(each.request, subjects=accounts), outcomes=outcomes)
        learned = asyncio.run(using.train(asked))
        rows = (of % FOLDS == fold) & (kinds == ACCOUNT)
        if learned is not None:
            prior, fits = with_training(known.prior, learned.state)
            assert fits
            table[rows] = interests_of(each, replace(known, prior=prior), some)[rows]
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


def calibrated() -> Curves:
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


def all_scores(each: World, seed: int, curves: Curves) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, scores to rank by, probabilities."""
    kinds = kinds_of(each)
    for name, scores in simple_scores(each, seed).items():
        chances = np.empty_like(scores)
        for kind in range(len(SUBJECTS)):
            chances[kinds == kind] = np.interp(scores[kinds == kind], *curves[name, kind])
        yield name, scores, chances
    known = known_of(each, shipped())
    some = list(all_described(each, known))
    without = interests_of(each, known, some)
    yield MODEL, without, without
    learned = trained(each, known, some, without)
    yield OWN, learned, learned
    told = oracle(each, known, some)
    yield ORACLE, told, told


def told_of(curves: Curves, place: int, type_: str, seed: int) -> Told:
    """One world."""
    each = world(seed * 100 + place, TESTING[type_], testing=True)
    categories = np.array([term.parent is None for term in each.request.taxonomy])
    said = {name: (scores, chances) for name, scores, chances in all_scores(each, seed, curves)}
    print(f"{type_}, seed {seed}: {len(each.request.activities)} activities", file=sys.stderr, flush=True)
    return Told(type_, kinds_of(each), categories, each.truth, said)


@dataclass(frozen=True, slots=True)
class Figures:
    """Average precision and skill: one for each world. The rest: of all that was said."""

    ranking: np.ndarray
    precision: float
    recall: float
    error: float
    error_shown: float
    skill: np.ndarray


def figures(worlds: list[Told], name: str, subject: int, only_categories: bool) -> Figures:
    """Of some worlds, for a kind of subject."""
    parts = []
    for each in worlds:
        cut = np.ix_(each.kinds == subject, each.categories | (not only_categories))
        scores, chances = each.said[name]
        parts.append((scores[cut].ravel(), chances[cut].ravel(), each.truth[cut].ravel().astype(float)))
    chances, truth = (np.concatenate([part[place] for part in parts]) for place in (1, 2))
    return Figures(
        np.array([average_precision(scores, right) for scores, _, right in parts]),
        *at_level(chances, truth, HIGH),
        calibration_error(chances, truth, 0.0),
        calibration_error(chances, truth, LOW),
        np.array([brier_skill(said, right) for _, said, right in parts]),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--types", nargs="*", default=list(TESTING))
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    seeds = range(FIRST_TEST, FIRST_TEST + options.seeds)
    wanted = [(place, type_, seed) for place, type_ in enumerate(TESTING) for seed in seeds if type_ in options.types]
    with ProcessPoolExecutor(options.processes) as pool:
        worlds = list(pool.map(partial(told_of, calibrated()), *zip(*wanted, strict=True)))
    show(worlds)


def show(worlds: list[Told]) -> None:
    """All tables."""
    types = list(dict.fromkeys(each.type for each in worlds))
    for only_categories, called in ((False, "all terms"), (True, "categories")):
        for subject, kind in enumerate(SUBJECTS):
            print(f"\n{kind}, {called}, {len(worlds)} worlds\n\n| | {HEAD} |\n|---|---|---|---|---|---|---|")
            for name in worlds[0].said:
                every = figures(worlds, name, subject, only_categories)
                by_type = [
                    figures([each for each in worlds if each.type == type_], name, subject, only_categories)
                    for type_ in types
                ]
                print(f"| {name} | {line(every, by_type)} |")
    for name in (MODEL, OWN):
        print(f"\n{name}, by type, all terms: persons · groups · accounts\n")
        print("| | AP | precision at HIGH | recall at HIGH | ECE from 0.25 | Brier skill |\n|---|---|---|---|---|---|")
        for type_ in types:
            some = [each for each in worlds if each.type == type_]
            found = [figures(some, name, subject, False) for subject in range(len(SUBJECTS))]
            columns = [[each.ranking.mean() for each in found], [each.precision for each in found]]
            columns += [[each.recall for each in found], [each.error_shown for each in found]]
            columns.append([each.skill.mean() for each in found])
            print(f"| {type_} | " + " | ".join(" · ".join(f"{value:.2f}" for value in row) for row in columns) + " |")


def line(every: Figures, by_type: list[Figures]) -> str:
    """Of all worlds, and of the worst type in brackets."""
    ranking = (
        f"{every.ranking.mean():.3f} ± {every.ranking.std():.3f} ({min(each.ranking.mean() for each in by_type):.2f})"
    )
    return " | ".join(
        (
            ranking,
            f"{every.precision:.3f} ({min(each.precision for each in by_type):.2f})",
            f"{every.recall:.3f} ({min(each.recall for each in by_type):.2f})",
            f"{every.error:.4f} ({max(each.error for each in by_type):.4f})",
            f"{every.error_shown:.3f} ({max(each.error_shown for each in by_type):.2f})",
            f"{every.skill.mean():.3f} ({min(each.skill.mean() for each in by_type):.2f})",
        )
    )


if __name__ == "__main__":
    assert PLUGIN.exists()
    main()
