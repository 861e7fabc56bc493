"""Who changes buying groups, the words of the change log for what was done to them, and who is told of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bg_graph.buying_groups.rules.membership import MembershipSource
from bg_graph.store.changes import LoggedChange, record_changes
from bg_graph.store.connection import TenantConnection

TOPIC = "group"
"""Under which a changed group is announced to those who follow it."""


class ChangeKind(StrEnum):
    """What was done to a buying group."""

    GROUP_CREATED = "GROUP_CREATED"
    GROUP_RENAMED = "GROUP_RENAMED"
    GROUP_DELETED = "GROUP_DELETED"
    MEMBERS_ASSIGNED = "MEMBERS_ASSIGNED"
    MEMBERS_REMOVED = "MEMBERS_REMOVED"
    ROLES_EDITED = "ROLES_EDITED"
    MEMBERS_MAINTAINED = "MEMBERS_MAINTAINED"
    PEOPLE_LEFT = "PEOPLE_LEFT"
    STAGE_MOVED = "STAGE_MOVED"
    GROUP_ARCHIVED = "GROUP_ARCHIVED"
    GROUP_UNARCHIVED = "GROUP_UNARCHIVED"
    CHANGE_UNDONE = "CHANGE_UNDONE"


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something to memberships, as what, and when, for rules and change log. `note`: the reason given."""

    by: str
    source: MembershipSource
    now: datetime
    note: str | None = None


async def record_group_changes(db: TenantConnection, changes: Sequence[LoggedChange]) -> None:
    """Log what was done to groups, and announce each of them to its followers once the transaction is committed."""
    await record_changes(db, changes)
    for change in changes:
        db.announce(TOPIC, change.subject_id)
