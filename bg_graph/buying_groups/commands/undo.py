"""Taking a whole logged call on members back: role, source and mark as they were before it, exactly."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select

from bg_graph.buying_groups.commands.acts import Act, ChangeKind
from bg_graph.buying_groups.commands.calls import held_group
from bg_graph.buying_groups.commands.logged import CallHead, LoggedItem, call_head, items_of, logged_calls
from bg_graph.buying_groups.commands.membership import accounts_of
from bg_graph.buying_groups.commands.stored import StoredGroup, group, group_role
from bg_graph.buying_groups.commands.writing import Decided, write_changes
from bg_graph.buying_groups.rules.membership import (
    CallCode,
    CallFault,
    GroupState,
    MembershipSource,
    Terms,
    cleaned_note,
    group_faults,
    terms_faults,
)
from bg_graph.buying_groups.rules.undo import UndoCode, UndoFault, undo_fault, undone
from bg_graph.store.chunks import chunks
from bg_graph.store.connection import TenantConnection
from bg_graph.store.scope import of_tenant

_NO_SUCH_CHANGE = CallFault(CallCode.NOT_FOUND, "There is no such change.")


@dataclass(frozen=True, slots=True)
class UndoOutcome:
    """What came of an undo: with `faults` or `refused` nothing was changed. `group_id` is None where the group is gone."""

    group_id: UUID | None
    change_id: UUID | None = None
    faults: tuple[CallFault, ...] = ()
    refused: UndoFault | None = None
    people: tuple[UUID, ...] = ()


async def undo_change(db: TenantConnection, change_id: UUID | None, act: Act, terms: Terms) -> UndoOutcome:
    """Take a logged call back, whole, where nothing touched its people since; logged as a change that undoes it.

    Source: domain.md, "Rules of membership" (undo).
    """
    head = None if change_id is None else await call_head(db, change_id)
    if head is None:
        return UndoOutcome(None, faults=(_NO_SUCH_CHANGE, *terms_faults(terms)))
    held = await held_group(db, head.group_id, terms)
    faults = group_faults(terms, held) if held else terms_faults(terms)
    items = await items_of(db, [head])
    calls = await logged_calls(db, [head], items)
    accounts = await accounts_of(db, _restored(items), hold=terms.may_edit)
    refused = undo_fault(calls[head.id], held.state if held else None, accounts, act.source)
    refused = refused or _differs(held, items[head.id])
    if held is None or faults or refused:
        return UndoOutcome(held.id if held else None, faults=faults, refused=refused)
    people = tuple(each.person_id for each in items[head.id] if each.person_id is not None)
    undo = await _write_undo(db, held, head, items[head.id], replace(act, note=cleaned_note(terms.note)))
    return UndoOutcome(held.id, undo, people=people)


async def undoable(
    db: TenantConnection, heads: Collection[CallHead], by: MembershipSource, terms: Terms
) -> frozenset[UUID]:
    """Which of these calls `undo_change` would take back at this moment, for a source and under these terms."""
    groups = await _group_states(db, {head.group_id for head in heads})
    items = await items_of(db, heads)
    calls = await logged_calls(db, heads, items)
    accounts = await accounts_of(db, _restored(items))
    return frozenset(
        head.id
        for head in heads
        if not group_faults(terms, groups.get(head.group_id))
        and undo_fault(calls[head.id], groups.get(head.group_id), accounts, by) is None
    )


def _differs(held: StoredGroup | None, items: Sequence[LoggedItem]) -> UndoFault | None:
    """The last guard: what would be taken back must be what is stored, whatever the log says of it."""
    if held is None or all(held.state_of(each.person_id) == each.after for each in items):
        return None
    return UndoFault(UndoCode.NOT_UNDOABLE, "The members are no longer as this change left them.")


async def _write_undo(
    db: TenantConnection, held: StoredGroup, head: CallHead, items: Sequence[LoggedItem], act: Act
) -> UUID:
    changes = undone(change for each in items if (change := each.change) is not None)
    restored = {each.person_id: each.before for each in items if each.person_id is not None}
    decided = Decided(held, changes, restored=restored, undoes=head.id)
    return (await write_changes(db, [decided], act, ChangeKind.CHANGE_UNDONE))[held.id]


def _restored(items: Mapping[UUID, Sequence[LoggedItem]]) -> set[UUID]:
    """The people whose membership of before would have to be again."""
    return {
        each.person_id
        for of_call in items.values()
        for each in of_call
        if each.person_id is not None and each.before.member
    }


async def _group_states(db: TenantConnection, group_ids: Collection[UUID]) -> dict[UUID, GroupState]:
    """These groups as far as undoing asks: without their members, who may be thousands."""
    states: dict[UUID, GroupState] = {}
    for ids in chunks(group_ids):
        columns = (group.c.id, group.c.account_id, group.c.archived_at, group.c.version)
        heads = await db.rows(select(*columns).where(of_tenant(group), group.c.id.in_(ids)))
        offering = select(group_role.c.group_id, group_role.c.role_id)
        roles = await db.rows(offering.where(of_tenant(group_role), group_role.c.group_id.in_(ids)))
        for head in heads:
            states[head.id] = GroupState(
                account_id=head.account_id,
                members={},
                marks={},
                offered_roles=frozenset(row.role_id for row in roles if row.group_id == head.id),
                archived=head.archived_at is not None,
                version=head.version,
            )
    return states
