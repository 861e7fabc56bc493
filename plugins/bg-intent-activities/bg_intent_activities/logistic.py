"""Logistic regression that leans on what was known before, and curves that never fall. Deterministic."""

import numpy as np
from numpy.typing import NDArray

from bg_intent_activities.taxonomy import Floats

Table = NDArray[np.float64]
STEPS = 50
"""Newton steps at most; some ten suffice."""


def logits(inputs: Table, weights: Floats) -> Floats:
    """Weighted sums of the rows, column by column: a row's result does not depend on the others beside it."""
    result = np.zeros(len(inputs))
    for column, weight in enumerate(weights):
        result += inputs[:, column] * weight
    return result


def probabilities(values: Floats) -> Floats:
    """Of log odds."""
    result: Floats = 1.0 / (1.0 + np.exp(-np.clip(values, -30.0, 30.0)))
    return result


def fit(inputs: Table, targets: Floats, before: Floats, trust: Floats, importance: Floats | None = None) -> Floats:
    """Weights by Newton's method. `before` is what they are taken to be without data, `trust` how firmly (a precision)."""
    weights = before.copy()
    counted = np.ones(len(inputs)) if importance is None else importance
    for _ in range(STEPS):
        expected = probabilities(inputs @ weights)
        gradient = inputs.T @ (counted * (targets - expected)) - trust * (weights - before)
        curvature = (inputs * (counted * expected * (1 - expected))[:, None]).T @ inputs + np.diag(trust)
        step = np.linalg.solve(curvature, gradient)
        weights = weights + step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < 1e-8:
            break
    return weights


def rising(values: Floats, targets: Floats, bins: int) -> tuple[Floats, Floats]:
    """A curve that never falls through the means of `bins` equal shares of the data (pool adjacent violators)."""
    order = np.argsort(values, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    blocks: list[list[float]] = []
    for part in parts:
        blocks.append([float(values[part].mean()), float(targets[part].mean()), float(len(part))])
        while len(blocks) > 1 and blocks[-2][1] >= blocks[-1][1]:
            last, above = blocks.pop(), blocks[-1]
            size = above[2] + last[2]
            above[:] = [(above[place] * above[2] + last[place] * last[2]) / size for place in (0, 1)] + [size]
    return np.array([block[0] for block in blocks]), np.array([block[1] for block in blocks])
