"""Rows of a Salesforce Account file."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select

from bg_graph.accounts.commands import ACCOUNTS, delete_accounts, merge_accounts, persons_of_accounts, set_parents
from bg_graph.accounts.differences import Differences, compare, find, write
from bg_graph.accounts.tables import SALESFORCE, AccountRow
from bg_graph.buying_groups.commands.groups import accounts_deleted
from bg_graph.buying_groups.commands.names import index_account_names, rename_groups
from bg_graph.buying_groups.commands.people import people_left
from bg_graph.buying_groups.tables import BuyingGroupRow
from bg_graph.imports.departures import Departures
from bg_graph.imports.intakes.intake import Run, count, referenced, texts
from bg_graph.imports.judging import Check, HasSeen, accepted, deleted, missing, no_salesforce_id, seen_before, shape
from bg_graph.imports.reading import SourceRow
from bg_graph.imports.report import Tally
from bg_graph.imports.rules import positive_number, salesforce_id
from bg_graph.intent.commands import forget_subjects
from bg_graph.store.chunks import chunks
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant

CHECKS: tuple[Check[HasSeen], ...] = (
    Check("ROW_SHAPE", "", shape),
    Check("BAD_ID", "Id", no_salesforce_id),
    Check("DELETED", "IsDeleted", deleted),
    Check("DUPLICATE_ID", "Id", seen_before),
    Check("NAME_MISSING", "Name", missing("Name", "the account's name")),
)
WARNINGS = ("PARENT_UNKNOWN",)

_TEXTS = {"Name": "name", "Industry": "industry", "Website": "website", "BillingCountry": "country"}
_MOST_EMPLOYEES = 2**31 - 1


@dataclass(frozen=True, slots=True)
class _WithoutParent:
    """An accepted row whose parent was not stored when it was read."""

    parent: str | None
    tally: Tally
    unchanged: bool


@dataclass(slots=True)
class AccountIntake:
    """Stores accounts. Parents that stand further down are found after the last file."""

    run: Run
    seen: set[str | None] = field(default_factory=set)
    _departures: Departures = field(default_factory=lambda: Departures(AccountRow))
    _without_parent: dict[str, _WithoutParent] = field(default_factory=dict)

    async def take(self, db: TenantConnection, rows: Sequence[SourceRow], tally: Tally) -> None:
        """Judge a batch and store what is accepted; names are made findable, and groups follow a new name, at once."""
        for row in rows:
            row.key = salesforce_id(row.text("Id"))
        await self._departures.note(db, rows, tally)
        parents = await referenced(db, AccountRow, rows, "ParentId")
        records: dict[str, dict[str, Any]] = {}
        waiting: dict[str, str | None] = {}
        for row in accepted(rows, CHECKS, self, tally):
            key = str(row.key)
            self.seen.add(key)
            records[key] = _record(row)
            if row.text("ParentId") in parents or not row.text("ParentId"):
                records[key] |= _parent(row, parents)
            else:
                waiting[key] = salesforce_id(row.text("ParentId"))
        differing = await compare(db, ACCOUNTS, SALESFORCE, records)
        await write(db, ACCOUNTS, differing, now=self.run.now)
        count(tally, differing)
        self._wait(waiting, differing, tally)
        await self._name(db, differing)

    async def settle(self, db: TenantConnection) -> None:
        """Delete and merge what the files mark so, then give the accounts the parents that stood further down."""
        due = await self._departures.due(db, self.seen)
        if due.all_ids:
            people = await persons_of_accounts(db, due.all_ids)
            await people_left(db, people, by=self.run.by, now=self.run.now)
            await forget_subjects(db, [*due.all_ids, *await _groups_of(db, due.all_ids)])
            await forget_subjects(db, await persons_of_accounts(db, due.deleted))
            await accounts_deleted(db, due.all_ids, by=self.run.by, now=self.run.now)
            await merge_accounts(db, due.merged, now=self.run.now)
            await delete_accounts(db, due.deleted, now=self.run.now)
        await self._find_parents(db)

    def _wait(self, waiting: dict[str, str | None], differing: Differences, tally: Tally) -> None:
        written = {record["external_id"] for record in differing.added}
        written.update(change.after["external_id"] for change in differing.changed)
        for key, parent in waiting.items():
            self._without_parent[key] = _WithoutParent(parent, tally, key not in written)

    async def _name(self, db: TenantConnection, differing: Differences) -> None:
        renamed = differing.touching("name")
        await index_account_names(db, [*(record["id"] for record in differing.added), *renamed])
        await rename_groups(db, renamed, by=self.run.by, now=self.run.now)

    async def _find_parents(self, db: TenantConnection) -> None:
        waiting = self._without_parent
        stored = await find(db, AccountRow, SALESFORCE, waiting, ("id", "parent_id"))
        parents = await find(db, AccountRow, SALESFORCE, filter(None, (each.parent for each in waiting.values())))
        found: dict[UUID, UUID | None] = {}
        for key, each in waiting.items():
            parent = parents.get(each.parent or "")
            if parent is None:
                each.tally.warnings["PARENT_UNKNOWN"] += 1
            if key in stored and stored[key].parent_id != (parent and parent.id):
                found[stored[key].id] = parent and parent.id
                each.tally.changed += each.unchanged
                each.tally.unchanged -= each.unchanged
        await set_parents(db, found, now=self.run.now)


def _record(row: SourceRow) -> dict[str, Any]:
    record: dict[str, Any] = texts(row, _TEXTS)
    if "NumberOfEmployees" in row.values:
        number = positive_number(row.text("NumberOfEmployees"))
        record["employee_count"] = int(number) if number and int(number) <= _MOST_EMPLOYEES else None
    return record


def _parent(row: SourceRow, parents: dict[str, Any]) -> dict[str, Any]:
    if "ParentId" not in row.values:
        return {}
    parent = parents.get(row.text("ParentId"))
    return {"parent_id": parent and parent.id}


async def _groups_of(db: TenantConnection, account_ids: Sequence[UUID]) -> list[UUID]:
    group = table_of(BuyingGroupRow)
    found: list[UUID] = []
    for ids in chunks(account_ids):
        statement = select(group.c.id).where(of_tenant(group), group.c.account_id.in_(ids))
        found.extend(row.id for row in await db.rows(statement))
    return found
