"""Rows of files, as texts with the line that each stands on: CSV in any usual encoding, and sheets of workbooks."""

import codecs
import csv
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import chain, islice
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from bg_graph.plugins.errors import Rejected

Rows = Iterator[tuple[int, list[str]]]
DELIMITERS = (",", ";", "\t")
LARGEST = 2**30
"""Bytes that a workbook may have when it is unpacked."""
LONGEST_CELL = 2**20
WORKBOOK = b"PK\x03\x04"
"""How a workbook begins."""
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def tables_of(path: Path, sheet: str | None) -> Iterator[Rows]:
    """The tables of a file: one of a text, one for each visible sheet of a workbook. Raises Rejected."""
    with path.open("rb") as raw:
        start = raw.read(len(WORKBOOK))
    if start == WORKBOOK:
        yield from _sheets(path, sheet)
    else:
        yield _texts(path)


def lines_of(start: bytes) -> Rows:
    """The rows of the beginning of a text; the last of them may be cut off."""
    text = start.decode(_encoding([start]), errors="replace")
    return _parsed(text.splitlines(keepends=True))


def _texts(path: Path) -> Rows:
    with path.open("rb") as raw:
        encoding = _encoding(iter(lambda: raw.read(2**20), b""))
    with path.open(encoding=encoding, errors="replace", newline="") as text:
        yield from _parsed(text)


def _parsed(lines: Iterable[str]) -> Rows:
    rest = iter(lines)
    first = list(islice(rest, 20))
    delimiter = max(DELIMITERS, key=lambda each: max((line.count(each) for line in first), default=0))
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader((line.replace("\0", "") for line in chain(first, rest)), delimiter=delimiter)
    begins = 1
    try:
        for cells in reader:
            yield begins, [cell.strip() for cell in cells]
            begins = reader.line_num + 1
    except csv.Error as fault:
        raise Rejected("FILE_BROKEN", f"line {begins} can't be read: {fault}; is a quote never closed?") from None


def _encoding(blocks: Iterable[bytes]) -> str:
    """A byte order mark decides; else UTF-8 where all of it is that; else cp1252. The end may be cut off."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for number, block in enumerate(blocks):
        if number == 0:
            for mark, encoding in _MARKS:
                if block.startswith(mark):
                    return encoding
        try:
            decoder.decode(block)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _sheets(path: Path, wanted: str | None) -> Iterator[Rows]:
    _check_size(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as fault:
        raise Rejected("FILE_BROKEN", f"this is no workbook that can be read ({type(fault).__name__})") from None
    try:
        if wanted is not None and wanted not in book.sheetnames:
            raise Rejected(
                "SHEET_MISSING", f"the workbook has no sheet {wanted!r}; it has {', '.join(book.sheetnames)}"
            )
        for sheet in book.worksheets:
            if sheet.sheet_state == "visible" and wanted in (None, sheet.title):
                yield _cells(sheet.iter_rows(values_only=True))
    finally:
        book.close()


def _cells(rows: Iterable[Iterable[object]]) -> Rows:
    for number, cells in enumerate(rows, 1):
        yield number, [_text(cell) for cell in cells]


def _text(cell: object) -> str:
    match cell:
        case None:
            return ""
        case datetime():
            return cell.date().isoformat()
        case date():
            return cell.isoformat()
        case float() if cell.is_integer():
            return str(int(cell))
    return str(cell).strip()


def _check_size(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(each.file_size for each in archive.infolist())
    except zipfile.BadZipFile:
        raise Rejected("FILE_BROKEN", "this is no workbook that can be read") from None
    if size > LARGEST:
        raise Rejected("TOO_LARGE", f"the workbook unpacks to more than {LARGEST // 2**20} MB; export it as CSV")
