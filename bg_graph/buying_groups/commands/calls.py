"""Calls that change the members of one group: under what terms, with every fault at once, and what came of them."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select

from bg_graph.buying_groups.commands.acts import Act, ChangeKind
from bg_graph.buying_groups.commands.membership import accounts_of
from bg_graph.buying_groups.commands.stored import StoredGroup, groups_of, member
from bg_graph.buying_groups.commands.writing import Decided, write_changes
from bg_graph.buying_groups.rules import membership as rules
from bg_graph.buying_groups.rules.membership import (
    MAX_BATCH,
    CallFault,
    Decision,
    ItemFault,
    RoleAssignment,
    Terms,
    call_faults,
    cleaned_note,
)
from bg_graph.store.connection import TenantConnection
from bg_graph.store.scope import of_tenant


@dataclass(frozen=True, slots=True)
class MemberEdit:
    """A member and the role to have. None: the id that was given names no member, or no role."""

    member_id: UUID | None
    role_id: UUID | None


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """What came of a call. With `faults` or `refused` nothing was changed.

    `group_id` is None where there is no such group; `change_id` where nothing changed. `people` are those whom the call
    named and did not skip, in its order.
    """

    group_id: UUID | None
    change_id: UUID | None = None
    faults: tuple[CallFault, ...] = ()
    refused: tuple[ItemFault, ...] = ()
    skipped: tuple[ItemFault, ...] = ()
    people: tuple[UUID, ...] = ()


Judge = Callable[[StoredGroup], Awaitable[tuple[Sequence[UUID | None], Decision]]]
"""Whom the items of a call name, and what is decided on them, once the group is held."""


async def assign_call(
    db: TenantConnection, group_id: UUID | None, items: Sequence[RoleAssignment], act: Act, terms: Terms
) -> CallOutcome:
    """Assign people with roles in one group."""

    async def judge(group: StoredGroup) -> tuple[Sequence[UUID | None], Decision]:
        people = [item.person_id for item in items]
        accounts = await accounts_of(
            db, {person_id for person_id in people if person_id is not None}, hold=terms.may_edit
        )
        return people, rules.assign(group.state, items, accounts, act.source)

    return await _call(db, group_id, len(items), act, terms, ChangeKind.MEMBERS_ASSIGNED, judge)


async def edit_call(
    db: TenantConnection, group_id: UUID | None, edits: Sequence[MemberEdit], act: Act, terms: Terms
) -> CallOutcome:
    """Edit roles of members of one group."""

    async def judge(group: StoredGroup) -> tuple[Sequence[UUID | None], Decision]:
        people = _people_of(group, [edit.member_id for edit in edits])
        items = [RoleAssignment(person_id, edit.role_id) for person_id, edit in zip(people, edits, strict=True)]
        return people, rules.edit(group.state, items, act.source)

    return await _call(db, group_id, len(edits), act, terms, ChangeKind.ROLES_EDITED, judge)


async def remove_call(
    db: TenantConnection, group_id: UUID | None, member_ids: Sequence[UUID | None], act: Act, terms: Terms
) -> CallOutcome:
    """Remove members of one group."""

    async def judge(group: StoredGroup) -> tuple[Sequence[UUID | None], Decision]:
        people = _people_of(group, member_ids)
        return people, rules.remove(group.state, people, act.source)

    return await _call(db, group_id, len(member_ids), act, terms, ChangeKind.MEMBERS_REMOVED, judge)


async def member_ids_of(db: TenantConnection, group_id: UUID, person_ids: Sequence[UUID]) -> list[UUID]:
    """The ids of these people's memberships in a group, in their order; who is no member is left out."""
    columns = (member.c.person_id, member.c.id)
    chosen = (of_tenant(member), member.c.group_id == group_id, member.c.person_id.in_(set(person_ids)))
    found = {row.person_id: row.id for row in await db.rows(select(*columns).where(*chosen))} if person_ids else {}
    return [found[person_id] for person_id in dict.fromkeys(person_ids) if person_id in found]


async def _call(
    db: TenantConnection,
    group_id: UUID | None,
    how_many: int,
    act: Act,
    terms: Terms,
    kind: ChangeKind,
    judge: Judge,
) -> CallOutcome:
    """Hold the group, find every fault, and write where there is none."""
    group = await held_group(db, group_id, terms)
    faults = call_faults(terms, group, how_many)
    if group is None or not 1 <= how_many <= MAX_BATCH:
        return CallOutcome(None if group is None else group.id, faults=faults)
    people, decision = await judge(group)
    if faults or decision.refused:
        return CallOutcome(group.id, faults=faults, refused=decision.refused)
    noted = replace(act, note=cleaned_note(terms.note))
    logged = await write_changes(db, [Decided(group, decision.changes)], noted, kind)
    done = _not_skipped(people, decision.skipped)
    return CallOutcome(group.id, logged.get(group.id), skipped=decision.skipped, people=done)


async def held_group(db: TenantConnection, group_id: UUID | None, terms: Terms) -> StoredGroup | None:
    """The group, which nobody else changes until the transaction ends; None where there is none.

    Who may not edit makes nobody wait.
    """
    return None if group_id is None else (await groups_of(db, [group_id], lock=terms.may_edit)).get(group_id)


def _not_skipped(people: Sequence[UUID | None], skipped: Iterable[ItemFault]) -> tuple[UUID, ...]:
    left_out = {fault.index for fault in skipped}
    return tuple(person_id for index, person_id in enumerate(people) if person_id is not None and index not in left_out)


def _people_of(group: StoredGroup, member_ids: Iterable[UUID | None]) -> list[UUID | None]:
    """Who these members of a group are; None for an id that is none of them."""
    found = {stored.id: person_id for person_id, stored in group.members.items()}
    return [None if member_id is None else found.get(member_id) for member_id in member_ids]
