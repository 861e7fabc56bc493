"""Conditions for auto-assignment: a tree of tests on a person's attributes and intent, and whether it holds."""

import reprlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeAlias, TypeVar
from uuid import UUID

from bg_graph.accounts.rules import shown_score, text_key
from bg_graph.intent.rules import IntentKind, IntentLevel, Signal


class Attribute(StrEnum):
    """What a condition may ask of a person; the value is the name in set-up files and in `PersonFacts`."""

    CITY = "city"
    COUNTRY = "country"
    EMAIL = "email"
    EMAIL_INVALID = "email_invalid"
    EMAIL_SUSPENDED = "email_suspended"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    STATE = "state"
    JOB_TITLE = "job_title"
    PHONE = "phone"
    MOBILE_PHONE = "mobile_phone"
    POSTAL_CODE = "postal_code"
    ENGAGEMENT_SCORE = "engagement_score"


class Operator(StrEnum):
    """How a condition compares; the value is the name in set-up files."""

    IS = "is"
    IS_NOT = "is_not"
    STARTS_WITH = "starts_with"
    CONTAINS = "contains"
    IS_EMPTY = "is_empty"
    GREATER_THAN = "greater_than"
    LESS_THAN = "less_than"
    IS_ONE_OF = "is_one_of"


YES_NO_ATTRIBUTES = frozenset({Attribute.EMAIL_INVALID, Attribute.EMAIL_SUSPENDED})
NUMBER_ATTRIBUTES = frozenset({Attribute.ENGAGEMENT_SCORE})

_YES_NO_OPERATORS = frozenset({Operator.IS, Operator.IS_NOT})
_ORDER_OPERATORS = frozenset({Operator.GREATER_THAN, Operator.LESS_THAN})
_TEXT_PART_OPERATORS = frozenset({Operator.STARTS_WITH, Operator.CONTAINS})

Single: TypeAlias = str | int | bool
Operand: TypeAlias = Single | tuple[Single, ...] | None
Leaf = TypeVar("Leaf")


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What conditions know of a person; None is "not known". The score is the unrounded one, signals the current ones."""

    person_id: UUID
    city: str | None = None
    country: str | None = None
    email: str | None = None
    email_invalid: bool | None = None
    email_suspended: bool | None = None
    first_name: str | None = None
    last_name: str | None = None
    state: str | None = None
    job_title: str | None = None
    phone: str | None = None
    mobile_phone: str | None = None
    postal_code: str | None = None
    engagement_score: float | None = None
    signals: tuple[Signal, ...] = ()


@dataclass(frozen=True, slots=True)
class AttributeTest:
    """One attribute compared with a value: a text, yes/no or whole number; several for is_one_of; none for is_empty."""

    attribute: Attribute
    operator: Operator
    value: Operand = None

    def __post_init__(self) -> None:
        if fault := operator_fault(self.attribute, self.operator) or value_fault(
            self.attribute, self.operator, self.value
        ):
            raise ValueError(fault)


@dataclass(frozen=True, slots=True)
class IntentTest:
    """The person has a current signal of this kind and name, at this level or above."""

    kind: IntentKind
    name: str
    at_least: IntentLevel

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("an intent test needs a name")


@dataclass(frozen=True, slots=True)
class AllOf(Generic[Leaf]):
    """Holds where each part does."""

    parts: "tuple[AllOf[Leaf] | AnyOf[Leaf] | Leaf, ...]"

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("'all' needs at least one part")


@dataclass(frozen=True, slots=True)
class AnyOf(Generic[Leaf]):
    """Holds where at least one part does."""

    parts: "tuple[AllOf[Leaf] | AnyOf[Leaf] | Leaf, ...]"

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("'any' needs at least one part")


PersonTest: TypeAlias = AttributeTest | IntentTest
Condition: TypeAlias = AllOf[PersonTest] | AnyOf[PersonTest] | PersonTest


class AutoAssigns(Protocol):
    """What auto-assignment needs of a role definition: its role, and its conditions if it has any."""

    @property
    def role_id(self) -> UUID:
        """The role that it gives."""

    @property
    def conditions(self) -> Condition | None:
        """When it gives the role; None: only by hand."""


def holds(condition: Condition, person: PersonFacts) -> bool:
    """Whether a condition holds for a person. Source: domain.md, "Rules of membership" (conditions)."""
    match condition:
        case AllOf(parts):
            return all(holds(part, person) for part in parts)
        case AnyOf(parts):
            return any(holds(part, person) for part in parts)
        case AttributeTest(attribute, operator, operand):
            return passes(operator, comparable(attribute, getattr(person, attribute.value)), operand)
        case IntentTest(kind, name, level):
            wanted = (kind, text_key(name))
            return any(
                (signal.kind, text_key(signal.name)) == wanted and signal.level.at_least(level)
                for signal in person.signals
            )


def first_role(definitions: Iterable[AutoAssigns], person: PersonFacts) -> UUID | None:
    """The role that auto-assignment gives a person: of the first definition, in priority order, whose conditions hold.

    A definition without conditions is for assignment by hand. Source: domain.md, "Rules of membership".
    """
    for definition in definitions:
        if definition.conditions is not None and holds(definition.conditions, person):
            return definition.role_id
    return None


def operator_fault(attribute: Attribute, operator: Operator) -> str | None:
    """Why an attribute can't be asked in this way, or None where it can."""
    if operator in allowed_operators(attribute):
        return None
    allowed = ", ".join(allowed_operators(attribute))
    return f"{attribute} can't be compared with {operator}; it takes {allowed}"


