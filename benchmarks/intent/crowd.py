"""Fills a database with many people and what they did, by COPY (SQLite: many rows a statement): for measures of the whole job.

Accounts of ten people; how much somebody does is drawn log-normally. An eighth of the accounts is interested in a product,
and half of what their people read is about it; the rest is anything. Every number is drawn from a seed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from itertools import repeat
from uuid import UUID

import asyncpg
import numpy as np
from sqlalchemy import make_url

from bg_graph.buying_groups.rules.default_roles import DECISION_MAKER
from bg_graph.intent.rules import TaxonomyCategory, TaxonomyProduct

PEOPLE_OF_AN_ACCOUNT = 10
MEMBERS = 4
ROWS = 100_000
"""Rows that are written at once."""
KINDS = ("OPEN_EMAIL", "VISIT_PAGE", "CLICK_EMAIL", "FILL_FORM", "ATTEND_EVENT")
CATEGORIES = {
    "Data": ("lake", "catalog", "pipeline", "warehouse", "quality"),
    "Security": ("firewall", "identity", "endpoint", "audit", "secrets"),
    "Commerce": ("checkout", "search", "payments", "returns", "loyalty"),
    "Service": ("helpdesk", "chat", "field", "knowledge", "routing"),
}
ASPECTS = (
    "cost",
    "migration",
    "vendors",
    "governance",
    "automation",
    "training",
    "roadmap",
    "benchmark",
    "cloud",
    "audit log",
)
TITLES = (
    "{}: an introduction", "The guide to {}", "{} in practice", "Webinar: {}", "What {} costs", "{} compared", "{} explained",
    "Getting started with {}", "Checklist for {}", "How others do {}", "Five questions about {}", "A year with {}",
)  # fmt: skip
IDLE = 2_000
"""Contents that are about nothing of the taxonomy."""


def taxonomy() -> tuple[TaxonomyCategory, ...]:
    """Four categories of five products with ten keywords."""
    return tuple(
        TaxonomyCategory(
            name,
            tuple(TaxonomyProduct(f"{name} {each}", tuple(f"{each} {part}" for part in ASPECTS)) for each in products),
        )
        for name, products in CATEGORIES.items()
    )


@dataclass(frozen=True, slots=True)
class Owner:
    """The tenant, and what its groups are about."""

    tenant: UUID
    interest: UUID
    template: UUID


class Loader:
    """Writes rows of tables, given as columns of texts."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.is_sqlite = url.startswith("sqlite")

    async def load(self, table: str, columns: Sequence[str], pages: Iterable[Sequence[Iterable[str]]]) -> None:
        """Write pages, each a list of columns, in one transaction."""
        if self.is_sqlite:
            self._load_file(table, columns, pages)
            return
        connection = await asyncpg.connect(self._url)
        try:
            await connection.execute(
                "SET session_replication_role = replica"
            )  # what is written points at what is there
            for page in pages:
                lines = BytesIO("".join(f"{line}\n" for line in map("\t".join, zip(*page, strict=False))).encode())
                await connection.copy_to_table(table, source=lines, columns=columns, format="text")
            await connection.execute(f'ANALYZE "{table}"')
        finally:
            await connection.close()

    def _load_file(self, table: str, columns: Sequence[str], pages: Iterable[Sequence[Iterable[str]]]) -> None:
        connection = sqlite3.connect(str(make_url(self._url).database))
        connection.execute("PRAGMA cache_size=-500000")
        names, marks = ", ".join(columns), ", ".join(f"nullif(?, '{EMPTY}')" for _ in columns)
        for page in pages:
            rows = zip(*page, strict=False)
            connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)
        connection.execute(f"ANALYZE {table}")
        connection.commit()
        connection.close()


