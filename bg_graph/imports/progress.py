"""How far an import is, told to whoever shows it."""

from pathlib import Path
from typing import Protocol


class Progress(Protocol):
    """What the import tells while it works, file by file in the order of import; the command line draws it."""

    def started(self, file: Path, total_bytes: int) -> None:
        """A file's rows are being read now."""

    def advanced(self, read_bytes: int, rows: int) -> None:
        """So many more bytes and rows of that file are done: stored or rejected."""

    def finished(self) -> None:
        """That file is done."""


class Silent:
    """Shows nothing."""

    def started(self, file: Path, total_bytes: int) -> None:
        """Say nothing."""

    def advanced(self, read_bytes: int, rows: int) -> None:
        """Say nothing."""

    def finished(self) -> None:
        """Say nothing."""
