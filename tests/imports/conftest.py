"""A desk for imports: a folder of export files, and what a run made of them."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import SQLModel

from bg_graph.imports.report import FileReport, ImportReport
from bg_graph.imports.rules import salesforce_id
from bg_graph.imports.run import import_files
from bg_graph.store.connection import table_of
from bg_graph.store.engine import Database
from bg_graph.store.scope import of_tenant
from tests.conftest import NOW

PREFIXES = {"account": "001", "contact": "003", "opportunity": "006", "role": "00K"}


def crm_id(noun: str, number: int) -> str:
    """A Salesforce id of 15 characters."""
    return f"{PREFIXES[noun]}{number:012}"


def full_id(noun: str, number: int) -> str:
    """The same id in the form that is stored."""
    full = salesforce_id(crm_id(noun, number))
    assert full is not None
    return full


@dataclass
class Desk:
    """Files to import, and the tenant that they go to. Each run is a day later than the one before."""

    database: Database
    tenant: UUID
    folder: Path
    now: datetime = NOW

    def file(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def table(self, name: str, header: str, *rows: str) -> Path:
        return self.file(name, "\n".join((header, *rows, "")))

    def accounts(self, count: int = 1) -> Path:
        return self.table("Account.csv", "Id,Name", *(f"{crm_id('account', n)},Firm {n}" for n in range(1, count + 1)))

    def contacts(self, count: int = 1, account: int = 1) -> Path:
        rows = (f"{crm_id('contact', n)},{crm_id('account', account)},Person {n}" for n in range(1, count + 1))
        return self.table("Contact.csv", "Id,AccountId,LastName", *rows)

    def opportunities(self, count: int = 1) -> Path:
        rows = (f"{crm_id('opportunity', n)},{crm_id('account', 1)},Deal {n},Open" for n in range(1, count + 1))
        return self.table("Opportunity.csv", "Id,AccountId,Name,StageName", *rows)

    def leads(self, count: int = 1) -> Path:
        return self.table(
            "leads.csv", "id,sfdcContactId", *(f"{n},{crm_id('contact', n)}" for n in range(1, count + 1))
        )

    async def run(self, *paths: Path, **options: Any) -> ImportReport:
        self.now += timedelta(days=1)
        given = {"clock": lambda: self.now, **options}
        return await import_files(self.database, self.tenant, paths or [self.folder], **given)

    async def only(self, path: Path) -> FileReport:
        """Import one file; what became of it."""
        return (await self.run(path)).files[0]

    async def rows(self, row: type[SQLModel], **equal: Any) -> list[Any]:
        table = table_of(row)
        conditions = [table.c[name] == value for name, value in equal.items()]
        async with self.database.reading(self.tenant) as db:
            found = await db.rows(select(table).where(of_tenant(table), *conditions).order_by(table.c.id))
        return list(found)

    async def one(self, row: type[SQLModel], **equal: Any) -> Any:
        [found] = await self.rows(row, **equal)
        return found


def rejects(path: Path) -> list[tuple[int, str, str]]:
    """Line, code and column of each reject of a file."""
    beside = path.with_name(path.stem + ".rejects.csv") if path.suffix == ".csv" else Path(f"{path}.rejects.csv")
    if not beside.exists():
        return []
    with beside.open(encoding="utf-8", newline="") as text:
        return [(int(row["line"]), row["code"], row["column"]) for row in csv.DictReader(text)]


def codes(path: Path) -> list[str]:
    return [code for _, code, _ in rejects(path)]


def reject_reasons(path: Path) -> Sequence[dict[str, str]]:
    with path.with_name(path.stem + ".rejects.csv").open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


@pytest.fixture
def desk(database: Database, tenant: UUID, tmp_path: Path) -> Desk:
    folder = tmp_path / "exports"
    folder.mkdir()
    return Desk(database, tenant, folder)


@pytest.fixture
async def stocked(desk: Desk) -> Desk:
    """A tenant with two accounts, two contacts of the first and one of the second, an opportunity and two leads."""
    desk.accounts(2)
    people = [(1, 1), (2, 1), (3, 2)]
    rows = (f"{crm_id('contact', n)},{crm_id('account', a)},Person {n}" for n, a in people)
    desk.table("Contact.csv", "Id,AccountId,LastName", *rows)
    desk.opportunities()
    desk.leads(2)
    report = await desk.run()
    assert all(not file.rejected for file in report.files)
    for file in desk.folder.iterdir():
        file.unlink()
    return desk
