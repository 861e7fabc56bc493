"""Changes of membership in any number of groups: locked, decided by the rules, written and logged in one transaction."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from bg_graph.accounts.tables import PersonRow
from bg_graph.buying_groups.commands.acts import Act, ChangeKind
from bg_graph.buying_groups.commands.stored import StoredGroup, groups_of
from bg_graph.buying_groups.commands.writing import Decided, write_changes
from bg_graph.buying_groups.rules import membership as rules
from bg_graph.buying_groups.rules.membership import Decision, RoleAssignment
from bg_graph.store.chunks import chunks
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant

person = table_of(PersonRow)

Decide = Callable[[StoredGroup], Decision]
"""What to do with one group."""


async def assign_members(
    db: TenantConnection, wanted: Mapping[UUID, Sequence[RoleAssignment]], act: Act
) -> dict[UUID, Decision]:
    """Assign people with roles, by group id; what was decided for each group that exists and is not archived."""
    named = {item.person_id for items in wanted.values() for item in items if item.person_id is not None}
    accounts = await accounts_of(db, named)

    def decide(group: StoredGroup) -> Decision:
        return rules.assign(group.state, wanted[group.id], accounts, act.source)

    return await change_members(db, wanted, decide, act, ChangeKind.MEMBERS_ASSIGNED)


async def edit_members(
    db: TenantConnection, wanted: Mapping[UUID, Sequence[RoleAssignment]], act: Act
) -> dict[UUID, Decision]:
    """Edit roles of members, by group id; what was decided for each group that exists and is not archived."""

    def decide(group: StoredGroup) -> Decision:
        return rules.edit(group.state, wanted[group.id], act.source)

    return await change_members(db, wanted, decide, act, ChangeKind.ROLES_EDITED)


async def remove_members(
    db: TenantConnection, wanted: Mapping[UUID, Sequence[UUID | None]], act: Act
) -> dict[UUID, Decision]:
    """Remove members (person ids), by group id; what was decided for each group that exists and is not archived."""

    def decide(group: StoredGroup) -> Decision:
        return rules.remove(group.state, wanted[group.id], act.source)

    return await change_members(db, wanted, decide, act, ChangeKind.MEMBERS_REMOVED)


async def change_members(
    db: TenantConnection, group_ids: Iterable[UUID], decide: Decide, act: Act, kind: ChangeKind
) -> dict[UUID, Decision]:
    """Lock groups, decide on each that is not archived, and write what was decided."""
    groups = [group for group in (await groups_of(db, group_ids, lock=True)).values() if not group.archived]
    decisions = await _decided(groups, decide)
    await write_changes(db, [Decided(group, decisions[group.id].changes) for group in groups], act, kind)
    return decisions


async def change_members_where_needed(
    db: TenantConnection, group_ids: Iterable[UUID], decide: Decide, act: Act, kind: ChangeKind
) -> dict[UUID, Decision]:
    """Like `change_members` for jobs, which mostly find nothing to do: groups that stay as they are, are not locked."""
    looked_at = [group for group in (await groups_of(db, group_ids)).values() if not group.archived]
    decisions = await _decided(looked_at, decide)
    # Decided again under the lock: somebody may have changed the group since we looked.
    needed = [group_id for group_id, decision in decisions.items() if decision.changes]
    return {**decisions, **(await change_members(db, needed, decide, act, kind) if needed else {})}


async def _decided(groups: Iterable[StoredGroup], decide: Decide) -> dict[UUID, Decision]:
    """The decision on each group. Whoever else is served by this process has a turn after each: a job has thousands."""
    decisions: dict[UUID, Decision] = {}
    for group in groups:
        decisions[group.id] = decide(group)
        await asyncio.sleep(0)
    return decisions


async def accounts_of(db: TenantConnection, person_ids: Iterable[UUID], *, hold: bool = False) -> dict[UUID, UUID]:
    """The account of each of these persons that exists. `hold`: nobody moves them until the transaction ends."""
    accounts: dict[UUID, UUID] = {}
    for ids in chunks(sorted(set(person_ids))):
        statement = select(person.c.id, person.c.account_id).where(of_tenant(person), person.c.id.in_(ids))
        # The weakest lock that keeps the key (and so the account): two calls may hold one person, an import waits.
        held = statement.order_by(person.c.id).with_for_update(read=True, key_share=True)
        accounts.update({row.id: row.account_id for row in await db.rows(held if hold else statement)})
    return accounts
