"""Rows that a file marks as deleted or merged: noted while it is read, carried out after the last file of the kind."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import SQLModel

from bg_graph.accounts.differences import find
from bg_graph.accounts.tables import SALESFORCE
from bg_graph.imports.judging import deleted
from bg_graph.imports.reading import SourceRow
from bg_graph.imports.report import Tally
from bg_graph.imports.rules import salesforce_id
from bg_graph.store.connection import TenantConnection


@dataclass(frozen=True, slots=True)
class Due:
    """Stored records to take away: those to delete, and those to merge with what they are merged into."""

    deleted: tuple[UUID, ...]
    merged: dict[UUID, UUID]

    @property
    def all_ids(self) -> tuple[UUID, ...]:
        """Every record that goes."""
        return (*self.deleted, *self.merged)


@dataclass(slots=True)
class Departures:
    """The stored records of one kind that rows of this run mark as deleted."""

    row: type[SQLModel]
    _masters: dict[str, str | None] = field(default_factory=dict)
    _tallies: dict[str, Tally] = field(default_factory=dict)

    async def note(self, db: TenantConnection, rows: Iterable[SourceRow], tally: Tally) -> None:
        """Note the rows that are marked as deleted and whose record is stored."""
        marked = {row.key: row for row in rows if row.key is not None and deleted(row, None) is not None}
        stored = await find(db, self.row, SALESFORCE, marked)
        for key in stored:
            self._masters.setdefault(key, salesforce_id(marked[key].text("MasterRecordId")))
            self._tallies.setdefault(key, tally)

    async def due(self, db: TenantConnection, accepted: Collection[str | None]) -> Due:
        """What to take away, counted as deleted. A record that another row of this run holds stays."""
        going = {key: self._master(key, accepted) for key in self._masters if key not in accepted}
        ids = await find(db, self.row, SALESFORCE, {*going, *filter(None, going.values())})
        gone = {key: master for key, master in going.items() if key in ids}
        merged = {ids[key].id: ids[master].id for key, master in gone.items() if master and master in ids}
        for key in gone:
            self._tallies[key].deleted += 1
        return Due(tuple(ids[key].id for key in gone if ids[key].id not in merged), merged)

    def _master(self, key: str, accepted: Collection[str | None]) -> str | None:
        """The record that one is merged into at last, over any number of merges; None where that leads nowhere."""
        passed = {key}
        master = self._masters[key]
        while master is not None and master in self._masters and master not in accepted:
            if master in passed:
                return None
            passed.add(master)
            master = self._masters[master]
        return master
