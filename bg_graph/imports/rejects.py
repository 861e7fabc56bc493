"""Rejected rows, and the CSV file of them beside the input."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from bg_graph.imports.reading import UnusablePath

SUFFIX = ".rejects.csv"
COLUMNS = ("line", "code", "column", "value", "reason")
VALUE_LIMIT = 1000
"""Characters of a value that the file shows."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a row was refused: the first reason that applies, the column and value that it is about, and what to do."""

    code: str
    column: str
    value: str
    reason: str


def rejects_path(path: Path) -> Path:
    """Where the rejects of a file go: beside it."""
    return path.with_name(path.stem + SUFFIX) if path.suffix.lower() == ".csv" else path.with_name(path.name + SUFFIX)


class RejectsFile:
    """The rejects of one file, written as they are found and put in place at the end; none: an older file goes.

    `columns` are those of the rows themselves that follow the reason, so that the file can be mended and read again.
    """

    def __init__(self, path: Path, columns: Sequence[str] = ()) -> None:
        self.path = rejects_path(path)
        self._columns = columns
        self._part = self.path.with_name(self.path.name + ".part")
        self._text: TextIO | None = None
        self._writer: Any = None

    def add(self, line: int, rejection: Rejection, values: Sequence[str] = ()) -> None:
        """Write one reject, with the row's own values. Raises UnusablePath where the folder can't be written to."""
        if self._text is None:
            self._text = self._opened()
            self._writer = csv.writer(self._text)
            self._writer.writerow((*COLUMNS, *self._columns))
        value = rejection.value[:VALUE_LIMIT]
        self._writer.writerow((line, rejection.code, rejection.column, value, rejection.reason, *values))

    def _opened(self) -> TextIO:
        try:
            return self._part.open("w", encoding="utf-8", newline="")
        except OSError as error:
            remedy = "copy the files to a folder that can be written to, and import them there"
            raise UnusablePath(
                f"{self.path}: rejected rows can't be listed here ({error.strerror}); {remedy}"
            ) from error

    def finish(self) -> Path | None:
        """Put the file in place; None where nothing was rejected."""
        if self._text is None:
            self.path.unlink(missing_ok=True)
            return None
        self._text.close()
        self._part.replace(self.path)
        return self.path

    def abandon(self) -> None:
        """Leave no half-written file behind, after an import that broke off."""
        if self._text is not None:
            self._text.close()
            self._part.unlink(missing_ok=True)
