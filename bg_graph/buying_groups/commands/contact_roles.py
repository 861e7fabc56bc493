"""Contact roles of the CRM become members: the opportunity tells the interest, the contact the account."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Row, Select, Uuid, and_, bindparam, select

from bg_graph.accounts.rules import text_key
from bg_graph.accounts.tables import ContactRoleRow, OpportunityRow, PersonRow
from bg_graph.buying_groups.commands.acts import Act, ChangeKind
from bg_graph.buying_groups.commands.groups import Pair, create_groups, group_ids_of
from bg_graph.buying_groups.commands.membership import change_members_where_needed
from bg_graph.buying_groups.commands.stored import StoredGroup
from bg_graph.buying_groups.rules import membership as rules
from bg_graph.buying_groups.rules.membership import Decision, ItemCode, MembershipSource, RoleAssignment
from bg_graph.buying_groups.rules.record_conditions import (
    RecordCondition,
    RecordKind,
    matches,
    opportunity_record,
    record_condition,
)
from bg_graph.buying_groups.tables import CrmRoleRow, SolutionInterestRow, TemplateRoleRow
from bg_graph.store.chunks import chunks
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant

contact_role = table_of(ContactRoleRow)
crm_role = table_of(CrmRoleRow)
interest = table_of(SolutionInterestRow)
opportunity = table_of(OpportunityRow)
person = table_of(PersonRow)
template_role = table_of(TemplateRoleRow)

_PAGE = 2000  # contact roles read at a time


class Fate(StrEnum):
    """What became of one contact role."""

    ASSIGNED = "assigned"
    RAISED = "raised"
    ALREADY_MEMBER = "already_member"
    REMOVED_BY_HIGHER = "removed_by_higher"
    GROUP_ARCHIVED = "group_archived"
    WITHOUT_INTEREST = "without_interest"
    ROLE_NOT_MAPPED = "role_not_mapped"
    ROLE_NOT_IN_TEMPLATE = "role_not_in_template"


@dataclass(frozen=True, slots=True)
class ContactRoleCounts:
    """How many groups were made, and how many contact roles met each fate: each met one."""

    groups_created: int = 0
    fates: Mapping[Fate, int] = field(default_factory=dict)

    @property
    def contact_roles(self) -> int:
        """How many contact roles were looked at."""
        return sum(self.fates.values())

    def counts(self) -> dict[str, int]:
        """All counts by name, zeros included."""
        fates = {fate.value: self.fates.get(fate, 0) for fate in Fate}
        return {"contact_roles": self.contact_roles, "groups_created": self.groups_created, **fates}


@dataclass(frozen=True, slots=True)
class MappedInterest:
    """A solution interest that opportunities are told by: its condition, and the roles that its template offers."""

    id: UUID
    condition: RecordCondition
    roles: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class CrmMapping:
    """The set-up's word on contact roles: the interests in their order, our role by the key of the CRM's."""

    interests: Sequence[MappedInterest]
    roles: Mapping[str, UUID]

    def interest_of(self, row: Row[Any]) -> MappedInterest | None:
        """The first interest that the row's opportunity is about."""
        record = opportunity_record(name=row.name, stage=row.stage, kind=row.kind, columns=row.columns)
        return next((each for each in self.interests if matches(each.condition, record)), None)


async def members_from_contact_roles(
    db: TenantConnection, *, by: str, now: datetime, opportunity_ids: Collection[UUID] | None = None
) -> ContactRoleCounts:
    """Make members, with the source JOURNEY, of the people with a contact role (of these opportunities; None: of all).

    Where two contact roles give one person different roles in a group, the earlier imported one counts. A second run
    changes nothing. Source: domain.md, "Rules of membership" (contact roles of the CRM).
    """
    mapping = await _crm_mapping(db)
    act = Act(by, MembershipSource.JOURNEY, now)
    groups_created = 0
    fates: Counter[Fate] = Counter()
    async for page in _contact_roles(db, opportunity_ids):
        wanted, unplaced = _placed(page, mapping)
        created, placed = await _join_groups(db, wanted, act)
        groups_created += created
        fates += unplaced + placed
    return ContactRoleCounts(groups_created, dict(fates))


def _placed(page: Sequence[Row[Any]], mapping: CrmMapping) -> tuple[Mapping[Pair, list[RoleAssignment]], Counter[Fate]]:
    """Who is to have which role in which group; and the fates of those contact roles that lead to none."""
    wanted: dict[Pair, list[RoleAssignment]] = defaultdict(list)
    unplaced: Counter[Fate] = Counter()
    told = {row.opportunity_id: row for row in page}
    interests = {opportunity_id: mapping.interest_of(row) for opportunity_id, row in told.items()}
    for row in page:
        about, role_id = interests[row.opportunity_id], mapping.roles.get(text_key(row.role or ""))
        if about is None:
            unplaced[Fate.WITHOUT_INTEREST] += 1
        elif role_id is None:
            unplaced[Fate.ROLE_NOT_MAPPED] += 1
        elif role_id not in about.roles:
            unplaced[Fate.ROLE_NOT_IN_TEMPLATE] += 1
        else:
            wanted[row.account_id, about.id].append(RoleAssignment(row.person_id, role_id))
    return wanted, unplaced


