"""The databases' own plans for every statement of the three screens: no large table is read from end to end."""

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest
import strawberry
from sqlalchemy import event, text

from bg_graph import tables
from bg_graph.accounts.rules import text_key, utc_day
from bg_graph.accounts.tables import (
    AccountJourneyRow,
    AccountRow,
    ActivityRow,
    ContactRoleRow,
    OpportunityRow,
    PersonRow,
)
from bg_graph.app import Product
from bg_graph.buying_groups.commands.acts import Act
from bg_graph.buying_groups.commands.groups import create_groups
from bg_graph.buying_groups.commands.membership import assign_members
from bg_graph.buying_groups.graphql.lists import BuyingGroupOrderField
from bg_graph.buying_groups.graphql.members import MemberOrderField
from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER, INFLUENCER
from bg_graph.buying_groups.rules.membership import MembershipSource, RoleAssignment
from bg_graph.buying_groups.tables import BuyingGroupRow
from bg_graph.engagement.commands import score
from bg_graph.intent.tables import IntentSignalRow
from bg_graph.schema import build_schema
from bg_graph.screens.documents import GROUPS, MEMBERS, OVERVIEW, document
from bg_graph.settings import Settings
from bg_graph.store.engine import Database, open_database
from bg_graph.store.ids import new_id
from bg_graph.tenancy.rules import Caller, Right
from tests.conftest import NOW, add_tenant, on_server, postgres_url, run
from tests.world import World

ACCOUNTS, PEOPLE, TENANTS = 300, 8, 12
LARGE = {
    "person",
    "member",
    "activity",
    "buying_group",
    "account",
    "intent_signal",
    "signal_evidence",
    "opportunity",
    "contact_role",
    "account_journey",
    "group_role",
    "change",
    "change_item",
    "name_word",
    "person_score",
    "group_score",
    "lead",
    "removal_mark",
}
"""Tables that grow with the tenant's data; the set-up's tables hold some dozens of rows."""

LISTED = {"buying_group"}
"""Lists of the whole tenant: one that is filtered, or counted, may walk the tenant's part of an index."""

Statement = tuple[str, Any]

pytestmark = pytest.mark.slow


