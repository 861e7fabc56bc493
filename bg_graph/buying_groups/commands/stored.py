"""Groups as the rules see them, read for many at once: members, removal marks, the roles offered."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, Table, select

from bg_graph.buying_groups.rules.membership import GroupState, Membership, MembershipSource
from bg_graph.buying_groups.tables import BuyingGroupRow, GroupRoleRow, MemberRow, RemovalMarkRow
from bg_graph.store.chunks import chunks
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant

group = table_of(BuyingGroupRow)
group_role = table_of(GroupRoleRow)
member = table_of(MemberRow)
mark = table_of(RemovalMarkRow)


@dataclass(frozen=True, slots=True)
class StoredMember:
    """A membership as it is stored. Two are equal where they say the same, whichever row says it.

    `id` is None only of one that was logged before ids were.
    """

    role_id: UUID
    source: MembershipSource
    assigned_at: datetime
    assigned_by: str | None
    id: UUID | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class StoredMark:
    """A removal mark as it is stored."""

    source: MembershipSource
    removed_at: datetime
    removed_by: str


@dataclass(frozen=True, slots=True)
class StoredState:
    """What is stored of a person in a group: membership and removal mark; None where there is none."""

    member: StoredMember | None = None
    mark: StoredMark | None = None


@dataclass(frozen=True, slots=True)
class StoredRole:
    """A role that a group offers: what its template asks, and how many members are counted in it."""

    role_id: UUID
    required: bool
    members_required: int
    member_count: int


@dataclass(frozen=True, slots=True)
class StoredGroup:
    """A group with what decides about its membership."""

    id: UUID
    account_id: UUID
    template_id: UUID
    version: int
    archived: bool
    members: Mapping[UUID, StoredMember]
    marks: Mapping[UUID, StoredMark]
    roles: Sequence[StoredRole]

    @property
    def state(self) -> GroupState:
        """The group as the rules take it."""
        return GroupState(
            account_id=self.account_id,
            members={person: Membership(stored.role_id, stored.source) for person, stored in self.members.items()},
            marks={person: stored.source for person, stored in self.marks.items()},
            offered_roles=frozenset(role.role_id for role in self.roles),
            archived=self.archived,
            version=self.version,
        )

    def state_of(self, person_id: UUID | None) -> StoredState:
        """What is stored of a person in this group."""
        if person_id is None:
            return StoredState()
        return StoredState(self.members.get(person_id), self.marks.get(person_id))


async def groups_of(db: TenantConnection, group_ids: Iterable[UUID], *, lock: bool = False) -> dict[UUID, StoredGroup]:
    """These groups by id; one that does not exist is missing. `lock`: nobody else changes them until the transaction ends.

    Locks are taken in the order of ids, so that two transactions do not wait for each other.
    """
    found: dict[UUID, StoredGroup] = {}
    for ids in chunks(sorted(set(group_ids))):
        found.update(await _groups(db, ids, lock))
    return found


async def _groups(db: TenantConnection, ids: Collection[UUID], lock: bool) -> dict[UUID, StoredGroup]:
    columns = (group.c.id, group.c.account_id, group.c.template_id, group.c.version, group.c.archived_at)
    statement = select(*columns).where(of_tenant(group), group.c.id.in_(ids)).order_by(group.c.id)
    # Members are read after the lock is held: what they were before may have changed while we waited for it.
    heads = await db.rows(statement.with_for_update(key_share=True) if lock else statement)
    members = await _by_group(
        db, _of_groups(member, ids, "person_id", "role_id", "source", "assigned_at", "assigned_by", "id")
    )
    marks = await _by_group(db, _of_groups(mark, ids, "person_id", "source", "removed_at", "removed_by"))
    offered = _of_groups(group_role, ids, "role_id", "required", "members_required", "member_count")
    roles = await _by_group(db, offered.order_by(group_role.c.position))
    return {
        head.id: StoredGroup(
            id=head.id,
            account_id=head.account_id,
            template_id=head.template_id,
            version=head.version,
            archived=head.archived_at is not None,
            members={row.person_id: _member(row) for row in members[head.id]},
            marks={row.person_id: _mark(row) for row in marks[head.id]},
            roles=[_role(row) for row in roles[head.id]],
        )
        for head in heads
    }


def _of_groups(table: Table, ids: Collection[UUID], *columns: str) -> Select[Any]:
    wanted = (table.c[name] for name in columns)
    return select(table.c.group_id, *wanted).where(of_tenant(table), table.c.group_id.in_(ids))


async def _by_group(db: TenantConnection, statement: Select[Any]) -> Mapping[UUID, list[Row[Any]]]:
    found: dict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in await db.rows(statement):
        found[row.group_id].append(row)
    return found


def _member(row: Row[Any]) -> StoredMember:
    return StoredMember(row.role_id, MembershipSource(row.source), row.assigned_at, row.assigned_by, row.id)


def _mark(row: Row[Any]) -> StoredMark:
    return StoredMark(MembershipSource(row.source), row.removed_at, row.removed_by)


def _role(row: Row[Any]) -> StoredRole:
    return StoredRole(row.role_id, row.required, row.members_required, row.member_count)