def allowed_operators(attribute: Attribute) -> list[Operator]:
    """The ways in which an attribute can be asked: a yes/no value is never empty, only numbers have an order."""
    if attribute in YES_NO_ATTRIBUTES:
        excluded = frozenset(Operator) - _YES_NO_OPERATORS
    elif attribute in NUMBER_ATTRIBUTES:
        excluded = _TEXT_PART_OPERATORS
    else:
        excluded = _ORDER_OPERATORS
    return [operator for operator in Operator if operator not in excluded]


def value_fault(attribute: Attribute, operator: Operator, value: Operand) -> str | None:
    """Why a value can't stand beside this attribute and operator, or None where it can."""
    if operator is Operator.IS_EMPTY:
        return None if value is None else "is_empty takes no value"
    if operator is not Operator.IS_ONE_OF:
        return _single_fault(attribute, value)
    if not isinstance(value, tuple) or not value:
        return "is_one_of takes a list of at least one value"
    faults = (_single_fault(attribute, entry) for entry in value)
    return next((fault for fault in faults if fault is not None), None)


def _single_fault(attribute: Attribute, value: Operand) -> str | None:
    if attribute in YES_NO_ATTRIBUTES:
        return (
            None
            if isinstance(value, bool)
            else f"{attribute} is compared with true or false, got {reprlib.repr(value)}"
        )
    if attribute in NUMBER_ATTRIBUTES:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return (
            None if whole else f"{attribute} is shown as a whole number: compare it with one, got {reprlib.repr(value)}"
        )
    if not isinstance(value, str):
        return f"{attribute} is compared with a text, got {reprlib.repr(value)}"
    return None if value.strip() else f"an empty text can't be compared with {attribute}; use is_empty"


Known: TypeAlias = str | float | bool | None


def comparable(attribute: Attribute, value: Known) -> Single | None:
    """A person's value in the form that is compared; None where it is empty."""
    if attribute in YES_NO_ATTRIBUTES:
        return bool(value)
    if isinstance(value, str):
        return text_key(value) or None
    return None if value is None else shown_score(value)


def passes(operator: Operator, value: Single | None, operand: Operand) -> bool:
    """One comparison; an empty value (None) passes is_empty and is_not only. A text is given by its key.

    Source: domain.md, "Rules of membership" (conditions).
    """
    if operator is Operator.IS_EMPTY:
        return value is None
    if operator is Operator.IS_NOT:
        return value != _compared(operand)
    if value is None:
        return False
    if operator is Operator.IS_ONE_OF:
        return isinstance(operand, tuple) and value in [_compared(entry) for entry in operand]
    if operator is Operator.IS:
        return value == _compared(operand)
    return _is_ordered(operator, value, operand) or _is_part(operator, value, operand)


def _is_ordered(operator: Operator, value: Single, operand: Operand) -> bool:
    """Strictly greater or less, between numbers."""
    if not isinstance(value, int) or not isinstance(operand, int):
        return False
    return value > operand if operator is Operator.GREATER_THAN else value < operand


def _is_part(operator: Operator, value: Single, operand: Operand) -> bool:
    """Beginning of a text, or anywhere in it."""
    if not isinstance(value, str) or not isinstance(operand, str):
        return False
    key = text_key(operand)
    return value.startswith(key) if operator is Operator.STARTS_WITH else key in value


def _compared(operand: Operand) -> Operand:
    return text_key(operand) if isinstance(operand, str) else operand
