"""The maintenance job: groups for the accounts that should have them, SYSTEM members by the templates' conditions."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Row, Uuid, and_, bindparam, or_, select

from bg_graph.accounts.rules import text_key
from bg_graph.accounts.tables import PersonRow
from bg_graph.buying_groups.commands.acts import Act, ChangeKind
from bg_graph.buying_groups.commands.groups import create_groups_for_accounts
from bg_graph.buying_groups.commands.membership import change_members_where_needed
from bg_graph.buying_groups.commands.stored import StoredGroup, group
from bg_graph.buying_groups.rules import maintenance as rules
from bg_graph.buying_groups.rules.condition_columns import (
    PeopleColumns,
    SignalName,
    by_value,
    first_roles,
    leaves_of,
)
from bg_graph.buying_groups.rules.condition_data import from_data
from bg_graph.buying_groups.rules.conditions import Attribute, AttributeTest, Condition, IntentTest
from bg_graph.buying_groups.rules.membership import Decision, MembershipChange, MembershipSource
from bg_graph.buying_groups.tables import TemplateRoleRow
from bg_graph.intent.rules import IntentKind, IntentLevel
from bg_graph.intent.tables import IntentSignalRow
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant

person = table_of(PersonRow)
signal = table_of(IntentSignalRow)
template_role = table_of(TemplateRoleRow)

JOB = "maintenance"
"""Who did it, in the change log."""

PAGE = 40
"""Groups looked at together; the people of their accounts are in memory at once, and no others. Reading them holds up
whatever else this process serves: 0.15 s for 3,000 people."""

_COLUMN = {attribute: attribute.value for attribute in Attribute} | {Attribute.ENGAGEMENT_SCORE: "engagement_raw"}
Accounts = dict[UUID, set[UUID]]
"""The people of each account."""


@dataclass(frozen=True, slots=True)
class MaintenanceOutcome:
    """What a run did: groups made, groups whose members changed, memberships begun, ended, and with another role."""

    groups_created: int = 0
    groups_changed: int = 0
    assigned: int = 0
    removed: int = 0
    edited: int = 0

    def __add__(self, other: "MaintenanceOutcome") -> "MaintenanceOutcome":
        """What two parts of a run did together."""
        return MaintenanceOutcome(
            *(getattr(self, each.name) + getattr(other, each.name) for each in fields(MaintenanceOutcome))
        )


@dataclass(frozen=True, slots=True)
class Definition:
    """A role definition as far as auto-assignment asks."""

    role_id: UUID
    conditions: Condition | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What the conditions of a tenant's templates ask for."""

    attributes: tuple[Attribute, ...]
    names: frozenset[str]


async def maintain(db: TenantConnection, now: datetime, *, dry_run: bool = False) -> MaintenanceOutcome:
    """Bring a tenant's groups in line with its set-up; a second run changes nothing.

    A dry run tells what would be done and leaves everything as it was.
    """
    if not dry_run:
        return await _maintain(db, now)
    async with db.rehearsal():
        return await _maintain(db, now)


async def maintain_job(db: TenantConnection, now: datetime) -> dict[str, int]:
    """`maintain` as a job: its outcome as counts."""
    return asdict(await maintain(db, now))


async def _maintain(db: TenantConnection, now: datetime) -> MaintenanceOutcome:
    created = await create_groups_for_accounts(db, by=JOB, now=now)
    outcome = MaintenanceOutcome(groups_created=len(created))
    templates = await _templates(db)
    async for page in _pages(db):
        outcome += await _maintain_page(db, page, templates, now)
    return outcome


async def _maintain_page(
    db: TenantConnection, page: Sequence[Row[Any]], templates: Mapping[UUID, Sequence[Definition]], now: datetime
) -> MaintenanceOutcome:
    columns, accounts = await _columns(db, {row.account_id for row in page}, _asked(templates.values()))
    roles = {template_id: first_roles(definitions, columns) for template_id, definitions in templates.items()}

    def decide(stored: StoredGroup) -> Decision:
        among, wanted = accounts[stored.account_id], roles[stored.template_id]
        of_account = {person_id: wanted[person_id] for person_id in wanted.keys() & among}
        return Decision(changes=rules.maintain_roles(of_account, stored.state, among=among))

    act = Act(JOB, MembershipSource.SYSTEM, now)
    ids = [row.id for row in page]
    decisions = await change_members_where_needed(db, ids, decide, act, ChangeKind.MEMBERS_MAINTAINED)
    return _outcome([decision.changes for decision in decisions.values() if decision.changes])


