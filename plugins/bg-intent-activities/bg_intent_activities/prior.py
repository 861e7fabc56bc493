"""What the model knows before it has seen a tenant: weights and curves fitted on simulated worlds, kept as data."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np

from bg_graph.plugins.intent import IntentSubjectKind
from bg_intent_activities.features import NAMES
from bg_intent_activities.logistic import Table, logits, probabilities
from bg_intent_activities.taxonomy import KINDS, Floats

SUBJECTS = (IntentSubjectKind.PERSON, IntentSubjectKind.GROUP, IntentSubjectKind.ACCOUNT)
"""Kinds of subjects; the number of one is its place."""
FILE = "prior.json"


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A logistic model of one kind of subject and one kind of term, and the curve that sets its probabilities right."""

    weights: Floats
    """For `features.NAMES`, in their order."""
    curve: tuple[Floats, Floats]
    """Log odds, rising, and what they really were."""

    def probabilities(self, inputs: Table) -> Floats:
        """Of the rows."""
        return probabilities(np.interp(logits(inputs, self.weights), *self.curve))


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """The weights of all kinds of subjects and terms, and what a score of a content and a term means."""

    version: str
    matching: tuple[Floats, Floats]
    lines: Mapping[tuple[int, int], Line]
    """By the numbers of the kinds of subject and term."""


def of_plain(plain: Mapping[str, Any]) -> Prior:
    """The prior that a JSON object tells; a ValueError where it is one of other features."""
    if tuple(plain["features"]) != NAMES:
        raise ValueError("the prior was fitted for other features: run benchmarks/intent/fit_prior.py")
    lines = {
        (subject, kind): Line(np.array(line["weights"]), (np.array(line["log_odds"]), np.array(line["calibrated"])))
        for subject, subject_kind in enumerate(SUBJECTS)
        for kind, term_kind in enumerate(KINDS)
        for line in (plain["lines"][f"{subject_kind} {term_kind}"],)
    }
    return Prior(plain["version"], (np.array(plain["scores"]), np.array(plain["sureness"])), lines)


def shipped() -> Prior:
    """The prior in this package."""
    return of_plain(json.loads(files("bg_intent_activities").joinpath(FILE).read_text("utf-8")))
