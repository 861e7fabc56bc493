"""Mutations of a group as a whole: its stage, and whether it is in use."""

from typing import Annotated, Any
from uuid import UUID

import strawberry

from bg_graph.buying_groups.commands.archive import ArchiveOutcome, archive_group, unarchive_group
from bg_graph.buying_groups.commands.stages import move_stage
from bg_graph.buying_groups.graphql.calls import (
    EXPECTED_VERSION,
    NOTE,
    act_of,
    call_errors,
    change_node,
    terms_of,
)
from bg_graph.buying_groups.graphql.groups import BuyingGroup
from bg_graph.buying_groups.graphql.membership import CHANGE_ID, GROUP, USER_ERRORS
from bg_graph.execution.node_ids import key_in
from bg_graph.graph.payloads import object_of
from bg_graph.graph.user_errors import UserError, user_error
from bg_graph.tenancy.graphql import Info


@strawberry.input(description="To which stage a group moves.")
class MoveStageInput:
    """To which stage a group moves."""

    buying_group_id: strawberry.ID = strawberry.field(description="Buying group.")
    stage_id: strawberry.ID = strawberry.field(description="One of the group's `nextStages`.")
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED_VERSION)
    note: str | None = strawberry.field(default=None, description=NOTE)


@strawberry.input(description="Which group is archived.")
class ArchiveBuyingGroupInput:
    """Which group is archived."""

    buying_group_id: strawberry.ID = strawberry.field(description="Buying group.")
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED_VERSION)
    note: str | None = strawberry.field(default=None, description=NOTE)


@strawberry.input(description="Which archived group is taken back into use.")
class UnarchiveBuyingGroupInput:
    """Which group is taken back into use."""

    buying_group_id: strawberry.ID = strawberry.field(description="Buying group.")
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED_VERSION)
    note: str | None = strawberry.field(default=None, description=NOTE)


@strawberry.type(description="What a move to another stage did.")
class MoveStagePayload:
    """What a move did."""

    group_id: strawberry.Private[UUID | None]
    buying_group: BuyingGroup | None = object_of("group_id", GROUP)
    change_id: strawberry.ID | None = strawberry.field(description=CHANGE_ID)
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


@strawberry.type(description="What archiving a group did.")
class ArchiveBuyingGroupPayload:
    """What archiving did."""

    group_id: strawberry.Private[UUID | None]
    buying_group: BuyingGroup | None = object_of("group_id", GROUP)
    change_id: strawberry.ID | None = strawberry.field(description=CHANGE_ID)
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


@strawberry.type(description="What taking a group back into use did.")
class UnarchiveBuyingGroupPayload:
    """What taking a group back into use did."""

    group_id: strawberry.Private[UUID | None]
    buying_group: BuyingGroup | None = object_of("group_id", GROUP)
    change_id: strawberry.ID | None = strawberry.field(description=CHANGE_ID)
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


async def _move(
    info: Info, given: Annotated[MoveStageInput, strawberry.argument(name="input", description="Which, and where to.")]
) -> MoveStagePayload:
    context = info.context
    group_id, stage_id = key_in(given.buying_group_id, "grp"), key_in(given.stage_id, "stg")
    terms = terms_of(context, given.expected_version, given.note)
    async with context.writing() as db:
        outcome = await move_stage(db, group_id, stage_id, act_of(context), terms)
    refused = outcome.refused
    errors = call_errors(outcome.faults)
    errors += [] if refused is None else [user_error(refused.code, refused.message, "stageId")]
    return MoveStagePayload(group_id=outcome.group_id, change_id=change_node(outcome.change_id), user_errors=errors)


async def _archive(
    info: Info, given: Annotated[ArchiveBuyingGroupInput, strawberry.argument(name="input", description="Which.")]
) -> ArchiveBuyingGroupPayload:
    context = info.context
    terms = terms_of(context, given.expected_version, given.note)
    async with context.writing() as db:
        outcome = await archive_group(db, key_in(given.buying_group_id, "grp"), act_of(context), terms)
    return ArchiveBuyingGroupPayload(**_told(outcome))


async def _unarchive(
    info: Info, given: Annotated[UnarchiveBuyingGroupInput, strawberry.argument(name="input", description="Which.")]
) -> UnarchiveBuyingGroupPayload:
    context = info.context
    terms = terms_of(context, given.expected_version, given.note)
    async with context.writing() as db:
        outcome = await unarchive_group(db, key_in(given.buying_group_id, "grp"), act_of(context), terms)
    return UnarchiveBuyingGroupPayload(**_told(outcome))


def _told(outcome: ArchiveOutcome) -> dict[str, Any]:
    return {
        "group_id": outcome.group_id,
        "change_id": change_node(outcome.change_id),
        "user_errors": call_errors(outcome.faults),
    }


@strawberry.type
class GroupMutations:
    """What is done to a group as a whole."""

    move_stage: MoveStagePayload = strawberry.mutation(
        resolver=_move, description="Move a buying group to another stage, where its stage model allows the move."
    )
    archive_buying_group: ArchiveBuyingGroupPayload = strawberry.mutation(
        resolver=_archive,
        description="Make a buying group read-only, leave it out of lists and have jobs skip it. Once is enough.",
    )
    unarchive_buying_group: UnarchiveBuyingGroupPayload = strawberry.mutation(
        resolver=_unarchive, description="Take an archived buying group back into use."
    )
