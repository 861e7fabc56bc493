"""Cutting long lists into pieces that one statement can take."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Entry = TypeVar("Entry")

CHUNK = 500
"""How many ids a statement is given at once: far below the 32,766 parameters that both databases take."""


def chunks(entries: Iterable[Entry], size: int = CHUNK) -> Iterator[list[Entry]]:
    """The entries in lists of at most `size`, in their order."""
    rest = iter(entries)
    while piece := list(islice(rest, size)):
        yield piece
