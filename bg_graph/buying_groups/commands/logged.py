"""Calls on members as the change log has them, read for many at once: what each did, and who touched the same people since."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, func, select

from bg_graph.buying_groups.commands.acts import ChangeKind
from bg_graph.buying_groups.commands.stored import StoredMark, StoredMember, StoredState
from bg_graph.buying_groups.rules.membership import Membership, MembershipChange, MembershipSource
from bg_graph.buying_groups.rules.undo import LaterCall, LoggedCall
from bg_graph.store.changes import ChangeItemRow, ChangeRow
from bg_graph.store.chunks import chunks
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant

change = table_of(ChangeRow)
item = table_of(ChangeItemRow)

CALLS_ON_MEMBERS = frozenset(
    {
        ChangeKind.MEMBERS_ASSIGNED,
        ChangeKind.MEMBERS_REMOVED,
        ChangeKind.ROLES_EDITED,
        ChangeKind.MEMBERS_MAINTAINED,
        ChangeKind.CHANGE_UNDONE,
    }
)
"""Kinds of calls that can be taken back. Source: domain.md, "Rules of membership" (undo, calls of users, journeys, jobs)."""

_DID = {
    ChangeKind.MEMBERS_ASSIGNED: "assigned members",
    ChangeKind.MEMBERS_REMOVED: "removed members",
    ChangeKind.ROLES_EDITED: "edited roles",
    ChangeKind.MEMBERS_MAINTAINED: "maintained the members",
    ChangeKind.CHANGE_UNDONE: "took a change back",
    ChangeKind.PEOPLE_LEFT: "saw people leave the account",
    ChangeKind.GROUP_DELETED: "deleted the group",
}


@dataclass(frozen=True, slots=True)
class CallHead:
    """A logged call without its items: its id, the group that it was made on, what it was, and by which source."""

    id: UUID
    group_id: UUID
    kind: str
    source: MembershipSource


@dataclass(frozen=True, slots=True)
class LoggedItem:
    """A person's membership and mark before and after a call. `person_id` is None where the person is erased."""

    person_id: UUID | None
    before: StoredState
    after: StoredState

    @property
    def change(self) -> MembershipChange | None:
        """The change as the rules take it; None of a person who is erased."""
        if self.person_id is None:
            return None
        before, after = self.before, self.after
        return MembershipChange(
            self.person_id, _membership(before), _membership(after), _mark_source(before), _mark_source(after)
        )


async def call_head(db: TenantConnection, change_id: UUID) -> CallHead | None:
    """The logged call with an id; None where there is none."""
    columns = (change.c.id, change.c.subject_id, change.c.kind, change.c.source)
    row = await db.row(select(*columns).where(of_tenant(change), change.c.id == change_id))
    return None if row is None else CallHead(row.id, row.subject_id, row.kind, MembershipSource(row.source))


async def items_of(db: TenantConnection, heads: Iterable[CallHead]) -> Mapping[UUID, list[LoggedItem]]:
    """What each of these calls did, person by person; calls that were not on members are left out."""
    found: dict[UUID, list[LoggedItem]] = {head.id: [] for head in heads if head.kind in CALLS_ON_MEMBERS}
    columns = (item.c.change_id, item.c.person_id, item.c.before, item.c.after)
    for ids in chunks(found):
        statement = select(*columns).where(of_tenant(item), item.c.change_id.in_(ids)).order_by(item.c.id)
        for row in await db.rows(statement):
            found[row.change_id].append(LoggedItem(row.person_id, stored_state(row.before), stored_state(row.after)))
    return found


async def logged_calls(
    db: TenantConnection, heads: Collection[CallHead], items: Mapping[UUID, Sequence[LoggedItem]]
) -> dict[UUID, LoggedCall]:
    """Each call as the rules of undoing take it."""
    latest = await _latest_touches(db, [head for head in heads if head.id in items])
    return {head.id: _logged_call(head, items.get(head.id), latest) for head in heads}


def stored_state(data: Mapping[str, Any] | None) -> StoredState:
    """A state of the log (`membership_data` wrote it) as it was stored."""
    held = data or {}
    return StoredState(_stored_member(held) if "role_id" in held else None, _stored_mark(held.get("mark")))


def _stored_member(data: Mapping[str, Any]) -> StoredMember:
    return StoredMember(
        role_id=UUID(hex=data["role_id"]),
        source=MembershipSource(data["source"]),
        assigned_at=datetime.fromisoformat(data["assigned_at"]),
        assigned_by=data["assigned_by"],
        id=UUID(hex=data["member_id"]) if "member_id" in data else None,
    )


def _stored_mark(data: Mapping[str, Any] | None) -> StoredMark | None:
    if data is None:
        return None
    removed_at = datetime.fromisoformat(data["removed_at"])
    return StoredMark(MembershipSource(data["source"]), removed_at, data["removed_by"])


def _membership(state: StoredState) -> Membership | None:
    return None if state.member is None else Membership(state.member.role_id, state.member.source)


def _mark_source(state: StoredState) -> MembershipSource | None:
    return None if state.mark is None else state.mark.source


def _logged_call(
    head: CallHead, items: Sequence[LoggedItem] | None, latest: Mapping[tuple[UUID, UUID], Row[Any]]
) -> LoggedCall:
    if items is None:
        return LoggedCall(head.source, None)
    changes = tuple(change for each in items if (change := each.change) is not None)
    touches = [latest[head.group_id, each.person_id] for each in changes]
    later = max((touch for touch in touches if touch.id != head.id), key=_place, default=None)
    return LoggedCall(head.source, changes, _later_call(head, later), gone=len(changes) < len(items))


def _place(row: Row[Any]) -> tuple[int, UUID]:
    return (row.version or 0, row.id)


def _later_call(head: CallHead, row: Row[Any] | None) -> LaterCall | None:
    if row is None:
        return None
    return LaterCall(row.id, row.by, row.at, _DID.get(row.kind, "changed it"), takes_back=row.undoes == head.id)


async def _latest_touches(db: TenantConnection, heads: Iterable[CallHead]) -> Mapping[tuple[UUID, UUID], Row[Any]]:
    """The latest call on each person of these calls in the group of the call, by group and person."""
    found: dict[tuple[UUID, UUID], Row[Any]] = {}
    groups = {head.id: head.group_id for head in heads}
    for ids in chunks(groups):
        for row in await db.rows(_touches(ids, {groups[each] for each in ids})):
            found[row.subject_id, row.person_id] = row
    return found


def _touches(change_ids: Collection[UUID], group_ids: Collection[UUID]) -> Select[Any]:
    of_call = item.alias("of_call")
    people = select(of_call.c.person_id).where(of_tenant(of_call), of_call.c.change_id.in_(change_ids))
    # The version orders calls as they were made; ids only break ties among those logged before versions were.
    order = (func.coalesce(change.c.version, 0).desc(), change.c.id.desc())
    place = func.row_number().over(partition_by=(change.c.subject_id, item.c.person_id), order_by=order)
    columns = (change.c.id, change.c.subject_id, change.c.by, change.c.at, change.c.kind, change.c.undoes)
    touches = (
        select(item.c.person_id, *columns, change.c.version, place.label("place"))
        .join(change, and_(of_tenant(change), change.c.id == item.c.change_id))
        .where(of_tenant(item), item.c.person_id.in_(people), change.c.subject_id.in_(group_ids))
        .subquery("touch")
    )
    return select(touches).where(touches.c.place == 1)
