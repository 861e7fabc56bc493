"""Made names, and the words by which accounts and groups are found: kept in the transaction that changes them."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, bindparam, delete, select, update

from bg_graph.accounts.rules import text_key
from bg_graph.accounts.tables import AccountRow
from bg_graph.buying_groups.commands.acts import ChangeKind, record_group_changes
from bg_graph.buying_groups.rules.membership import MembershipSource
from bg_graph.buying_groups.rules.naming import group_name, name_words
from bg_graph.buying_groups.tables import BuyingGroupRow, NameWordRow, SolutionInterestRow
from bg_graph.store.changes import Item, LoggedChange
from bg_graph.store.chunks import chunks
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant

account = table_of(AccountRow)
group = table_of(BuyingGroupRow)
interest = table_of(SolutionInterestRow)
word = table_of(NameWordRow)

ACCOUNT = "ACCOUNT"
GROUP = "GROUP"

_rename = (
    update(group)
    .where(of_tenant(group), group.c.id == bindparam("group_id"))
    .values(
        name=bindparam("new_name"),
        name_key=bindparam("new_key"),
        version=group.c.version + 1,
        updated_at=bindparam("at"),
    )
)


async def index_account_names(db: TenantConnection, account_ids: Iterable[UUID]) -> None:
    """Make these accounts findable by the words of their present names; call it for new and renamed accounts."""
    for ids in chunks(dict.fromkeys(account_ids)):
        named = select(account.c.id, account.c.name).where(of_tenant(account), account.c.id.in_(ids))
        await index_names(db, ACCOUNT, {row.id: row.name for row in await db.rows(named)})


async def rename_groups(db: TenantConnection, account_ids: Iterable[UUID], *, by: str, now: datetime) -> int:
    """Give the groups of these accounts the names that follow from the accounts' present ones; how many changed.

    Archived groups follow too. Source: domain.md, "Rules of membership" (a group's made name follows its account and
    interest in the same transaction).
    """
    counts = [
        await _rename_where(db, group.c.account_id.in_(ids), by, now) for ids in chunks(dict.fromkeys(account_ids))
    ]
    return sum(counts)


async def rename_groups_of_interests(
    db: TenantConnection, interest_ids: Collection[UUID], *, by: str, now: datetime
) -> int:
    """Like `rename_groups`, after solution interests were renamed."""
    return await _rename_where(db, group.c.solution_interest_id.in_(interest_ids), by, now)


async def index_names(db: TenantConnection, kind: str, names: Mapping[UUID, str]) -> None:
    """Replace the stored words of these accounts or groups (`kind`) by those of the given names."""
    await forget_names(db, names)
    await db.insert(
        NameWordRow,
        [
            {"subject_kind": kind, "subject_id": subject_id, "word": each}
            for subject_id, name in names.items()
            for each in sorted(name_words(name))
        ],
    )


async def forget_names(db: TenantConnection, subject_ids: Iterable[UUID]) -> None:
    """Drop the stored words of accounts or groups that go."""
    for ids in chunks(subject_ids):
        await db.execute(delete(word).where(of_tenant(word), word.c.subject_id.in_(ids)))


async def _rename_where(db: TenantConnection, which: ColumnElement[bool], by: str, now: datetime) -> int:
    names = (group.c.name, interest.c.name.label("interest"), account.c.name.label("account"))
    statement = (
        select(group.c.id, group.c.version, *names)
        .join(interest, interest.c.id == group.c.solution_interest_id)
        .join(account, account.c.id == group.c.account_id)
        .where(of_tenant(group), of_tenant(interest), of_tenant(account), which)
        .order_by(group.c.id)
        .with_for_update(of=group, key_share=True)
    )
    made = [(row, group_name(row.interest, row.account)) for row in await db.rows(statement)]
    changed = {row.id: (row, name) for row, name in made if row.name != name}
    await db.execute_each(
        _rename,
        [
            {"group_id": group_id, "new_name": name, "new_key": text_key(name), "at": now}
            for group_id, (_, name) in changed.items()
        ],
    )
    await index_names(db, GROUP, {group_id: name for group_id, (_, name) in changed.items()})
    await record_group_changes(db, [_renaming(row, name, by, now) for row, name in changed.values()])
    return len(changed)


def _renaming(row: Row[Any], name: str, by: str, now: datetime) -> LoggedChange:
    return LoggedChange(
        subject_id=row.id,
        at=now,
        by=by,
        source=MembershipSource.SYSTEM,
        kind=ChangeKind.GROUP_RENAMED,
        items=(Item({"name": row.name}, {"name": name}),),
        version=row.version + 1,
    )
