"""Compares ways of telling what a content is about: stems, spellings, synonyms, a static embedding, and both together.

From the repository's root, the embedding in an environment of its own (no network once it is installed):

    .venv/bin/uv venv .venv-embedding && .venv/bin/uv pip install -p .venv-embedding/bin/python wordllama==0.4.0.post1
    .venv/bin/python benchmarks/intent/meanings.py [--embedding .venv-embedding/bin/python]

For each way the curve of scores and all weights are fitted anew, on the same worlds of training.
"""

import argparse
import json
import resource
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
from fit_prior import FIRST_SEED, HERE, LEAST_SCORE, all_described, fitted, interests_of, known_of, labelled
from measures import average_precision, brier_skill
from worlds import TESTING, World, training_kind, world

from bg_graph.plugins.intent import Content, Term
from bg_intent_activities.logistic import fit, logits, probabilities, rising
from bg_intent_activities.matching import Matches, Vocabulary, fields_of, scores
from bg_intent_activities.prior import SUBJECTS, Line, Prior
from bg_intent_activities.taxonomy import tree_of
from bg_intent_activities.words import Stems, path_of

TYPES = ("plain", "synonyms")
LEAST_SURE = 0.05
"""A content that is less surely about a term is taken not to be about it."""
Scores = Callable[[Sequence[Term], Sequence[Content]], np.ndarray]


class OwnStems(Vocabulary):
    """Knows a word by its stem alone."""

    def places_of(self, stem: str) -> dict[int, float]:
        return {self.places[stem]: 1.0} if stem in self.places else {}


class Dictionary(Vocabulary):
    """Also knows the synonyms, by the very dictionary that the worlds are written with: a bound, not a rival."""

    def __init__(self, terms: Sequence[Term], stems: Stems) -> None:
        super().__init__(terms, stems)
        self.near: dict[str, dict[int, float]] = {}
        for word, others in json.loads((HERE / "synonyms.json").read_text("utf-8")).items():
            for own in stems.of(word):
                for other in (stem for text in others for stem in stems.of(text)):
                    if own in self.places:
                        self.near.setdefault(other, {})[self.places[own]] = 1.0

    def places_of(self, stem: str) -> dict[int, float]:
        return super().places_of(stem) or self.near.get(stem, {})


def by_stems(kind: type[Vocabulary]) -> Scores:
    """The best score of a content's fields, by a vocabulary."""

    def scored(terms: Sequence[Term], contents: Sequence[Content]) -> np.ndarray:
        stems = Stems("english")
        fields = [tuple(fields_of(content, stems)) for content in contents]
        best = np.zeros((len(contents), len(terms)), np.float32)
        rows = np.repeat(np.arange(len(contents)), [len(each) for each in fields])
        np.maximum.at(best, rows, scores(kind(terms, stems), [field for each in fields for field in each]))
        return best

    return scored


def by_embedding(python: str) -> Scores:
    """The best cosine of a content's fields with a term's name."""

    def scored(terms: Sequence[Term], contents: Sequence[Content]) -> np.ndarray:
        fields = [
            [*content.topics, content.name or "", path_of(content.url or "").replace("-", " ").replace("/", " ")]
            for content in contents
        ]
        texts = [term.name for term in terms] + [text for each in fields for text in each]
        command = [python, str(HERE / "embed.py")]
        told = subprocess.run(command, input=json.dumps(texts).encode(), stdout=subprocess.PIPE, check=True).stdout
        vectors = np.load(BytesIO(told))
        near = vectors[len(terms) :] @ vectors[: len(terms)].T
        best = np.zeros((len(contents), len(terms)), np.float32)
        np.maximum.at(best, np.repeat(np.arange(len(contents)), [len(each) for each in fields]), near)
        return best

    return scored


class Way(NamedTuple):
    """A way to tell; several scores are weighed together."""

    name: str
    scores: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fit:
    """What training worlds say of the scores of a way: weights of scores, and a curve."""

    weights: np.ndarray | None
    curve: tuple[np.ndarray, np.ndarray]


def together(found: list[np.ndarray]) -> np.ndarray:
    """Scores of all pairs, with their products, as inputs."""
    columns = [np.ones(found[0].size), *(each.ravel() for each in found)]
    if len(found) > 1:
        columns += [found[0].ravel() * found[1].ravel(), found[0].ravel() ** 2, found[1].ravel() ** 2]
    return np.stack(columns, axis=1).astype(float)


def fit_of(found: list[list[np.ndarray]], about: list[np.ndarray]) -> Fit:
    """From the scores of training worlds to how surely a content is about a term."""
    truth = np.concatenate([each.ravel() for each in about]).astype(float)
    weights = None
    if len(found[0]) == 1:
        values = np.concatenate([each[0].ravel() for each in found]).astype(float)
        chosen = values >= LEAST_SCORE
    else:
        inputs = np.concatenate([together(each) for each in found])
        weights = fit(inputs, truth, np.zeros(inputs.shape[1]), np.full(inputs.shape[1], 1.0))
        values = probabilities(logits(inputs, weights))
        chosen = values >= LEAST_SURE / 10
    return Fit(weights, rising(values[chosen], truth[chosen], 40))


