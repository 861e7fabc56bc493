"""Marketo's error codes and what each means for a call: a table of data, and nothing else.

Source: providers.md, section 1, "Errors". Almost all errors come with HTTP 200; the code alone tells them apart.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Meaning(StrEnum):
    """What an error says of the call, and of whether it may be repeated."""

    TOKEN = "TOKEN"  # noqa: S105 - a word for an error
    """The token is not taken any more: nothing ran; once more with a new one."""
    FORBIDDEN = "FORBIDDEN"
    """The API user lacks a right: no repetition helps until an administrator mends it."""
    UNSURE = "UNSURE"
    """The call may have run: a read is repeated, of a trigger nobody knows."""
    NOTHING_RAN = "NOTHING_RAN"
    """Too much at this moment: nothing ran; again a little later."""
    QUOTA = "QUOTA"
    """The day's calls are used up: nothing ran; not before midnight CST."""
    LATER = "LATER"
    """A queue or quota of its own is full: nothing ran; again much later."""
    WRONG = "WRONG"
    """The request itself is wrong, and would be again."""
    GONE = "GONE"
    """What was asked for is not there."""


CODES: Mapping[str, Meaning] = MappingProxyType(
    {
        "601": Meaning.TOKEN,
        "602": Meaning.TOKEN,
        "603": Meaning.FORBIDDEN,
        "1008": Meaning.FORBIDDEN,
        "604": Meaning.UNSURE,
        "611": Meaning.UNSURE,
        "502": Meaning.UNSURE,
        "606": Meaning.NOTHING_RAN,
        "608": Meaning.NOTHING_RAN,
        "614": Meaning.NOTHING_RAN,
        "615": Meaning.NOTHING_RAN,
        "713": Meaning.NOTHING_RAN,
        "607": Meaning.QUOTA,
        "1016": Meaning.LATER,
        "1029": Meaning.LATER,
        "609": Meaning.WRONG,
        "610": Meaning.WRONG,
        "612": Meaning.WRONG,
        "701": Meaning.WRONG,
        "1001": Meaning.WRONG,
        "1002": Meaning.WRONG,
        "1003": Meaning.WRONG,
        "1006": Meaning.WRONG,
        "1011": Meaning.WRONG,
        "702": Meaning.GONE,
        "1004": Meaning.GONE,
        "1013": Meaning.GONE,
    }
)
"""Each code that is known. Another one is UNSURE: nobody promises that nothing ran."""

HTTP: Mapping[int, Meaning] = MappingProxyType({401: Meaning.TOKEN, 429: Meaning.NOTHING_RAN})
"""HTTP statuses with a meaning of their own; other 4xx are WRONG, all else that is no 200 is UNSURE."""

EXPLAINED: Mapping[Meaning, str] = MappingProxyType(
    {
        Meaning.TOKEN: "Marketo does not take the access token",
        Meaning.FORBIDDEN: "the API user's role lacks a permission, or has no access to the workspace or partition",
        Meaning.UNSURE: "Marketo had an error and does not say whether the call ran",
        Meaning.NOTHING_RAN: "Marketo is busy; nothing was done",
        Meaning.QUOTA: "the day's quota of API calls is used up; it begins anew at midnight CST",
        Meaning.LATER: "a queue or quota in Marketo is full",
        Meaning.WRONG: "Marketo refuses the request as wrong",
        Meaning.GONE: "Marketo does not find what was asked for",
    }
)
"""What an error means, in words that may be shown: Marketo's own message may repeat what was sent, addresses included."""


def meaning_of(code: str) -> Meaning:
    """What an error code means. A code that nobody knows is taken for the worst: the call may have run."""
    return CODES.get(code, Meaning.UNSURE)


def meaning_of_status(status: int) -> Meaning:
    """What an HTTP status that is no success means."""
    if status in HTTP:
        return HTTP[status]
    return Meaning.WRONG if 300 <= status < 500 else Meaning.UNSURE
