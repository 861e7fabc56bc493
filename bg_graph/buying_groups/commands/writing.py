"""Writing decided changes of membership: members, marks, completeness, version and change log, for many groups at once."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, delete, update

from bg_graph.buying_groups.commands.acts import Act, ChangeKind, record_group_changes
from bg_graph.buying_groups.commands.stored import (
    StoredGroup,
    StoredMark,
    StoredMember,
    StoredState,
    group,
    group_role,
    mark,
    member,
)
from bg_graph.buying_groups.rules.completeness import RoleNeed, group_completeness, role_completeness, shown
from bg_graph.buying_groups.rules.membership import MembershipChange, applied
from bg_graph.buying_groups.tables import MemberRow, RemovalMarkRow
from bg_graph.store.changes import Item, LoggedChange
from bg_graph.store.connection import TenantConnection
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Decided:
    """A locked group and the changes that were decided for it.

    An undo says by person what exactly is stored again (`restored`), and which call it takes back (`undoes`).
    """

    group: StoredGroup
    changes: Sequence[MembershipChange]
    restored: Mapping[UUID, StoredState] = field(default_factory=dict)
    undoes: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Written:
    """What is stored of one person in one group, before and after."""

    group: StoredGroup
    person_id: UUID
    before: StoredState
    after: StoredState

    @property
    def key(self) -> Values:
        return {"of_group": self.group.id, "of_person": self.person_id}


_of_group: BindParameter[UUID] = bindparam("of_group")
_of_person: BindParameter[UUID] = bindparam("of_person")
_end_membership = delete(member).where(
    of_tenant(member), member.c.group_id == _of_group, member.c.person_id == _of_person
)
_edit_membership = (
    update(member)
    .where(of_tenant(member), member.c.group_id == _of_group, member.c.person_id == _of_person)
    .values(role_id=bindparam("to_role"), source=bindparam("by_source"))
)
_clear_mark = delete(mark).where(of_tenant(mark), mark.c.group_id == _of_group, mark.c.person_id == _of_person)
_set_role = (
    update(group_role)
    .where(
        of_tenant(group_role),
        group_role.c.group_id == _of_group,
        group_role.c.role_id == bindparam("of_role"),
    )
    .values(member_count=bindparam("members"), score=bindparam("percent"), missing=bindparam("is_missing"))
)
_set_group = (
    update(group)
    .where(of_tenant(group), group.c.id == _of_group)
    .values(
        member_count=bindparam("members"),
        completeness_score=bindparam("percent"),
        version=group.c.version + 1,
        updated_at=bindparam("at"),
    )
)


async def write_changes(
    db: TenantConnection, decided: Iterable[Decided], act: Act, kind: ChangeKind
) -> dict[UUID, UUID]:
    """Write and log the changes; groups without any are left alone. Gives the logged call of each changed group.

    The groups must be locked (`groups_of`). The number of statements does not depend on the number of groups.
    """
    changed = [each for each in decided if each.changes]
    if not changed:
        return {}
    written = {each.group.id: [_written(each, change, act) for change in each.changes] for each in changed}
    persons = [person for of_group in written.values() for person in of_group]
    await _write_members(db, persons)
    await _write_marks(db, persons)
    await _write_completeness(db, changed, act)
    calls = [_logged(each, written[each.group.id], act, kind) for each in changed]
    await record_group_changes(db, calls)
    return {call.subject_id: call.id for call in calls}


def completeness_of(roles: Iterable[RoleNeed]) -> int | None:
    """A group's completeness in whole percent, as it is stored; None where no role is required."""
    complete = group_completeness(roles)
    return None if complete is None else shown(complete)


def _written(each: Decided, change: MembershipChange, act: Act) -> _Written:
    """What a change leaves stored: what an undo restores, else as the act says."""
    before = each.group.state_of(change.person_id)
    after = each.restored.get(change.person_id) or StoredState(
        _member_after(change, before.member, act), _mark_after(change, act)
    )
    if after.member is not None and after.member.id is None:
        after = replace(after, member=replace(after.member, id=new_id()))
    return _Written(each.group, change.person_id, before, after)


def _member_after(change: MembershipChange, before: StoredMember | None, act: Act) -> StoredMember | None:
    if change.after is None:
        return None
    role_id, source = change.after.role_id, change.after.source
    if before is None:
        return StoredMember(role_id, source, act.now, act.by)
    return replace(before, role_id=role_id, source=source)