EMPTY = "\\N"


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many people. The ids of everything follow from its number."""

    people: int
    seed: int = 5

    @property
    def accounts(self) -> int:
        """How many accounts they belong to."""
        return self.people // PEOPLE_OF_AN_ACCOUNT

    async def load(self, loader: Loader, owner: Owner, now: datetime) -> None:
        """Write accounts, people, and a group for each account with its first people."""
        at, accounts, people = _times([now], loader), range(self.accounts), range(self.people)
        tenant, when = repeat(owner.tenant.hex), repeat(at[0])
        account_ids = _ids(1, accounts)
        name = [f"Account {number}" for number in accounts]
        source, numbers = repeat("salesforce"), [f"{number:015}" for number in people]
        columns = ["id", "tenant_id", "source", "external_id", "name", "name_key", "created_at", "updated_at"]
        await loader.load("account", columns, [[account_ids, tenant, source, numbers, name, name, when, when]])
        of = [account_ids[number // PEOPLE_OF_AN_ACCOUNT] for number in people]
        person = [f"Person {number}" for number in people]
        columns = [
            "id",
            "tenant_id",
            "account_id",
            "source",
            "external_id",
            "last_name",
            "name",
            "name_key",
            "email_invalid",
            "email_suspended",
            "unsubscribed",
            "created_at",
            "updated_at",
        ]
        no, ids = repeat("0"), _ids(2, people)
        rows = [ids, tenant, of, source, numbers, person, person, person, no, no, no, when, when]
        await loader.load("person", columns, [rows])
        await self._groups(loader, owner, at[0], account_ids, ids)

    async def _groups(self, loader: Loader, owner: Owner, at: str, accounts: list[str], people: list[str]) -> None:
        tenant, interest, template, when = map(repeat, (owner.tenant.hex, owner.interest.hex, owner.template.hex, at))
        groups, name = _ids(3, range(self.accounts)), [f"Group {number}" for number in range(self.accounts)]
        columns = [
            "id",
            "tenant_id",
            "account_id",
            "solution_interest_id",
            "template_id",
            "name",
            "name_key",
            "member_count",
            "version",
            "created_at",
            "updated_at",
        ]
        rows = [groups, tenant, accounts, interest, template, name, name, repeat(str(MEMBERS)), repeat("5"), when, when]
        await loader.load("buying_group", columns, [rows])
        members = [number for number in range(self.people) if number % PEOPLE_OF_AN_ACCOUNT < MEMBERS]
        their_groups = [groups[number // PEOPLE_OF_AN_ACCOUNT] for number in members]
        their_accounts = [accounts[number // PEOPLE_OF_AN_ACCOUNT] for number in members]
        ids, persons, role = _ids(4, members), [people[number] for number in members], repeat(DECISION_MAKER.id.hex)
        columns = [
            "id",
            "tenant_id",
            "group_id",
            "account_id",
            "template_id",
            "person_id",
            "role_id",
            "source",
            "assigned_at",
        ]
        rows = [ids, tenant, their_groups, their_accounts, template, persons, role, repeat("SYSTEM"), when]
        await loader.load("member", columns, [rows])

    async def act(
        self, loader: Loader, owner: Owner, count: int, until: datetime, days: float, *, first: int = 0
    ) -> None:
        """Write so many activities of the days up to a time, in the order of time; their numbers begin at `first`."""
        columns = [
            "id",
            "tenant_id",
            "person_id",
            "kind",
            "at",
            "day",
            "asset_name",
            "asset_url",
            "topics",
            "source",
            "external_id",
        ]
        await loader.load("activity", columns, self._pages(loader, owner, count, until, days, first))

    def _pages(
        self, loader: Loader, owner: Owner, count: int, until: datetime, days: float, first: int
    ) -> Iterator[Sequence[Iterable[str]]]:
        chance = np.random.default_rng(self.seed + first)
        zeal = np.cumsum(np.random.default_rng(self.seed).lognormal(0, 1, self.people))
        interest = np.random.default_rng(self.seed).integers(
            0, 160, self.accounts
        )  # up to 19: a product; above: nothing
        contents, people = _contents(), _ids(2, range(self.people))
        of_product = [np.array([n for n, each in enumerate(contents) if each[3] == product]) for product in range(20)]
        start = (until - timedelta(days=days)).timestamp()
        for begin in range(0, count, ROWS):
            size = min(ROWS, count - begin)
            at = start + days * 86_400 * (begin + np.sort(chance.random(size)) * size + 1) / (count + 1)
            person = np.searchsorted(zeal, chance.random(size) * zeal[-1])
            about = chance.integers(0, len(contents), size)
            wanted = interest[person // PEOPLE_OF_AN_ACCOUNT]
            keen = np.flatnonzero((wanted < 20) & (chance.random(size) < 0.5))
            about[keen] = [of_product[wanted[n]][int(about[n]) % len(of_product[wanted[n]])] for n in keen]
            moments = [datetime.fromtimestamp(each, until.tzinfo) for each in at.tolist()]
            told = [contents[each] for each in about.tolist()]
            numbers = range(first + begin, first + begin + size)
            yield [
                _ids(5, numbers),
                repeat(owner.tenant.hex),
                [people[each] for each in person.tolist()],
                [KINDS[each] for each in chance.choice(5, size, p=(0.35, 0.45, 0.15, 0.03, 0.02)).tolist()],
                _times(moments, loader),
                [str(int(each) // 86_400) for each in at.tolist()],
                [each[0] for each in told],
                [each[1] for each in told],
                [each[2] for each in told],
                repeat("marketo"),
                [str(each) for each in numbers],
            ]


def _contents() -> list[tuple[str, str, str, int]]:
    """Name, address, topics and product of everything that can be read; half of what is about something has topics."""
    products = [each for of in CATEGORIES.values() for each in of]
    found = [
        (title.format(f"{product} {aspect}"), f"/read/{product}/{place}", f'["{product} {aspect}"]', number)
        for number, product in enumerate(products)
        for aspect in ASPECTS
        for place, title in enumerate(TITLES)
    ]
    half = [(name, url, topics if number % 2 else EMPTY, of) for number, (name, url, topics, of) in enumerate(found)]
    return [*half, *((f"Newsletter {number}", f"/news/{number}", EMPTY, -1) for number in range(IDLE))]


def _ids(sort: int, numbers: Iterable[int]) -> list[str]:
    """Ids in the order of their numbers, as hexadecimal digits."""
    return [f"{sort:08x}{0x70008000:08x}{number:016x}" for number in numbers]


def _times(moments: Sequence[datetime], loader: Loader) -> list[str]:
    written = "%Y-%m-%d %H:%M:%S.%f" if loader.is_sqlite else "%Y-%m-%d %H:%M:%S.%f+00"
    return [each.strftime(written) for each in moments]
