"""Accounts and what belongs to them: persons, leads, activities, opportunities, contact roles, account journeys."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from bg_graph.store.rows import TenantOwned, document, key, points_at, time

SALESFORCE = "salesforce"
MARKETO = "marketo"


class AccountRow(TenantOwned, table=True):
    """A company."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "external_id"),
        points_at("parent_id", "account"),
        Index("ix_account_by_name", "tenant_id", "name_key", "id"),
        Index("ix_account_parent", "tenant_id", "parent_id"),
    )

    source: str = Field(description="System that the account came from.")
    external_id: str = Field(description="Id of the account in that system.")
    name: str = Field(description="Name of the company.")
    name_key: str = key("Name as it is sorted and searched.")
    industry: str | None = Field(default=None, description="Line of business.")
    website: str | None = Field(default=None, description="Web address of the company.")
    country: str | None = Field(default=None, description="Country of the main address.")
    employee_count: int | None = Field(default=None, description="Number of employees, where the source tells.")
    parent_id: UUID | None = Field(default=None, description="Parent account.")
    created_at: datetime = time("When the account was first imported.")
    updated_at: datetime = time("When the account last changed.")


class PersonRow(TenantOwned, table=True):
    """A contact (lead) of one account."""

    __tablename__ = "person"
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "external_id"),
        UniqueConstraint("tenant_id", "id", "account_id"),
        points_at("account_id", "account"),
        Index("ix_person_by_name", "tenant_id", "account_id", "name_key", "id"),
        Index("ix_person_by_title", "tenant_id", "account_id", text("(title_key IS NULL)"), "title_key", "id"),
        Index("ix_person_by_email", "tenant_id", "account_id", text("(email_key IS NULL)"), "email_key", "id"),
        Index("ix_person_by_phone", "tenant_id", "account_id", text("(phone_key IS NULL)"), "phone_key", "id"),
        Index(
            "ix_person_by_score",
            "tenant_id",
            "account_id",
            text("(engagement_raw IS NULL)"),
            text("engagement_raw DESC"),
            "name_key",
            "id",
        ),
        Index("ix_person_email", "tenant_id", "email_key"),
    )

    account_id: UUID = Field(description="Account that the person belongs to.")
    source: str = Field(description="System that the person came from.")
    external_id: str = Field(description="Id of the person in that system.")
    first_name: str | None = Field(default=None, description="First name.")
    last_name: str = Field(description="Last name.")
    name: str = Field(description="Full name.")
    name_key: str = key("Name as it is sorted and searched.")
    job_title: str | None = Field(default=None, description="Job title.")
    title_key: str | None = key("Job title as it is sorted.", default=None)
    email: str | None = Field(default=None, description="E-mail address.")
    email_key: str | None = key("E-mail as it is sorted and compared.", default=None)
    email_invalid: bool = Field(default=False, description="The address is not a valid one.")
    email_suspended: bool = Field(default=False, description="Messages to the address bounced.")
    unsubscribed: bool = Field(default=False, description="The person does not want e-mails.")
    phone: str | None = Field(default=None, description="Phone number.")
    phone_key: str | None = key("Phone number as it is sorted.", default=None)
    mobile_phone: str | None = Field(default=None, description="Mobile phone number.")
    city: str | None = Field(default=None, description="City.")
    state: str | None = Field(default=None, description="State or region.")
    country: str | None = Field(default=None, description="Country.")
    postal_code: str | None = Field(default=None, description="Postal code.")
    engagement_raw: float | None = Field(default=None, description="Engagement score, 0 to 100, as exact as computed.")
    engagement_score: int | None = Field(
        default=None, description="Engagement score 0 to 100; null before the first run."
    )
    scored_at: datetime | None = time("When the engagement score was computed.", default=None)
    created_at: datetime = time("When the person was first imported.")
    updated_at: datetime = time("When the person's data last changed.")


class LeadRow(TenantOwned, table=True):
    """The record of a person in an activity system (Marketo), by which its activities find the person."""

    __tablename__ = "lead"
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "external_id"),
        points_at("person_id", "person", ondelete="CASCADE"),
        Index("ix_lead_person", "tenant_id", "person_id"),
    )

    source: str = Field(description="Activity system.")
    external_id: str = Field(description="Id of the lead in that system.")
    person_id: UUID = Field(description="Person that the lead is.")


class AddressMarkRow(TenantOwned, table=True):
    """What is known of an e-mail address, whoever has it: nobody is written to at an address that is marked."""

    __tablename__ = "address_mark"
    __table_args__ = (
        UniqueConstraint("tenant_id", "address_key", "kind"),
        CheckConstraint("kind IN ('UNSUBSCRIBED', 'BOUNCED', 'COMPLAINED')", name="kind"),
    )

    address_key: str = key("Address as it is compared.")
    kind: str = Field(description="UNSUBSCRIBED, BOUNCED (for good) or COMPLAINED.")
    at: datetime = time("When it was marked.")
    detail: str | None = Field(default=None, description="How it came about.")


