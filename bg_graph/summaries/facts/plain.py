"""Texts from outside as plain text of one line: nothing in them can break a sentence, or turn the order of its letters."""

import unicodedata

LONGEST = 200
"""Characters of a name that are taken over."""
NAMELESS = "(no name)"
"""Stands for a name in which nothing is left to show."""

_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def plain(text: str) -> str:
    """The text on one line: control characters and runs of white space as one blank, marks that turn the writing left out."""
    shown = "".join(" " if unicodedata.category(each) in ("Cc", "Zl", "Zp") else each for each in text)
    words = "".join(each for each in shown if each not in _TURNING).split()
    line = " ".join(words)
    if len(line) > LONGEST:
        line = line[: LONGEST - 1].rstrip() + "…"
    return line or NAMELESS
