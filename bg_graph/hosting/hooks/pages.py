"""What is wrong with a page of records that a plugin's source gave. Whatever it gives, nothing here raises."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bg_graph.plugins.context import LARGEST_VALUE
from bg_graph.plugins.importing import ImportPage, ImportRecord, ImportReject, ImportRequest

MOST_RECORDS = 10_000
"""Records of one page."""
LONGEST_WAIT = 60.0
"""Seconds that a source may have the host wait for the next page."""
LONGEST_CURSOR = LARGEST_VALUE
"""Characters of a cursor, which is kept in the plugin's storage."""
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,59}")


def fault_of_page(page: Any, request: ImportRequest) -> str | None:
    """The first thing that is wrong, as what follows the plugin's name; None where the page keeps the contract."""
    if not isinstance(page, ImportPage):
        return f"answered with a {type(page).__name__}, not an ImportPage"
    return next(_faults(page, request), None)


def _faults(page: Any, request: ImportRequest) -> Iterator[str]:
    if not isinstance(page.records, tuple) or len(page.records) > MOST_RECORDS:
        yield f"gave records that are no tuple of {MOST_RECORDS:,} at most"
        return
    for place, record in enumerate(page.records):
        for fault in _faults_of(record):
            yield f"gave a page whose record {place} {fault}"
    yield from _faults_beside(page, request)


def _faults_beside(page: Any, request: ImportRequest) -> Iterator[str]:
    if not _is_cursor(page.next_cursor):
        yield f"gave a cursor that is no text of {LONGEST_CURSOR:,} characters at most, without NUL"
    if not isinstance(page.more, bool):
        yield "gave a page whose `more` is neither true nor false"
    if not _is_wait(page.wait):
        yield f"gave a page whose `wait` is no number from 0 to {LONGEST_WAIT:g}"
    if page.more and page.next_cursor == request.cursor and not page.wait:
        yield "gave a page that ends where it begins, and said that there is more: it would be read for ever"
    if not _are_counts(page.skipped):
        yield "gave a page whose `skipped` is no number by code"


def _faults_of(record: Any) -> Iterator[str]:
    if isinstance(record, ImportRecord):
        if not _are_texts(record.values):
            yield "has values that are no texts by column"
    elif isinstance(record, ImportReject):
        if not _is_code(record.code):
            yield "is rejected with a code that is not of capital letters, digits and underscores"
        if not all(isinstance(each, str) for each in (record.column, record.value, record.reason)):
            yield "is rejected with a column, value or reason that is no text"
    else:
        yield f"is a {type(record).__name__}, neither an ImportRecord nor an ImportReject"
        return
    if record.line is not None and not _is_number(record.line):
        yield "has a line that is no number"


def _are_texts(values: Any) -> bool:
    return isinstance(values, Mapping) and all(isinstance(each, str) for pair in values.items() for each in pair)


def _is_code(code: Any) -> bool:
    return isinstance(code, str) and _CODE.fullmatch(code) is not None


def _is_number(number: Any) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number >= 0


def _is_cursor(cursor: Any) -> bool:
    return cursor is None or (isinstance(cursor, str) and len(cursor) <= LONGEST_CURSOR and "\0" not in cursor)


def _is_wait(wait: Any) -> bool:
    return isinstance(wait, int | float) and 0 <= wait <= LONGEST_WAIT  # NaN fails both


def _are_counts(skipped: Any) -> bool:
    return isinstance(skipped, Mapping) and all(_is_code(code) and _is_number(count) for code, count in skipped.items())
