"""The change log of a group as it is shown: who did what, when and why, to whom."""

from collections.abc import Sequence
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import Uuid, cast

from bg_graph.accounts.graphql import Person
from bg_graph.accounts.tables import PersonRow
from bg_graph.buying_groups.commands.acts import ChangeKind
from bg_graph.buying_groups.commands.logged import CallHead
from bg_graph.buying_groups.commands.undo import undoable
from bg_graph.buying_groups.graphql.calls import act_of, terms_of
from bg_graph.buying_groups.graphql.catalog import ROLE, Role
from bg_graph.buying_groups.graphql.groups import GROUP, BuyingGroup
from bg_graph.buying_groups.graphql.members import Source
from bg_graph.buying_groups.rules.membership import MembershipSource
from bg_graph.execution.declarations import Key, Link, One, Ordering
from bg_graph.execution.fields import DeclaredField
from bg_graph.execution.records import Record
from bg_graph.graph.connections import Connection
from bg_graph.graph.ordering import by
from bg_graph.graph.types import Node, batch, column, field_of, first_of, many, one, paged, related, type_of
from bg_graph.store.changes import ChangeItemRow, ChangeRow
from bg_graph.store.connection import table_of
from bg_graph.tenancy.graphql import Info

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
    GROUP_ARCHIVED = strawberry.enum_value(ChangeKind.GROUP_ARCHIVED.value, description="The group was archived.")
    GROUP_UNARCHIVED = strawberry.enum_value(
        ChangeKind.GROUP_UNARCHIVED.value, description="The group was taken back into use."
    )
    CHANGE_UNDONE = strawberry.enum_value(
        ChangeKind.CHANGE_UNDONE.value, description="An earlier call on members was taken back."
    )


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


async def _undoable(changes: Sequence[Record], info: Info) -> Sequence[bool]:
    """For each change whether `undoChange` would take it back, asked of the same rules."""
    heads = {
        each[CHANGE.c.id]: CallHead(
            each[CHANGE.c.id], each[CHANGE.c.subject_id], each[CHANGE.c.kind], MembershipSource(each[CHANGE.c.source])
        )
        for each in changes
    }
    context = info.context
    found = await undoable(await context.db(), heads.values(), act_of(context).source, terms_of(context, None, None))
    return [each[CHANGE.c.id] in found for each in changes]


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
    undoable: bool = batch(
        _undoable,
        (CHANGE.c.id, CHANGE.c.subject_id, CHANGE.c.kind, CHANGE.c.source),
        "Whether `undoChange` would take it back at this moment, for this caller.",
    )
    undoes: "Change | None" = one(ChangeRow, CHANGE.c.undoes, "The call that this one took back.")
    undone_by: "Change | None" = first_of(
        related(ChangeRow, CHANGE.c.undoes, CHANGE.c.id), by(CHANGE.c.id), "The call that took this one back."
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