def _mark_after(change: MembershipChange, act: Act) -> StoredMark | None:
    return None if change.mark_after is None else StoredMark(change.mark_after, act.now, act.by)


async def _write_members(db: TenantConnection, persons: Iterable[_Written]) -> None:
    ended: list[Values] = []
    edited: list[Values] = []
    begun: list[Values] = []
    for each in persons:
        before, after = each.before.member, each.after.member
        if after is None:
            ended += [each.key] if before else []
        elif before is None:
            begun.append(_new_member(each, after))
        elif before != after:
            edited.append({**each.key, "to_role": after.role_id, "by_source": after.source})
    await db.execute_each(_end_membership, ended)
    await db.execute_each(_edit_membership, edited)
    await db.insert(MemberRow, begun)


async def _write_marks(db: TenantConnection, persons: Sequence[_Written]) -> None:
    cleared = [each.key for each in persons if each.before.mark and not each.after.mark]
    left = [
        {
            "id": new_id(),
            "group_id": each.group.id,
            "person_id": each.person_id,
            "source": each.after.mark.source,
            "removed_at": each.after.mark.removed_at,
            "removed_by": each.after.mark.removed_by,
        }
        for each in persons
        if each.after.mark
    ]
    await db.execute_each(_clear_mark, cleared)
    await db.upsert(RemovalMarkRow, left, key=("group_id", "person_id"), update=("source", "removed_at", "removed_by"))


async def _write_completeness(db: TenantConnection, decided: Sequence[Decided], act: Act) -> None:
    roles: list[Values] = []
    groups: list[Values] = []
    for each in decided:
        members = applied(each.group.state, each.changes).members.values()
        counts = Counter(membership.role_id for membership in members)
        needs = [
            (role, RoleNeed(role.role_id, counts[role.role_id], role.members_required, role.required))
            for role in each.group.roles
        ]
        roles += [_role_values(each.group.id, need) for role, need in needs if role.member_count != need.members]
        percent = completeness_of(need for _, need in needs)
        groups.append({"of_group": each.group.id, "members": len(members), "percent": percent, "at": act.now})
    await db.execute_each(_set_role, roles)
    await db.execute_each(_set_group, groups)


def _role_values(group_id: UUID, need: RoleNeed) -> Values:
    percent = shown(role_completeness(need.members, need.members_required))
    return {
        "of_group": group_id,
        "of_role": need.role_id,
        "members": need.members,
        "percent": percent,
        "is_missing": need.missing,
    }


def _new_member(each: _Written, after: StoredMember) -> Values:
    return {
        "id": after.id,
        "group_id": each.group.id,
        "account_id": each.group.account_id,
        "template_id": each.group.template_id,
        "person_id": each.person_id,
        "role_id": after.role_id,
        "source": after.source,
        "assigned_at": after.assigned_at,
        "assigned_by": after.assigned_by,
    }


def _logged(each: Decided, written: Iterable[_Written], act: Act, kind: ChangeKind) -> LoggedChange:
    return LoggedChange(
        subject_id=each.group.id,
        at=act.now,
        by=act.by,
        source=act.source,
        kind=kind,
        items=[_item(person) for person in written],
        note=act.note,
        undoes=each.undoes,
        version=each.group.version + 1,
    )


def _item(each: _Written) -> Item:
    """What the log keeps of one person: membership and mark, whole, so that an undo can restore both exactly."""
    before, after = each.before, each.after
    return Item(membership_data(before.member, before.mark), membership_data(after.member, after.mark), each.person_id)


def membership_data(stored: StoredMember | None, marked: StoredMark | None) -> Values | None:
    """A person's membership and removal mark as the change log holds them; null where there is neither.

    Keys: `role_id` (in hex, which both databases can compare with a role), `source`, `assigned_at`, `assigned_by` and
    `member_id` of the membership; `mark` with `source`, `removed_at`, `removed_by`.
    """
    data: Values = {}
    if stored is not None:
        data["role_id"] = stored.role_id.hex
        data["source"] = stored.source.value
        data["assigned_at"] = stored.assigned_at.isoformat()
        data["assigned_by"] = stored.assigned_by
        if stored.id is not None:
            data["member_id"] = stored.id.hex
    if marked is not None:
        data["mark"] = {
            "source": marked.source.value,
            "removed_at": marked.removed_at.isoformat(),
            "removed_by": marked.removed_by,
        }
    return data or None
