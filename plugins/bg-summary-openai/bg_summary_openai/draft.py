"""What a model wrote, read from its answer: a JSON object, bare or somewhere in a text."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LONGEST_ANSWER = 64_000
"""Characters of an answer."""
_MOST_STARTS = 20


class Unreadable(Exception):
    """The answer holds no such object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Sentences with slots, not yet checked. Anything may stand in it."""

    text: Sequence[object]
    bullets: Sequence[object]
    highlights: Mapping[str, object]


def draft_in(content: str) -> Draft:
    """The draft in an answer. Raises Unreadable."""
    found = _object_in(content[:LONGEST_ANSWER])
    highlights = found.get("highlights")
    return Draft(
        text=_listed(found.get("text")),
        bullets=_listed(found.get("bullets")),
        highlights=highlights if isinstance(highlights, dict) else {},
    )


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _object_in(content: str) -> dict[str, Any]:
    """The first object that has a text, wherever it begins: servers wrap JSON in fences and in words."""
    decoder, start = json.JSONDecoder(), content.find("{")
    for _ in range(_MOST_STARTS):
        if start < 0:
            break
        try:
            found, _end = decoder.raw_decode(content, start)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict) and "text" in found:
            return found
        start = content.find("{", start + 1)
    raise Unreadable
