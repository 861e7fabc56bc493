"""Summaries as they were written, with the facts given for them; what callers thought of them; a tenant's language."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from bg_graph.store.rows import TenantOwned, document, points_at, time


class SummaryRow(TenantOwned, table=True):
    """The latest summary of a group, account, member or person in one language. It goes with its subject."""

    __tablename__ = "summary"
    __table_args__ = (
        UniqueConstraint("tenant_id", "group_id", "language"),
        UniqueConstraint("tenant_id", "account_id", "language"),
        UniqueConstraint("tenant_id", "member_id", "language"),
        UniqueConstraint("tenant_id", "person_id", "language"),
        points_at("group_id", "buying_group", ondelete="CASCADE"),
        points_at("account_id", "account", ondelete="CASCADE"),
        points_at("member_id", "member", ondelete="CASCADE"),
        points_at("person_id", "person", ondelete="CASCADE"),
        CheckConstraint(
            "(group_id IS NOT NULL AND account_id IS NULL AND member_id IS NULL AND person_id IS NULL)"
            " OR (group_id IS NULL AND account_id IS NOT NULL AND member_id IS NULL AND person_id IS NULL)"
            " OR (group_id IS NULL AND account_id IS NULL AND member_id IS NOT NULL AND person_id IS NULL)"
            " OR (group_id IS NULL AND account_id IS NULL AND member_id IS NULL AND person_id IS NOT NULL)",
            name="one_subject",
        ),
        CheckConstraint("language IN ('en', 'nl', 'de')", name="language"),
    )

    group_id: UUID | None = Field(default=None, description="Buying group that it is about.")
    account_id: UUID | None = Field(default=None, description="Account that it is about.")
    member_id: UUID | None = Field(default=None, description="Member that it is about.")
    person_id: UUID | None = Field(default=None, description="Person that it is about.")
    language: str = Field(description="Language of the texts: en, nl or de.")
    version: UUID = Field(description="Another one for each text that is written.")
    content: dict[str, Any] | None = document(
        "Text, bullets and highlights, each with the facts it rests on; empty where the provider declined.",
        default=None,
    )
    facts: list[dict[str, Any]] = document("The facts as they were given to the provider.")
    refs: dict[str, str] = document("The rows that facts tell about: id in hex by the key of the fact.")
    plugin: str = Field(description="Plugin that wrote it; empty where all declined.")
    plugin_version: str = Field(description="Version of the plugin.")
    model_name: str = Field(description="Name of the model.")
    model_version: str = Field(description="Version of the model.")
    settings_hash: str = Field(default="", description="Fingerprint of the plugin's settings.")
    tried: list[str] = document("Plugins that were asked before, in their order.")
    stamps: dict[str, Any] = document("What it rests on: while these are the same, it is current.")
    generated_at: datetime = time("When it was written.")
    seconds: float = Field(description="Seconds that the plugin took for it and those asked for with it.")


class SummaryFeedbackRow(TenantOwned, table=True):
    """What a caller thought of one text, kept with that text and the facts it rests on."""

    __tablename__ = "summary_feedback"
    __table_args__ = (
        UniqueConstraint("tenant_id", "summary_id", "version", "rated_by_id"),
        points_at("summary_id", "summary", ondelete="CASCADE"),
        CheckConstraint("verdict IN ('UP', 'DOWN')", name="verdict"),
    )

    summary_id: UUID = Field(description="Summary that was rated.")
    version: UUID = Field(description="Which of its texts.")
    rated_by_id: UUID = Field(description="Who rated it: the caller's token.")
    rated_by: str = Field(description="Who rated it, by name.")
    rated_at: datetime = time("When it was last rated.")
    verdict: str = Field(description="UP or DOWN.")
    reason: str | None = Field(default=None, description="Reason given by the caller.")
    content: dict[str, Any] = document("Text, bullets and highlights that were rated.")
    facts: list[dict[str, Any]] = document("The facts that they rest on.")
    provenance: dict[str, Any] = document("What wrote them: plugin, model, versions, when.")


class SummaryLanguageRow(TenantOwned, table=True):
    """The language in which a tenant has its summaries; English where there is no row."""

    __tablename__ = "summary_language"
    __table_args__ = (
        UniqueConstraint("tenant_id"),
        CheckConstraint("language IN ('en', 'nl', 'de')", name="language"),
    )

    language: str = Field(description="en, nl or de.")
