"""Weights of activity types, the runs of the scoring job, and the daily scores that it leaves."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from bg_graph.store.rows import TenantOwned, points_at, time


class WeightingModelRow(TenantOwned, table=True):
    """A set of activity weights; one is active."""

    __tablename__ = "weighting_model"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    name: str = Field(description="Name of the model.")
    active: bool = Field(default=False, description="The scoring job uses this one.")


class ActivityWeightRow(TenantOwned, table=True):
    """What one activity of a type counts in a weighting model."""

    __tablename__ = "activity_weight"
    __table_args__ = (
        UniqueConstraint("tenant_id", "model_id", "kind"),
        points_at("model_id", "weighting_model", ondelete="CASCADE"),
        CheckConstraint("weight > 0", name="weight"),
    )

    model_id: UUID = Field(description="Weighting model.")
    kind: str = Field(description="Activity type.")
    weight: int = Field(description="Weight, above 0.")


class ScoreRunRow(TenantOwned, table=True):
    """One run of the scoring job."""

    __tablename__ = "score_run"
    __table_args__ = (UniqueConstraint("tenant_id", "as_of"),)

    as_of: datetime = time("End of the window: one time for the whole run.")
    finished_at: datetime = time("When the scores were stored.")
    person_count: int = Field(description="Persons with a score above 0.")
    group_count: int = Field(description="Groups scored.")


class PersonScoreRow(TenantOwned, table=True):
    """A person's score of one day."""

    __tablename__ = "person_score"
    __table_args__ = (
        UniqueConstraint("tenant_id", "person_id", "day"),
        points_at("person_id", "person", ondelete="CASCADE"),
    )

    person_id: UUID = Field(description="Person.")
    day: int = Field(description="Day in UTC, as days since 1970-01-01.")
    score_raw: float = Field(description="Engagement score, 0 to 100, as exact as computed.")


class GroupScoreRow(TenantOwned, table=True):
    """A group's score of one day."""

    __tablename__ = "group_score"
    __table_args__ = (
        UniqueConstraint("tenant_id", "group_id", "day"),
        points_at("group_id", "buying_group", ondelete="CASCADE"),
    )

    group_id: UUID = Field(description="Buying group.")
    day: int = Field(description="Day in UTC, as days since 1970-01-01.")
    score_raw: float = Field(description="Engagement score, 0 to 100, as exact as computed.")
