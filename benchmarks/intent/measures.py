"""How good predictions are: ranking, precision and recall at a level, calibration, skill over the base rate."""

import numpy as np


def average_precision(scores: np.ndarray, truth: np.ndarray) -> float:
    """The mean precision at each true one, by falling score; equal scores share their precision."""
    order = np.argsort(-scores, kind="stable")
    ranked, right = scores[order], truth[order]
    ends = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    found = np.cumsum(right)[ends]
    return float((np.diff(found, prepend=0) * found / (ends + 1)).sum() / max(found[-1], 1))


def at_level(chances: np.ndarray, truth: np.ndarray, level: float) -> tuple[float, float]:
    """Precision and recall of what is at or above a level."""
    chosen = chances >= level
    right = float(truth[chosen].sum())
    return right / max(float(chosen.sum()), 1.0), right / max(float(truth.sum()), 1.0)


def calibration_error(chances: np.ndarray, truth: np.ndarray, least: float = 0.25, bins: int = 10) -> float:
    """ECE among predictions of at least so much: mean distance of what was said and what was, in ten bins of equal width."""
    chosen = chances >= least
    said, was = chances[chosen], truth[chosen]
    if not len(said):
        return 0.0
    places = np.minimum(((said - least) / (1 - least) * bins).astype(int), bins - 1)
    sizes = np.bincount(places, minlength=bins)
    gaps = np.abs(np.bincount(places, said, minlength=bins) - np.bincount(places, was, minlength=bins))
    return float(gaps.sum() / sizes.sum())


def brier_skill(chances: np.ndarray, truth: np.ndarray) -> float:
    """1 - squared error over that of always saying the base rate: above 0 is better than the base rate."""
    rate = truth.mean()
    return float(1 - ((chances - truth) ** 2).mean() / max(rate * (1 - rate), 1e-12))
