"""What an answer of a mail server means for a delivery. Pure: no connection here.

Until the end of the message was sent, nothing can have been accepted (RFC 5321, 3.3 and 3.8): what fails there may be
tried again. After it, only an answer that says yes or no for good settles the delivery.
"""

import re
from enum import StrEnum

from bg_graph.plugins.email import Refused
from bg_graph.plugins.errors import Misconfigured, OutcomeUnknown, Unavailable

_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_ADDRESS = re.compile(r"[^\s<>\"']+@[^\s<>\"']+")
_LONGEST_TEXT = 300
_NOT_LOGGED_IN = frozenset({530, 534, 535, 538})
_BAD_ADDRESS_CODES = frozenset({550, 551, 553})
_ABOUT_THE_SENDER = frozenset({"5.1.7", "5.1.8"})


class Stage(StrEnum):
    """How far a message is on its way into the server."""

    SENDER = "MAIL"
    RECIPIENT = "RCPT"
    DATA = "DATA"
    END = "the end of the message"


def outcome(stage: Stage, key: str, code: int, text: str) -> Refused | None:
    """The delivery's refusal, or None where it may go on (after the end: it is accepted).

    Raises Unavailable where it may be tried again, OutcomeUnknown where it may have been accepted, Misconfigured where
    the server wants a login that we do not make.
    """
    if code == 354 if stage is Stage.DATA else 200 <= code <= 299:
        return None
    if 500 <= code <= 599 and (stage is Stage.END or code not in _NOT_LOGGED_IN):
        return _refusal(stage, key, code, text)
    answered = f"the mail server answered {said(code, text)} to {stage}"
    if stage is Stage.END:
        raise OutcomeUnknown(f"{answered}: it says that it did not take the message, which it had as a whole")
    if code in _NOT_LOGGED_IN:
        raise Misconfigured(
            f"{answered}: it wants a login; the settings are plugins.smtp.user and plugins.smtp.password"
        )
    raise Unavailable(answered)


def said(code: int, text: str) -> str:
    """A server's answer in one line, without the addresses in it: they are personal data."""
    return f"{code} {one_line(text)}"


def one_line(text: str) -> str:
    """A server's words in one line, without the addresses in it."""
    line = "".join(char if char.isprintable() else " " for char in text)
    return _ADDRESS.sub("(address)", " ".join(line.split()))[:_LONGEST_TEXT]


def _refusal(stage: Stage, key: str, code: int, text: str) -> Refused:
    found = _ENHANCED.match(text)
    enhanced = found.group(1) if found else None
    is_bad = (
        stage is Stage.RECIPIENT
        and code in _BAD_ADDRESS_CODES
        and enhanced is not None
        and enhanced.startswith("5.1.")
        and enhanced not in _ABOUT_THE_SENDER
    )
    word = f"{code} {enhanced}" if enhanced else str(code)
    rest = text[found.end() :] if found else text
    return Refused(key=key, code=word, message=f"{one_line(rest)} (answer to {stage})", bad_address=is_bad)
