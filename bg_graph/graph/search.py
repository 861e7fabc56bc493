"""Searching in stored keys: parts of a text within a small set, beginnings of words across a tenant."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_

from bg_graph.execution.declarations import VALUE, Filter
from bg_graph.graph.errors import Coded, ErrorCode

LAST = "\U0010ffff"
"""Comes after every text that begins alike."""

LONGEST = 300
"""Characters that may be searched for: more than any name or address has, and few enough for every database."""

MOST_WORDS = 20
"""Words that may be searched for across a tenant: each is a condition of its own, and PostgreSQL plans 80 for most of a second."""


def parts_of(*keys: ColumnElement[Any], text_key: Callable[[str], str]) -> Filter:
    """A search for a part of any of the keys. An empty search finds everything."""
    expression = or_(*(key.like(VALUE, escape="\\") for key in keys))

    def convert(text: str) -> Sequence[Mapping[str, Any]]:
        sought = text_key(_checked(text))
        return ({"value": f"%{_escaped(sought)}%"},) if sought else ()

    return Filter(expression, convert)


def beginnings_of_words(expression: ColumnElement[bool], words_of: Callable[[str], Iterable[str]]) -> Filter:
    """A search for names in which every word sought begins a word; the expression speaks of `low` and `high`.

    `words_of` takes the text sought apart, as the names were taken apart when they were stored.
    """

    def convert(text: str) -> Sequence[Mapping[str, Any]]:
        words = sorted(words_of(_checked(text)))
        if len(words) > MOST_WORDS:
            message = f"search takes at most {MOST_WORDS} words, got {len(words)}; search for some of them"
            raise Coded(ErrorCode.INVALID_VARIABLES, message)
        return [{"low": word, "high": word + LAST} for word in words]

    return Filter(expression, convert)


def _checked(text: str) -> str:
    if len(text) > LONGEST:
        message = f"search takes at most {LONGEST} characters, got {len(text)}; search for a shorter part"
        raise Coded(ErrorCode.INVALID_VARIABLES, message)
    return text


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
