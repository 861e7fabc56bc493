"""What an intake is: it judges the rows of one kind of file and stores what is accepted, over all files of a run."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Row
from sqlmodel import SQLModel

from bg_graph.accounts.differences import Differences, find
from bg_graph.accounts.tables import SALESFORCE
from bg_graph.imports.reading import SourceRow
from bg_graph.imports.report import Tally
from bg_graph.imports.rules import DEFAULT_MAPPING, ActivityMapping, salesforce_id
from bg_graph.store.connection import TenantConnection


@dataclass(frozen=True, slots=True)
class Run:
    """What every intake of a run is told: the time of the run, who imports, and the tenant's settings.

    `opportunity_columns`: columns of an opportunity that the set-up asks for, as they are compared. `plugin`: whose source
    gives the rows; None where they come in files of our own kinds.
    """

    now: datetime
    by: str = "import"
    mapping: ActivityMapping = DEFAULT_MAPPING
    opportunity_columns: frozenset[str] = frozenset()
    plugin: str | None = None


class Intake(Protocol):
    """Takes the rows of one kind, batch by batch, each in a transaction of its own."""

    async def take(self, db: TenantConnection, rows: Sequence[SourceRow], tally: Tally) -> None:
        """Judge a batch and store what is accepted."""

    async def settle(self, db: TenantConnection) -> None:
        """Do what can only be done after the last file of the kind: deletes, merges, references to later rows."""


def count(tally: Tally, differing: Differences) -> None:
    """Count what was stored."""
    tally.added += len(differing.added)
    tally.changed += len(differing.changed)
    tally.unchanged += differing.unchanged


def texts(row: SourceRow, columns: Mapping[str, str]) -> dict[str, str | None]:
    """The values of the columns that the file has, under our names; an empty one is None."""
    return {ours: row.values[theirs] or None for theirs, ours in columns.items() if theirs in row.values}


async def referenced(
    db: TenantConnection,
    table: type[SQLModel],
    rows: Iterable[SourceRow],
    column: str,
    *,
    columns: Sequence[str] = ("id",),
    source: str = SALESFORCE,
    key: Callable[[str], str | None] = salesforce_id,
) -> dict[str, Row[Any]]:
    """The stored rows that a column's values point at, by the value as it is written. What is not stored is left out."""
    keys = {text: key(text) for text in {row.text(column) for row in rows} if text}
    found = await find(db, table, source, filter(None, keys.values()), columns)
    return {text: found[known] for text, known in keys.items() if known in found}