def sure_of(found: list[np.ndarray], by: Fit) -> np.ndarray:
    """How surely contents (rows) are about terms (columns)."""
    values = found[0] if by.weights is None else probabilities(logits(together(found), by.weights))
    knots, sure = by.curve
    result = np.interp(values, [0.0, knots[0] - 1e-6, *knots], [0.0, 0.0, *sure]).reshape(found[0].shape)
    return np.where(result >= LEAST_SURE, result, 0.0)


def matches_of(sure: np.ndarray, each: World) -> Matches:
    """The contract of the model's inside."""
    raised = tree_of(each.request.taxonomy).raised(sure)
    rows, terms = np.nonzero(raised)
    return Matches(np.searchsorted(rows, np.arange(len(sure) + 1)), terms, raised[rows, terms])


def prior_of(made: list[World], matches: list[Matches]) -> Prior:
    """All weights and curves anew."""
    blank = Prior("", (np.array([0.0, 1.0]), np.array([0.0, 1.0])), {})
    samples: dict[tuple[int, int], list[tuple[np.ndarray, np.ndarray]]] = {}
    for each, found in zip(made, matches, strict=True):
        for subject, kind, inputs, truth in labelled(each, known_of(each, blank, found)):
            samples.setdefault((subject, kind), []).append((inputs, truth))
    lines = {}
    for key, some in samples.items():
        plain = fitted(some)
        lines[key] = Line(np.array(plain["weights"]), (np.array(plain["log_odds"]), np.array(plain["calibrated"])))
    return replace(blank, lines=lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--embedding", type=Path, help="a Python that has the package wordllama")
    parser.add_argument("--worlds", type=int, default=8, help="worlds of training")
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    known: dict[str, Scores] = {
        "stems": by_stems(OwnStems),
        "spellings": by_stems(Vocabulary),
        "dictionary": by_stems(Dictionary),
    }
    ways = [
        Way("stems (TF-IDF)", ("stems",)),
        Way("stems and spellings (the model)", ("spellings",)),
        Way("stems, spellings and the worlds' own dictionary (a bound)", ("dictionary",)),
    ]
    if options.embedding:
        known["embedding"] = by_embedding(str(options.embedding.absolute()))
        ways += [
            Way("embedding", ("embedding",)),
            Way("stems and spellings, with the embedding", ("spellings", "embedding")),
        ]
    made = [world(seed, training_kind(seed), testing=False) for seed in range(FIRST_SEED, FIRST_SEED + options.worlds)]
    tested = {
        type_: [world(500 + 10 * place + seed, TESTING[type_], testing=True) for seed in range(options.seeds)]
        for place, type_ in enumerate(TYPES)
    }
    everything = [*made, *(each for worlds in tested.values() for each in worlds)]
    table, seconds = {}, {}
    for name, score in known.items():
        begin = time.process_time() + sum(_of_children())
        table[name] = [score(each.request.taxonomy, each.request.contents) for each in everything]
        spent = time.process_time() + sum(_of_children()) - begin
        seconds[name] = 1000 * spent / sum(len(each.request.contents) for each in everything)
    columns = "contents, AP | persons, AP | groups, AP | accounts, AP | all, Brier skill"
    print(f"| | ms a content | {' | '.join(f'{type_}: {columns}' for type_ in TYPES)} |")
    print("|---|---|" + "---|" * 5 * len(TYPES))
    for way in ways:
        found = [[table[name][place] for name in way.scores] for place in range(len(everything))]
        by = fit_of(found[: len(made)], [each.about for each in made])
        matches = [matches_of(sure_of(some, by), each) for some, each in zip(found, everything, strict=True)]
        prior = prior_of(made, matches[: len(made)])
        told = [f"{sum(seconds[name] for name in way.scores):.1f}"]
        for place, type_ in enumerate(TYPES):
            first = len(made) + place * options.seeds
            rows = []
            for number, each in enumerate(tested[type_], first):
                kinds = np.array([SUBJECTS.index(subject.kind) for subject in each.request.subjects])
                using = known_of(each, prior, matches[number])
                chances = interests_of(each, using, list(all_described(each, using)))
                raised = tree_of(each.request.taxonomy).raised(sure_of(found[number], by))
                of_contents = average_precision(raised.ravel(), each.about.ravel().astype(float))
                of_subjects = [
                    average_precision(chances[kinds == kind].ravel(), each.truth[kinds == kind].ravel().astype(float))
                    for kind in range(len(SUBJECTS))
                ]
                rows.append([of_contents, *of_subjects, brier_skill(chances, each.truth)])
            told += [f"{value:.3f}" for value in np.mean(rows, axis=0)]
        print(f"| {way.name} | {' | '.join(told)} |", flush=True)


def _of_children() -> tuple[float, float]:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime, used.ru_stime


if __name__ == "__main__":
    main()
