"""Tables of the set-up (roles, templates, stage models, solution interests) and of the groups with their members.

Completeness is stored in the group and in each of its roles; `commands` keeps it right in the transaction that changes
the membership.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from bg_graph.store.rows import TenantOwned, document, key, points_at, time


class RoleRow(TenantOwned, table=True):
    """A role that a member can have; the six defaults have the same ids in every tenant."""

    __tablename__ = "role"
    __table_args__ = (UniqueConstraint("tenant_id", "name_key"),)

    name: str = Field(description="Name of the role.")
    name_key: str = key("Name as it is compared: two roles of one name are refused.")
    is_default: bool = Field(default=False, description="One of the six that can't be changed or deleted.")
    position: int = Field(default=0, description="Order in lists: the defaults first.")


class RolesTemplateRow(TenantOwned, table=True):
    """An ordered list of role definitions; a LIVE one is not edited."""

    __tablename__ = "roles_template"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name_key"),
        CheckConstraint("status IN ('DRAFT', 'LIVE')", name="status"),
    )

    name: str = Field(description="Name of the template.")
    name_key: str = key("Name as it is sorted and compared.")
    status: str = Field(default="DRAFT", description="DRAFT or LIVE.")
    created_at: datetime = time("When the template was made.")
    published_at: datetime | None = time("When the template went LIVE.", default=None)


class TemplateRoleRow(TenantOwned, table=True):
    """A role definition of a template."""

    __tablename__ = "template_role"
    __table_args__ = (
        UniqueConstraint("tenant_id", "template_id", "role_id"),
        UniqueConstraint("tenant_id", "template_id", "position"),
        points_at("template_id", "roles_template"),
        points_at("role_id", "role"),
        CheckConstraint("members_required >= 1", name="members_required"),
        CheckConstraint("weighting IN ('TRIVIAL', 'MINOR', 'NORMAL', 'IMPORTANT', 'VITAL')", name="weighting"),
    )

    template_id: UUID = Field(description="Template.")
    role_id: UUID = Field(description="Role.")
    position: int = Field(description="Priority for auto-assignment: 0 comes first.")
    weighting: str = Field(default="NORMAL", description="TRIVIAL, MINOR, NORMAL, IMPORTANT or VITAL.")
    weight: int = Field(description="The weighting as a number: 20, 40, 60, 80 or 100.")
    required: bool = Field(default=True, description="Counts for completeness.")
    members_required: int = Field(default=1, description="Members that make the role complete.")
    conditions: dict[str, Any] | None = document(
        "Conditions for auto-assignment; none: assigned by hand only.", default=None
    )


class StageModelRow(TenantOwned, table=True):
    """The stages that a group moves through; a LIVE one is not edited."""

    __tablename__ = "stage_model"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name_key"),
        CheckConstraint("status IN ('DRAFT', 'LIVE')", name="status"),
    )

    name: str = Field(description="Name of the stage model.")
    name_key: str = key("Name as it is sorted and compared.")
    status: str = Field(default="DRAFT", description="DRAFT or LIVE.")
    created_at: datetime = time("When the stage model was made.")


class StageRow(TenantOwned, table=True):
    """A stage of a stage model."""

    __tablename__ = "stage"
    __table_args__ = (
        UniqueConstraint("tenant_id", "stage_model_id", "name_key"),
        UniqueConstraint("tenant_id", "id", "stage_model_id"),
        points_at("stage_model_id", "stage_model"),
        CheckConstraint("destination IN ('SUCCESS', 'FAILURE')", name="destination"),
    )

    stage_model_id: UUID = Field(description="Stage model.")
    name: str = Field(description="Name of the stage.")
    name_key: str = key("Name as it is compared.")
    position: int = Field(description="Order in the model.")
    is_entry: bool = Field(default=False, description="A group's first stage may be this one.")
    destination: str | None = Field(default=None, description="SUCCESS or FAILURE; empty for a stage on the way.")


class StageMoveRow(TenantOwned, table=True):
    """A move that a stage model allows."""

    __tablename__ = "stage_move"
    __table_args__ = (
        UniqueConstraint("tenant_id", "from_stage_id", "to_stage_id"),
        points_at("stage_model_id", "stage_model"),
        points_at("from_stage_id", "stage"),
        points_at("to_stage_id", "stage"),
    )

    stage_model_id: UUID = Field(description="Stage model.")
    from_stage_id: UUID = Field(description="Present stage.")
    to_stage_id: UUID = Field(description="Stage that may come next.")


class SolutionInterestRow(TenantOwned, table=True):
    """What is being sold."""

    __tablename__ = "solution_interest"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name_key"),
        points_at("template_id", "roles_template"),
        points_at("stage_model_id", "stage_model"),
    )

    name: str = Field(description="Name of the solution interest.")
    name_key: str = key("Name as it is sorted, searched and compared.")
    description: str | None = Field(default=None, description="What is sold, in a sentence.")
    template_id: UUID = Field(description="Roles template of its groups; fixed once set.")
    stage_model_id: UUID | None = Field(default=None, description="Stage model of its groups.")
    position: int = Field(default=0, description="Order in the set-up file.")
    account_conditions: dict[str, Any] | None = document(
        "Which accounts get a group by the maintenance job; none: no account.", default=None
    )
    opportunity_conditions: dict[str, Any] | None = document(
        "Which opportunities are about it; none: no opportunity.", default=None
    )


class CrmRoleRow(TenantOwned, table=True):
    """How a contact role of the CRM maps to a role of ours."""

    __tablename__ = "crm_role"
    __table_args__ = (UniqueConstraint("tenant_id", "crm_role_key"), points_at("role_id", "role"))

    crm_role: str = Field(description="Role in the words of the CRM; empty for contact roles without one.")
    crm_role_key: str = key("That role as it is compared.")
    role_id: UUID = Field(description="Role of ours.")


class BuyingGroupRow(TenantOwned, table=True):
    """The people of one account who decide on buying one solution."""

    __tablename__ = "buying_group"
    __table_args__ = (
        UniqueConstraint("tenant_id", "account_id", "solution_interest_id"),
        UniqueConstraint("tenant_id", "id", "account_id", "template_id"),
        points_at("account_id", "account"),
        points_at("solution_interest_id", "solution_interest"),
        points_at("template_id", "roles_template"),
        points_at("stage_model_id", "stage_model"),
        ForeignKeyConstraint(
            ["tenant_id", "stage_id", "stage_model_id"], ["stage.tenant_id", "stage.id", "stage.stage_model_id"]
        ),
        Index("ix_buying_group_by_name", "tenant_id", "name_key", "id"),
        Index("ix_buying_group_by_account", "tenant_id", "account_id", "name_key", "id"),
        Index("ix_buying_group_by_interest", "tenant_id", "solution_interest_id", "name_key", "id"),
        Index("ix_buying_group_by_stage", "tenant_id", "stage_id", "name_key", "id"),
        Index("ix_buying_group_fewest_members", "tenant_id", "member_count", "name_key", "id"),
        Index("ix_buying_group_most_members", "tenant_id", text("member_count DESC"), "name_key", "id"),
        Index("ix_buying_group_oldest", "tenant_id", "created_at", "name_key", "id"),
        Index("ix_buying_group_newest", "tenant_id", text("created_at DESC"), "name_key", "id"),
        Index("ix_buying_group_longest_unchanged", "tenant_id", "updated_at", "name_key", "id"),
        Index("ix_buying_group_latest_changed", "tenant_id", text("updated_at DESC"), "name_key", "id"),
        Index(
            "ix_buying_group_most_engaged",
            "tenant_id",
            text("(engagement_raw IS NULL)"),
            text("engagement_raw DESC"),
            "name_key",
            "id",
        ),
        Index(
            "ix_buying_group_least_engaged",
            "tenant_id",
            text("(engagement_raw IS NULL)"),
            "engagement_raw",
            "name_key",
            "id",
        ),
        Index(
            "ix_buying_group_most_complete",
            "tenant_id",
            text("(completeness_score IS NULL)"),
            text("completeness_score DESC"),
            "name_key",
            "id",
        ),
        Index(
            "ix_buying_group_least_complete",
            "tenant_id",
            text("(completeness_score IS NULL)"),
            "completeness_score",
            "name_key",
            "id",
        ),
    )

    account_id: UUID = Field(description="Account whose people decide.")
    solution_interest_id: UUID = Field(description="What they decide on.")
    template_id: UUID = Field(description="Roles template: the roles offered in the group.")
    stage_model_id: UUID | None = Field(default=None, description="Stage model of the group.")
    stage_id: UUID | None = Field(default=None, description="Present stage; may be empty.")
    name: str = Field(description='Made name: "<solution interest> for <account>".')
    name_key: str = key("Name as it is sorted and searched.")
    member_count: int = Field(default=0, description="Number of members.")
    completeness_score: int | None = Field(
        default=None, description="Completeness 0 to 100; null where no role is required."
    )
    engagement_raw: float | None = Field(default=None, description="Engagement score, 0 to 100, as exact as computed.")
    engagement_score: int | None = Field(
        default=None, description="Engagement score 0 to 100; null before the first run."
    )
    scored_at: datetime | None = time("When the engagement score was computed.", default=None)
    version: int = Field(default=1, description="Rises with each change of the group or its membership.")
    archived_at: datetime | None = time("When the group was archived; empty while it is in use.", default=None)
    created_at: datetime = time("When the group was made.")
    updated_at: datetime = time("When the group or its membership last changed.")


class GroupRoleRow(TenantOwned, table=True):
    """Completeness of one role in one group."""

    __tablename__ = "group_role"
    __table_args__ = (
        UniqueConstraint("tenant_id", "group_id", "role_id"),
        points_at("group_id", "buying_group", ondelete="CASCADE"),
        points_at("role_id", "role"),
        Index("ix_group_role_ordered", "tenant_id", "group_id", "position"),
        Index("ix_group_role_missing", "tenant_id", "role_id", "missing", "group_id"),
        Index("ix_group_role_depth", "tenant_id", "role_id", "member_count", "group_id"),
    )

    group_id: UUID = Field(description="Buying group.")
    role_id: UUID = Field(description="Role.")
    position: int = Field(description="Order of the role in the template.")
    required: bool = Field(description="Counts for the group's completeness.")
    members_required: int = Field(description="Members that make the role complete.")
    member_count: int = Field(default=0, description="Members with the role.")
    score: int = Field(default=0, description="Completeness of the role, 0 to 100.")
    missing: bool = Field(description="Required, with fewer members than required.")


class MemberRow(TenantOwned, table=True):
    """A person in a buying group, with exactly one role there."""

    __tablename__ = "member"
    __table_args__ = (
        UniqueConstraint("tenant_id", "group_id", "person_id"),
        ForeignKeyConstraint(
            ["tenant_id", "group_id", "account_id", "template_id"],
            ["buying_group.tenant_id", "buying_group.id", "buying_group.account_id", "buying_group.template_id"],
        ),
        ForeignKeyConstraint(
            ["tenant_id", "person_id", "account_id"], ["person.tenant_id", "person.id", "person.account_id"]
        ),
        ForeignKeyConstraint(
            ["tenant_id", "template_id", "role_id"],
            ["template_role.tenant_id", "template_role.template_id", "template_role.role_id"],
        ),
        points_at("role_id", "role"),
        CheckConstraint("source IN ('MANUAL', 'JOURNEY', 'SYSTEM')", name="source"),
        Index("ix_member_by_role", "tenant_id", "group_id", "role_id", "person_id"),
        Index("ix_member_by_source", "tenant_id", "group_id", "source", "person_id"),
        Index("ix_member_latest", "tenant_id", "person_id", text("assigned_at DESC"), text("id DESC")),
    )

    group_id: UUID = Field(description="Buying group.")
    account_id: UUID = Field(description="Account of the group and of the person.")
    template_id: UUID = Field(description="Roles template of the group.")
    person_id: UUID = Field(description="Person.")
    role_id: UUID = Field(description="Role of the person in the group.")
    source: str = Field(description="How the person came in: MANUAL, JOURNEY or SYSTEM.")
    assigned_at: datetime = time("When the person became a member.")
    assigned_by: str | None = Field(default=None, description="Who made the person a member.")


class RemovalMarkRow(TenantOwned, table=True):
    """Says that a person was taken out of a group, so that a lower source does not bring her back."""

    __tablename__ = "removal_mark"
    __table_args__ = (
        UniqueConstraint("tenant_id", "group_id", "person_id"),
        points_at("group_id", "buying_group", ondelete="CASCADE"),
        points_at("person_id", "person", ondelete="CASCADE"),
        Index("ix_removal_mark_person", "tenant_id", "person_id"),
        CheckConstraint("source IN ('MANUAL', 'JOURNEY', 'SYSTEM')", name="source"),
    )

    group_id: UUID = Field(description="Buying group.")
    person_id: UUID = Field(description="Person who was removed.")
    source: str = Field(description="Source that removed the person.")
    removed_at: datetime = time("When.")
    removed_by: str = Field(description="By whom.")


class NameWordRow(TenantOwned, table=True):
    """A word of the name of an account or group, so that names are found by the beginnings of their words."""

    __tablename__ = "name_word"
    __table_args__ = (
        UniqueConstraint("tenant_id", "subject_kind", "word", "subject_id"),
        Index("ix_name_word_subject", "tenant_id", "subject_id"),
        CheckConstraint("subject_kind IN ('ACCOUNT', 'GROUP')", name="subject_kind"),
    )

    subject_kind: str = Field(description="ACCOUNT or GROUP.")
    subject_id: UUID = Field(description="Account or group that has the name.")
    word: str = key("One word of the name's key.")
