"""What an import reads from: files of our own kinds, and whatever else gives rows of those kinds, batch by batch."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bg_graph.imports.intakes.intake import Run
from bg_graph.imports.kinds import OPPORTUNITY, Kind
from bg_graph.imports.pages import page_rows
from bg_graph.imports.reading import FileFault, ReadRows, SourceRow, source_rows
from bg_graph.imports.recognition import ImportFile
from bg_graph.imports.rejects import Rejection
from bg_graph.store.chunks import chunks

BATCH = 2000
"""Rows of a transaction: short enough that others write in between, long enough that its cost does not count."""


class InputFailed(Exception):
    """An input can't be read any further; what it gave so far is stored."""

    def __init__(self, fault: FileFault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that are stored together."""

    rows: Sequence[SourceRow]
    bytes_read: int = 0
    rejected: Sequence[tuple[int, Rejection]] = ()
    """Rows that the input itself rejects, by their lines."""
    warnings: Mapping[str, int] = field(default_factory=dict)


class Input(Protocol):
    """Gives the rows of one kind."""

    @property
    def kind(self) -> Kind:
        """What the rows are."""

    @property
    def called(self) -> Path:
        """What it is called in reports: the file, or a source's name."""

    @property
    def rejects_of(self) -> Path:
        """The path beside which its rejects are listed."""

    @property
    def keeps_rejects(self) -> bool:
        """Whether rejects found before a break stay listed: where no later run reads those rows again."""

    @property
    def size(self) -> int:
        """Bytes that it has; 0 where that is not known."""

    def batches(self, run: Run) -> AsyncGenerator[Batch]:
        """The rows. What is given is stored when the next is asked for. Raises InputFailed."""

    async def settled(self) -> None:
        """Called when everything that follows from the rows is stored."""


@dataclass(frozen=True, slots=True)
class FileInput:
    """A file of one of our own kinds."""

    file: ImportFile

    @property
    def kind(self) -> Kind:
        """See `Input`."""
        return self.file.kind

    @property
    def called(self) -> Path:
        """See `Input`."""
        return self.file.path

    @property
    def rejects_of(self) -> Path:
        """See `Input`."""
        return self.file.path

    @property
    def keeps_rejects(self) -> bool:
        """See `Input`."""
        return False

    @property
    def size(self) -> int:
        """See `Input`."""
        return self.file.path.stat().st_size

    async def batches(self, run: Run) -> AsyncGenerator[Batch]:
        """See `Input`."""
        told = 0
        with _rows_of(self.file, run) as (rows, read):
            for batch in chunks(rows, BATCH):
                at = read()
                yield Batch(batch, at - told)
                told = at

    async def settled(self) -> None:
        """Nothing is kept of a file: it is read whole each time."""


def columns_of(kind: Kind, run: Run) -> tuple[str, ...]:
    """The columns of a kind that this run reads."""
    return (*kind.columns, *sorted(run.opportunity_columns)) if kind is OPPORTUNITY else kind.columns


def _rows_of(file: ImportFile, run: Run) -> AbstractContextManager[ReadRows]:
    if file.layout is None:
        return page_rows(file.path, file.kind.columns)
    return source_rows(file.layout, columns_of(file.kind, run), null_is_empty=file.kind.null_is_empty)
