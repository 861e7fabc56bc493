"""The change log of a group as it is shown: who did what, when and why, to whom."""

from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import Uuid, cast

from bg_graph.accounts.graphql import Person
from bg_graph.accounts.tables import PersonRow
from bg_graph.buying_groups.commands.acts import ChangeKind
from bg_graph.buying_groups.graphql.catalog import ROLE, Role
from bg_graph.buying_groups.graphql.groups import GROUP, BuyingGroup
from bg_graph.buying_groups.graphql.members import Source
from bg_graph.execution.declarations import Key, Link, One, Ordering
from bg_graph.execution.fields import DeclaredField
from bg_graph.graph.connections import Connection
from bg_graph.graph.ordering import by
from bg_graph.graph.types import Node, column, field_of, many, one, paged, related, type_of
from bg_graph.store.changes import ChangeItemRow, ChangeRow
from bg_graph.store.connection import table_of

CHANGE, ITEM = table_of(ChangeRow), table_of(ChangeItemRow)


@strawberry.enum(name="ChangeKind", description="What was done to a group.")
class Kind(Enum):
    """What was done to a group."""

    GROUP_CREATED = strawberry.enum_value(ChangeKind.GROUP_CREATED.value, description="The group was made.")
    GROUP_RENAMED = strawberry.enum_value(
        ChangeKind.GROUP_RENAMED.value, description="The group's name followed its account or solution interest."
    )
    GROUP_DELETED = strawberry.enum_value(ChangeKind.GROUP_DELETED.value, description="The group was deleted.")
    MEMBERS_ASSIGNED = strawberry.enum_value(ChangeKind.MEMBERS_ASSIGNED.value, description="People became members.")
    MEMBERS_REMOVED = strawberry.enum_value(ChangeKind.MEMBERS_REMOVED.value, description="Members were removed.")
    ROLES_EDITED = strawberry.enum_value(
        ChangeKind.ROLES_EDITED.value, description="Members got other roles, or were confirmed in theirs."
    )
    MEMBERS_MAINTAINED = strawberry.enum_value(
        ChangeKind.MEMBERS_MAINTAINED.value, description="The maintenance job assigned, moved or removed members."
    )
    PEOPLE_LEFT = strawberry.enum_value(
        ChangeKind.PEOPLE_LEFT.value,
        description="People left because they changed account, were deleted or merged away.",
    )
    STAGE_MOVED = strawberry.enum_value(ChangeKind.STAGE_MOVED.value, description="The group moved to another stage.")


def _role(state: str) -> Any:
    """The role in a state of the log, whose document holds the role's id as 32 hex digits."""
    role_id = cast(ITEM.c[state]["role_id"].as_string(), Uuid())
    return DeclaredField(
        One(Link(ROLE, ((role_id, ROLE.c.id),))), description=f"Role {state}; null without membership."
    )


@type_of(ChangeItemRow, prefix="chi", description="What a call did to one person's membership, or to the group itself.")
class ChangeItem:
    """What a call did to one person."""

    person: Person | None = one(
        PersonRow, ITEM.c.person_id, "Person; null where the group itself changed, or the person is gone."
    )
    role_before: Role | None = _role("before")
    role_after: Role | None = _role("after")
    source_before: Source | None = column(
        ITEM.c.before["source"].as_string(), "Source of the membership before.", label="source_before"
    )
    source_after: Source | None = column(
        ITEM.c.after["source"].as_string(), "Source of the membership after.", label="source_after"
    )


@type_of(ChangeRow, prefix="chg", description="One call that changed a group.")
class Change(Node):
    """One call that changed a group."""

    at: strawberry.auto
    by: strawberry.auto
    source: Source
    kind: Kind
    note: strawberry.auto
    items: list[ChangeItem] = many(
        related(ChangeItemRow, ITEM.c.change_id, CHANGE.c.id), by(ITEM.c.id), "What it did, person by person."
    )


field_of(
    BuyingGroup,
    "history",
    Connection[Change],
    paged(
        related(ChangeRow, CHANGE.c.subject_id, GROUP.c.id),
        Ordering((Key(CHANGE.c.at, descending=True), Key(CHANGE.c.id, descending=True)), ()),
        "What was done to the group, latest first.",
    ),
)
