"""Mutations of the Members tab: assigning, removing and editing roles of up to 50 people a call."""

from typing import Annotated, Any
from uuid import UUID

import strawberry

from bg_graph.buying_groups.commands.calls import (
    CallOutcome,
    MemberEdit,
    assign_call,
    edit_call,
    member_ids_of,
    remove_call,
)
from bg_graph.buying_groups.graphql.calls import (
    EXPECTED_VERSION,
    NOTE,
    act_of,
    call_errors,
    change_node,
    item_errors,
    terms_of,
)
from bg_graph.buying_groups.graphql.groups import BuyingGroup
from bg_graph.buying_groups.graphql.members import Member
from bg_graph.buying_groups.rules.membership import RoleAssignment
from bg_graph.execution.node_ids import key_in
from bg_graph.graph.payloads import object_of, objects_of
from bg_graph.graph.user_errors import UserError
from bg_graph.tenancy.graphql import Info

GROUP = "The group as it is now; null where there is no such group."
CHANGE_ID = "The logged call, for `undoChange`; null where nothing changed."
USER_ERRORS = "What the user can mend; with any of them nothing was changed."
SKIPPED = "Items of an automation that have a fault or that precedence forbids; the others were done. Always empty for users, whose calls are all or nothing."


@strawberry.input(name="RoleAssignment", description="A person and the role to have.")
class AssignmentInput:
    """A person and the role to have."""

    person_id: strawberry.ID = strawberry.field(description="Person of the group's account.")
    role_id: strawberry.ID = strawberry.field(description="Role that the group's roles template offers.")


@strawberry.input(name="RoleEdit", description="A member and the role to have.")
class EditInput:
    """A member and the role to have."""

    member_id: strawberry.ID = strawberry.field(description="Member of the group.")
    role_id: strawberry.ID = strawberry.field(description="Role that the group's roles template offers.")


@strawberry.input(description="Who becomes a member of a group, with which role.")
class AssignMembersInput:
    """Who becomes a member."""

    buying_group_id: strawberry.ID = strawberry.field(description="Buying group.")
    assignments: list[AssignmentInput] = strawberry.field(description="1 to 50 people, each with a role.")
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED_VERSION)
    note: str | None = strawberry.field(default=None, description=NOTE)


@strawberry.input(description="Which members leave a group.")
class RemoveMembersInput:
    """Which members leave."""

    buying_group_id: strawberry.ID = strawberry.field(description="Buying group.")
    member_ids: list[strawberry.ID] = strawberry.field(description="1 to 50 members.")
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED_VERSION)
    note: str | None = strawberry.field(default=None, description=NOTE)


@strawberry.input(description="Which members get which roles.")
class EditRolesInput:
    """Which members get which roles."""

    buying_group_id: strawberry.ID = strawberry.field(description="Buying group.")
    edits: list[EditInput] = strawberry.field(description="1 to 50 members, each with a role.")
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED_VERSION)
    note: str | None = strawberry.field(default=None, description=NOTE)


@strawberry.type(description="What an assign did.")
class AssignMembersPayload:
    """What an assign did."""

    group_id: strawberry.Private[UUID | None]
    member_ids: strawberry.Private[list[UUID]]
    buying_group: BuyingGroup | None = object_of("group_id", GROUP)
    members: list[Member] = objects_of("member_ids", "The members that the call named and did not skip, in its order.")
    change_id: strawberry.ID | None = strawberry.field(description=CHANGE_ID)
    skipped: list[UserError] = strawberry.field(description=SKIPPED)
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


@strawberry.type(description="What a removal did.")
class RemoveMembersPayload:
    """What a removal did."""

    group_id: strawberry.Private[UUID | None]
    buying_group: BuyingGroup | None = object_of("group_id", GROUP)
    removed_member_ids: list[strawberry.ID] = strawberry.field(description="The ids that are members no longer.")
    change_id: strawberry.ID | None = strawberry.field(description=CHANGE_ID)
    skipped: list[UserError] = strawberry.field(description=SKIPPED)
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


@strawberry.type(description="What an edit of roles did.")
class EditRolesPayload:
    """What an edit of roles did."""

    group_id: strawberry.Private[UUID | None]
    member_ids: strawberry.Private[list[UUID]]
    buying_group: BuyingGroup | None = object_of("group_id", GROUP)
    members: list[Member] = objects_of("member_ids", "The members that the call named and did not skip, in its order.")
    change_id: strawberry.ID | None = strawberry.field(description=CHANGE_ID)
    skipped: list[UserError] = strawberry.field(description=SKIPPED)
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


def _told(outcome: CallOutcome, items: str, subject: str | None = None) -> dict[str, Any]:
    """What every payload of these mutations tells."""
    return {
        "group_id": outcome.group_id,
        "change_id": change_node(outcome.change_id),
        "skipped": item_errors(outcome.skipped, items, subject),
        "user_errors": [*call_errors(outcome.faults, items), *item_errors(outcome.refused, items, subject)],
    }


async def _assign(
    info: Info,
    given: Annotated[AssignMembersInput, strawberry.argument(name="input", description="Who, and with which role.")],
) -> AssignMembersPayload:
    items = [RoleAssignment(key_in(each.person_id, "per"), key_in(each.role_id, "rol")) for each in given.assignments]
    context = info.context
    terms = terms_of(context, given.expected_version, given.note)
    async with context.writing() as db:
        outcome = await assign_call(db, key_in(given.buying_group_id, "grp"), items, act_of(context), terms)
        members = await member_ids_of(db, outcome.group_id, outcome.people) if outcome.group_id else []
    return AssignMembersPayload(member_ids=members, **_told(outcome, "assignments", "personId"))


async def _remove(
    info: Info,
    given: Annotated[RemoveMembersInput, strawberry.argument(name="input", description="Whom.")],
) -> RemoveMembersPayload:
    member_ids = [key_in(each, "mem") for each in given.member_ids]
    context = info.context
    terms = terms_of(context, given.expected_version, given.note)
    async with context.writing() as db:
        outcome = await remove_call(db, key_in(given.buying_group_id, "grp"), member_ids, act_of(context), terms)
    skipped = {fault.index for fault in outcome.skipped}
    removed = [each for index, each in enumerate(given.member_ids) if outcome.people and index not in skipped]
    return RemoveMembersPayload(removed_member_ids=removed, **_told(outcome, "memberIds"))


async def _edit(
    info: Info,
    given: Annotated[EditRolesInput, strawberry.argument(name="input", description="Whom, and which role.")],
) -> EditRolesPayload:
    edits = [MemberEdit(key_in(each.member_id, "mem"), key_in(each.role_id, "rol")) for each in given.edits]
    context = info.context
    terms = terms_of(context, given.expected_version, given.note)
    async with context.writing() as db:
        outcome = await edit_call(db, key_in(given.buying_group_id, "grp"), edits, act_of(context), terms)
        members = await member_ids_of(db, outcome.group_id, outcome.people) if outcome.group_id else []
    return EditRolesPayload(member_ids=members, **_told(outcome, "edits", "memberId"))


@strawberry.type
class MembershipMutations:
    """What the Members tab does to a group's members."""

    assign_members: AssignMembersPayload = strawberry.mutation(
        resolver=_assign, description="Make people members of a buying group, each with a role."
    )
    remove_members: RemoveMembersPayload = strawberry.mutation(
        resolver=_remove,
        description="Take members out of a buying group; the maintenance job brings none of them back.",
    )
    edit_roles: EditRolesPayload = strawberry.mutation(
        resolver=_edit, description="Give members other roles, or confirm them in theirs."
    )
