"""Conditions as plain data (JSON, TOML): read with errors that name the key, and written back."""

import reprlib
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeAlias, TypeVar

from bg_graph.buying_groups.rules.conditions import (
    AllOf,
    AnyOf,
    Attribute,
    AttributeTest,
    Condition,
    IntentTest,
    Leaf,
    Operand,
    Operator,
    PersonTest,
    operator_fault,
    value_fault,
)
from bg_graph.intent.rules import IntentKind, IntentLevel

MAX_NESTING = 100
"""How deep conditions may nest: far beyond any real one, and short of what would exhaust the stack."""

KeyPath: TypeAlias = tuple[str | int, ...]
Choice = TypeVar("Choice", bound=StrEnum)

_INTENT_KINDS: Mapping[str, IntentKind] = {**{kind.value: kind for kind in IntentKind}, "CATEGORY": IntentKind.SOLUTION}


class ConditionError(ValueError):
    """A condition is written wrongly: where (path of keys and list places) and what to do about it."""

    def __init__(self, path: KeyPath, message: str) -> None:
        super().__init__(f"{key_text(path)}: {message}" if path else message)
        self.path = path
        self.message = message


LeafReader: TypeAlias = Callable[[Mapping[Any, Any], KeyPath, list[ConditionError]], Leaf | None]
Tree: TypeAlias = AllOf[Leaf] | AnyOf[Leaf] | Leaf


def key_text(path: KeyPath) -> str:
    """A path as people write it: all[1].contains."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")


def from_data(data: object, path: KeyPath = ()) -> Condition:
    """The condition that the data says; raises the first of its errors. `path` is where the data stands in its file."""
    errors: list[ConditionError] = []
    condition: Condition | None = read_tree(data, path, errors, _PERSON_TESTS)
    if errors or condition is None:
        raise errors[0]
    return condition


def condition_errors(data: object, path: KeyPath = ()) -> tuple[ConditionError, ...]:
    """Every error of a condition's data, in the order written; none: `from_data` takes it."""
    errors: list[ConditionError] = []
    read_tree(data, path, errors, _PERSON_TESTS)
    return tuple(errors)


