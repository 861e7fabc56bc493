"""Reading activities as the REST API gives them: files of one page, of a list of pages, or of a page on each line.

A page is held in memory, never a whole file.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from bg_graph.imports.reading import FileFault, FileRefused, ReadRows, SourceRow

SUFFIXES = frozenset({".json", ".jsonl", ".ndjson"})
PAGE_LIMIT = 2**26
"""Characters that one page may have; a page of the REST API has at most 300 activities."""

_BLOCK = 2**18
_BETWEEN = re.compile(r"[\s,\[\]]*")
_BLANK = re.compile(r"\s*")
_UNFIT = re.compile("[\0\ud800-\udfff]")
_DECODER = json.JSONDecoder()


def looks_like_pages(path: Path) -> bool:
    """Whether a JSON file holds pages of the REST API, by its first object. A file that is no JSON does not."""
    try:
        with _opened(path) as (text, _):
            page = next(_pages(path, text), None)
    except FileRefused:
        return False
    return page is not None and ("result" in page[1] or {"requestId", "success"} <= page[1].keys())


def check_pages(path: Path) -> None:
    """Read a file through once. Raises FileRefused where it is no JSON, no page, or a page that reports a failure."""
    with _opened(path) as (text, _):
        for _row in _records(path, text, ()):
            pass


@contextmanager
def page_rows(path: Path, columns: tuple[str, ...]) -> Iterator[ReadRows]:
    """The activities of a file, and a function that tells how many bytes have been read."""
    with _opened(path) as (text, read):
        yield _records(path, text, columns), read


@contextmanager
def _opened(path: Path) -> Iterator[tuple[TextIO, Callable[[], int]]]:
    with path.open("rb") as raw, TextIOWrapper(raw, encoding="utf-8-sig", errors="replace", newline="") as text:
        yield text, raw.tell


def _records(path: Path, text: TextIO, columns: tuple[str, ...]) -> Iterator[SourceRow]:
    for line, page, source in _pages(path, text):
        if page.get("success") is False:
            message = f"this page reports a failure instead of activities: {_failure(page)}; fetch it again"
            raise FileRefused(path, FileFault("PAGE_FAILED", message, line))
        result = page.get("result", [])
        if not isinstance(result, list):
            message = "this page's `result` is no list of activities"
            raise FileRefused(path, FileFault("NOT_A_PAGE", message, line))
        places = _lines_of(source, line, len(result))
        yield from (_row(at, record, columns) for at, record in zip(places, result, strict=True))


def _failure(page: Mapping[str, Any]) -> str:
    errors = page.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    if not isinstance(first, Mapping):
        return "no reason given"
    return f"{first.get('code', 'no code')} {first.get('message', '')}".strip()[:200]


def _row(line: int, record: object, columns: tuple[str, ...]) -> SourceRow:
    if not isinstance(record, Mapping):
        return SourceRow(line, {}, f"an activity is an object, this is {json.dumps(record)[:40]}")
    return SourceRow(line, {column: json_text(record.get(column)) for column in columns}, record=record)


def json_text(value: object) -> str:
    """A JSON value as the text that a CSV file would hold; what no database takes (NUL, half characters) is left out."""
    match value:
        case None:
            return ""
        case str():
            return _UNFIT.sub("", value).strip()
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
    return json.dumps(value)


def _pages(path: Path, text: TextIO) -> Iterator[tuple[int, dict[str, Any], str]]:
    """Each page with the line that it begins on and its text. Lists and lines around pages are passed over."""
    held, line, more = "", 1, True
    while True:
        gap = _BETWEEN.match(held)
        start = gap.end() if gap else 0
        line += held.count("\n", 0, start)
        held = held[start:]
        found = _first_value(held)
        if found is not None and (found[1] < len(held) or not more):
            page, end = found
            if not isinstance(page, dict):
                raise FileRefused(path, FileFault("NOT_A_PAGE", "a page is a JSON object with a list `result`", line))
            yield line, page, held[:end]
            line += held.count("\n", 0, end)
            held = held[end:]
            continue
        if not more:
            break
        if len(held) > PAGE_LIMIT:
            raise FileRefused(path, FileFault("NOT_JSON", f"a page is longer than {PAGE_LIMIT} characters", line))
        block = text.read(max(_BLOCK, len(held)))
        held, more = held + block, bool(block)
    if held:
        raise FileRefused(path, FileFault("NOT_JSON", "what begins here is no JSON; is the file cut off?", line))


def _first_value(text: str) -> tuple[Any, int] | None:
    try:
        return _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return None


def _lines_of(page: str, line: int, count: int) -> list[int]:
    """The line on which each activity of a page begins."""
    if "\n" not in page:
        return [line] * count
    lines, at = [], 0
    for start in _starts(page):
        line += page.count("\n", at, start)
        at = start
        lines.append(line)
    return lines


def _starts(page: str) -> Iterator[int]:
    """Where each element of the page's `result` begins. The page is known to be a JSON object."""
    last: list[int] = []
    at = _after(page, 1)
    while page[at] != "}":
        name, at = _DECODER.raw_decode(page, at)
        at = _after(page, _after(page, at) + 1)
        if name == "result" and page[at] == "[":
            last = []
            at = _after(page, at + 1)
            while page[at] != "]":
                last.append(at)
                at = _after_value(page, at)
            at += 1
        else:
            _, at = _DECODER.raw_decode(page, at)
        at = _after(page, at)
        at = _after(page, at + 1) if page[at] == "," else at
    yield from last


def _after_value(page: str, at: int) -> int:
    _, end = _DECODER.raw_decode(page, at)
    end = _after(page, end)
    return _after(page, end + 1) if page[end] == "," else end


def _after(page: str, at: int) -> int:
    blank = _BLANK.match(page, at)
    return blank.end() if blank else at
