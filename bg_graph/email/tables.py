"""E-mail: workspaces, e-mails and their contents, sends, deliveries and what providers reported of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from bg_graph.store.rows import TenantOwned, key, points_at, time

KEPT_HERE = "store"
"""Stands for the provider of workspaces and e-mails that are kept here: whichever provider is connected sends them."""
_STATUSES = (
    "QUEUED",
    "SENDING",
    "UNKNOWN",
    "SENT",
    "DELIVERED",
    "OPENED",
    "CLICKED",
    "BOUNCED",
    "COMPLAINED",
    "UNSUBSCRIBED",
    "SKIPPED",
    "CANCELLED",
    "FAILED",
)
_QUEUED, _SENDING, _UNKNOWN = (text(f"status = '{each}'") for each in ("QUEUED", "SENDING", "UNKNOWN"))


class EmailWorkspaceRow(TenantOwned, table=True):
    """A part of an e-mail system in which its e-mails are kept."""

    __tablename__ = "email_workspace"
    __table_args__ = (UniqueConstraint("tenant_id", "provider", "external_id"),)

    provider: str = Field(description="Plugin whose provider has the workspace; `store` for one kept here.")
    external_id: str = Field(description="Id of the workspace there.")
    name: str = Field(description="Name of the workspace.")
    name_key: str = key("Name as it is sorted.")
    listed: bool = Field(default=True, description="The provider has it, and it can be chosen.")
    synced_at: datetime | None = time(
        "When its e-mails were last read from the provider; empty where they are kept here.", default=None
    )


class EmailRow(TenantOwned, table=True):
    """An e-mail that can be sent once it is approved: kept here, or a provider's own."""

    __tablename__ = "email"
    __table_args__ = (
        UniqueConstraint("tenant_id", "provider", "external_id"),
        points_at("workspace_id", "email_workspace"),
        Index("ix_email_by_name", "tenant_id", "workspace_id", "name_key", "id"),
    )

    workspace_id: UUID = Field(description="Workspace that holds it.")
    provider: str = Field(description="Plugin whose provider has the e-mail; `store` for one kept here.")
    external_id: str = Field(description="Id of the e-mail there; for one kept here, its path in the folder.")
    name: str = Field(description="Name by which a marketer knows it.")
    name_key: str = key("Name as it is sorted and searched.")
    program_name: str | None = Field(default=None, description="Program that it belongs to.")
    subject: str | None = Field(default=None, description="Subject line of what is approved, merge fields unfilled.")
    listed: bool = Field(description="It is approved and may be chosen.")
    sendable: bool = Field(default=True, description="The provider can send it by its API.")
    not_sendable_reason: str | None = Field(default=None, description="Why it cannot be sent.")
    draft_content_id: UUID | None = Field(default=None, description="Content that awaits approval, of one kept here.")
    approved_content_id: UUID | None = Field(default=None, description="Content that is approved, of one kept here.")
    approved_at: datetime | None = time("When it was approved here.", default=None)
    approved_by: str | None = Field(default=None, description="Who approved it here.")
    created_at: datetime | None = time("When it was made, where that is known.", default=None)
    updated_at: datetime | None = time("When it was last modified, where that is known.", default=None)


class EmailContentRow(TenantOwned, table=True):
    """One content of an e-mail kept here. It never changes: a new one is a new row, so that a send keeps what it was asked for."""

    __tablename__ = "email_content"
    __table_args__ = (
        UniqueConstraint("tenant_id", "email_id", "digest"),
        points_at("email_id", "email"),
    )

    email_id: UUID = Field(description="E-mail whose content it is.")
    digest: str = Field(description="SHA-256 of the content, in hex.")
    subject: str = Field(description="Template of the subject line.")
    html: str | None = Field(default=None, description="Template of the HTML part.")
    plain: str = Field(description="Template of the text part.")
    sender: str | None = Field(default=None, description="From address, where it is not the provider's usual one.")
    reply_to: str | None = Field(default=None, description="Reply-To address.")
    imported_at: datetime = time("When it came in.")
    imported_by: str = Field(description="Who brought it in.")


