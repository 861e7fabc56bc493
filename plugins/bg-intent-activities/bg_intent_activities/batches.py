"""A request as columns, some whole accounts at a time, so that memory does not grow with the request."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from bg_graph.plugins.intent import IntentRequest, IntentSubjectKind
from bg_intent_activities.attention import DAY, Rows
from bg_intent_activities.features import Members
from bg_intent_activities.prior import SUBJECTS
from bg_intent_activities.taxonomy import Floats, Ints

CELLS = 1_000_000
"""Pairs of person and term that are held at a time, unless one account has more."""
ACTIVITIES = 500_000
"""Activities that are held at a time, unless one account has more."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """The subjects of one kind in a batch that have people."""

    kind: int
    """Number of the kind in `SUBJECTS`."""
    numbers: Ints
    """The subjects' numbers in the request."""
    members: Members


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Some accounts with everything of theirs; persons and accounts are numbered within the batch."""

    rows: Rows
    persons: int
    everybody: Members
    """The people of each account, accounts as subjects."""
    asked: tuple[Asked, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Sorted:
    """A request's persons, activities and subjects by account."""

    persons: Ints
    """By account."""
    person_places: Ints
    """Where in that order a person stands, by the person's number."""
    person_starts: Ints
    """Where in `persons` each account begins."""
    activities: Ints
    activity_starts: Ints
    subjects: Ints
    subject_starts: Ints


def _grouped(accounts: Ints, count: int) -> tuple[Ints, Ints]:
    return np.argsort(accounts, kind="stable"), np.searchsorted(np.sort(accounts), np.arange(count + 1))


def _sorted(request: IntentRequest) -> _Sorted:
    of_person = (
        np.frombuffer(request.person_accounts, np.int32) if len(request.person_accounts) else np.empty(0, np.int32)
    )
    persons, person_starts = _grouped(of_person.astype(np.int64), request.accounts)
    places = np.empty(len(persons), np.int64)
    places[persons] = np.arange(len(persons))
    done_by = np.array(request.activities.persons, np.int64)
    activities, activity_starts = _grouped(of_person[done_by].astype(np.int64), request.accounts)
    of_subject = np.array([subject.account for subject in request.subjects], np.int64)
    subjects, subject_starts = _grouped(of_subject, request.accounts)
    return _Sorted(persons, places, person_starts, activities, activity_starts, subjects, subject_starts)


def batches(request: IntentRequest, weight: Callable[[str], float]) -> Iterator[Batch]:
    """The accounts of a request that anything is asked of, some at a time."""
    order = _sorted(request)
    weights = np.array([weight(kind) for kind in request.kinds])
    most = max(1, CELLS // max(len(request.taxonomy), 1))
    first = 0
    while first < request.accounts:
        last = first + 1
        while (
            last < request.accounts
            and order.person_starts[last + 1] - order.person_starts[first] <= most
            and order.activity_starts[last + 1] - order.activity_starts[first] <= ACTIVITIES
        ):
            last += 1
        if order.subject_starts[last] > order.subject_starts[first]:
            yield _batch(request, order, weights, first, last)
        first = last


def _batch(request: IntentRequest, order: _Sorted, weights: Floats, first: int, last: int) -> Batch:
    offset = order.person_starts[first]
    chosen = order.activities[order.activity_starts[first] : order.activity_starts[last]]
    columns = request.activities
    counted = weights[np.frombuffer(columns.kinds, np.int32)[chosen]] if len(chosen) else np.empty(0)
    chosen, counted = chosen[counted > 0], counted[counted > 0]
    rows = Rows(np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64), counted, chosen)
    if len(chosen):
        ages = (request.as_of.timestamp() - np.frombuffer(columns.times, np.int64)[chosen]) / DAY
        persons = order.person_places[np.frombuffer(columns.persons, np.int32)[chosen]] - offset
        contents = np.frombuffer(columns.contents, np.int32)[chosen].astype(np.int64)
        rows = Rows(persons, np.maximum(ages, 0.0), contents, counted, chosen)
    everybody = order.person_starts[first : last + 1] - offset
    inhabited = np.flatnonzero(np.diff(everybody))
    return Batch(
        rows=rows,
        persons=int(everybody[-1]),
        everybody=Members(np.append(everybody[inhabited], everybody[-1]), np.arange(int(everybody[-1])), inhabited),
        asked=tuple(_asked(request, order, kind, first, last) for kind in range(len(SUBJECTS))),
    )


def _asked(request: IntentRequest, order: _Sorted, kind: int, first: int, last: int) -> Asked:
    wanted: IntentSubjectKind = SUBJECTS[kind]
    numbers = [
        int(number)
        for number in order.subjects[order.subject_starts[first] : order.subject_starts[last]]
        if request.subjects[number].kind is wanted and len(request.subjects[number].persons)
    ]
    who = [request.subjects[number].persons for number in numbers]
    persons = np.concatenate([np.frombuffer(each, np.int32) for each in who]) if who else np.empty(0, np.int64)
    starts = np.cumsum([0, *(len(each) for each in who)])
    accounts = np.array([request.subjects[number].account - first for number in numbers], np.int64)
    places = order.person_places[persons] - order.person_starts[first]
    return Asked(kind, np.array(numbers, np.int64), Members(starts, places, accounts))
