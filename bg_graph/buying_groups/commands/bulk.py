"""More items than one call takes: the same calls as the mutations, 50 items each, in which a faulty item does not stop the others.

For users too, whose calls are all or nothing: what is faulty is left out, and the rest called again in the same transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from bg_graph.buying_groups.commands.acts import Act
from bg_graph.buying_groups.commands.calls import (
    CallOutcome,
    MemberEdit,
    assign_call,
    edit_call,
    remove_call,
)
from bg_graph.buying_groups.commands.membership import accounts_of
from bg_graph.buying_groups.commands.stored import group, member
from bg_graph.buying_groups.rules.membership import (
    CallCode,
    CallFault,
    ItemCode,
    ItemFault,
    RoleAssignment,
    Terms,
)
from bg_graph.store.connection import TenantConnection
from bg_graph.store.scope import of_tenant


class Verb(StrEnum):
    """What is done to members."""

    ASSIGN = "assign"
    REMOVE = "remove"
    ROLES = "roles"


class Fate(StrEnum):
    """What became of an item. UNCHANGED: it asked for what was so already."""

    APPLIED = "APPLIED"
    UNCHANGED = "UNCHANGED"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A person of the item, and the role to have; a removal needs none."""

    person_id: UUID
    role_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of an item; where it is rejected, with which code, and why."""

    fate: Fate
    code: CallCode | ItemCode | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Held:
    """A group that nobody else changes until the transaction ends: its account, and who of the people named is a member."""

    account_id: UUID
    members: Mapping[UUID, Row[Any]]


async def settle(
    db: TenantConnection, verb: Verb, group_id: UUID, items: Sequence[Wanted], act: Act, terms: Terms
) -> list[Settled]:
    """Do to a group's members what 1 to 50 items ask, those aside that can't be; what became of each, in their order."""
    held = await _hold(db, group_id, items)
    accounts = await accounts_of(db, [item.person_id for item in items])
    settled: dict[int, Settled] = {}
    left = list(range(len(items)))
    while left:
        outcome = await _call(db, verb, group_id, held, [items[index] for index in left], act, terms)
        if held is None or outcome.faults:
            settled |= {index: _rejected(outcome.faults[0]) for index in left}
            break
        for fault in (*outcome.refused, *outcome.skipped):
            index = left[fault.index]
            already = _is_so_already(fault, held, items[index], accounts)
            settled[index] = Settled(Fate.UNCHANGED) if already else _rejected(fault)
        left = [index for index in left if index not in settled]
        if not outcome.refused:
            settled |= {index: Settled(_fate(verb, held, items[index], act)) for index in left}
            break
    return [settled[index] for index in range(len(items))]


async def _hold(db: TenantConnection, group_id: UUID, items: Sequence[Wanted]) -> _Held | None:
    """Hold the group, and read the memberships of the people named: of all its thousands the call itself reads enough."""
    locked = select(group.c.account_id).where(of_tenant(group), group.c.id == group_id)
    account_id = await db.value(locked.with_for_update(key_share=True))
    named = (
        of_tenant(member),
        member.c.group_id == group_id,
        member.c.person_id.in_({item.person_id for item in items}),
    )
    columns = (member.c.person_id, member.c.id, member.c.role_id, member.c.source)
    rows = await db.rows(select(*columns).where(*named))
    return None if account_id is None else _Held(account_id, {row.person_id: row for row in rows})


async def _call(
    db: TenantConnection,
    verb: Verb,
    group_id: UUID,
    held: _Held | None,
    items: Sequence[Wanted],
    act: Act,
    terms: Terms,
) -> CallOutcome:
    if verb is Verb.ASSIGN:
        return await assign_call(
            db, group_id, [RoleAssignment(item.person_id, item.role_id) for item in items], act, terms
        )
    members = {} if held is None else held.members
    ids = [members[item.person_id].id if item.person_id in members else None for item in items]
    if verb is Verb.REMOVE:
        return await remove_call(db, group_id, ids, act, terms)
    edits = [MemberEdit(member_id, item.role_id) for member_id, item in zip(ids, items, strict=True)]
    return await edit_call(db, group_id, edits, act, terms)


def _is_so_already(fault: ItemFault, held: _Held, item: Wanted, accounts: Mapping[UUID, UUID]) -> bool:
    """Whether an item that was refused asks for what is so already: so that a run that broke off can be run again."""
    if fault.code is ItemCode.ALREADY_MEMBER:
        return bool(held.members[item.person_id].role_id == item.role_id)
    removing = item.role_id is None
    return removing and fault.code is ItemCode.NOT_A_MEMBER and accounts.get(item.person_id) == held.account_id


def _fate(verb: Verb, held: _Held, item: Wanted, act: Act) -> Fate:
    """Whether an item that was accepted changed anything: only an edit need not."""
    before = held.members.get(item.person_id)
    if verb is Verb.ROLES and before is not None and (before.role_id, before.source) == (item.role_id, act.source):
        return Fate.UNCHANGED
    return Fate.APPLIED


def _rejected(fault: ItemFault | CallFault) -> Settled:
    return Settled(Fate.REJECTED, fault.code, fault.message)
