"""Rules that every room above shares: how texts are compared, numbers shown, names joined and e-mail addresses judged."""

import unicodedata
from datetime import UTC, date, datetime
from enum import StrEnum
from fractions import Fraction
from math import floor


def half_up(value: Fraction | float) -> int:
    """The nearest whole number; exactly half goes up. A float counts as the exact number that it stands for.

    Source: domain.md, "Completeness score" and "Engagement score".
    """
    return floor(Fraction(value) + Fraction(1, 2))


def shown_score(score: float) -> int:
    """An engagement score (0 to 100) as users see it: whole, half up, and any score above 0 is at least 1.

    Source: domain.md, "Engagement score": "none is 0".
    """
    return max(half_up(score), 1) if score > 0 else 0


def utc_day(at: datetime) -> int:
    """The UTC day of a time, as days since 1970-01-01. The time must be aware: a day depends on where one stands."""
    if at.tzinfo is None:
        raise ValueError(f"a time needs its zone, got {at.isoformat()} without one")
    return at.astimezone(UTC).date().toordinal() - date(1970, 1, 1).toordinal()


def text_key(text: str) -> str:
    """The key by which texts sort, are searched and compared: trimmed, NFC, case folded; accents count.

    Compare keys by code point (bytes of UTF-8), so that every database sorts alike.
    Source: domain.md, "Members tab" and "Conditions".
    """
    # Folding can take a composed character apart (U+01F0), hence NFC on both sides of it.
    folded = unicodedata.normalize("NFC", text.strip()).casefold()
    return unicodedata.normalize("NFC", folded)


def is_valid_email(email: str) -> bool:
    """Whether an address can be written to: one @, a local part, no white space, a dot in the domain, no empty label.

    Source: import.md, "Invalid e-mail".
    """
    if email.count("@") != 1 or any(character.isspace() for character in email):
        return False
    local, domain = email.split("@")
    labels = domain.split(".")
    return bool(local) and len(labels) > 1 and all(labels)


def full_name(first: str | None, last: str | None) -> str:
    """A person's name as shown: first and last name with one blank between, whichever of them is known."""
    return " ".join(part for part in ((first or "").strip(), (last or "").strip()) if part)


class AddressMark(StrEnum):
    """What is known of an e-mail address, whoever has it. Source: domain.md, "E-mail"."""

    UNSUBSCRIBED = "UNSUBSCRIBED"
    """Somebody unsubscribed from a message that was sent to it."""
    BOUNCED = "BOUNCED"
    """It will never work."""
    COMPLAINED = "COMPLAINED"
    """Somebody called a message that was sent to it unwanted."""


INVALID_BY_MARK = frozenset({AddressMark.BOUNCED})
"""Marks by which an address counts as invalid. *Ours.*"""
UNSUBSCRIBED_BY_MARK = frozenset({AddressMark.UNSUBSCRIBED, AddressMark.COMPLAINED})
"""Marks by which whoever has the address counts as unsubscribed. *Ours*: a complaint says at least as much."""
