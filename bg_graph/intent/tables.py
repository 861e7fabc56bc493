"""Intent signals of persons, groups and accounts, and the activities that spoke for them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from bg_graph.store.rows import TenantOwned, key, points_at, time


class IntentSignalRow(TenantOwned, table=True):
    """A prediction that a person, group or account is interested in a category (solution), product or keyword."""

    __tablename__ = "intent_signal"
    __table_args__ = (
        UniqueConstraint("tenant_id", "subject_kind", "subject_id", "kind", "category", "product", "name_key"),
        Index(
            "ix_intent_signal_strongest",
            "tenant_id",
            "subject_id",
            "kind",
            text("probability DESC"),
            "name_key",
            "id",
        ),
        Index("ix_intent_signal_level", "tenant_id", "subject_id", "level_rank"),
        CheckConstraint("subject_kind IN ('PERSON', 'GROUP', 'ACCOUNT')", name="subject_kind"),
        CheckConstraint("kind IN ('KEYWORD', 'PRODUCT', 'SOLUTION')", name="kind"),
        CheckConstraint("level IN ('LOW', 'MEDIUM', 'HIGH')", name="level"),
        CheckConstraint("probability BETWEEN 0 AND 1", name="probability"),
    )

    subject_kind: str = Field(description="PERSON, GROUP or ACCOUNT.")
    subject_id: UUID = Field(description="Id of the person, group or account.")
    kind: str = Field(description="KEYWORD, PRODUCT or SOLUTION (category).")
    name: str = Field(description="Name of the keyword, product or category.")
    name_key: str = key("Name as it is sorted and compared.")
    category: str = Field(description="Category that it belongs to (its own name for a SOLUTION).")
    product: str = Field(default="", description="Product that it belongs to; empty for a SOLUTION.")
    probability: float = Field(description="Calibrated probability, 0 to 1.")
    confidence: float = Field(description="Confidence of the prediction, 0 to 1.")
    strength: int = Field(description="The probability in percent, 0 to 100.")
    level: str = Field(description="LOW, MEDIUM or HIGH.")
    level_rank: int = Field(description="1 for LOW, 2 for MEDIUM, 3 for HIGH.")
    model_plugin: str = Field(description="Plugin or import that gave the prediction.")
    model_name: str = Field(description="Name of the model.")
    model_version: str = Field(description="Version of the model.")
    computed_at: datetime = time("When it was computed.")
    window_start: datetime | None = time("Start of the window of activities used.", default=None)
    window_end: datetime | None = time("End of the window of activities used.", default=None)


class SignalEvidenceRow(TenantOwned, table=True):
    """An activity that spoke for a signal."""

    __tablename__ = "signal_evidence"
    __table_args__ = (
        UniqueConstraint("tenant_id", "signal_id", "activity_id"),
        points_at("signal_id", "intent_signal", ondelete="CASCADE"),
        ForeignKeyConstraint(["tenant_id", "activity_id"], ["activity.tenant_id", "activity.id"], ondelete="CASCADE"),
        Index("ix_signal_evidence_strongest", "tenant_id", "signal_id", text("weight DESC"), "id"),
        Index("ix_signal_evidence_activity", "tenant_id", "activity_id"),
    )

    signal_id: UUID = Field(description="Signal that it spoke for.")
    activity_id: UUID = Field(description="Activity.")
    weight: float = Field(description="How much it spoke for the signal; more is stronger.")
