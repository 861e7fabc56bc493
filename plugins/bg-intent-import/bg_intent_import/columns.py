"""Finding the header of a file, and which of its columns is what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType

from bg_intent_import.settings import Columns
from bg_intent_import.tables import Rows

HEADER_WITHIN = 15
"""Rows among which the header is looked for: some exports begin with a title."""
RECOGNISED: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "domain": ("domain", "company domain", "account domain", "6sense domain", "website", "company website", "url"),
        "name": ("company name", "company", "account name", "6sense company name", "account", "name"),
        "topic": ("topic name", "topic", "intent topic", "keyword", "keywords", "topics"),
        "score": (
            "composite score", "company surge score", "topic score", "surge score", "keyword score", "intent score",
            "account intent score", "6sense account intent score", "intent level", "score", "strength",
        ),
        "date": ("date stamp", "week ending", "week", "period", "report date", "activity date", "last activity", "date"),
    }
)  # fmt: skip
"""Names by which columns are known without settings, of two in one file the earlier here."""


WIDE = ("domain", "6sense")
"""Words in the name of a company's column without which a table without topics is taken for another system's export."""


@dataclass(frozen=True, slots=True)
class Header:
    """Where what stands. A table has a topic and a score in each row, or a column of scores for each topic."""

    domain: int | None
    name: int | None
    topic: int | None
    score: int | None
    date: int | None
    names: tuple[str, ...]
    """All columns as they are written."""

    @property
    def is_wide(self) -> bool:
        """Whether each topic may have a column of its own."""
        return self.topic is None

    def text(self, cells: Sequence[str], place: int | None) -> str:
        """What a row has in a column; empty where it has none."""
        return cells[place] if place is not None and place < len(cells) else ""

    def called(self, place: int | None) -> str:
        """The name of a column."""
        return "" if place is None else self.names[place]


def folded(text: str) -> str:
    """A name as it is compared: without case, underscores and double blanks."""
    return " ".join(text.replace("_", " ").casefold().split())


def find_header(rows: Rows, columns: Columns) -> Header | None:
    """The header among the first rows; None where none of them is one. What is after it stays in `rows`."""
    for _, cells in islice(rows, HEADER_WITHIN):
        header = header_of(cells, columns)
        if header is not None:
            return header
    return None


def header_of(cells: Sequence[str], columns: Columns) -> Header | None:
    """What the columns are; None where no company can be told by them, or nothing of it."""
    names = [folded(cell) for cell in cells]
    found = {field: _place(names, getattr(columns, field), RECOGNISED[field]) for field in RECOGNISED}
    has_company = found["domain"] is not None or found["name"] is not None
    is_long = found["topic"] is not None and found["score"] is not None
    is_wide = found["topic"] is None and any(
        place is not None and (own is not None or any(word in names[place] for word in WIDE))
        for place, own in ((found["domain"], columns.domain), (found["name"], columns.name))
    )
    if not has_company or not (is_long or is_wide):
        return None
    return Header(**found, names=tuple(cells))


def _place(names: Sequence[str], own: str | None, known: Sequence[str]) -> int | None:
    for name in (own,) if own is not None else known:
        if folded(name) in names:
            return names.index(folded(name))
    return None
