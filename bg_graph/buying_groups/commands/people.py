"""What follows for the groups of an account when people leave it."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from bg_graph.buying_groups.commands.acts import Act, ChangeKind
from bg_graph.buying_groups.commands.stored import groups_of, member
from bg_graph.buying_groups.commands.writing import Decided, write_changes
from bg_graph.buying_groups.rules.membership import MembershipSource, leave
from bg_graph.store.chunks import chunks
from bg_graph.store.connection import TenantConnection
from bg_graph.store.scope import of_tenant


async def people_left(db: TenantConnection, person_ids: Iterable[UUID], *, by: str, now: datetime) -> int:
    """Take people who change account, are deleted or merged away out of their groups, archived ones included.

    How many memberships ended. Call it before the person's account changes or the row goes: the database refuses a
    member of another account. Source: domain.md, "Rules of membership".
    """
    act = Act(by, MembershipSource.SYSTEM, now)
    ended = 0
    for ids in chunks(dict.fromkeys(person_ids)):
        in_groups = select(member.c.group_id).where(of_tenant(member), member.c.person_id.in_(ids)).distinct()
        group_ids = [row.group_id for row in await db.rows(in_groups)]
        groups = await groups_of(db, group_ids, lock=True)
        decided = [Decided(group, leave(group.state, ids)) for group in groups.values()]
        await write_changes(db, decided, act, ChangeKind.PEOPLE_LEFT)
        ended += sum(len(each.changes) for each in decided)
    return ended
