"""The mutation that takes a whole logged call on a group's members back."""

from typing import Annotated
from uuid import UUID

import strawberry

from bg_graph.buying_groups.commands.calls import member_ids_of
from bg_graph.buying_groups.commands.undo import UndoOutcome, undo_change
from bg_graph.buying_groups.graphql.calls import (
    EXPECTED_VERSION,
    NOTE,
    act_of,
    call_errors,
    change_node,
    terms_of,
)
from bg_graph.buying_groups.graphql.groups import BuyingGroup
from bg_graph.buying_groups.graphql.history import Change
from bg_graph.buying_groups.graphql.members import Member
from bg_graph.buying_groups.graphql.membership import CHANGE_ID, GROUP, USER_ERRORS
from bg_graph.execution.node_ids import key_in
from bg_graph.graph.payloads import object_of, objects_of
from bg_graph.graph.user_errors import UserError, user_error
from bg_graph.tenancy.graphql import Info


@strawberry.input(description="Which call is taken back.")
class UndoChangeInput:
    """Which call is taken back."""

    change_id: strawberry.ID = strawberry.field(description="A call of the group's history that is `undoable`.")
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED_VERSION)
    note: str | None = strawberry.field(default=None, description=NOTE)


@strawberry.type(description="What taking a call back did.")
class UndoChangePayload:
    """What taking a call back did."""

    group_id: strawberry.Private[UUID | None]
    member_ids: strawberry.Private[list[UUID]]
    later_id: strawberry.Private[UUID | None]
    buying_group: BuyingGroup | None = object_of("group_id", GROUP)
    members: list[Member] = objects_of("member_ids", "Those of the call's people who are members now.")
    change_id: strawberry.ID | None = strawberry.field(description=CHANGE_ID)
    changed_since: Change | None = object_of(
        "later_id", "The later change that is in the way, with CHANGED_SINCE: take that one back first."
    )
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


async def _undo(
    info: Info, given: Annotated[UndoChangeInput, strawberry.argument(name="input", description="Which.")]
) -> UndoChangePayload:
    context = info.context
    terms = terms_of(context, given.expected_version, given.note)
    async with context.writing() as db:
        outcome = await undo_change(db, key_in(given.change_id, "chg"), act_of(context), terms)
        group_id = outcome.group_id
        members = [] if group_id is None else await member_ids_of(db, group_id, outcome.people)
    refused = outcome.refused
    later = None if refused is None or refused.later is None else refused.later.id
    return UndoChangePayload(
        group_id=group_id,
        member_ids=members,
        later_id=later,
        change_id=change_node(outcome.change_id),
        user_errors=_errors(outcome),
    )


def _errors(outcome: UndoOutcome) -> list[UserError]:
    errors = call_errors(outcome.faults, group="changeId")
    if outcome.refused is not None:
        named = "" if outcome.refused.later is None else f" (change {change_node(outcome.refused.later.id)})"
        errors.append(user_error(outcome.refused.code, outcome.refused.message + named, "changeId"))
    return errors


@strawberry.type
class UndoMutations:
    """Taking a call back."""

    undo_change: UndoChangePayload = strawberry.mutation(
        resolver=_undo,
        description="Take a whole call on members back: role, source and removal mark of each person are as they were "
        "before it. Refused where something touched one of the people since.",
    )