class EmailSendRow(TenantOwned, table=True):
    """One call that sends an e-mail to members of a group. Kept for ever, since its idempotency key is.

    Group and members are named by plain ids: a send outlives them.
    """

    __tablename__ = "email_send"
    __table_args__ = (
        UniqueConstraint("tenant_id", "idempotency_key"),
        points_at("email_id", "email"),
        Index("ix_email_send_group", "tenant_id", "group_id", text("requested_at DESC"), text("id DESC")),
    )

    group_id: UUID = Field(description="Buying group that it was sent from.")
    email_id: UUID = Field(description="E-mail that is sent.")
    content_id: UUID | None = Field(default=None, description="Content as approved then, of one kept here.")
    provider: str = Field(description="Plugin whose provider sends it.")
    idempotency_key: str = Field(description="Key that the caller gave: a repeat of the call finds this send.")
    fingerprint: str = Field(description="SHA-256 of what was asked for: the same key with another is refused.")
    requested_by: str = Field(description="Who asked for it.")
    requested_at: datetime = time("When it was asked for.")
    cancelled_at: datetime | None = time("When what was still queued was cancelled.", default=None)
    cancelled_by: str | None = Field(default=None, description="Who cancelled it.")


class DeliveryRow(TenantOwned, table=True):
    """One e-mail to one person. The row is the queue: workers claim it by lease, and record each attempt before it is made."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("id"),  # reports name a delivery by it, and no tenant
        UniqueConstraint("tenant_id", "send_id", "person_id"),
        UniqueConstraint("unsubscribe_token"),
        points_at("send_id", "email_send"),
        CheckConstraint(f"status IN ({', '.join(map(repr, _STATUSES))})", name="status"),
        Index("ix_delivery_send", "tenant_id", "send_id", "id"),
        Index("ix_delivery_person", "tenant_id", "person_id", "id"),
        Index("ix_delivery_queue", "provider", "not_before", "id", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
        Index("ix_delivery_under_way", "lease_until", sqlite_where=_SENDING, postgresql_where=_SENDING),
        Index("ix_delivery_unknown", "provider", "not_before", sqlite_where=_UNKNOWN, postgresql_where=_UNKNOWN),
        Index("ix_delivery_message", "provider", "provider_message_id"),
    )

    send_id: UUID = Field(description="Send that it belongs to.")
    provider: str = Field(description="Plugin whose provider delivers it.")
    person_id: UUID = Field(description="Person who is written to.")
    member_id: UUID = Field(description="Member that the person was then.")
    address: str | None = Field(default=None, description="Address as of the send.")
    address_key: str | None = key("Address as it is compared.", default=None)
    status: str = Field(description="How far it is: QUEUED, SENDING, SENT and so on.")
    reason: str | None = Field(default=None, description="Code of why it was skipped, failed, bounced or is unknown.")
    detail: str | None = Field(default=None, description="The provider's own words.")
    provider_message_id: str | None = Field(default=None, description="Id of the message at the provider.")
    attempt: int = Field(default=0, description="How often the provider was called for it.")
    not_before: datetime = time(
        "From when on it may be sent; of one that is unknown, when the provider is next asked for it."
    )
    lease_until: datetime | None = time("Until when the worker that claimed it holds it.", default=None)
    worker: str | None = Field(default=None, description="Worker that claimed it.")
    unsubscribe_token: str = Field(description="Random part of its unsubscribe link.")
    sent_at: datetime | None = time("When the provider took it.", default=None)
    settled_by: str | None = Field(default=None, description="Who settled it while it was unknown.")
    created_at: datetime = time("When it was asked for.")
    updated_at: datetime = time("When its status last changed.")


class DeliveryEventRow(TenantOwned, table=True):
    """Something that a provider reported of a delivery; each report counts once, however often it comes."""

    __tablename__ = "delivery_event"
    __table_args__ = (
        UniqueConstraint("tenant_id", "provider", "external_id"),
        points_at("delivery_id", "delivery"),
        Index("ix_delivery_event_delivery", "tenant_id", "delivery_id", "at", "id"),
    )

    delivery_id: UUID = Field(description="Delivery that it is about.")
    provider: str = Field(description="Plugin whose provider reported it.")
    external_id: str = Field(description="Id of the report at the provider.")
    kind: str = Field(description="What happened: DELIVERED, OPENED, CLICKED, BOUNCED, COMPLAINED or UNSUBSCRIBED.")
    at: datetime = time("When it happened, as the provider says.")
    received_at: datetime = time("When we were told.")
    hard: bool = Field(default=False, description="The address will never work, of a bounce.")
    url: str | None = Field(default=None, description="Address of the link that was clicked.")
    raw: str | None = Field(default=None, description="The provider's own words.")


class ProviderPaceRow(SQLModel, table=True):
    """When a provider may next be called: one pace for all tenants and all workers, so that its limit holds."""

    __tablename__ = "provider_pace"

    provider: str = Field(primary_key=True, description="Plugin whose provider it is.")
    next_at: datetime = time("From when on the next delivery may leave.")
