"""Reading reports of deliveries in our own words, as a bridge sends them to the webhook. Defined in docs/email.md, "Events"."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bg_graph.plugins.email import DeliveryEvent, EventKind

MOST_EVENTS = 1_000
"""How many reports one call may carry."""
_LONGEST_ID = 200
_LONGEST_TEXT = 2_000
_KEY = re.compile(r"[0-9a-f]{32}")
_KIND = re.compile(r"[A-Z][A-Z_]{0,39}")


@dataclass(frozen=True, slots=True)
class Reports:
    """The reports of a call; `ignored`: how many were of a kind that we do not know."""

    events: tuple[DeliveryEvent, ...]
    ignored: int


@dataclass(frozen=True, slots=True)
class Garbage:
    """Why a call can't be read: every fault, with its place. Nothing of it is taken."""

    faults: tuple[str, ...]


def read_reports(document: object) -> Reports | Garbage:
    """The reports in a call's JSON: `{"events": [...]}`. A report of an unknown kind is left out, not refused."""
    given = document.get("events") if isinstance(document, Mapping) else None
    if not isinstance(given, list):
        return Garbage(('the body is a JSON object with a list "events"',))
    if not 1 <= len(given) <= MOST_EVENTS:
        return Garbage((f"events: a call carries 1 to {MOST_EVENTS}, got {len(given)}",))
    faults = tuple(
        f"events[{index}]{place}: {wrong}" for index, each in enumerate(given) for place, wrong in _faults(each)
    )
    if faults:
        return Garbage(faults)
    known = [_event(each) for each in given if each["kind"] in EventKind.__members__]
    return Reports(tuple(known), len(given) - len(known))


def _faults(each: object) -> Iterator[tuple[str, str]]:
    """Each fault of one report: its place in it, and what is wrong."""
    if not isinstance(each, Mapping):
        yield "", "a report is a JSON object"
        return
    if not _is_id(each.get("id")):
        yield ".id", f"1 to {_LONGEST_ID} printable characters, the same whenever this report is sent again"
    if not isinstance(each.get("kind"), str) or not _KIND.fullmatch(each["kind"]):
        yield ".kind", f"one of {', '.join(EventKind)}"
    if _time(each.get("at")) is None:
        yield ".at", "a time with its zone, such as 2026-11-23T12:00:00Z"
    yield from _subject_faults(each)
    yield from _detail_faults(each)


def _subject_faults(each: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    key, message_id = each.get("key"), each.get("messageId")
    if key is None and message_id is None:
        yield "", 'a report names its delivery by "key" or by "messageId"'
    if key is not None and not (isinstance(key, str) and _KEY.fullmatch(key)):
        yield ".key", "the recipient's key: 32 hex digits"
    if message_id is not None and not _is_text(message_id, _LONGEST_TEXT):
        yield ".messageId", f"a text of at most {_LONGEST_TEXT} printable characters"


def _detail_faults(each: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if not isinstance(each.get("hard", False), bool):
        yield ".hard", "true or false"
    for name in ("url", "raw"):
        if each.get(name) is not None and not _is_text(each[name], _LONGEST_TEXT):
            yield f".{name}", f"a text of at most {_LONGEST_TEXT} printable characters"


def _is_id(given: object) -> bool:
    return _is_text(given, _LONGEST_ID) and bool(str(given).strip())


def _is_text(given: object, longest: int) -> bool:
    return isinstance(given, str) and 0 < len(given) <= longest and all(each.isprintable() for each in given)


def _time(given: object) -> datetime | None:
    """A time with its zone in ISO 8601; None for anything else."""
    if not isinstance(given, str) or len(given) > 40:
        return None
    try:
        at = datetime.fromisoformat(given)
        return at if at.tzinfo is not None and 1970 <= at.year < 9999 else None
    except ValueError:
        return None


def _event(each: Mapping[str, Any]) -> DeliveryEvent:
    at = _time(each["at"])
    assert at is not None
    return DeliveryEvent(
        id=each["id"],
        kind=EventKind(each["kind"]),
        at=at,
        key=each.get("key"),
        message_id=each.get("messageId"),
        hard=each.get("hard", False),
        url=each.get("url"),
        raw=each.get("raw"),
    )
