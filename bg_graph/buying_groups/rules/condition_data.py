"""Conditions as plain data (JSON, TOML): read with errors that name the key, and written back."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeAlias, TypeVar

from bg_graph.buying_groups.rules.conditions import (
    AllOf,
    AnyOf,
    Attribute,
    AttributeTest,
    Condition,
    IntentTest,
    Operand,
    Operator,
    operator_fault,
    value_fault,
)
from bg_graph.intent.rules import IntentKind, IntentLevel

MAX_NESTING = 100
"""How deep conditions may nest: far beyond any real one, and short of what would exhaust the stack."""

KeyPath: TypeAlias = tuple[str | int, ...]
Choice = TypeVar("Choice", bound=StrEnum)

_FORMS = ("all", "any", "attribute", "intent")
_INTENT_KINDS: Mapping[str, IntentKind] = {**{kind.value: kind for kind in IntentKind}, "CATEGORY": IntentKind.SOLUTION}


class ConditionError(ValueError):
    """A condition is written wrongly: where (path of keys and list places) and what to do about it."""

    def __init__(self, path: KeyPath, message: str) -> None:
        super().__init__(f"{key_text(path)}: {message}" if path else message)
        self.path = path
        self.message = message


def key_text(path: KeyPath) -> str:
    """A path as people write it: all[1].contains."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")


def from_data(data: object, path: KeyPath = ()) -> Condition:
    """The condition that the data says; raises the first of its errors. `path` is where the data stands in its file."""
    errors: list[ConditionError] = []
    condition = _read(data, path, errors, 0)
    if errors or condition is None:
        raise errors[0]
    return condition


def condition_errors(data: object, path: KeyPath = ()) -> tuple[ConditionError, ...]:
    """Every error of a condition's data, in the order written; none: `from_data` takes it."""
    errors: list[ConditionError] = []
    _read(data, path, errors, 0)
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


def _read(data: object, path: KeyPath, errors: list[ConditionError], depth: int) -> Condition | None:
    """Read one node; what is wrong goes to `errors`, and the node is None."""
    if depth > MAX_NESTING:
        errors.append(ConditionError(path, f"conditions nest deeper than {MAX_NESTING}"))
        return None
    if not isinstance(data, Mapping):
        errors.append(ConditionError(path, f"a condition is a table with one of {', '.join(_FORMS)}; got {data!r:.40}"))
        return None
    forms = [form for form in _FORMS if form in data]
    if len(forms) != 1:
        errors.append(ConditionError(path, f"a condition has exactly one of {', '.join(_FORMS)}; got {_names(forms)}"))
        return None
    match forms[0]:
        case "attribute":
            return _read_attribute_test(data, path, errors)
        case "intent":
            return _read_intent_test(data, path, errors)
        case form:
            return _read_parts(form, data, path, errors, depth)


def _read_parts(
    form: str, data: Mapping[Any, Any], path: KeyPath, errors: list[ConditionError], depth: int
) -> Condition | None:
    known = len(errors)
    _refuse_other_keys(data, (form,), path, errors)
    entries = data[form]
    if not isinstance(entries, list | tuple) or not entries:
        errors.append(ConditionError((*path, form), f"'{form}' takes a list of at least one condition"))
        return None
    parts = [_read(entry, (*path, form, place), errors, depth + 1) for place, entry in enumerate(entries)]
    if len(errors) > known:
        return None
    read = tuple(part for part in parts if part is not None)
    return AllOf(read) if form == "all" else AnyOf(read)


def _read_attribute_test(data: Mapping[Any, Any], path: KeyPath, errors: list[ConditionError]) -> Condition | None:
    known = len(errors)
    attribute = _choice(data, "attribute", {member.value: member for member in Attribute}, path, errors)
    operators = [operator for operator in Operator if operator.value in data]
    _refuse_other_keys(data, ("attribute", *Operator), path, errors)
    if len(operators) != 1:
        message = f"a test has exactly one of {', '.join(Operator)}; got {_names(operators)}"
        errors.append(ConditionError(path, message))
    if attribute is None or len(errors) > known:
        return None
    operator = operators[0]
    value, fault = _operand(operator, data[operator.value])
    fault = fault or operator_fault(attribute, operator) or value_fault(attribute, operator, value)
    if fault:
        errors.append(ConditionError((*path, operator.value), fault))
        return None
    return AttributeTest(attribute, operator, value)


def _operand(operator: Operator, value: Any) -> tuple[Operand, str | None]:
    """The value of a test as the rules hold it, or what is wrong with its form; `is_empty = true` has none."""
    if operator is Operator.IS_EMPTY:
        return None, None if value is True else f"is_empty takes true, got {value!r:.40}"
    return (tuple(value), None) if isinstance(value, list) else (value, None)


def _read_intent_test(data: Mapping[Any, Any], path: KeyPath, errors: list[ConditionError]) -> Condition | None:
    known = len(errors)
    kind = _choice(data, "intent", _INTENT_KINDS, path, errors)
    level = _choice(data, "at_least", {member.value: member for member in IntentLevel}, path, errors)
    name = data.get("name")
    if not isinstance(name, str) or not name.strip():
        errors.append(ConditionError((*path, "name"), "an intent test names a category, product or keyword"))
    _refuse_other_keys(data, ("intent", "name", "at_least"), path, errors)
    if kind is None or level is None or not isinstance(name, str) or len(errors) > known:
        return None
    return IntentTest(kind, name, level)


def _choice(
    data: Mapping[Any, Any], key: str, choices: Mapping[str, Choice], path: KeyPath, errors: list[ConditionError]
) -> Choice | None:
    value = data.get(key)
    found = choices.get(value) if isinstance(value, str) else None
    if found is None:
        got = f"got {value!r:.40}" if key in data else "it is missing"
        errors.append(ConditionError((*path, key), f"must be one of {', '.join(choices)}; {got}"))
    return found


def _refuse_other_keys(
    data: Mapping[Any, Any], allowed: tuple[str, ...], path: KeyPath, errors: list[ConditionError]
) -> None:
    for key in data:
        if key not in allowed:
            message = f"is not a key of this condition; it takes {', '.join(allowed)}"
            errors.append(ConditionError((*path, str(key)), message))


def _names(found: list[Any]) -> str:
    return ", ".join(found) if found else "none"
