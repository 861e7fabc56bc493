"""The contract of intent models: activities and a taxonomy in columns, probabilities of interest out.

A request holds whole accounts, so that a model sees what colleagues do. Columns are arrays of the standard library, which
NumPy and Arrow wrap without copying. The host makes levels and signals of the probabilities; a model only predicts.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bg_graph.plugins.health import Health
from bg_graph.plugins.summaries import Model


class TermKind(StrEnum):
    """What a term of the taxonomy is."""

    CATEGORY = "CATEGORY"
    """A whole solution; has no parent."""
    PRODUCT = "PRODUCT"
    """A product of a category, its parent."""
    KEYWORD = "KEYWORD"
    """A keyword of a product, its parent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A term of the taxonomy. Its number is its place in the list; a parent stands before its parts."""

    kind: TermKind
    name: str
    parent: int | None = None
    """Number of the product of a keyword, or of the category of a product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Something that was read, attended, filled out ... Texts in it come from outside."""

    name: str | None = None
    """Name of the asset."""
    url: str | None = None
    topics: tuple[str, ...] = ()
    """Topics or keywords that it was tagged with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activities:
    """What people did, one row for each activity, in no order that means anything. All columns have the same length."""

    persons: "array[int]"
    """Number of the person (typecode ``i``)."""
    times: "array[int]"
    """When, in seconds since 1970 (UTC; typecode ``q``)."""
    kinds: "array[int]"
    """Number of the kind in `IntentRequest.kinds` (typecode ``i``)."""
    contents: "array[int]"
    """Number of the content in `IntentRequest.contents` (typecode ``i``)."""

    def __len__(self) -> int:
        return len(self.persons)


class IntentSubjectKind(StrEnum):
    """Whose interest is predicted."""

    PERSON = "PERSON"
    GROUP = "GROUP"
    ACCOUNT = "ACCOUNT"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentSubject:
    """A person, group or account whose interests are asked for. Its number is its place in the list."""

    kind: IntentSubjectKind
    account: int
    """Number of the account that it belongs to."""
    persons: "array[int]"
    """Numbers of the persons who make it up: one for a person, the members of a group, everybody of an account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentRequest:
    """Asks for the interests of some subjects."""

    tenant: str
    as_of: datetime
    """The moment for which interests are predicted (aware); no activity is later."""
    window_days: int
    """The activities are those of this many days before it."""
    taxonomy: tuple[Term, ...]
    kinds: tuple[str, ...]
    """Activity types, such as ``VISIT_PAGE``; a tenant may have types of its own."""
    contents: tuple[Content, ...]
    accounts: int
    """How many accounts there are."""
    person_accounts: "array[int]"
    """The account (a number) of each person, by the person's number (typecode ``i``)."""
    activities: Activities
    subjects: tuple[IntentSubject, ...]
    floor: float = 0.25
    """Lower probabilities are of no interest and may be left out."""
    training: bytes | None = None
    """What `train` gave for this tenant the last time; None where it was not trained."""
    deadline: float = 600.0
    """Seconds after which nobody waits for the answer any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """How likely it is that a subject is interested in a term."""

    subject: int
    """Number of the subject."""
    term: int
    """Number of the term."""
    probability: float
    """0 to 1, calibrated. A product's is never below its strongest keyword's, a category's never below its strongest product's."""
    evidence: tuple[tuple[int, float], ...] = ()
    """The activities that spoke for it: row and weight (above 0), strongest first; a few suffice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """A model's answer."""

    model: Model
    predictions: Sequence[Prediction]
    """In no order that means anything; each subject and term once at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an account: whether it bought (or took a deal far) in a category."""

    account: int
    """Number of the account."""
    term: int
    """Number of the category."""
    won: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRequest:
    """A tenant's outcomes with what went before them, for a model that learns. `request` has the accounts as subjects.

    The activities of each account end when its outcome was known; times are moved so that this is `as_of` for each. An
    account with outcomes at several times is several accounts here.
    """

    request: IntentRequest
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What a model learned."""

    state: bytes
    """Handed back in `IntentRequest.training`; the host does not look into it."""
    description: str
    """What it was learned from and how good it is, for people: shown to operators."""


class IntentModel(Protocol):
    """Predicts interests."""

    async def predict(self, request: IntentRequest) -> Predictions:
        """The probabilities from the floor upwards, for the subjects asked for.

        The same request gives the same answer. It must not block the loop (long work belongs in a thread: the host may
        also run the model in a process of its own), and can be cancelled.
        """
        ...

    async def train(self, request: TrainingRequest) -> Training | None:
        """Learn from outcomes; None where the model does not learn, or where there are too few."""
        ...

    async def check(self) -> Health:
        """Whether it works."""
        ...

    async def close(self) -> None:
        """Give up what it holds. May be called twice."""
        ...
