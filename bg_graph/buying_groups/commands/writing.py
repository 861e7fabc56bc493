"""Writing decided changes of membership: members, marks, completeness, version and change log, for many groups at once."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, delete, update

from bg_graph.buying_groups.commands.acts import Act, ChangeKind, record_group_changes
from bg_graph.buying_groups.commands.stored import (
    StoredGroup,
    StoredMark,
    StoredMember,
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
    """A locked group and the changes that were decided for it."""

    group: StoredGroup
    changes: Sequence[MembershipChange]


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
    await _write_members(db, changed, act)
    await _write_marks(db, changed, act)
    await _write_completeness(db, changed, act)
    calls = [_logged(each, act, kind) for each in changed]
    await record_group_changes(db, calls)
    return {call.subject_id: call.id for call in calls}


def completeness_of(roles: Iterable[RoleNeed]) -> int | None:
    """A group's completeness in whole percent, as it is stored; None where no role is required."""
    complete = group_completeness(roles)
    return None if complete is None else shown(complete)


async def _write_members(db: TenantConnection, decided: Sequence[Decided], act: Act) -> None:
    ended = [_key(each, change) for each, change in _changes(decided) if change.before and not change.after]
    begun = [_new_member(each, change, act) for each, change in _changes(decided) if change.after and not change.before]
    edited = [
        {**_key(each, change), "to_role": change.after.role_id, "by_source": change.after.source}
        for each, change in _changes(decided)
        if change.before and change.after and change.before != change.after
    ]
    await db.execute_each(_end_membership, ended)
    await db.execute_each(_edit_membership, edited)
    await db.insert(MemberRow, begun)


async def _write_marks(db: TenantConnection, decided: Sequence[Decided], act: Act) -> None:
    cleared = [_key(each, change) for each, change in _changes(decided) if change.mark_before and not change.mark_after]
    left = [
        {
            "id": new_id(),
            "group_id": each.group.id,
            "person_id": change.person_id,
            "source": change.mark_after,
            "removed_at": act.now,
            "removed_by": act.by,
        }
        for each, change in _changes(decided)
        if change.mark_after
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


def _new_member(each: Decided, change: MembershipChange, act: Act) -> Values:
    assert change.after is not None
    return {
        "id": new_id(),
        "group_id": each.group.id,
        "account_id": each.group.account_id,
        "template_id": each.group.template_id,
        "person_id": change.person_id,
        "role_id": change.after.role_id,
        "source": change.after.source,
        "assigned_at": act.now,
        "assigned_by": act.by,
    }


def _changes(decided: Iterable[Decided]) -> Iterator[tuple[Decided, MembershipChange]]:
    return ((each, change) for each in decided for change in each.changes)


def _key(each: Decided, change: MembershipChange) -> Values:
    return {"of_group": each.group.id, "of_person": change.person_id}


def _logged(each: Decided, act: Act, kind: ChangeKind) -> LoggedChange:
    return LoggedChange(
        subject_id=each.group.id,
        at=act.now,
        by=act.by,
        source=act.source,
        kind=kind,
        items=[_item(each.group, change, act) for change in each.changes],
        note=act.note,
        version=each.group.version + 1,
    )


def _item(stored: StoredGroup, change: MembershipChange, act: Act) -> Item:
    """What the log keeps of one person: membership and mark, whole, so that an undo can restore both exactly."""
    before, mark_before = stored.members.get(change.person_id), stored.marks.get(change.person_id)
    after = None
    if change.after is not None:
        since = (before.assigned_at, before.assigned_by) if before else (act.now, act.by)
        after = StoredMember(change.after.role_id, change.after.source, *since)
    mark_after = StoredMark(change.mark_after, act.now, act.by) if change.mark_after else None
    return Item(membership_data(before, mark_before), membership_data(after, mark_after), change.person_id)


def membership_data(stored: StoredMember | None, marked: StoredMark | None) -> Values | None:
    """A person's membership and removal mark as the change log holds them; null where there is neither.

    Keys: `role_id` (in hex, which both databases can compare with a role), `source`, `assigned_at`, `assigned_by` of the
    membership; `mark` with `source`, `removed_at`, `removed_by`.
    """
    data: Values = {}
    if stored is not None:
        data["role_id"] = stored.role_id.hex
        data["source"] = stored.source.value
        data["assigned_at"] = stored.assigned_at.isoformat()
        data["assigned_by"] = stored.assigned_by
    if marked is not None:
        data["mark"] = {
            "source": marked.source.value,
            "removed_at": marked.removed_at.isoformat(),
            "removed_by": marked.removed_by,
        }
    return data or None