async def _join_groups(
    db: TenantConnection, wanted: Mapping[Pair, Sequence[RoleAssignment]], act: Act
) -> tuple[int, Counter[Fate]]:
    """Make the groups that are missing, and the people members; how many groups, and the fates of the people."""
    present = await group_ids_of(db, {account_id for account_id, _ in wanted})
    missing = [pair for pair in wanted if pair not in present]
    await create_groups(db, missing, by=act.by, source=act.source, now=act.now)
    if missing:
        present.update(await group_ids_of(db, {account_id for account_id, _ in missing}))
    items = {present[pair]: assignments for pair, assignments in wanted.items()}
    accounts = {item.person_id: pair[0] for pair, listed in wanted.items() for item in listed if item.person_id}

    def decide(group: StoredGroup) -> Decision:
        return rules.assign(group.state, items[group.id], accounts, act.source)

    decisions = await change_members_where_needed(db, items, decide, act, ChangeKind.MEMBERS_ASSIGNED)
    fates: Counter[Fate] = Counter()
    for group_id, listed in items.items():
        fates.update(_fates(decisions.get(group_id), len(listed)))
    return len(missing), fates


def _fates(decision: Decision | None, items: int) -> Counter[Fate]:
    """What became of the people of one group; no decision: it is archived."""
    if decision is None:
        return Counter({Fate.GROUP_ARCHIVED: items})
    raised = sum(change.before is not None for change in decision.changes)
    kept_out = sum(fault.code is ItemCode.REMOVED_BY_HIGHER for fault in decision.skipped)
    return Counter(
        {
            Fate.ASSIGNED: len(decision.changes) - raised,
            Fate.RAISED: raised,
            Fate.REMOVED_BY_HIGHER: kept_out,
            Fate.ALREADY_MEMBER: items - len(decision.changes) - kept_out,
        }
    )


async def _crm_mapping(db: TenantConnection) -> CrmMapping:
    columns = (interest.c.id, interest.c.template_id, interest.c.opportunity_conditions)
    interests = await db.rows(select(*columns).where(of_tenant(interest)).order_by(interest.c.position, interest.c.id))
    offered: dict[UUID, set[UUID]] = defaultdict(set)
    roles = select(template_role.c.template_id, template_role.c.role_id).where(of_tenant(template_role))
    for row in await db.rows(roles):
        offered[row.template_id].add(row.role_id)
    mapped = await db.rows(select(crm_role.c.crm_role_key, crm_role.c.role_id).where(of_tenant(crm_role)))
    told_by = (row for row in interests if row.opportunity_conditions is not None)
    return CrmMapping(
        interests=[
            MappedInterest(
                id=row.id,
                condition=record_condition(row.opportunity_conditions, RecordKind.OPPORTUNITY),
                roles=frozenset(offered[row.template_id]),
            )
            for row in told_by
        ],
        roles={row.crm_role_key: row.role_id for row in mapped},
    )


async def _contact_roles(
    db: TenantConnection, opportunity_ids: Collection[UUID] | None
) -> AsyncIterator[Sequence[Row[Any]]]:
    """Contact roles with what decides about them, in the order of their import, page by page."""
    if opportunity_ids is None:
        async for page in _pages(db, _told):
            yield page
        return
    for ids in chunks(dict.fromkeys(opportunity_ids)):
        async for page in _pages(db, _told.where(contact_role.c.opportunity_id.in_(ids))):
            yield page


_last: BindParameter[UUID] = bindparam("last", type_=Uuid())
_told = (
    select(
        contact_role.c.id,
        contact_role.c.role,
        contact_role.c.person_id,
        contact_role.c.opportunity_id,
        person.c.account_id,
        *(opportunity.c[name] for name in ("name", "stage", "kind", "columns")),
    )
    .join(opportunity, and_(of_tenant(opportunity), opportunity.c.id == contact_role.c.opportunity_id))
    .join(person, and_(of_tenant(person), person.c.id == contact_role.c.person_id))
    .where(of_tenant(contact_role), contact_role.c.id > _last)
    .order_by(contact_role.c.id)
    .limit(_PAGE)
)


async def _pages(db: TenantConnection, statement: Select[Any]) -> AsyncIterator[Sequence[Row[Any]]]:
    page = await db.rows(statement, {"last": UUID(int=0)})
    while page:
        yield page
        page = await db.rows(statement, {"last": page[-1].id})
