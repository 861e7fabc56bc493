"""Conditions on accounts and opportunities: which accounts get a group, and what an opportunity is about.

The tree and the operators are those of persons' conditions; a record is plain text by attribute or column name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from bg_graph.accounts.rules import text_key
from bg_graph.buying_groups.rules.condition_data import (
    ConditionError,
    KeyPath,
    LeafReader,
    operand_of,
    operator_of,
    read_tree,
)
from bg_graph.buying_groups.rules.conditions import AllOf, AnyOf, Operand, Operator, passes

Record: TypeAlias = Mapping[str, str | None]

COLUMN_PREFIX = "column:"
"""How the key of an export's column begins in a record, so that it can't be mistaken for an attribute."""

_ORDER_OPERATORS = frozenset({Operator.GREATER_THAN, Operator.LESS_THAN})


class RecordKind(StrEnum):
    """What is asked: an account, or an opportunity."""

    ACCOUNT = "account"
    OPPORTUNITY = "opportunity"


_ATTRIBUTES: Mapping[RecordKind, tuple[str, ...]] = {
    RecordKind.ACCOUNT: ("name", "industry", "website", "country", "employee_count"),
    RecordKind.OPPORTUNITY: ("name", "stage", "type"),
}
_NUMBERS = frozenset({"employee_count"})


@dataclass(frozen=True, slots=True)
class RecordTest:
    """One value of a record compared. `key` is the attribute, or `column:` and the column's name as it is compared."""

    key: str
    operator: Operator
    value: Operand = None


RecordCondition: TypeAlias = AllOf[RecordTest] | AnyOf[RecordTest] | RecordTest


def account_record(
    *, name: str, industry: str | None, website: str | None, country: str | None, employee_count: int | None
) -> Record:
    """An account as its conditions see it."""
    return {
        "name": name,
        "industry": industry,
        "website": website,
        "country": country,
        "employee_count": None if employee_count is None else str(employee_count),
    }


def opportunity_record(*, name: str, stage: str, kind: str | None, columns: Record) -> Record:
    """An opportunity as its conditions see it; `columns` are those of its export that conditions name."""
    named = {COLUMN_PREFIX + text_key(column): value for column, value in columns.items()}
    return {"name": name, "stage": stage, "type": kind, **named}


def matches(condition: RecordCondition, record: Record) -> bool:
    """Whether a condition holds for a record (of `account_record` or `opportunity_record`); what it lacks is empty."""
    match condition:
        case AllOf(parts):
            return all(matches(part, record) for part in parts)
        case AnyOf(parts):
            return any(matches(part, record) for part in parts)
        case RecordTest(key, operator, operand):
            text = text_key(record.get(key) or "") or None
            value = int(text) if text and key in _NUMBERS else text
            return passes(operator, value, operand)


def columns_named(condition: RecordCondition) -> frozenset[str]:
    """The export columns that a condition asks for, as they are compared (`text_key`)."""
    found = (test.key.removeprefix(COLUMN_PREFIX) for test in _tests(condition) if test.key.startswith(COLUMN_PREFIX))
    return frozenset(found)


def record_condition(data: object, kind: RecordKind, path: KeyPath = ()) -> RecordCondition:
    """The condition that the data says; raises the first of its errors (ConditionError)."""
    errors: list[ConditionError] = []
    condition: RecordCondition | None = read_tree(data, path, errors, _tests_of(kind))
    if errors or condition is None:
        raise errors[0]
    return condition


def record_condition_errors(data: object, kind: RecordKind, path: KeyPath = ()) -> tuple[ConditionError, ...]:
    """Every error of a condition's data, in the order written; none: `record_condition` takes it."""
    errors: list[ConditionError] = []
    read_tree(data, path, errors, _tests_of(kind))
    return tuple(errors)


def _tests(condition: RecordCondition) -> Iterator[RecordTest]:
    if isinstance(condition, RecordTest):
        yield condition
        return
    for part in condition.parts:
        yield from _tests(part)


def _tests_of(kind: RecordKind) -> Mapping[str, LeafReader[RecordTest]]:
    """The tests that a kind of record takes. Accounts keep no columns of their export, so none can be asked for."""

    def attribute_test(data: Mapping[Any, Any], path: KeyPath, errors: list[ConditionError]) -> RecordTest | None:
        name = data["attribute"]
        if name in _ATTRIBUTES[kind]:
            return _read_test("attribute", str(name), data, path, errors)
        message = f"must be one of {', '.join(_ATTRIBUTES[kind])}; got {name!r:.40}"
        errors.append(ConditionError((*path, "attribute"), message))
        return None

    tests: dict[str, LeafReader[RecordTest]] = {"attribute": attribute_test}
    if kind is RecordKind.OPPORTUNITY:
        tests["column"] = _column_test
    return tests


def _column_test(data: Mapping[Any, Any], path: KeyPath, errors: list[ConditionError]) -> RecordTest | None:
    name = data["column"]
    if isinstance(name, str) and name.strip():
        return _read_test("column", COLUMN_PREFIX + text_key(name), data, path, errors)
    errors.append(ConditionError((*path, "column"), "names a column of the export, such as Product__c"))
    return None


def _read_test(
    form: str, key: str, data: Mapping[Any, Any], path: KeyPath, errors: list[ConditionError]
) -> RecordTest | None:
    known = len(errors)
    operator = operator_of(data, (form,), path, errors)
    if operator is None or len(errors) > known:
        return None
    value, fault = operand_of(operator, data[operator.value])
    fault = fault or _fault(key, operator, value)
    if fault:
        errors.append(ConditionError((*path, operator.value), fault))
        return None
    return RecordTest(key, operator, value)


def _fault(key: str, operator: Operator, value: Operand) -> str | None:
    """Why this value can't stand in a test of this key, or None where it can."""
    excluded = {Operator.STARTS_WITH, Operator.CONTAINS} if key in _NUMBERS else _ORDER_OPERATORS
    if operator in excluded:
        allowed = ", ".join(each for each in Operator if each not in excluded)
        return f"{key.removeprefix(COLUMN_PREFIX)} can't be compared with {operator}; it takes {allowed}"
    if operator is Operator.IS_EMPTY:
        return None
    if operator is Operator.IS_ONE_OF and (not isinstance(value, tuple) or not value):
        return "is_one_of takes a list of at least one value"
    values = value if isinstance(value, tuple) else (value,)
    if operator is not Operator.IS_ONE_OF and isinstance(value, tuple):
        return f"{operator} takes one value, got a list; use is_one_of"
    return next((fault for each in values if (fault := _value_fault(key, each))), None)


def _value_fault(key: str, value: object) -> str | None:
    if key in _NUMBERS:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return None if whole else f"{key} is compared with a whole number, got {value!r:.40}"
    if not isinstance(value, str):
        return f"is compared with a text, got {value!r:.40}"
    return None if value.strip() else "an empty text can't be compared; use is_empty"