def to_data(condition: Condition) -> dict[str, Any]:
    """The condition as plain data, which `from_data` reads back to an equal one."""
    match condition:
        case AllOf(parts):
            return {"all": [to_data(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [to_data(part) for part in parts]}
        case AttributeTest(attribute, operator, value):
            return {"attribute": attribute.value, operator.value: _plain(value)}
        case IntentTest(kind, name, level):
            return {"intent": kind.value, "name": name, "at_least": level.value}


def _plain(value: Operand) -> object:
    if value is None:
        return True
    return list(value) if isinstance(value, tuple) else value


def read_tree(
    data: object,
    path: KeyPath,
    errors: list[ConditionError],
    tests: Mapping[str, LeafReader[Leaf]],
    depth: int = 0,
) -> Tree[Leaf] | None:
    """Read one node of a tree of `tests` (by the key that tells each); what is wrong goes to `errors`, the node is None."""
    if depth > MAX_NESTING:
        errors.append(ConditionError(path, f"conditions nest deeper than {MAX_NESTING}"))
        return None
    allowed = ("all", "any", *tests)
    if not isinstance(data, Mapping):
        message = f"a condition is a table with one of {', '.join(allowed)}; got {reprlib.repr(data)}"
        errors.append(ConditionError(path, message))
        return None
    forms = [form for form in allowed if form in data]
    if len(forms) != 1:
        message = f"a condition has exactly one of {', '.join(allowed)}; got {_names(forms)}"
        errors.append(ConditionError(path, message))
        return None
    if forms[0] in tests:
        return tests[forms[0]](data, path, errors)
    return _read_parts(forms[0], data, path, errors, tests, depth)


def _read_parts(
    form: str,
    data: Mapping[Any, Any],
    path: KeyPath,
    errors: list[ConditionError],
    tests: Mapping[str, LeafReader[Leaf]],
    depth: int,
) -> Tree[Leaf] | None:
    known = len(errors)
    refuse_other_keys(data, (form,), path, errors)
    entries = data[form]
    if not isinstance(entries, list | tuple) or not entries:
        errors.append(ConditionError((*path, form), f"'{form}' takes a list of at least one condition"))
        return None
    parts = [read_tree(entry, (*path, form, place), errors, tests, depth + 1) for place, entry in enumerate(entries)]
    if len(errors) > known:
        return None
    read = tuple(part for part in parts if part is not None)
    return AllOf(read) if form == "all" else AnyOf(read)


def _read_attribute_test(data: Mapping[Any, Any], path: KeyPath, errors: list[ConditionError]) -> PersonTest | None:
    known = len(errors)
    attribute = _choice(data, "attribute", {member.value: member for member in Attribute}, path, errors)
    operator = operator_of(data, ("attribute",), path, errors)
    if attribute is None or operator is None or len(errors) > known:
        return None
    value, fault = operand_of(operator, data[operator.value])
    fault = fault or operator_fault(attribute, operator) or value_fault(attribute, operator, value)
    if fault:
        errors.append(ConditionError((*path, operator.value), fault))
        return None
    return AttributeTest(attribute, operator, value)


def operand_of(operator: Operator, value: Any) -> tuple[Operand, str | None]:
    """The value of a test as the rules hold it, or what is wrong with its form; `is_empty = true` has none."""
    if operator is Operator.IS_EMPTY:
        return None, None if value is True else f"is_empty takes true, got {reprlib.repr(value)}"
    return (tuple(value), None) if isinstance(value, list) else (value, None)


def _read_intent_test(data: Mapping[Any, Any], path: KeyPath, errors: list[ConditionError]) -> PersonTest | None:
    known = len(errors)
    kind = _choice(data, "intent", _INTENT_KINDS, path, errors)
    level = _choice(data, "at_least", {member.value: member for member in IntentLevel}, path, errors)
    name = data.get("name")
    if not isinstance(name, str) or not name.strip():
        errors.append(ConditionError((*path, "name"), "an intent test names a category, product or keyword"))
    refuse_other_keys(data, ("intent", "name", "at_least"), path, errors)
    if kind is None or level is None or not isinstance(name, str) or len(errors) > known:
        return None
    return IntentTest(kind, name, level)


def operator_of(
    data: Mapping[Any, Any], keys: tuple[str, ...], path: KeyPath, errors: list[ConditionError]
) -> Operator | None:
    """The one operator of a test, which has the other `keys` besides; None with an error where it is not one."""
    operators = [operator for operator in Operator if operator.value in data]
    refuse_other_keys(data, (*keys, *Operator), path, errors)
    if len(operators) == 1:
        return operators[0]
    errors.append(ConditionError(path, f"a test has exactly one of {', '.join(Operator)}; got {_names(operators)}"))
    return None


def _choice(
    data: Mapping[Any, Any], key: str, choices: Mapping[str, Choice], path: KeyPath, errors: list[ConditionError]
) -> Choice | None:
    value = data.get(key)
    found = choices.get(value) if isinstance(value, str) else None
    if found is None:
        got = f"got {reprlib.repr(value)}" if key in data else "it is missing"
        errors.append(ConditionError((*path, key), f"must be one of {', '.join(choices)}; {got}"))
    return found


def refuse_other_keys(
    data: Mapping[Any, Any], allowed: tuple[str, ...], path: KeyPath, errors: list[ConditionError]
) -> None:
    """Add an error for each key that a condition does not take."""
    for key in data:
        if key not in allowed:
            message = f"is not a key of this condition; it takes {', '.join(allowed)}"
            errors.append(ConditionError((*path, str(key)), message))


def _names(found: list[Any]) -> str:
    return ", ".join(found) if found else "none"


_PERSON_TESTS: Mapping[str, LeafReader[PersonTest]] = {
    "attribute": _read_attribute_test,
    "intent": _read_intent_test,
}
