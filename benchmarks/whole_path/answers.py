"""Makes answers of two databases comparable: ids and times of a run differ, all else has to be the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

T = TypeVar("T")

RUN_TIMES = frozenset({"scoredAt", "updatedAt", "endCursor"})
"""What tells when something ran, or where a page of this database ends: only whether it is there is compared."""


def comparable(value: Any) -> Any:
    """An answer with each id replaced by the name that stands beside it."""
    if isinstance(value, list):
        return [comparable(each) for each in value]
    if not isinstance(value, dict):
        return value
    shown = {name: comparable(each) for name, each in value.items()}
    shown |= {name: value[name] is not None for name in RUN_TIMES & value.keys()}
    if "id" in shown:
        shown["id"] = f"id of {value.get('name', 'something')}"
    return shown


def difference(one: Any, other: Any, place: str = "") -> str | None:
    """Where two answers first differ; None where they are the same."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        pairs = [(f"{place}.{name}", one[name], other[name]) for name in one]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = [(f"{place}[{number}]", *each) for number, each in enumerate(zip(one, other, strict=True))]
    else:
        return None if one == other else f"{place}: {one!r:.200} / {other!r:.200}"
    return next((found for where, a, b in pairs if (found := difference(a, b, where))), None)


def evenly(values: Sequence[T], wanted: int) -> list[T]:
    """As many values as wanted, from the first to the last."""
    if len(values) <= wanted:
        return list(values)
    return [values[number * (len(values) - 1) // max(wanted - 1, 1)] for number in range(wanted)]