async def fill(world: World) -> list[UUID]:
    """A tenant of some hundred groups; gives their ids."""
    rows = [_account(number) for number in range(ACCOUNTS)]
    accounts = await world.add_all(rows)
    people = await world.add_all([_person(account, number) for account in accounts for number in range(PEOPLE)])
    by_account = dict(zip(accounts, (people[at : at + PEOPLE] for at in range(0, len(people), PEOPLE)), strict=True))
    interest = await world.interest("CRM", stage_model_id=await world.stage_model())
    act = Act("Maria", MembershipSource.MANUAL, NOW)
    async with world.database.writing(world.tenant) as db:
        pairs = [(account, interest) for account in accounts]
        groups = await create_groups(db, pairs, by="Maria", source=act.source, now=NOW)
        roles = (DECISION_MAKER.id, INFLUENCER.id, CHAMPION.id, DECISION_MAKER.id, DECISION_MAKER.id)
        wanted = {
            group: [RoleAssignment(*pair) for pair in zip(by_account[account], roles, strict=False)]
            for group, account in zip(groups, accounts, strict=True)
        }
        await assign_members(db, wanted, act)
    await world.add_all([_activity(person, number) for person in people for number in range(3)])
    async with world.database.writing(world.tenant) as db:
        await score(db, NOW, NOW)
    for number, group in enumerate(groups):
        await world.change(
            BuyingGroupRow, group, engagement_raw=number / 3 if number % 5 else None, engagement_score=number // 3
        )
    deals = await world.add_all([_deal(account, number) for account in accounts for number in range(2)])
    await world.add_all([_contact_role(deal, by_account[accounts[at // 2]][0]) for at, deal in enumerate(deals)])
    await world.add_all([_journey(account) for account in accounts])
    subjects = [*((group, "GROUP") for group in groups), *((account, "ACCOUNT") for account in accounts)]
    await world.add_all([_signal(*each, number) for each in subjects for number in range(3)])
    return groups


def _account(number: int) -> AccountRow:
    name = f"Account {number:05} {'Works' if number % 7 else 'Whale'}"
    key = text_key(name)
    return AccountRow(source="s", external_id=str(number), name=name, name_key=key, created_at=NOW, updated_at=NOW)


def _person(account: UUID, number: int) -> PersonRow:
    name = f"Person {number}"
    columns: dict[str, Any] = {
        "title_key": f"t{number}",
        "email_key": f"e{number}@b.example",
        "email": f"e{number}@b.example",
    }
    return PersonRow(
        account_id=account,
        source="s",
        external_id=new_id().hex,
        last_name=name,
        name=name,
        name_key=text_key(name),
        engagement_raw=float(number),
        engagement_score=number,
        created_at=NOW,
        updated_at=NOW,
        **columns,
    )


def _activity(person: UUID, number: int) -> ActivityRow:
    kind = ("VISIT_PAGE", "OPEN_EMAIL", "INTERESTING_MOMENT")[number]
    at = NOW - timedelta(days=number)
    topics = ["price", "cloud"][:number]
    return ActivityRow(
        person_id=person, kind=kind, at=at, day=utc_day(at), topics=topics, source="s", external_id=new_id().hex
    )


def _deal(account: UUID, number: int) -> OpportunityRow:
    return OpportunityRow(
        account_id=account,
        source="s",
        external_id=new_id().hex,
        name="Deal",
        name_key="deal",
        stage="Open",
        is_open=bool(number),
        created_at=NOW,
        updated_at=NOW,
    )


def _contact_role(deal: UUID, person: UUID) -> ContactRoleRow:
    return ContactRoleRow(source="s", external_id=new_id().hex, opportunity_id=deal, person_id=person)


def _journey(account: UUID) -> AccountJourneyRow:
    return AccountJourneyRow(
        account_id=account, source="s", external_id=new_id().hex, name="J", status="ACTIVE", since=NOW
    )


def _signal(subject: UUID, kind: str, number: int) -> IntentSignalRow:
    of = ("SOLUTION", "PRODUCT", "KEYWORD")[number]
    return IntentSignalRow(
        subject_kind=kind,
        subject_id=subject,
        kind=of,
        name=f"n{number}" if number else "c",
        name_key=f"n{number}" if number else "c",
        category="c",
        product="n1" if number == 2 else "",
        probability=0.8,
        confidence=0.8,
        strength=80,
        level="HIGH",
        level_rank=3,
        model_plugin="p",
        model_name="m",
        model_version="1",
        computed_at=NOW,
    )


async def copy_tenant(database: Database, tenant: UUID, copies: int) -> None:
    """Other tenants with the same rows: ids are unique within a tenant only."""
    async with database.raw() as connection:
        for number in range(copies):
            other = new_id()
            own = "gen" if database.engine.dialect.name == "postgresql" else "hex"
            await connection.execute(
                tables.tenancy.TenantRow.__table__.insert(), {"id": other, "name": f"{own}{number}", "created_at": NOW}
            )
            for table in tables.metadata.sorted_tables:
                if "tenant_id" in table.c:
                    names = [column.name for column in table.c if column.name != "tenant_id"]
                    quoted = ", ".join(f'"{name}"' for name in names)
                    values = {"own": tenant.hex, "other": other.hex}
                    cast = "CAST(:{} AS UUID)" if own == "gen" else ":{}"
                    await connection.execute(
                        text(
                            f'INSERT INTO "{table.name}" (tenant_id, {quoted}) SELECT {cast.format("other")}, {quoted} '
                            f'FROM "{table.name}" WHERE tenant_id = {cast.format("own")}'
                        ),
                        values,
                    )
        await connection.commit()
        bare = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await bare.exec_driver_sql("ANALYZE")


@dataclass(frozen=True)
class Filled:
    """A database in which each tenant has some hundred groups: its URL, one of the tenants, and that tenant's groups."""

    url: str
    tenant: UUID
    groups: list[UUID]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """Made once for each kind of database: the tests here only read."""
    if request.param == "sqlite":
        path = shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path_factory.mktemp("plans") / "bg.sqlite")
        yield run(filled_at(f"sqlite:///{path}"))
        return
    server, template = (request.getfixturevalue(name) for name in ("postgres_server", "postgres_template"))
    name = f"test_{new_id().hex}"
    on_server(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    yield run(filled_at(postgres_url(server, name)))
    on_server(server, f'DROP DATABASE "{name}" WITH (FORCE)')


async def filled_at(url: str) -> Filled:
    database = open_database(url)
    tenant = await add_tenant(database, "acme")
    made = await fill(World(database, tenant, NOW))
    await copy_tenant(database, tenant, TENANTS - 1)
    await database.close()
    return Filled(url, tenant, made)


@pytest.fixture
def database_url(filled: Filled) -> str:
    return filled.url


@pytest.fixture
def tenant(filled: Filled) -> UUID:
    return filled.tenant


@pytest.fixture
def groups(filled: Filled) -> list[UUID]:
    return filled.groups


@contextmanager
def caught(database: Database) -> Iterator[dict[str, Any]]:
    """The statements that run inside the `with`, with the parameters that each was first run with."""
    seen: dict[str, Any] = {}

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            seen.setdefault(statement, parameters)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)


class Screens:
    """Asks the shipped documents as the tenant's caller and keeps every statement."""

    def __init__(self, database: Database, tenant: UUID) -> None:
        self.product = Product(Settings(), database, lambda: NOW)
        self.caller = Caller(tenant, "acme", new_id(), "Maria", frozenset({Right.READ}))
        self.schema: strawberry.Schema = build_schema()

    async def ask(self, name: str, **variables: Any) -> dict[str, Any]:
        async with self.product.context(self.caller) as context:
            result = await self.schema.execute(document(name), variables, context)
        assert not result.errors, result.errors
        assert result.data is not None
        return result.data

    async def ask_everything(self, group: UUID, others: Mapping[str, str]) -> None:
        """Each screen in each order and filter, and the page after."""
        wanted = f"grp_{group.hex}"
        await self.ask(OVERVIEW, group=wanted)
        role = f"rol_{DECISION_MAKER.id.hex}"
        for field, direction in product([each.name for each in MemberOrderField], ("ASC", "DESC")):
            order = [{"field": field, "direction": direction}]
            await self.pages(MEMBERS, ("buyingGroup", "members"), group=wanted, orderBy=order)
        for wish in ({"roleIds": [role]}, {"sources": ["MANUAL"]}, {"search": "person"}):
            await self.ask(MEMBERS, group=wanted, filter=wish)
        for field, direction in product([each.name for each in BuyingGroupOrderField], ("ASC", "DESC")):
            await self.pages(GROUPS, ("buyingGroups",), orderBy=[{"field": field, "direction": direction}])
        score = {"min": 10, "max": 12}
        for wish in (
            {"accountIds": [others["account"]]},
            {"solutionInterestIds": [others["interest"]]},
            {"stageIds": [others["stage"]]},
            {"missingRoleId": role},
            {"roleDepth": {"roleId": role, "members": {"max": 0}}},
            {"completenessScore": score},
            {"engagementScore": score},
            {"minIntentLevel": "HIGH"},
            {"updated": {"since": "2026-11-22T00:00:00Z"}},
            {"search": "whale account"},
            {"archived": True},
        ):
            await self.ask(GROUPS, filter=wish, first=20)

    async def pages(self, name: str, path: Sequence[str], **variables: Any) -> None:
        """The first page and the one after it."""
        page: Any = await self.ask(name, first=2, **variables)
        for step in path:
            page = page[step]
        await self.ask(name, first=2, after=page["pageInfo"]["endCursor"], **variables)


async def screens_of(database: Database, tenant: UUID, groups: Sequence[UUID]) -> dict[str, Any]:
    world = World(database, tenant, NOW)
    row = await world.one(BuyingGroupRow, id=groups[7])
    stage = (await world.rows(tables.buying_groups.StageRow))[0]
    others = {
        "account": f"acc_{row.account_id.hex}",
        "interest": f"sin_{row.solution_interest_id.hex}",
        "stage": f"stg_{stage.id.hex}",
    }
    with caught(database) as seen:
        await Screens(database, tenant).ask_everything(groups[7], others)
    assert len(seen) > 50
    return seen


async def plan_of(database: Database, statement: Statement) -> list[str]:
    """The steps of the database's own plan that read a table or sort: one line each, in one form for both databases.

    `read T`: from end to end; `walk T`: all rows of the tenant; `sort`: all rows found so far.
    """
    sql, parameters = statement
    async with database.engine.connect() as connection:
        if database.engine.dialect.name == "sqlite":
            rows = (await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", tuple(parameters))).all()
            names = {alias: table for table, alias in re.findall(r"(?:FROM|JOIN|,)\s+(\w+) AS (\w+)", sql)}
            return [step for row in rows for step in _of_sqlite(row[3], names)]
        told = (await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {sql}", tuple(parameters))).scalar_one()
    plan = json.loads(told) if isinstance(told, str) else told
    return [step for node in _nodes(plan[0]["Plan"]) for step in _of_postgresql(node)]


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from _nodes(inner)


def _of_postgresql(node: Mapping[str, Any]) -> Iterator[str]:
    kind, table = node["Node Type"], node.get("Relation Name") or TABLES.get(node.get("Index Name", ""))
    condition = node.get("Index Cond", "")
    if kind == "Seq Scan" or ("Index" in kind and not condition):
        yield f"read {table}"
    elif "Index" in kind and " AND " not in condition:
        yield f"walk {table}"
    elif kind == "Sort":
        yield "sort"


def _of_sqlite(detail: str, names: Mapping[str, str]) -> Iterator[str]:
    if scan := re.match(r"SCAN (\w+)", detail):
        yield f"read {names.get(scan[1], scan[1])}"
    elif search := re.match(r"SEARCH (\w+) USING .*\(tenant_id=\?\)$", detail):
        yield f"walk {names.get(search[1], search[1])}"
    elif detail.endswith("TEMP B-TREE FOR ORDER BY"):
        yield "sort"


TABLES = {
    str(index.name): table.name
    for table in tables.metadata.tables.values()
    for index in [*table.indexes, *table.constraints]
}
"""The table of each index by its name, unique constraints and keys included."""


def is_fault(step: str) -> bool:
    """Whether a step reads what grows with the tenant without being led there by more than the tenant."""
    kind, _, table = step.partition(" ")
    return table in LARGE and (kind == "read" or (kind == "walk" and table not in LISTED))


async def test_no_screen_reads_a_large_table_from_end_to_end(database: Database, tenant: UUID, groups: list[UUID]):
    seen = await screens_of(database, tenant, groups)
    plans = {sql: await plan_of(database, (sql, parameters)) for sql, parameters in seen.items()}
    faults = {sql: found for sql, plan in plans.items() if (found := [step for step in plan if is_fault(step)])}
    assert not faults, "\n\n".join(f"{found}\n{sql}" for sql, found in faults.items())


async def test_a_page_of_groups_is_read_from_an_index_in_its_order(
    database: Database, tenant: UUID, groups: list[UUID]
):
    screens = Screens(database, tenant)
    for field, direction in product([each.name for each in BuyingGroupOrderField], ("ASC", "DESC")):
        with caught(database) as seen:
            await screens.ask(GROUPS, first=2, orderBy=[{"field": field, "direction": direction}])
        (listing,) = [each for each in seen.items() if each[0].count("ORDER BY") == 1 and "row_number" not in each[0]]
        assert "sort" not in await plan_of(database, listing), (field, direction)


async def test_a_statement_without_an_index_is_told(database: Database, tenant: UUID, groups: list[UUID]):
    literal = tenant.hex if database.engine.dialect.name == "sqlite" else str(tenant)
    within = f"SELECT name FROM person WHERE tenant_id = '{literal}' AND city = 'Oslo' ORDER BY phone"
    assert len(groups) == ACCOUNTS
    for sql, kind in (("SELECT name FROM person AS p WHERE p.city = 'Oslo'", "read"), (within, "walk")):
        plan = await plan_of(database, (sql, ()))
        assert [step for step in plan if is_fault(step)] == [f"{kind} person"]
    assert "sort" in plan
