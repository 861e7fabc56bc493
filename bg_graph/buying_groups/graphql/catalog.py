"""The set-up that groups rest on: roles, roles templates, stage models and solution interests."""

from enum import Enum

import strawberry

from bg_graph.accounts.rules import text_key
from bg_graph.buying_groups.tables import (
    RoleRow,
    RolesTemplateRow,
    SolutionInterestRow,
    StageModelRow,
    StageMoveRow,
    StageRow,
    TemplateRoleRow,
)
from bg_graph.execution.declarations import Key, Ordering
from bg_graph.graph.connections import Connection
from bg_graph.graph.ordering import by
from bg_graph.graph.search import parts_of
from bg_graph.graph.types import Node, by_id, many, one, paged, related, type_of
from bg_graph.store.connection import table_of

ROLE, TEMPLATE, TEMPLATE_ROLE = table_of(RoleRow), table_of(RolesTemplateRow), table_of(TemplateRoleRow)
STAGE_MODEL, STAGE, MOVE = table_of(StageModelRow), table_of(StageRow), table_of(StageMoveRow)
INTEREST = table_of(SolutionInterestRow)


@strawberry.enum(description="What a role counts for in a group's engagement score.")
class Weighting(Enum):
    """What a role counts for."""

    TRIVIAL = strawberry.enum_value("TRIVIAL", description="20.")
    MINOR = strawberry.enum_value("MINOR", description="40.")
    NORMAL = strawberry.enum_value("NORMAL", description="60.")
    IMPORTANT = strawberry.enum_value("IMPORTANT", description="80.")
    VITAL = strawberry.enum_value("VITAL", description="100.")


@strawberry.enum(description="Whether a roles template or stage model can still be edited.")
class PublicationStatus(Enum):
    """Whether it can still be edited."""

    DRAFT = strawberry.enum_value("DRAFT", description="Being edited; not used by groups yet.")
    LIVE = strawberry.enum_value("LIVE", description="In use; can't be edited.")


@strawberry.enum(description="What reaching a stage means.")
class StageDestination(Enum):
    """What reaching a stage means."""

    SUCCESS = strawberry.enum_value("SUCCESS", description="The group decided for us; final.")
    FAILURE = strawberry.enum_value("FAILURE", description="The group decided against us; there may be a way back.")


@type_of(RoleRow, prefix="rol", description="A role that a member can have.")
class Role(Node):
    """A role that a member can have."""

    name: strawberry.auto
    is_default: strawberry.auto


@type_of(TemplateRoleRow, prefix="rdf", description="A role definition of a roles template.")
class RoleDefinition(Node):
    """A role definition."""

    role: Role = one(RoleRow, TEMPLATE_ROLE.c.role_id, "Role.")
    position: strawberry.auto
    weighting: Weighting
    required: strawberry.auto
    members_required: strawberry.auto


@type_of(RolesTemplateRow, prefix="tpl", description="An ordered list of role definitions.")
class RolesTemplate(Node):
    """An ordered list of role definitions."""

    name: strawberry.auto
    status: PublicationStatus
    role_definitions: list[RoleDefinition] = many(
        related(TemplateRoleRow, TEMPLATE_ROLE.c.template_id, TEMPLATE.c.id),
        by(TEMPLATE_ROLE.c.position),
        "Role definitions in the order of their priority.",
    )
    created_at: strawberry.auto
    published_at: strawberry.auto


@type_of(StageRow, prefix="stg", description="A stage of a stage model.")
class Stage(Node):
    """A stage of a stage model."""

    name: strawberry.auto
    position: strawberry.auto
    is_entry: strawberry.auto
    destination: StageDestination | None
    next_stages: "list[Stage]" = many(
        related(
            StageRow,
            MOVE.c.from_stage_id,
            STAGE.c.id,
            join=MOVE.join(STAGE, STAGE.c.id == MOVE.c.to_stage_id),
        ),
        by(STAGE.c.position, STAGE.c.id),
        "Stages that may come next.",
    )


@type_of(StageModelRow, prefix="stm", description="The stages that a group moves through.")
class StageModel(Node):
    """The stages that a group moves through."""

    name: strawberry.auto
    status: PublicationStatus
    stages: list[Stage] = many(
        related(StageRow, STAGE.c.stage_model_id, STAGE_MODEL.c.id), by(STAGE.c.position, STAGE.c.id), "All stages."
    )


@type_of(SolutionInterestRow, prefix="sin", description="What is being sold.")
class SolutionInterest(Node):
    """What is being sold."""

    name: strawberry.auto
    description: strawberry.auto
    roles_template: RolesTemplate = one(RolesTemplateRow, INTEREST.c.template_id, "Roles template of its groups.")
    stage_model: StageModel | None = one(StageModelRow, INTEREST.c.stage_model_id, "Stage model of its groups.")


@strawberry.type
class CatalogQueries:
    """What the set-up offers to a query."""

    roles: list[Role] = many(related(RoleRow), by(ROLE.c.position, ROLE.c.id), "All roles, the defaults first.")
    roles_templates: Connection[RolesTemplate] = paged(
        related(RolesTemplateRow), Ordering(by(TEMPLATE.c.name_key, TEMPLATE.c.id), ()), "Roles templates, by name."
    )
    roles_template: RolesTemplate | None = by_id("A roles template.")
    solution_interests: Connection[SolutionInterest] = paged(
        related(SolutionInterestRow),
        Ordering((Key(INTEREST.c.name_key), Key(INTEREST.c.id)), ()),
        "Solution interests, by name.",
        filters={"search": parts_of(INTEREST.c.name_key, text_key=text_key)},
        arguments={"search": (str, "A part of the name.")},
    )
    solution_interest: SolutionInterest | None = by_id("A solution interest.")
