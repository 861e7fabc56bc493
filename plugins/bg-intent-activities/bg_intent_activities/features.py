"""What is known of a subject and a term, as columns: the inputs of the logistic models.

A group's and an account's are made of all activities of their people. Only colleagues of the same account are looked at.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bg_intent_activities.attention import Attention
from bg_intent_activities.taxonomy import Ints, Tree

NAMES = (
    "one", "slow", "slow_squared", "fast", "all", "days", "share", "freshness", "total", "people", "breadth", "top",
    "rest", "rest_breadth", "rest_share", "part", "parent", "parent_rest", "parent_breadth", "rivals", "rest_fast", "focus", "deep", "effort", "peak", "rest_deep",
    "little", "colleagues", "rest_total",
)  # fmt: skip
"""Names of the features, in their order."""
PRIOR_TOTAL = 2.0
"""Attention to other things that everybody is taken to have: shares of next to nothing mean little."""
Table = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """Who makes up each subject: the persons of subject s stand from `starts[s]` to `starts[s + 1]`; none is empty."""

    starts: Ints
    persons: Ints
    accounts: Ints
    """The account of each subject."""

    def __len__(self) -> int:
        return len(self.accounts)

    def summed(self, values: Table) -> Table:
        """Values of persons (rows), added up for each subject."""
        added: Table = np.add.reduceat(values[self.persons], self.starts[:-1], axis=0)
        return added

    def largest(self, values: Table) -> Table:
        """The largest of the values of each subject's persons."""
        top: Table = np.maximum.reduceat(values[self.persons], self.starts[:-1], axis=0)
        return top


@dataclass(frozen=True, slots=True, eq=False)
class Pooled:
    """Attention of subjects (rows) to terms (columns)."""

    slow: Table
    fast: Table
    all: Table
    days: Table
    deep: Table
    breadth: Table
    """How many of the persons paid attention, each counted from 0 to 1."""
    top: Table
    """The attention of the one who paid most."""
    total: Table
    people: Table


def pooled(attention: Attention, members: Members) -> Pooled:
    """Attention of persons, put together for subjects."""
    return Pooled(
        slow=members.summed(attention.slow),
        fast=members.summed(attention.fast),
        all=members.summed(attention.all),
        days=members.summed(attention.days),
        deep=members.summed(attention.deep),
        breadth=members.summed(-np.expm1(-attention.slow)),
        top=members.largest(attention.slow),
        total=members.summed(attention.total),
        people=np.diff(members.starts).astype(np.float64),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Pairs of subject and term that anything speaks for."""

    subjects: Ints
    terms: Ints


def cells_of(account: Pooled, members: Members, tree: Tree) -> Cells:
    """Pairs where anybody at the subject's account paid attention to the term's category."""
    touched = account.slow[:, tree.categories] > 0
    subjects, terms = np.nonzero(touched[members.accounts])
    return Cells(subjects, terms)


def features(cells: Cells, own: Pooled, account: Pooled, members: Members, tree: Tree) -> Table:
    """The features of each cell (row)."""
    who, where, what = cells.subjects, members.accounts[cells.subjects], cells.terms
    parents, categories = tree.parents[what], tree.of_kind(0)
    slow, everything = own.slow[who, what], own.slow[:, categories].sum(1)[who]
    wholes = np.where(tree.kinds[what] == 0, everything, own.slow[who, parents])
    peaks = _peaks(own.slow, tree)[who, what]
    rest = np.maximum(account.slow[where, what] - slow, 0.0)
    rest_total = np.maximum(account.total[where] - own.total[who], 0.0)
    columns = (
        np.ones(len(who)),
        np.log1p(slow),
        np.log1p(slow) ** 2,
        np.log1p(own.fast[who, what]),
        np.log1p(own.all[who, what]),
        np.log1p(own.days[who, what]),
        slow / (own.total[who] + PRIOR_TOTAL),
        slow / (own.all[who, what] + 0.5),
        np.log1p(own.total[who]),
        np.log1p(own.people[who]),
        np.log1p(own.breadth[who, what]),
        np.log1p(own.top[who, what]),
        np.log1p(rest),
        np.log1p(np.maximum(account.breadth[where, what] - own.breadth[who, what], 0.0)),
        rest / (rest_total + PRIOR_TOTAL),
        slow / (wholes + 0.5),
        np.log1p(own.slow[who, parents]),
        np.log1p(np.maximum(account.slow[where, parents] - own.slow[who, parents], 0.0)),
        np.log1p(account.breadth[where, parents]),
        np.log1p(np.maximum(everything - own.slow[who, tree.categories[what]], 0.0)),
        np.log1p(np.maximum(account.fast[where, what] - own.fast[who, what], 0.0)),
        account.slow[where, what] / (account.slow[where, tree.categories[what]] + 0.5),
        np.log1p(own.deep[who, what]),
        own.deep[who, what] / (slow + 0.5),
        peaks / (slow + 0.5),
        np.log1p(np.maximum(account.deep[where, what] - own.deep[who, what], 0.0)),
        1.0 / (1.0 + own.total[who]),
        np.log1p(np.maximum(account.people[where] - own.people[who], 0.0)),
        np.log1p(rest_total),
    )
    return np.stack(columns, axis=1)


def _peaks(values: Table, tree: Tree) -> Table:
    """For each whole the value of its strongest part: an interest has a point, a campaign is about everything."""
    result = np.zeros_like(values)
    parts = np.flatnonzero(tree.kinds > 0)
    np.maximum.at(result.T, tree.parents[parts], values.T[parts])
    return result
