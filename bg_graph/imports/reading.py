"""Reading a CSV export: its encoding, delimiter and header, and its rows with the line each begins on.

A file is read twice: an unclosed quote is only seen at the end. Source: import.md, "Reading a file".
"""

import codecs
import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, TypeAlias

from bg_graph.accounts.rules import text_key

FIELD_LIMIT = 2**20
"""Characters that one field may hold (1 MB): more is taken for a quote that was never closed."""

DELIMITERS = (",", ";", "\t")
_BLOCK = 2**20
_END = "\x1eend of file\x1e"
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class FileFault:
    """Why a file was refused whole; `line` is where, where that is known."""

    code: str
    message: str
    line: int | None = None


class FileRefused(Exception):
    """A file can't be imported at all; nothing of it was."""

    def __init__(self, path: Path, fault: FileFault) -> None:
        place = f"{path}, line {fault.line}" if fault.line else str(path)
        super().__init__(f"{place}: {fault.message}")
        self.fault = fault


class UnusablePath(Exception):
    """A path can't be used: it does not exist, can't be read or written beside, or holds nothing to import."""


@dataclass(slots=True)
class SourceRow:
    """A row as read: the line it begins on, and the trimmed texts of the columns that its kind knows.

    `shape_fault` says how its number of fields is wrong. `record` is the whole record where it came as JSON. `key` is
    its id in the form that is stored, put there by whoever judges it; None where the file gives none. `cells` are all fields of the row as they stand.
    """

    line: int
    values: Mapping[str, str]
    shape_fault: str | None = None
    record: Mapping[str, Any] | None = None
    key: str | None = None
    cells: Sequence[str] = ()

    def text(self, column: str) -> str:
        """The value of a column; empty where the row or the file has none."""
        return self.values.get(column, "")


ReadRows: TypeAlias = tuple[Iterator[SourceRow], Callable[[], int]]
"""The rows of a file, and a function that tells how many bytes have been read."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a CSV file is written: encoding, delimiter, the names in its header and the header's last line."""

    path: Path
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    header_line: int


def read_layout(path: Path) -> Layout:
    """Find out how a file is written. Raises FileRefused where it has no header."""
    encoding = _encoding(path)
    with _open(path, encoding) as text:
        for first in text:
            if first.strip():
                break
        else:
            raise FileRefused(path, FileFault("NO_HEADER", "the file is empty; its first line names the columns", None))
    delimiter = max(DELIMITERS, key=lambda each: _fields_of(first, each))
    with _rows(path, encoding, delimiter) as rows:
        for line, fields in rows:
            return Layout(path, encoding, delimiter, tuple(field.strip() for field in fields), line)
    raise FileRefused(path, FileFault("NO_HEADER", "the file has no header; its first line names the columns", None))


def check_rows(layout: Layout) -> None:
    """Read a file through once. Raises FileRefused where it holds NUL, a field beyond the limit or an unclosed quote."""
    with _rows(layout.path, layout.encoding, layout.delimiter, ends_with=(_END,)) as rows:
        [(begins, last)] = deque(rows, maxlen=1)
    if last != [_END]:
        message = (
            "a quote is opened in the row that begins here and never closed; close it, or double it inside a value"
        )
        raise FileRefused(layout.path, FileFault("UNCLOSED_QUOTE", message, begins))


@contextmanager
def source_rows(layout: Layout, columns: Iterable[str], *, null_is_empty: bool) -> Iterator[ReadRows]:
    """The rows of a file below its header, and a function that tells how many bytes have been read."""
    places = places_of(layout.header, columns)
    width = len(layout.header)
    with _open(layout.path, layout.encoding) as text, _parsed(layout.path, text, layout.delimiter) as rows:
        found = (_row(line, fields, places, width, null_is_empty) for line, fields in rows if line > layout.header_line)
        yield found, text.buffer.tell


def places_of(header: Iterable[str], columns: Iterable[str]) -> dict[str, int]:
    """Where each of the columns stands in a header, compared without case; of two with one name the first counts."""
    named: dict[str, int] = {}
    for place, name in enumerate(header):
        named.setdefault(text_key(name), place)
    return {column: named[text_key(column)] for column in columns if text_key(column) in named}


def _fields_of(line: str, delimiter: str) -> int:
    csv.field_size_limit(FIELD_LIMIT)
    try:
        return len(next(csv.reader([line], delimiter=delimiter)))
    except csv.Error:
        return 0


def _row(line: int, fields: list[str], places: Mapping[str, int], width: int, null_is_empty: bool) -> SourceRow:
    if len(fields) != width:
        return SourceRow(line, {}, f"the row has {len(fields)} fields, the header {width}", cells=fields)
    values = {column: fields[place].strip() for column, place in places.items()}
    if null_is_empty:
        values = {column: "" if value == "null" else value for column, value in values.items()}
    return SourceRow(line, values, cells=fields)


def _encoding(path: Path) -> str:
    """A byte order mark decides; else UTF-8 where the whole file is that; else cp1252."""
    with path.open("rb") as raw:
        block = raw.read(_BLOCK)
        for mark, encoding in _BYTE_ORDER_MARKS:
            if block.startswith(mark):
                return encoding
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while block:
                decoder.decode(block)
                block = raw.read(_BLOCK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _open(path: Path, encoding: str) -> TextIO:
    return path.open(encoding=encoding, errors="replace", newline="")


@contextmanager
def _rows(
    path: Path, encoding: str, delimiter: str, *, ends_with: tuple[str, ...] = ()
) -> Iterator[Iterator[tuple[int, list[str]]]]:
    with _open(path, encoding) as text, _parsed(path, text, delimiter, ends_with) as rows:
        yield rows


@contextmanager
def _parsed(
    path: Path, text: Iterable[str], delimiter: str, ends_with: tuple[str, ...] = ()
) -> Iterator[Iterator[tuple[int, list[str]]]]:
    """Rows that are not empty, each with the line it begins on; what the csv module can't read refuses the file."""
    csv.field_size_limit(FIELD_LIMIT)
    reader = csv.reader(_lines(path, text, ends_with), delimiter=delimiter)
    try:
        yield _numbered(reader)
    except csv.Error as error:
        message = f"a field is longer than {FIELD_LIMIT} characters ({error}); a quote above it may be unclosed"
        raise FileRefused(path, FileFault("FIELD_TOO_LARGE", message, reader.line_num)) from error


def _numbered(reader: Any) -> Iterator[tuple[int, list[str]]]:
    begins = 1
    for fields in reader:
        if len(fields) > 1 or (fields and fields[0].strip()):
            yield begins, fields
        begins = reader.line_num + 1


def _lines(path: Path, text: Iterable[str], ends_with: tuple[str, ...]) -> Iterator[str]:
    for number, line in enumerate(text, 1):
        if "\0" in line:
            message = "the file holds a NUL character; export it again as text (CSV in UTF-8)"
            raise FileRefused(path, FileFault("NUL", message, number))
        yield line
    yield from ends_with
