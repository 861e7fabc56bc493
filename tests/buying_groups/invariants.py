"""What must hold of a buying group in the store at any time, whoever changed it: each breach in words."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import SQLModel

from bg_graph.accounts.tables import PersonRow
from bg_graph.buying_groups.commands.stored import StoredGroup, groups_of
from bg_graph.buying_groups.commands.writing import membership_data
from bg_graph.buying_groups.rules.completeness import RoleNeed, group_completeness, role_completeness, shown
from bg_graph.buying_groups.tables import BuyingGroupRow, GroupRoleRow
from bg_graph.store.changes import ChangeItemRow, ChangeRow
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.engine import Database
from bg_graph.store.scope import of_tenant

States = Mapping[UUID, dict[str, Any]]
"""Membership and mark of each person who has either, in the form of the change log."""


@dataclass(frozen=True, slots=True)
class Logged:
    """A call of the change log with what it did, person by person."""

    change: Any
    items: Sequence[Any]


@dataclass(frozen=True, slots=True)
class InStore:
    """A group as the store has it, read in one snapshot: the row, what the rules see of it, its roles, its log."""

    row: Any
    group: StoredGroup
    roles: Sequence[Any]
    accounts: Mapping[UUID, UUID]
    log: Sequence[Logged]


async def read_group(database: Database, tenant: UUID, group_id: UUID) -> InStore:
    """A group with all that belongs to it; the log in the order of versions."""
    async with database.reading(tenant) as db:
        [row] = await _rows(db, BuyingGroupRow, id=group_id)
        changes = await _rows(db, ChangeRow, subject_id=group_id)
        items = [await _rows(db, ChangeItemRow, change_id=change.id) for change in changes]
        log = [Logged(change, each) for change, each in zip(changes, items, strict=True)]
        people = await _rows(db, PersonRow, account_id=row.account_id)
        return InStore(
            row=row,
            group=(await groups_of(db, [group_id]))[group_id],
            roles=await _rows(db, GroupRoleRow, group_id=group_id),
            accounts={person.id: person.account_id for person in people},
            log=sorted(log, key=lambda logged: logged.change.version or 0),
        )


def breaches(found: InStore) -> list[str]:
    """Everything that is not as it must be."""
    return [*_wrong_counts(found), *_wrong_people(found), *_wrong_versions(found), *_wrong_log(found)]


def states_of(group: StoredGroup) -> States:
    """Membership and mark of each person, in the form of the change log."""
    people = group.members.keys() | group.marks.keys()
    data = {person: membership_data(group.members.get(person), group.marks.get(person)) for person in people}
    return {person: state for person, state in data.items() if state is not None}


def _wrong_counts(found: InStore) -> Iterator[str]:
    held = Counter(member.role_id for member in found.group.members.values())
    needs = [RoleNeed(row.role_id, held[row.role_id], row.members_required, row.required) for row in found.roles]
    complete = group_completeness(needs)
    if found.row.member_count != held.total():
        yield f"member_count is {found.row.member_count}, there are {held.total()} members"
    if found.row.completeness_score != (None if complete is None else shown(complete)):
        yield f"completeness is stored as {found.row.completeness_score}, the members make {complete}"
    for row, need in zip(found.roles, needs, strict=True):
        true = (need.members, shown(role_completeness(need.members, need.members_required)), need.missing)
        if (row.member_count, row.score, row.missing) != true:
            yield f"role {row.role_id}: count, score, missing {row.member_count, row.score, row.missing}, not {true}"
    if foreign := held.keys() - {need.role_id for need in needs}:
        yield f"members have roles that the group does not offer: {foreign}"


def _wrong_people(found: InStore) -> Iterator[str]:
    if strangers := found.group.members.keys() - found.accounts.keys():
        yield f"members of another account: {strangers}"
    if both := found.group.members.keys() & found.group.marks.keys():
        yield f"members that have a removal mark: {both}"


def _wrong_versions(found: InStore) -> Iterator[str]:
    versions = [logged.change.version for logged in found.log]
    if versions != list(range(1, len(versions) + 1)) or found.row.version != len(versions):
        yield f"the group has version {found.row.version}, its log {versions}"
    if found.log and found.log[-1].change.at != found.row.updated_at:
        yield f"last updated {found.row.updated_at}, last change {found.log[-1].change.at}"


def _wrong_log(found: InStore) -> Iterator[str]:
    """The log, replayed, gives the same members and marks; each call began with what the one before had left."""
    states: dict[UUID, dict[str, Any]] = {}
    for logged in found.log:
        for item in logged.items:
            if item.person_id is None:
                continue
            if item.before != states.get(item.person_id):
                yield f"version {logged.change.version} began with {item.before}, not {states.get(item.person_id)}"
            states.pop(item.person_id, None)
            if item.after is not None:
                states[item.person_id] = item.after
    if states != states_of(found.group):
        yield f"the log replays to {states}, the store has {states_of(found.group)}"


async def _rows(db: TenantConnection, row: type[SQLModel], **equal: Any) -> list[Any]:
    table = table_of(row)
    conditions = [table.c[name] == value for name, value in equal.items()]
    return list(await db.rows(select(table).where(of_tenant(table), *conditions).order_by(table.c.id)))
