"""What the model is compared with: counts of keywords, fading, with colleagues; and a logistic model that was told the truth."""

import re

import numpy as np
from fit_prior import Described, Known
from worlds import AS_OF, DAY, World

from bg_graph.plugins.intent import Content
from bg_intent_activities.features import NAMES
from bg_intent_activities.logistic import fit, logits, probabilities
from bg_intent_activities.taxonomy import Tree, tree_of

HALF_LIFE, COLLEAGUES = 14.0, 0.1
"""The best for average precision on worlds of training, of 7, 14, 25, 40 days and shares of 0.05, 0.1, 0.25, 0.5."""


def by_letters(world: World, tree: Tree) -> np.ndarray:
    """Contents (rows) and terms (columns): whether the name of the term, or of a part of it, stands there letter by letter."""
    texts = [_letters(content) for content in world.request.contents]
    names = [_folded(term.name) for term in world.request.taxonomy]
    return tree.raised(np.array([[float(f" {name} " in text) for name in names] for text in texts]))


def _folded(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", text.casefold()))


def _letters(content: Content) -> str:
    return " | ".join(f" {_folded(text)} " for text in (*content.topics, content.name or "", content.url or ""))


def counted(world: World, half_life: float | None = None, colleagues: float = 0.0) -> np.ndarray:
    """Subjects (rows) and terms (columns): activities on contents that name the term, faded, and a share of colleagues'."""
    request = world.request
    tree = tree_of(request.taxonomy)
    columns = request.activities
    ages = (AS_OF.timestamp() - np.frombuffer(columns.times, np.int64)) / DAY
    weights = np.ones(len(ages)) if half_life is None else np.exp2(-ages / half_life)
    read = np.zeros((len(request.person_accounts), len(request.contents)))
    np.add.at(read, (np.frombuffer(columns.persons, np.int32), np.frombuffer(columns.contents, np.int32)), weights)
    persons = read @ by_letters(world, tree)
    accounts = np.zeros((request.accounts, len(tree)))
    np.add.at(accounts, np.frombuffer(request.person_accounts, np.int32), persons)
    own = np.array([persons[np.frombuffer(subject.persons, np.int32)].sum(0) for subject in request.subjects])
    of = np.array([subject.account for subject in request.subjects])
    return own + colleagues * (accounts[of] - own)


def oracle(world: World, known: Known, described: list[Described], folds: int = 5) -> np.ndarray:
    """Probabilities of a logistic model that is told the truth of other accounts of the very world (five parts in turn)."""
    result = np.zeros(world.truth.shape)
    of = np.array([subject.account for subject in world.request.subjects])
    for subject_kind in range(3):
        parts = [each for each in described if each.asked.kind == subject_kind]
        rows = np.concatenate([each.asked.numbers[each.cells.subjects] for each in parts])
        terms = np.concatenate([each.cells.terms for each in parts])
        inputs = np.concatenate([each.inputs for each in parts])
        truth = world.truth[rows, terms].astype(float)
        for kind in range(3):
            for fold in range(folds):
                here = known.tree.kinds[terms] == kind
                test, learn = here & (of[rows] % folds == fold), here & (of[rows] % folds != fold)
                weights = fit(inputs[learn], truth[learn], np.zeros(len(NAMES)), np.full(len(NAMES), 1.0))
                result[rows[test], terms[test]] = probabilities(logits(inputs[test], weights))
    return known.tree.raised(result)
