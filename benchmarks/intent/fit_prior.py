"""Fits the prior that the plugin ships, on worlds of training alone: other seeds, types and taxonomies than are tested.

Run from the repository's root: `.venv/bin/python benchmarks/intent/fit_prior.py [--worlds 32]`. Writes `prior.json` of the plugin.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
PLUGIN = HERE.parent.parent / "plugins" / "bg-intent-activities"
sys.path[:0] = [str(HERE), str(PLUGIN)]

from worlds import World, training_kind, world  # noqa: E402 - needs the path

from bg_intent_activities.batches import batches  # noqa: E402
from bg_intent_activities.features import NAMES  # noqa: E402
from bg_intent_activities.logistic import fit, logits, rising  # noqa: E402
from bg_intent_activities.matching import Matches, content_scores, match  # noqa: E402
from bg_intent_activities.predicting import Described, Known, described, interests  # noqa: E402
from bg_intent_activities.prior import SUBJECTS, Prior  # noqa: E402
from bg_intent_activities.settings import ActivitiesSettings  # noqa: E402
from bg_intent_activities.taxonomy import KINDS, tree_of  # noqa: E402
from bg_intent_activities.words import Stems  # noqa: E402

FIRST_SEED = 1000
RIDGE = 3.0
LEAST_SCORE = 0.1
"""Scores below say nothing: most contents share a word or so with most terms."""
BEYOND, SLOPE = 40.0, 0.25
"""How far a curve goes on beyond what was seen, and how it rises there: what is said with more certainty counts for less."""
LEAST_RISE = 0.02
"""How much a curve rises at least."""


def matching_curve(worlds: list[World]) -> tuple[np.ndarray, np.ndarray]:
    """What a score says of whether the content is about the term."""
    seen, right = [], []
    for each in worlds:
        for first, best in content_scores(each.request.taxonomy, each.request.contents, Stems("english")):
            seen.append(best.ravel())
            right.append(each.about[first : first + len(best)].ravel())
    scores, truth = np.concatenate(seen).astype(float), np.concatenate(right).astype(float)
    chosen = scores >= LEAST_SCORE
    knots, sure = rising(scores[chosen], truth[chosen], 40)
    return np.array([0.0, LEAST_SCORE - 1e-6, *knots]), np.array([0.0, 0.0, *sure])


def known_of(each: World, prior: Prior, matches: Matches | None = None) -> Known:
    """What the model knows of a world."""
    tree = tree_of(each.request.taxonomy)
    found = matches or match(each.request.taxonomy, tree, each.request.contents, Stems("english"), prior.matching)
    return Known(tree, found, prior, 5, 0.0)


def all_described(each: World, known: Known) -> Iterator[Described]:
    """The features of all subjects of a world."""
    for batch in batches(each.request, ActivitiesSettings().weight):
        yield from described(batch, known)[0]


def interests_of(each: World, known: Known, some: list[Described]) -> np.ndarray:
    """Subjects (rows) and terms (columns): the probabilities that the model tells, those below its floor too."""
    table = np.zeros(each.truth.shape)
    for subjects in some:
        lines = {kind: known.prior.lines[subjects.asked.kind, kind] for kind in range(len(KINDS))}
        table[subjects.asked.numbers] = interests(subjects, known.tree, lines)
    return table


def labelled(each: World, known: Known) -> Iterator[tuple[int, int, np.ndarray, np.ndarray]]:
    """Number of the subject's kind and of the term's kind, features, truth."""
    for subjects in all_described(each, known):
        truth = each.truth[subjects.asked.numbers[subjects.cells.subjects], subjects.cells.terms]
        kinds = known.tree.kinds[subjects.cells.terms]
        for kind in range(len(KINDS)):
            yield subjects.asked.kind, kind, subjects.inputs[kinds == kind], truth[kinds == kind].astype(float)


def fitted(samples: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, list[float]]:
    """Weights from the even worlds with a curve from the odd ones, then weights of all: both halves serve both."""
    inputs, truth = (np.concatenate(column) for column in zip(*samples, strict=True))
    before, trust = np.zeros(len(NAMES)), np.full(len(NAMES), RIDGE)
    weights = fit(inputs, truth, before, trust)
    said, was = [], []
    for rest in (0, 1):
        learn = [np.concatenate(column) for column in zip(*samples[rest::2], strict=True)]
        test = [np.concatenate(column) for column in zip(*samples[1 - rest :: 2], strict=True)]
        said.append(logits(test[0], fit(learn[0], learn[1], before, trust)))
        was.append(test[1])
    values, targets = np.concatenate(said), np.concatenate(was)
    return {"weights": np.round(weights, 5).tolist(), **curve(values, targets)}


def curve(values: np.ndarray, targets: np.ndarray) -> dict[str, list[float]]:
    """Log odds and what they really were, finer towards the top: the few high ones are those that are shown.

    It rises everywhere, if slowly where the data tell of no difference, and goes on beyond both its ends: a curve with
    level parts would give different evidence the same probability.
    """
    chances = 1 / (1 + np.exp(-values))
    top = chances > 0.1
    low = rising(values[~top], targets[~top], 20)
    high = rising(values[top], targets[top], 40)
    knots, means = np.concatenate([low[0], high[0]]), np.maximum.accumulate(np.concatenate([low[1], high[1]]))
    rates = np.clip(means, 1e-5, 1 - 1e-3)
    told = np.log(rates / (1 - rates))
    knots = np.concatenate([[knots[0] - BEYOND], knots, [knots[-1] + BEYOND]])
    told = np.concatenate([[told[0] - SLOPE * BEYOND], told, [told[-1] + SLOPE * BEYOND]])
    told = LEAST_RISE * knots + np.maximum.accumulate(told - LEAST_RISE * knots)
    return {"log_odds": np.round(knots, 4).tolist(), "calibrated": np.round(told, 4).tolist()}


def training_world(seed: int) -> World:
    """A world of training."""
    return world(seed, training_kind(seed), testing=False)


def samples_of(prior: Prior, each: World) -> list[tuple[int, int, np.ndarray, np.ndarray]]:
    """What a world of training teaches."""
    return list(labelled(each, known_of(each, prior)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=32)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    seeds = range(FIRST_SEED, FIRST_SEED + options.worlds)
    with ProcessPoolExecutor(options.processes) as pool:
        made = list(pool.map(training_world, seeds))
        scores, sureness = matching_curve(made)
        samples: dict[tuple[int, int], list[tuple[np.ndarray, np.ndarray]]] = {}
        for some in pool.map(partial(samples_of, Prior("", (scores, sureness), {})), made):
            for subject, kind, inputs, truth in some:
                samples.setdefault((subject, kind), []).append((inputs, truth))
        keys = sorted(samples)
        lines = dict(zip(keys, pool.map(fitted, [samples[key] for key in keys]), strict=True))
    plain = {
        "version": "2026.11.3",
        "provenance": f"benchmarks/intent/fit_prior.py, worlds of training, seeds {seeds[0]} to {seeds[-1]}",
        "features": NAMES,
        "scores": np.round(scores, 4).tolist(),
        "sureness": np.round(sureness, 4).tolist(),
        "lines": {f"{SUBJECTS[subject]} {KINDS[kind]}": line for (subject, kind), line in lines.items()},
    }
    (PLUGIN / "bg_intent_activities" / "prior.json").write_text(json.dumps(plain, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
