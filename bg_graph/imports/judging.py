"""Judging rows: an ordered list of checks for each kind, of which the first that applies rejects the row."""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from bg_graph.imports.reading import SourceRow
from bg_graph.imports.rejects import Rejection
from bg_graph.imports.report import Tally
from bg_graph.imports.rules import is_yes

Known = TypeVar("Known", contravariant=True)


@dataclass(frozen=True, slots=True)
class Check(Generic[Known]):
    """One reason for rejecting a row: its code, the column it is about, and a function that says the reason, if any."""

    code: str
    column: str
    fault: Callable[[SourceRow, Known], str | None]


def accepted(
    rows: Iterable[SourceRow], checks: Sequence[Check[Known]], known: Known, tally: Tally
) -> Iterator[SourceRow]:
    """The rows that pass every check, one at a time, so that what one row settles is known when the next is judged."""
    for row in rows:
        tally.read += 1
        rejection = _first_rejection(row, checks, known)
        if rejection is None:
            yield row
        else:
            tally.reject(row.line, rejection)


def _first_rejection(row: SourceRow, checks: Sequence[Check[Known]], known: Known) -> Rejection | None:
    for check in checks:
        reason = check.fault(row, known)
        if reason is not None:
            return Rejection(check.code, check.column, row.text(check.column), reason)
    return None


def shape(row: SourceRow, _known: object) -> str | None:
    """A row with more or fewer fields than the header."""
    if row.shape_fault is None:
        return None
    return f"{row.shape_fault}; a delimiter or line break inside a value must be quoted"


def no_salesforce_id(row: SourceRow, _known: object) -> str | None:
    """An id that is no Salesforce id."""
    if row.key is not None:
        return None
    return "a Salesforce id has 15 letters and digits, or 18 whose last three are the checksum of the others"


class HasSeen(Protocol):
    """What knows which records of the run were accepted, by key."""

    @property
    def seen(self) -> Container[str | None]:
        """Keys of the rows accepted so far."""


def seen_before(row: SourceRow, known: HasSeen) -> str | None:
    """A record that an earlier row of this run, in whichever file, holds already."""
    return "an earlier row of this import has the same id; that one counts" if row.key in known.seen else None


def deleted(row: SourceRow, _known: object) -> str | None:
    """A record that was deleted in the CRM, or merged into another."""
    if not is_yes(row.text("IsDeleted")):
        return None
    master = row.text("MasterRecordId")
    return f"the record was merged into {master}" if master else "the record was deleted in the CRM"


def missing(column: str, what: str) -> Callable[[SourceRow, object], str | None]:
    """An empty value in a column that needs one."""

    def fault(row: SourceRow, _known: object) -> str | None:
        return None if row.text(column) else f"{what} is missing; fill in {column}"

    return fault
