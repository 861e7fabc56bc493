"""Texts from outside as plain text of one line: nothing in them can break a sentence, or turn the order of its letters."""

import unicodedata
from collections.abc import Iterable, Iterator

LONGEST = 200
"""Characters of a name that are taken over."""
NAMELESS = "(no name)"
"""Stands for a name in which nothing is left to show."""

MOST_MARKS = 4
"""Marks that one letter bears; scripts that pile them up need no more."""

_JOINERS = frozenset("\u200c\u200d")
"""Signs that nobody sees, but without which Persian, Indian scripts and emoji are misspelled."""
_NUMBER_SIGNS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2")
"""Signs of Arabic and Syriac that are seen, though they are counted among those that are not."""


def plain(text: str) -> str:
    """The text on one line: control characters and runs of white space as one blank; what nobody sees, or turns the writing,
    left out: it may hold orders to whatever model the text is pasted into.
    """
    shown = "".join(" " if unicodedata.category(each) in ("Cc", "Zl", "Zp") else each for each in text)
    words = "".join(_bearable(each for each in shown if _is_seen(each))).split()
    line = " ".join(words)
    if len(line) > LONGEST:
        line = line[: LONGEST - 1].rstrip() + "…"
    return line or NAMELESS


def _is_seen(sign: str) -> bool:
    return unicodedata.category(sign) not in ("Cf", "Co", "Cs") or sign in _JOINERS or sign in _NUMBER_SIGNS


def _bearable(signs: Iterable[str]) -> Iterator[str]:
    """The signs without marks that pile up into the lines above and below."""
    marks = 0
    for each in signs:
        marks = marks + 1 if unicodedata.category(each) in ("Mn", "Me") else 0
        if marks <= MOST_MARKS:
            yield each
