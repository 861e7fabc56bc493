"""What follows from an answer for the stored signals: which are new, changed, the same, gone, or left to somebody else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from bg_graph.hosting.intent import Predicted
from bg_graph.intent.commands import SignalKey, is_predicted_here
from bg_graph.intent.predicting.gathering import Batch
from bg_graph.intent.predicting.planning import Window
from bg_graph.intent.predicting.terms import Terms
from bg_graph.intent.rules import IntentSettings, level_of, strength_of, with_parts
from bg_graph.plugins.intent import Prediction
from bg_graph.store.ids import new_id

EVIDENCE = 5
"""Activities that are kept for a signal: as many as are shown unless more are asked for."""
DIGITS = 4
"""Decimal places of a probability that count: more would make each run rewrite what has not moved."""

Record = dict[str, Any]


@dataclass(slots=True)
class Conclusions:
    """What is to be written for a batch. Evidence is written with what is new or changed."""

    present: frozenset[UUID]
    """The subjects that are still there."""
    added: list[Record] = field(default_factory=list)
    changed: list[Record] = field(default_factory=list)
    evidence: list[Record] = field(default_factory=list)
    fresh: list[UUID] = field(default_factory=list)
    """Signals that are the same, whose time is to be set anew."""
    gone: list[UUID] = field(default_factory=list)
    unchanged: int = 0
    kept: int = 0
    """Predictions that gave way to the signal of somebody else."""
    signals: dict[UUID, int] = field(default_factory=dict)
    """How many signals models give of each account, with its people and groups; those that gave way too."""
    touched: set[UUID] = field(default_factory=set)
    """Accounts of which a signal is new, changed or gone."""


def raised(predictions: Iterable[Prediction], terms: Terms) -> Iterator[Prediction]:
    """The predictions, those of products and categories raised to their strongest part, whose evidence they take over.

    Source: domain.md, "Intent": never less than its strongest part's.
    """
    given: dict[int, dict[int, Prediction]] = {}
    for each in predictions:
        given.setdefault(each.subject, {})[each.term] = each
    for subject, of_subject in given.items():
        # From the last term to the first: a parent stands before its parts.
        for number in sorted(of_subject, reverse=True):
            _raise_parents(subject, number, of_subject, terms)
        yield from of_subject.values()


def _raise_parents(subject: int, number: int, of_subject: dict[int, Prediction], terms: Terms) -> None:
    part, parent = of_subject[number], terms.told[number].parent
    while parent is not None:
        own = of_subject.get(parent)
        probability = with_parts(0.0 if own is None else own.probability, [part.probability])
        if own is not None and own.probability == probability:
            return
        part = Prediction(subject=subject, term=parent, probability=probability, evidence=part.evidence)
        of_subject[parent] = part
        parent = terms.told[parent].parent


@dataclass(frozen=True, slots=True)
class Concluding:
    """What conclusions about a batch rest on beside the answer itself."""

    batch: Batch
    terms: Terms
    window: Window
    settings: IntentSettings

    def conclude(
        self, predicted: Predicted | None, stored: Mapping[SignalKey, Mapping[str, Any]], present: frozenset[UUID]
    ) -> Conclusions:
        """Compare an answer (None: there is nothing to predict from) with what is stored of the subjects that are present."""
        found = Conclusions(present)
        records = {} if predicted is None else self._records(predicted)
        for key, (record, prediction) in records.items():
            if key[1] not in present:
                continue
            self._compare(key, record, prediction, stored.get(key), found)
        for key, row in stored.items():
            if key not in records and is_predicted_here(row) and key[1] in self.batch.account_of:
                found.gone.append(row["id"])
                found.touched.add(self._account(key))
        return found

    def _compare(
        self, key: SignalKey, record: Record, prediction: Prediction, row: Mapping[str, Any] | None, found: Conclusions
    ) -> None:
        account = self._account(key)
        found.signals[account] = found.signals.get(account, 0) + 1
        if row is not None and not is_predicted_here(row) and row["computed_at"] > self.window.start:
            found.kept += 1
            return
        if row is not None and all(row[name] == record[name] for name in _COMPARED):
            found.unchanged += 1
            if row["computed_at"] <= self.window.end - timedelta(days=self.settings.recompute_days):
                found.fresh.append(row["id"])
            return
        signal_id = new_id() if row is None else row["id"]
        (found.added if row is None else found.changed).append({"id": signal_id, **record})
        found.evidence += self._evidence(signal_id, prediction, found.present)
        found.touched.add(account)

    def _records(self, predicted: Predicted) -> dict[SignalKey, tuple[Record, Prediction]]:
        """The rows of signals that an answer makes, by what they are about; what is too weak to be one is left out."""
        source = {
            "model_plugin": predicted.plugin,
            "model_name": predicted.model.name,
            "model_version": predicted.model.version,
            "computed_at": self.window.end,
            "window_start": self.window.start,
            "window_end": self.window.end,
        }
        records: dict[SignalKey, tuple[Record, Prediction]] = {}
        for each in raised(predicted.predictions, self.terms):
            if (signal := self._signal(each)) is not None:
                records[_key(signal)] = ({**signal, **source}, each)
        return records

    def _signal(self, prediction: Prediction) -> Record | None:
        probability = round(float(prediction.probability), DIGITS)
        level = level_of(probability, self.settings.thresholds)
        if level is None:
            return None
        term = self.terms.called[prediction.term]
        return {
            "subject_kind": self.batch.subjects[prediction.subject].kind.value,
            "subject_id": self.batch.subject_ids[prediction.subject],
            "kind": term.kind.value,
            "name": term.name,
            "name_key": term.name_key,
            "category": term.category,
            "product": term.product,
            "probability": probability,
            "confidence": probability,
            "strength": strength_of(probability),
            "level": level.value,
            "level_rank": level.rank,
        }

    def _evidence(self, signal_id: UUID, prediction: Prediction, present: frozenset[UUID]) -> Iterator[Record]:
        """What spoke for it, but for activities that went with somebody who is gone."""
        strongest: Sequence[tuple[int, float]] = prediction.evidence[:EVIDENCE]
        for row, weight in strongest:
            if self.batch.persons[self.batch.activities.persons[row]] in present:
                activity_id = self.batch.activity_id(row)
                yield {"id": new_id(), "signal_id": signal_id, "activity_id": activity_id, "weight": float(weight)}

    def _account(self, key: SignalKey) -> UUID:
        return self.batch.account_of[key[1]]


def _key(signal: Mapping[str, Any]) -> SignalKey:
    kind, subject_id, about = signal["subject_kind"], signal["subject_id"], signal["kind"]
    return (kind, subject_id, about, signal["category"], signal["product"], signal["name_key"])


_COMPARED = ("name", "probability", "level", "model_plugin", "model_name", "model_version")
"""What makes a signal another one. The activities that spoke for it are written with it."""
