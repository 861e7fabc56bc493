"""Conditions asked of many people at once, by columns: each distinct value is compared once, the rest is sets."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from bg_graph.accounts.rules import text_key
from bg_graph.buying_groups.rules.conditions import (
    AllOf,
    AnyOf,
    Attribute,
    AttributeTest,
    AutoAssigns,
    Condition,
    IntentTest,
    Known,
    PersonTest,
    comparable,
    passes,
)
from bg_graph.intent.rules import IntentKind, IntentLevel

SignalName = tuple[IntentKind, str]
"""A kind, and the key of a name."""


@dataclass(frozen=True, slots=True)
class PeopleColumns:
    """What conditions know of many people: who has which value of an attribute, who has a signal at which level."""

    by_value: Mapping[Attribute, Mapping[Known, set[UUID]]]
    by_signal: Mapping[SignalName, Mapping[IntentLevel, set[UUID]]]


def by_value(people: Sequence[UUID], values: Iterable[Known]) -> Mapping[Known, set[UUID]]:
    """Who has which value, from a column of values in the order of the people."""
    found: dict[Known, set[UUID]] = defaultdict(set)
    for person_id, value in zip(people, values, strict=True):
        found[value].add(person_id)
    return found


def matching(condition: Condition, people: PeopleColumns) -> set[UUID]:
    """The people for whom a condition holds: just those for whom `conditions.holds` says so."""
    match condition:
        case AllOf(parts):
            return set.intersection(*(matching(part, people) for part in parts))
        case AnyOf(parts):
            return set().union(*(matching(part, people) for part in parts))
        case AttributeTest(attribute, operator, operand):
            values = people.by_value[attribute].items()
            found = (who for value, who in values if passes(operator, comparable(attribute, value), operand))
            return set().union(*found)
        case IntentTest(kind, name, at_least):
            levels = people.by_signal.get((kind, text_key(name)), {})
            return set().union(*(who for level, who in levels.items() if level.at_least(at_least)))


def first_roles(definitions: Iterable[AutoAssigns], people: PeopleColumns) -> dict[UUID, UUID]:
    """The role that auto-assignment gives to each person who gets one, as `conditions.first_role` does for one person."""
    roles: dict[UUID, UUID] = {}
    for definition in definitions:
        if definition.conditions is not None:
            later = matching(definition.conditions, people) - roles.keys()
            roles.update(dict.fromkeys(later, definition.role_id))
    return roles


def leaves_of(condition: Condition) -> Iterator[PersonTest]:
    """The single tests that a condition is made of."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from leaves_of(part)
        case AttributeTest() | IntentTest():
            yield condition
