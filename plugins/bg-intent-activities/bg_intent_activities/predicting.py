"""From a request to predictions: batch by batch, columns all the way to the answer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bg_graph.plugins.intent import IntentRequest, Prediction
from bg_intent_activities.attention import attention, mentions, read
from bg_intent_activities.batches import Asked, Batch, batches
from bg_intent_activities.evidence import Strongest, spoken, strongest
from bg_intent_activities.features import Cells, Members, Pooled, Table, cells_of, features, pooled
from bg_intent_activities.matching import Matches
from bg_intent_activities.prior import Line, Prior
from bg_intent_activities.taxonomy import Floats, Ints, Tree

DIGITS = 6
"""Digits of a probability: beyond them stand rounding errors that depend on the order of additions."""


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """The subjects of one kind in a batch with their cells and features."""

    asked: Asked
    cells: Cells
    inputs: Table


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What stays the same for all batches of a request."""

    tree: Tree
    matches: Matches
    prior: Prior
    evidence: int
    floor: float


def described(batch: Batch, known: Known) -> tuple[list[Described], Strongest]:
    """The cells and features of all subjects of a batch, and the strongest activities."""
    rows = read(batch.rows)
    found = mentions(rows, known.matches)
    paid = attention(rows, found, batch.persons, len(known.tree))
    account = _of_accounts(pooled(paid, batch.everybody), batch.everybody) if batch.persons else None
    result = []
    for asked in batch.asked:
        if account is not None and len(asked.members):
            own = pooled(paid, asked.members)
            cells = cells_of(account, asked.members, known.tree)
            result.append(Described(asked, cells, features(cells, own, account, asked.members, known.tree)))
    return result, strongest(rows, found, len(known.tree), known.evidence)


def _of_accounts(found: Pooled, everybody: Members) -> Pooled:
    """Attention by the account's number, with empty rows for accounts of nobody."""
    size = int(everybody.accounts[-1]) + 1

    def spread(values: Table) -> Table:
        table: Table = np.zeros((size, *values.shape[1:]))
        table[everybody.accounts] = values
        return table

    return Pooled(
        slow=spread(found.slow), fast=spread(found.fast), all=spread(found.all), days=spread(found.days),
        deep=spread(found.deep), breadth=spread(found.breadth), top=spread(found.top), total=spread(found.total), people=spread(found.people),
    )  # fmt: skip


def interests(subjects: Described, tree: Tree, lines: dict[int, Line]) -> Table:
    """Probabilities of subjects (rows) and terms (columns); a whole is never below its strongest part."""
    table = np.zeros((len(subjects.asked.members), len(tree)))
    kinds = tree.kinds[subjects.cells.terms]
    for kind, line in lines.items():
        chosen = kinds == kind
        table[subjects.cells.subjects[chosen], subjects.cells.terms[chosen]] = line.probabilities(
            subjects.inputs[chosen]
        )
    raised: Table = tree.raised(np.round(table, DIGITS))
    return raised


def predict(
    request: IntentRequest, known: Known, weight: Callable[[str], float], stopped: Callable[[], bool]
) -> list[Prediction]:
    """The probabilities of the request's subjects from the floor upwards, in the order of subjects and terms."""
    found: list[Prediction] = []
    for batch in batches(request, weight):
        if stopped():
            break
        everything, kept = described(batch, known)
        for subjects in everything:
            lines = {
                kind: line for (subject, kind), line in known.prior.lines.items() if subject == subjects.asked.kind
            }
            found.extend(_told(subjects, interests(subjects, known.tree, lines), kept, batch.everybody, known))
    return found


def _told(subjects: Described, table: Table, kept: Strongest, everybody: Members, known: Known) -> Iterator[Prediction]:
    who, terms = np.nonzero((table >= known.floor) & (table > 0))
    size = len(known.tree)
    own = spoken(who, terms, subjects.asked.members, kept, size, known.evidence)
    alone = np.setdiff1d(np.arange(len(who)), own[0])
    places = np.searchsorted(everybody.accounts, subjects.asked.members.accounts[who[alone]])
    others = spoken(places, terms[alone], everybody, kept, size, known.evidence)
    evidence = _joined(len(who), own, (alone[others[0]], *others[1:]))
    numbers, chances = subjects.asked.numbers[who].tolist(), table[who, terms].tolist()
    for subject, term, chance, spoke in zip(numbers, terms.tolist(), chances, evidence, strict=True):
        yield Prediction(subject=subject, term=term, probability=chance, evidence=spoke)


def _joined(count: int, *parts: tuple[Ints, Ints, Floats]) -> Iterator[tuple[tuple[int, float], ...]]:
    """The evidence of each prediction: its own people's, else that of colleagues."""
    of, numbers, weights = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.argsort(of, kind="stable")
    pairs = list(zip(numbers[order].tolist(), weights[order].tolist(), strict=True))
    starts = np.searchsorted(of[order], np.arange(count + 1)).tolist()
    for first, last in pairwise(starts):
        yield tuple(pairs[first:last])