class ActivityRow(TenantOwned, table=True):
    """Something a person did at a time."""

    __tablename__ = "activity"
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "external_id"),
        points_at("person_id", "person", ondelete="CASCADE"),
        Index("ix_activity_recent", "tenant_id", "person_id", text("at DESC"), text("id DESC")),
        Index("ix_activity_kind", "tenant_id", "person_id", "kind", text("at DESC"), text("id DESC")),
        Index("ix_activity_window", "tenant_id", "at"),
    )

    person_id: UUID = Field(description="Person who acted.")
    kind: str = Field(description="Activity type: VISIT_PAGE and the like, or a type of the tenant's own.")
    at: datetime = time("When it happened.")
    day: int = Field(description="Day of `at` in UTC, as days since 1970-01-01.")
    asset_name: str | None = Field(default=None, description="Name of the page, form, e-mail or event.")
    asset_url: str | None = Field(default=None, description="Address of the asset.")
    topics: list[str] | None = document("Topics or keywords of the asset.", default=None)
    moment: str | None = Field(default=None, description="Text of an interesting moment.")
    source: str = Field(description="System that recorded the activity.")
    external_id: str = Field(description="Id of the activity in that system.")


class OpportunityRow(TenantOwned, table=True):
    """A deal of an account."""

    __tablename__ = "opportunity"
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "external_id"),
        points_at("account_id", "account"),
        Index("ix_opportunity_account", "tenant_id", "account_id", "is_open", "name_key", "id"),
        Index("ix_opportunity_by_name", "tenant_id", "account_id", "name_key", "id"),
    )

    account_id: UUID = Field(description="Account of the deal.")
    source: str = Field(description="System that the opportunity came from.")
    external_id: str = Field(description="Id of the opportunity in that system.")
    name: str = Field(description="Name of the deal.")
    name_key: str = key("Name as it is sorted.")
    stage: str = Field(description="Stage, in the words of the CRM.")
    kind: str | None = Field(default=None, description="Type of the deal in the CRM.")
    amount: str | None = Field(
        default=None, description="Amount as a decimal number in one text form, such as 1200.50."
    )
    currency: str | None = Field(default=None, description="ISO code of the currency.")
    close_date: str | None = Field(default=None, description="Close date, YYYY-MM-DD.")
    is_open: bool = Field(description="Not closed yet.")
    columns: dict[str, str] = document(
        "The columns of the export by which the set-up file tells the solution interest.", default_factory=dict
    )
    created_at: datetime = time("When the opportunity was first imported.")
    updated_at: datetime = time("When the opportunity last changed.")


class ContactRoleRow(TenantOwned, table=True):
    """A person's part in an opportunity, as the CRM says it."""

    __tablename__ = "contact_role"
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "external_id"),
        UniqueConstraint("tenant_id", "opportunity_id", "person_id"),
        points_at("opportunity_id", "opportunity", ondelete="CASCADE"),
        points_at("person_id", "person", ondelete="CASCADE"),
        Index("ix_contact_role_person", "tenant_id", "person_id"),
    )

    source: str = Field(description="System that the contact role came from.")
    external_id: str = Field(description="Id of the contact role in that system.")
    opportunity_id: UUID = Field(description="Opportunity.")
    person_id: UUID = Field(description="Person who has a part in it.")
    role: str | None = Field(default=None, description="Role in the words of the CRM.")
    is_primary: bool = Field(default=False, description="The primary contact of the opportunity.")


class AccountJourneyRow(TenantOwned, table=True):
    """An automation that an account is in."""

    __tablename__ = "account_journey"
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "external_id"),
        points_at("account_id", "account"),
        Index("ix_account_journey_latest", "tenant_id", "account_id", text("since DESC"), text("id DESC")),
        CheckConstraint("status IN ('ACTIVE', 'COMPLETED', 'EXITED')", name="status"),
    )

    account_id: UUID = Field(description="Account that is in the journey.")
    source: str = Field(description="System that runs the journey.")
    external_id: str = Field(description="Id of the entry in that system.")
    name: str = Field(description="Name of the journey.")
    status: str = Field(description="ACTIVE, COMPLETED or EXITED.")
    since: datetime = time("When the account entered the journey.")


class FactMarkRow(TenantOwned, table=True):
    """A mark that changes in each transaction that stores facts from one source: who concluded from them looks again."""

    __tablename__ = "fact_mark"
    __table_args__ = (
        UniqueConstraint("tenant_id", "source"),
        CheckConstraint("source IN ('IMPORTS', 'EVENTS', 'SCORES', 'INTENT')", name="source"),
    )

    source: str = Field(description="IMPORTS, EVENTS, SCORES or INTENT.")
    mark: UUID = Field(description="Another one after each transaction.")