def _outcome(changed: Sequence[Sequence[MembershipChange]]) -> MaintenanceOutcome:
    changes = [change for each in changed for change in each]
    assigned = sum(change.before is None for change in changes)
    removed = sum(change.after is None for change in changes)
    return MaintenanceOutcome(
        groups_changed=len(changed),
        assigned=assigned,
        removed=removed,
        edited=len(changes) - assigned - removed,
    )


async def _pages(db: TenantConnection) -> AsyncIterator[Sequence[Row[Any]]]:
    """The groups in use, page by page, those of one account together (their people are read once)."""
    last_account: BindParameter[UUID] = bindparam("last_account", type_=Uuid())
    last_group: BindParameter[UUID] = bindparam("last_group", type_=Uuid())
    in_account = and_(group.c.account_id == last_account, group.c.id > last_group)
    statement = (
        select(group.c.id, group.c.account_id)
        .where(of_tenant(group), group.c.archived_at.is_(None), or_(group.c.account_id > last_account, in_account))
        .order_by(group.c.account_id, group.c.id)
        .limit(PAGE)
    )
    start = UUID(int=0)
    page = await db.rows(statement, {"last_account": start, "last_group": start})
    while page:
        yield page
        page = await db.rows(statement, {"last_account": page[-1].account_id, "last_group": page[-1].id})


async def _templates(db: TenantConnection) -> Mapping[UUID, Sequence[Definition]]:
    """The definitions of each template, in priority order, their conditions read once."""
    columns = (template_role.c.template_id, template_role.c.role_id, template_role.c.conditions)
    statement = select(*columns).where(of_tenant(template_role))
    found: dict[UUID, list[Definition]] = defaultdict(list)
    for row in await db.rows(statement.order_by(template_role.c.template_id, template_role.c.position)):
        conditions = None if row.conditions is None else from_data(row.conditions)
        found[row.template_id].append(Definition(row.role_id, conditions))
    return found


async def _columns(db: TenantConnection, account_ids: set[UUID], asked: Asked) -> tuple[PeopleColumns, Accounts]:
    """What the conditions ask of the people of these accounts, by columns; and the people of each account."""
    shown = [person.c[attribute.value] for attribute in asked.attributes if attribute is not Attribute.ENGAGEMENT_SCORE]
    statement = select(person.c.id, person.c.account_id, person.c.engagement_raw, *shown)
    rows = await db.rows(statement.where(of_tenant(person), person.c.account_id.in_(account_ids)))
    people = [row.id for row in rows]
    values = {attribute: by_value(people, map(attrgetter(_COLUMN[attribute]), rows)) for attribute in asked.attributes}
    signals = await _signals(db, account_ids, asked.names) if asked.names else {}
    accounts: Accounts = defaultdict(set)
    for row in rows:
        accounts[row.account_id].add(row.id)
    return PeopleColumns(values, signals), accounts


async def _signals(
    db: TenantConnection, account_ids: Iterable[UUID], names: frozenset[str]
) -> Mapping[SignalName, Mapping[IntentLevel, set[UUID]]]:
    """The people's own current signals, those that some condition names."""
    statement = (
        select(signal.c.subject_id, signal.c.kind, signal.c.name_key, signal.c.level)
        .join(person, and_(of_tenant(person), person.c.id == signal.c.subject_id))
        .where(
            of_tenant(signal),
            signal.c.subject_kind == "PERSON",
            signal.c.name_key.in_(names),
            person.c.account_id.in_(account_ids),
        )
    )
    found: dict[SignalName, dict[IntentLevel, set[UUID]]] = defaultdict(lambda: defaultdict(set))
    for row in await db.rows(statement):
        found[IntentKind(row.kind), row.name_key][IntentLevel(row.level)].add(row.subject_id)
    return found


def _asked(templates: Iterable[Sequence[Definition]]) -> Asked:
    """The attributes that conditions ask for, and the keys of the categories, products and keywords that they name."""
    conditions = (each.conditions for definitions in templates for each in definitions if each.conditions)
    tests = [test for condition in conditions for test in leaves_of(condition)]
    return Asked(
        tuple(sorted({test.attribute for test in tests if isinstance(test, AttributeTest)})),
        frozenset(text_key(test.name) for test in tests if isinstance(test, IntentTest)),
    )
