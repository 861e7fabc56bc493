"""Intent: the taxonomy, a tenant's settings, signals with the activities that spoke for them, and the runs of the job."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from bg_graph.store.rows import TenantOwned, document, key, points_at, time


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


class IntentCategoryRow(TenantOwned, table=True):
    """A version of a category of the taxonomy, with its products. The APPROVED one of a name is in use."""

    __tablename__ = "intent_category"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name_key", "version"),
        CheckConstraint("status IN ('DRAFT', 'APPROVED', 'REPLACED')", name="status"),
    )

    name: str = Field(description="Name of the category (solution).")
    name_key: str = key("Name as it is sorted and compared.")
    version: int = Field(description="Number of the version, from 1; each change of a category is a new one.")
    status: str = Field(description="DRAFT until somebody approves it, then APPROVED; REPLACED by a later version.")
    made_at: datetime = time("When this version was made.")
    made_by: str = Field(description="Who made it.")
    approved_at: datetime | None = time("When it was approved.", default=None)
    approved_by: str | None = Field(default=None, description="Who approved it.")


class IntentProductRow(TenantOwned, table=True):
    """A product of a version of a category."""

    __tablename__ = "intent_product"
    __table_args__ = (
        UniqueConstraint("tenant_id", "category_id", "name_key"),
        points_at("category_id", "intent_category", ondelete="CASCADE"),
    )

    category_id: UUID = Field(description="Version of the category.")
    name: str = Field(description="Name of the product.")
    name_key: str = key("Name as it is compared.")
    position: int = Field(description="Place in the category, from 0.")


class IntentKeywordRow(TenantOwned, table=True):
    """A keyword of a product."""

    __tablename__ = "intent_keyword"
    __table_args__ = (
        UniqueConstraint("tenant_id", "product_id", "name_key"),
        points_at("product_id", "intent_product", ondelete="CASCADE"),
    )

    product_id: UUID = Field(description="Product.")
    name: str = Field(description="The keyword.")
    name_key: str = key("The keyword as it is compared.")
    position: int = Field(description="Place in the product, from 0.")


class CategoryInterestRow(TenantOwned, table=True):
    """A category, whatever its version, belongs to a solution interest: deals about this one tell of that one."""

    __tablename__ = "category_interest"
    __table_args__ = (
        UniqueConstraint("tenant_id", "category_key", "solution_interest_id"),
        points_at("solution_interest_id", "solution_interest", ondelete="CASCADE"),
    )

    category_key: str = key("Name of the category as it is compared.")
    solution_interest_id: UUID = Field(description="Solution interest.")


class IntentSettingsRow(TenantOwned, table=True):
    """What a tenant set for intent; one row, or none where all is as by default."""

    __tablename__ = "intent_settings"
    __table_args__ = (UniqueConstraint("tenant_id"),)

    signal: float = Field(description="Probability from which a signal exists.")
    medium: float = Field(description="Probability from which its level is MEDIUM.")
    high: float = Field(description="Probability from which its level is HIGH.")
    window_days: int = Field(description="Days of activities that predictions rest on.")
    recompute_days: int = Field(description="Days after which signals are computed anew without a change.")
    won_stages: list[str] = document("Stages of the CRM that say a closed deal was won.", default_factory=list)


class IntentRunRow(TenantOwned, table=True):
    """One run of the intent job that predicted something."""

    __tablename__ = "intent_run"
    __table_args__ = (Index("ix_intent_run_latest", "tenant_id", text("as_of DESC"), text("id DESC")),)

    as_of: datetime = time("The moment for which interests were predicted: end of the window.")
    window_start: datetime = time("Start of the window.")
    finished_at: datetime | None = time(
        "When the run ended; empty while it runs and where it was broken off.", default=None
    )
    plugin: str | None = Field(default=None, description="Plugin that answered last; empty where none did.")
    plugin_version: str | None = Field(default=None, description="Version of that plugin.")
    model_name: str | None = Field(default=None, description="Name of its model.")
    model_version: str | None = Field(default=None, description="Version of its model.")
    settings_hash: str | None = Field(default=None, description="Hash of the settings of the plugin.")
    generation: str = Field(description="Hash of all that predictions rest on beside activities and people.")
    signals_changed: int = Field(default=0, description="Signals that the run added, changed or took away.")
    outcome: dict[str, Any] | None = document("Counts of what it did.", default=None)


class IntentAccountRow(TenantOwned, table=True):
    """What the latest predictions for an account, its people and its groups rest on: it tells what must be computed anew."""

    __tablename__ = "intent_account"
    __table_args__ = (
        UniqueConstraint("tenant_id", "account_id"),
        points_at("account_id", "account", ondelete="CASCADE"),
    )

    account_id: UUID = Field(description="Account.")
    computed_at: datetime = time("For which moment they were computed.")
    window_start: datetime = time("Start of the window of activities.")
    activities: int = Field(description="Activities in that window.")
    groups: str = Field(description="Stamp of the account's groups: it changes with them and their members.")
    generation: str = Field(description="Hash of taxonomy, settings and model.")
    signals: int = Field(description="Signals of the account, its people and its groups that a model gave.")
    changed_at: datetime = time("When a run last changed one of them.")


class IntentTrainingRow(TenantOwned, table=True):
    """What an intent model learned from a tenant's outcomes."""

    __tablename__ = "intent_training"
    __table_args__ = (UniqueConstraint("tenant_id", "plugin"),)

    plugin: str = Field(description="Plugin whose model learned.")
    plugin_version: str = Field(description="Version of the plugin.")
    settings_hash: str = Field(description="Hash of the settings of the plugin.")
    outcomes_hash: str = Field(description="Hash of the outcomes that it was given.")
    outcomes: int = Field(description="How many outcomes it was given.")
    state: bytes | None = Field(
        default=None, sa_type=LargeBinary, description="What it learned; empty where it found too little to learn from."
    )
    description: str = Field(description="What it was learned from and how good it is, in the model's words.")
    trained_at: datetime = time("When.")
