"""What people paid attention to: activities in columns to amounts for each person and term.

An activity fades with its age. A page read twice a day counts once, and whoever reads more than a person can (a bot, a
scanner of links) counts for less the more it is. Nothing here looks beyond one person.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bg_intent_activities.matching import Matches
from bg_intent_activities.taxonomy import Floats, Ints

DAY = 86_400
SLOW = 25.0
"""Days in which interest halves."""
FAST = 6.0
"""Days in which what is of this week halves."""
EFFORT = 1.5
"""Weight of a kind of activity from which it took effort."""
READ_A_DAY = 12
"""Different contents that a person takes in on a day; beyond, each counts for less."""
READ_A_MINUTE = 3
"""The same of a minute."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Activities in an order of their own: by person, day, content and time. Columns of the same length."""

    persons: Ints
    ages: Floats
    """Days before the moment for which interests are predicted."""
    contents: Ints
    weights: Floats
    """What the activity weighs by its kind, above 0."""
    numbers: Ints
    """The activity's row in the request."""

    def __len__(self) -> int:
        return len(self.persons)

    def only(self, chosen: NDArray[Any]) -> "Rows":
        """Those of the rows, in that order."""
        return Rows(
            *(column[chosen] for column in (self.persons, self.ages, self.contents, self.weights, self.numbers))
        )


def runs(*columns: NDArray[Any]) -> Ints:
    """For each row of sorted columns the number of the run of equal values that it is in."""
    if not len(columns[0]):
        return np.empty(0, np.int64)
    starts = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        starts[1:] |= column[1:] != column[:-1]
    return np.cumsum(starts)


def crowding(counts: Ints, most: int) -> Floats:
    """What each of so many things at once counts for: all of it up to the most that a person does, then ever less."""
    return np.minimum(1.0, most / np.maximum(counts, 1)) ** 2


def read(rows: Rows) -> Rows:
    """Each content once for each person and day, weighted by what a person can take in."""
    days, minutes = np.floor(rows.ages).astype(np.int64), np.floor(rows.ages * 1440).astype(np.int64)
    order = np.lexsort((rows.numbers, rows.ages, rows.contents, -rows.weights, minutes, rows.persons))
    crowd = runs(rows.persons[order], minutes[order])
    damped = np.empty(len(rows))
    damped[order] = crowding(np.bincount(crowd, minlength=1), READ_A_MINUTE)[crowd] if len(rows) else 0.0
    order = np.lexsort((rows.numbers, rows.ages, -rows.weights, rows.contents, days, rows.persons))
    same = runs(rows.persons[order], days[order], rows.contents[order])
    first = order[np.flatnonzero(np.diff(same, prepend=-1))]
    once, day = rows.only(first), runs(rows.persons[first], days[first])
    if not len(once):
        return once
    weights = once.weights * damped[first] * crowding(np.bincount(day), READ_A_DAY)[day]
    return Rows(once.persons, once.ages, once.contents, weights, once.numbers)


@dataclass(frozen=True, slots=True, eq=False)
class Mentions:
    """Activities with the terms they are about: a row for each activity and term."""

    rows: Ints
    """Which of the rows."""
    terms: Ints
    strengths: Floats


def mentions(rows: Rows, matches: Matches) -> Mentions:
    """What each activity was about."""
    counts = matches.starts[rows.contents + 1] - matches.starts[rows.contents]
    of_row = np.repeat(np.arange(len(rows)), counts)
    within = np.arange(len(of_row)) - np.repeat(np.cumsum(counts) - counts, counts)
    places = matches.starts[rows.contents][of_row] + within
    return Mentions(of_row, matches.terms[places], matches.strengths[places])


@dataclass(frozen=True, slots=True, eq=False)
class Attention:
    """Amounts for persons (rows) and terms (columns)."""

    slow: Floats
    """Faded slowly."""
    fast: Floats
    """Faded fast."""
    all: Floats
    """Not faded."""
    days: Floats
    """Different days, faded slowly."""
    deep: Floats
    """Of activities that took effort, such as a form or an event; faded slowly."""
    total: Floats
    """Of each person: of everything, whatever it was about, faded slowly."""


def faded(ages: Floats, half_life: float) -> Floats:
    """What is left after so many days."""
    return np.exp2(-ages / half_life)


def added(places: Ints, values: Floats, count: int) -> Floats:
    """The sum of the values of each place."""
    return np.bincount(places, values, minlength=count).astype(np.float64, copy=False)


def attention(rows: Rows, found: Mentions, persons: int, terms: int) -> Attention:
    """What each person paid attention to."""
    people, ages = rows.persons[found.rows], rows.ages[found.rows]
    amounts = found.strengths * rows.weights[found.rows]
    cells = people * terms + found.terms
    slow, effort = faded(ages, SLOW), rows.weights[found.rows] >= EFFORT

    def table(of_cells: Ints, values: Floats) -> Floats:
        return added(of_cells, values, persons * terms).reshape(persons, terms)

    order = np.lexsort((-amounts, np.floor(ages), cells))
    day = np.flatnonzero(np.diff(runs(cells[order], np.floor(ages)[order]), prepend=-1))
    firsts = order[day]
    return Attention(
        slow=table(cells, amounts * slow),
        fast=table(cells, amounts * faded(ages, FAST)),
        all=table(cells, amounts),
        days=table(cells[firsts], np.minimum(amounts[firsts], 1.0) * slow[firsts]),
        deep=table(cells[effort], (amounts * slow)[effort]),
        total=added(rows.persons, rows.weights * faded(rows.ages, SLOW), persons),
    )
