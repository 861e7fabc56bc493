"""Searching in stored keys: parts of a text within a small set, beginnings of words across a tenant."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_

from bg_graph.execution.declarations import VALUE, Filter

LAST = "\U0010ffff"
"""Comes after every text that begins alike."""


def parts_of(*keys: ColumnElement[Any], text_key: Callable[[str], str]) -> Filter:
    """A search for a part of any of the keys. An empty search finds everything."""
    expression = or_(*(key.like(VALUE, escape="\\") for key in keys))

    def convert(text: str) -> Sequence[Mapping[str, Any]]:
        sought = text_key(text)
        return ({"value": f"%{_escaped(sought)}%"},) if sought else ()

    return Filter(expression, convert)


def beginnings_of_words(expression: ColumnElement[bool], text_key: Callable[[str], str]) -> Filter:
    """A search for names in which every word sought begins a word; the expression speaks of `low` and `high`."""

    def convert(text: str) -> Sequence[Mapping[str, Any]]:
        return [{"low": word, "high": word + LAST} for word in text_key(text).split()]

    return Filter(expression, convert)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
