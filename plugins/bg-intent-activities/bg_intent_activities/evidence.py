"""The activities that spoke for a prediction, strongest first."""

from dataclasses import dataclass

import numpy as np

from bg_intent_activities.attention import SLOW, Mentions, Rows, faded, runs
from bg_intent_activities.features import Members
from bg_intent_activities.taxonomy import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Strongest:
    """The strongest activities of each person and term, by the number of their cell (person x terms + term)."""

    cells: Ints
    """Sorted; as many rows for a cell as are kept."""
    weights: Floats
    numbers: Ints
    """Rows of the request."""


def ranked(groups: Ints, weights: Floats, numbers: Ints, most: int) -> Ints:
    """Places of the strongest of each group, group by group, strongest first."""
    order = np.lexsort((numbers, -weights, groups))
    starts = np.flatnonzero(np.diff(runs(groups[order]), prepend=-1))
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    return order[rank < most]


def strongest(rows: Rows, found: Mentions, terms: int, most: int) -> Strongest:
    """The strongest activities of each person and term."""
    weights = found.strengths * rows.weights[found.rows] * faded(rows.ages[found.rows], SLOW)
    cells, numbers = rows.persons[found.rows] * terms + found.terms, rows.numbers[found.rows]
    kept = ranked(cells, weights, numbers, most)
    return Strongest(cells[kept], weights[kept], numbers[kept])


def spoken(
    subjects: Ints, terms: Ints, members: Members, kept: Strongest, all_terms: int, most: int
) -> tuple[Ints, Ints, Floats]:
    """For predictions (pairs of subject and term): number of the prediction, row of the request and weight of each of
    its activities; prediction by prediction, strongest first.
    """
    counts = members.starts[subjects + 1] - members.starts[subjects]
    prediction = np.repeat(np.arange(len(subjects)), counts)
    within = np.arange(len(prediction)) - np.repeat(np.cumsum(counts) - counts, counts)
    cells = members.persons[members.starts[subjects][prediction] + within] * all_terms + terms[prediction]
    first, last = np.searchsorted(kept.cells, cells), np.searchsorted(kept.cells, cells, side="right")
    lengths = last - first
    of_cell = np.repeat(np.arange(len(cells)), lengths)
    places = first[of_cell] + np.arange(len(of_cell)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    chosen = ranked(prediction[of_cell], kept.weights[places], kept.numbers[places], most)
    return prediction[of_cell][chosen], kept.numbers[places][chosen], kept.weights[places][chosen]
