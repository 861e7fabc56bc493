"""Scalars that take only what the product can store: times with a zone, given in UTC."""

from datetime import UTC, datetime
from typing import Any

from strawberry.types.scalar import ScalarDefinition


def parse_time(given: Any) -> datetime:
    """A time in UTC. Raises ValueError where the text is no time, has no zone, or lies outside the years 1 to 9999."""
    if not isinstance(given, str):
        raise ValueError(f"a DateTime is a text such as 2026-11-23T12:00:00Z, got {given!r}"[:200])
    try:
        time = datetime.fromisoformat(given)
        if time.tzinfo is not None:
            return time.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"no DateTime: {given[:50]!r}; write it like 2026-11-23T12:00:00Z") from error
    raise ValueError(f"a DateTime needs its zone, got {given[:50]!r}; write it like 2026-11-23T12:00:00Z")


def show_time(time: datetime) -> str:
    """A time as it is shown: ISO 8601 with its zone."""
    return time.isoformat()


DATE_TIME = ScalarDefinition(
    name="DateTime",
    description="A time with its zone by ISO 8601, such as 2026-11-23T12:00:00Z; shown in UTC.",
    specified_by_url=None,
    serialize=show_time,
    parse_value=parse_time,
    parse_literal=None,
    origin=datetime,
)
