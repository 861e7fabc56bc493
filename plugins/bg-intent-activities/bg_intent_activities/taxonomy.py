"""A taxonomy as arrays: what every term is, what it is part of, and how values of parts rise to the whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bg_graph.plugins.intent import Term, TermKind

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

KINDS = (TermKind.CATEGORY, TermKind.PRODUCT, TermKind.KEYWORD)
"""Kinds of terms, from the whole to the parts; the number of a kind is its place."""


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """The terms of a taxonomy by their numbers."""

    kinds: Ints
    """Number of the term's kind in `KINDS`."""
    parents: Ints
    """Number of the parent; a category's own number."""
    categories: Ints
    """Number of the category that the term belongs to."""

    def __len__(self) -> int:
        return len(self.kinds)

    def of_kind(self, kind: int) -> Ints:
        """Numbers of the terms of a kind."""
        return np.flatnonzero(self.kinds == kind)

    def raised(self, values: NDArray[Any]) -> NDArray[Any]:
        """Values (the last axis: terms) where none is below the strongest of its parts."""
        result = values.copy()
        for kind in (2, 1):
            parts = self.of_kind(kind)
            np.maximum.at(result.T, self.parents[parts], result.T[parts])
        return result


def tree_of(terms: Sequence[Term]) -> Tree:
    """The arrays of a taxonomy."""
    kinds = np.array([KINDS.index(term.kind) for term in terms], np.int64)
    parents = np.array([number if term.parent is None else term.parent for number, term in enumerate(terms)], np.int64)
    return Tree(kinds=kinds, parents=parents, categories=parents[parents])
