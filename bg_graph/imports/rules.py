"""Rules of the import, pure: ids, yes and no, dates, amounts and activity types as files write them.

Source of every rule here: import.md.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType

_SALESFORCE_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Z0-5]{3})?", re.ASCII)
_CHECKSUM_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_WHOLE_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
_AMOUNT = re.compile(r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,10})?|\.[0-9]{1,10})", re.ASCII)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ].+)?", re.ASCII)
_YES = frozenset({"true", "1", "yes", "y", "on"})
_CLOSED = "closed"
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://")
_AFTER_AUTHORITY = re.compile(r"[/?#]")
_PORT = re.compile(r":[0-9]*$")
_DOMAIN = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+", re.ASCII)

STATUS_ATTRIBUTE = "new status"
"""The attribute of a change of status that says the new one, as it is compared."""


def salesforce_id(text: str) -> str | None:
    """The 18-character form of a Salesforce id of 15 or 18 characters; None where it is none, or its checksum is wrong."""
    if not _SALESFORCE_ID.fullmatch(text):
        return None
    full = text[:15] + checksum(text[:15])
    return full if text in (full, full[:15]) else None


def checksum(short: str) -> str:
    """The three characters that follow a 15-character id: each says which of five characters are capitals."""
    return "".join(
        _CHECKSUM_LETTERS[
            sum(1 << place for place, letter in enumerate(short[start : start + 5]) if "A" <= letter <= "Z")
        ]
        for start in (0, 5, 10)
    )


def is_yes(text: str) -> bool:
    """Whether a yes/no value says yes: true and 1 in any case, and the other words that Salesforce's loader takes."""
    return text.lower() in _YES


def positive_number(text: str) -> str | None:
    """A positive whole number in one form ("007" is "7"); None where it is none."""
    if not _WHOLE_NUMBER.fullmatch(text):
        return None
    number = int(text)
    return str(number) if number > 0 else None


def point_in_time(text: str) -> datetime | None:
    """A time, aware, in UTC: YYYY-MM-DD, with a time part after T or a blank or without; no zone means UTC."""
    if not _TIME.fullmatch(text):
        return None
    try:
        at = datetime.fromisoformat(text)
        return (at.replace(tzinfo=UTC) if at.tzinfo is None else at).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def calendar_date(text: str) -> str | None:
    """A date as YYYY-MM-DD, as it is written: its time part is left out, not moved to another zone."""
    if point_in_time(text) is None:
        return None
    return date.fromisoformat(text[:10]).isoformat()


def amount(text: str) -> str | None:
    """A decimal number in one text form ("+1200.50" is "1200.50"); None where it is none."""
    if not _AMOUNT.fullmatch(text):
        return None
    value = Decimal(text)
    return format(value if value else abs(value), "f")


def probability(text: str) -> float | None:
    """A number from 0 to 1; None where it is none."""
    if not _AMOUNT.fullmatch(text):
        return None
    value = float(text)
    return value if 0 <= value <= 1 else None


def website_domain(text: str) -> str | None:
    """The domain of a web address or of a bare domain, in one form: "https://www.Acme.com/nl" is "acme.com"; None for none."""
    authority = _AFTER_AUTHORITY.split(_SCHEME.sub("", text.strip().lower()), maxsplit=1)[0]
    host = _PORT.sub("", authority.rpartition("@")[2]).removeprefix("www.").rstrip(".")
    try:
        host = host.encode("idna").decode()
    except UnicodeError:
        return None
    return host if _DOMAIN.fullmatch(host) else None


def is_open(stage: str, closed: str | None) -> bool:
    """Whether an opportunity is open. `closed` is the text of IsClosed, None where the file has no such column."""
    if closed is None:
        return not stage.lower().startswith(_CLOSED)
    return not is_yes(closed)


@dataclass(frozen=True, slots=True)
class ActivityMapping:
    """Which activity type of the source is which kind of ours: by type id, or by type id and new status.

    A tenant's mapping may name more types, and map them to kinds of its own.
    """

    kinds: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def kind_of(self, type_id: str | None, status: str | None) -> str | None:
        """Our kind of an activity; None where its type or status is not mapped. Statuses are compared without case."""
        if type_id is None:
            return None
        if type_id in self.statuses:
            return self.statuses[type_id].get((status or "").strip().lower())
        return self.kinds.get(type_id)


DEFAULT_MAPPING = ActivityMapping(
    kinds=MappingProxyType(
        {
            "1": "VISIT_PAGE",
            "2": "FILL_OUT_FORM",
            "3": "CLICK_LINK",
            "10": "OPEN_EMAIL",
            "11": "CLICK_EMAIL",
            "46": "INTERESTING_MOMENT",
        }
    ),
    statuses=MappingProxyType(
        {"104": MappingProxyType({"registered": "REGISTER_EVENT", "attended": "ATTEND_EVENT"})},
    ),
)
