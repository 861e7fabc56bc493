"""Learning from a tenant's outcomes: the weights of account and category, drawn from the prior as far as outcomes tell."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from bg_graph.plugins.intent import Training, TrainingRequest
from bg_intent_activities.batches import batches
from bg_intent_activities.features import NAMES, Table
from bg_intent_activities.logistic import fit
from bg_intent_activities.predicting import Described, Known, described
from bg_intent_activities.prior import Line, Prior
from bg_intent_activities.taxonomy import Floats

FORMAT = "bg-intent-activities 1"
LEAST = 10
"""Outcomes of each sort, won and not, from which anything is learned."""
ACCOUNT, CATEGORY = 2, 0
TRUST = 4.0
"""How firmly the prior's weights are held: a precision; with some hundred outcomes the data outweighs it."""


def learned(
    request: TrainingRequest, known: Known, prior: Prior, weight: Callable[[str], float], stopped: Callable[[], bool]
) -> Training | None:
    """What the outcomes teach; None where there are too few of either sort."""
    won = {(each.account, each.term): float(each.won) for each in request.outcomes}
    inputs, targets = [np.empty((0, len(NAMES)))], [np.empty(0)]
    for batch in batches(request.request, weight):
        if stopped():
            return None
        for subjects in described(batch, known)[0]:
            if subjects.asked.kind == ACCOUNT:
                rows, results = _labelled(subjects, request, won)
                inputs.append(rows)
                targets.append(results)
    seen, results = np.concatenate(inputs), np.concatenate(targets)
    positive = int(results.sum())
    if positive < LEAST or len(results) - positive < LEAST:
        return None
    line = prior.lines[ACCOUNT, CATEGORY]
    order = np.lexsort((results, *seen.T))
    weights = fit(seen[order], results[order], line.weights, np.full(len(NAMES), TRUST))
    state = {"format": FORMAT, "prior": prior.version, "features": NAMES, "weights": weights.tolist()}
    description = f"learned from {len(results)} outcomes of accounts with activities, {positive} of them won; prior {prior.version}"
    return Training(state=json.dumps(state).encode(), description=description)


def _labelled(subjects: Described, request: TrainingRequest, won: dict[tuple[int, int], float]) -> tuple[Table, Floats]:
    """Features and outcomes of the accounts and categories whose outcome is known."""
    accounts = [request.request.subjects[number].account for number in subjects.asked.numbers.tolist()]
    pairs = zip(subjects.cells.subjects.tolist(), subjects.cells.terms.tolist(), strict=True)
    found = np.array([won.get((accounts[subject], term), np.nan) for subject, term in pairs])
    chosen = ~np.isnan(found)
    return subjects.inputs[chosen], found[chosen]


def with_training(prior: Prior, state: bytes | None) -> tuple[Prior, bool]:
    """The prior with what was learned in place of its weights, and whether that fits this version."""
    plain = _read(state)
    if plain is None or plain.get("prior") != prior.version or tuple(plain.get("features", ())) != NAMES:
        return prior, False
    change = np.array(plain["weights"]) - prior.lines[ACCOUNT, CATEGORY].weights
    lines = dict(prior.lines)
    lines[ACCOUNT, CATEGORY] = Line(lines[ACCOUNT, CATEGORY].weights + change, _IDENTITY)
    return replace(prior, lines=lines), True


_IDENTITY = (np.array([-30.0, 30.0]), np.array([-30.0, 30.0]))


def _read(state: bytes | None) -> dict[str, Any] | None:
    if state is None:
        return None
    try:
        plain = json.loads(state)
    except ValueError:
        return None
    return plain if isinstance(plain, dict) and plain.get("format") == FORMAT else None
