"""Accounts, persons, activities, opportunities and journeys as they are shown. Higher rooms add their fields to these types."""

from datetime import datetime
from decimal import Decimal
from enum import Enum

import strawberry
from sqlalchemy import Boolean, and_, bindparam, case, exists, not_, or_

from bg_graph.accounts.rules import text_key
from bg_graph.accounts.tables import (
    AccountJourneyRow,
    AccountRow,
    ActivityRow,
    AddressMarkRow,
    OpportunityRow,
    PersonRow,
)
from bg_graph.execution.declarations import Filter, Key, Ordering
from bg_graph.graph.connections import Connection
from bg_graph.graph.ordering import Direction, by
from bg_graph.graph.search import parts_of
from bg_graph.graph.types import Node, column, count, many, one, paged, related, type_of
from bg_graph.store.connection import table_of
from bg_graph.store.scope import of_tenant

ACCOUNT, PERSON, ACTIVITY = table_of(AccountRow), table_of(PersonRow), table_of(ActivityRow)
OPPORTUNITY, JOURNEY = table_of(OpportunityRow), table_of(AccountJourneyRow)
MARK = table_of(AddressMarkRow)


@strawberry.enum(
    description="What a person did. A tenant's own activity types are shown as OTHER, with their name in `type`."
)
class ActivityKind(Enum):
    """What a person did."""

    VISIT_PAGE = strawberry.enum_value("VISIT_PAGE", description="Visited a web page.")
    FILL_OUT_FORM = strawberry.enum_value("FILL_OUT_FORM", description="Filled out a form.")
    CLICK_LINK = strawberry.enum_value("CLICK_LINK", description="Clicked a link on a page.")
    OPEN_EMAIL = strawberry.enum_value("OPEN_EMAIL", description="Opened an e-mail.")
    CLICK_EMAIL = strawberry.enum_value("CLICK_EMAIL", description="Clicked a link in an e-mail.")
    EMAIL_DELIVERED = strawberry.enum_value("EMAIL_DELIVERED", description="An e-mail reached the mailbox.")
    EMAIL_BOUNCED = strawberry.enum_value("EMAIL_BOUNCED", description="An e-mail came back.")
    UNSUBSCRIBE_EMAIL = strawberry.enum_value("UNSUBSCRIBE_EMAIL", description="Unsubscribed from e-mails.")
    EMAIL_COMPLAINT = strawberry.enum_value("EMAIL_COMPLAINT", description="Reported an e-mail as unwanted.")
    REGISTER_EVENT = strawberry.enum_value("REGISTER_EVENT", description="Registered for an event.")
    ATTEND_EVENT = strawberry.enum_value("ATTEND_EVENT", description="Attended an event.")
    INTERESTING_MOMENT = strawberry.enum_value(
        "INTERESTING_MOMENT", description="Something that a marketer's rule singled out."
    )
    OTHER = strawberry.enum_value("OTHER", description="An activity type of the tenant's own.")


_KNOWN = [kind.value for kind in ActivityKind if kind is not ActivityKind.OTHER]


@strawberry.enum(description="Where an account stands in a journey.")
class JourneyStatus(Enum):
    """Where an account stands in a journey."""

    ACTIVE = strawberry.enum_value("ACTIVE", description="The account is in the journey.")
    COMPLETED = strawberry.enum_value("COMPLETED", description="The account came to the journey's end.")
    EXITED = strawberry.enum_value("EXITED", description="The account left the journey before its end.")


@type_of(ActivityRow, prefix="act", description="Something a person did at a time.")
class Activity(Node):
    """Something a person did."""

    kind: ActivityKind = column(
        case((ACTIVITY.c.kind.in_(_KNOWN), ACTIVITY.c.kind), else_=ActivityKind.OTHER.value),
        "Activity type.",
        label="activity_kind",
    )
    type: str = column(ACTIVITY.c.kind, "Name of the activity type, also of the tenant's own ones.")
    at: strawberry.auto
    asset_name: strawberry.auto
    asset_url: strawberry.auto
    topics: strawberry.auto
    moment: strawberry.auto
    person: "Person" = one(PersonRow, ACTIVITY.c.person_id, "Person who acted.")


@type_of(OpportunityRow, prefix="opp", description="A deal of an account.")
class Opportunity(Node):
    """A deal of an account."""

    name: strawberry.auto
    stage: strawberry.auto
    amount: Decimal | None
    currency: strawberry.auto
    close_date: strawberry.auto
    is_open: strawberry.auto
    account: "Account" = one(AccountRow, OPPORTUNITY.c.account_id, "Account of the deal.")


@type_of(AccountJourneyRow, prefix="jny", description="An automation that an account is in.")
class AccountJourney(Node):
    """An automation that an account is in."""

    name: strawberry.auto
    status: JourneyStatus
    since: strawberry.auto


@strawberry.enum(description="What persons can be ordered by.")
class PersonOrderField(Enum):
    """What persons can be ordered by."""

    NAME = strawberry.enum_value("NAME", description="Full name.")
    JOB_TITLE = strawberry.enum_value("JOB_TITLE", description="Job title.")
    EMAIL = strawberry.enum_value("EMAIL", description="E-mail address.")
    PHONE = strawberry.enum_value("PHONE", description="Phone number.")
    ENGAGEMENT_SCORE = strawberry.enum_value("ENGAGEMENT_SCORE", description="Engagement score, unrounded.")


@strawberry.input(description="An order of persons.")
class PersonOrder:
    """An order of persons."""

    field: PersonOrderField = strawberry.field(description="What to order by.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Which way.")


PERSON_FIELDS = {
    "NAME": by(PERSON.c.name_key),
    "JOB_TITLE": by(PERSON.c.title_key, nullable=True),
    "EMAIL": by(PERSON.c.email_key, nullable=True),
    "PHONE": by(PERSON.c.phone_key, nullable=True),
    "ENGAGEMENT_SCORE": by(PERSON.c.engagement_raw, nullable=True),
}
PERSONS_ORDERED = Ordering(
    default=by(PERSON.c.name_key),
    tie=by(PERSON.c.name_key, PERSON.c.id),
    fields={PersonOrderField(name): order for name, order in PERSON_FIELDS.items()},
)
SEARCH_PERSONS = parts_of(PERSON.c.name_key, PERSON.c.title_key, PERSON.c.email_key, text_key=text_key)
EMAILABLE = and_(
    PERSON.c.email.is_not(None),
    not_(PERSON.c.email_invalid),
    not_(PERSON.c.email_suspended),
    not_(PERSON.c.unsubscribed),
    ~exists().where(of_tenant(MARK), MARK.c.address_key == PERSON.c.email_key),
)
"""Nothing speaks against writing to the person. Any mark of the address does, whichever it is."""
LATEST = (Key(ACTIVITY.c.at, descending=True), Key(ACTIVITY.c.id, descending=True))
KINDS = Filter(
    or_(
        ACTIVITY.c.kind.in_(bindparam("kinds", expanding=True)),
        and_(bindparam("other", type_=Boolean()), ACTIVITY.c.kind.not_in(_KNOWN)),
    ),
    lambda kinds: ({"kinds": [kind.value for kind in kinds], "other": ActivityKind.OTHER in kinds},),
)


@type_of(PersonRow, prefix="per", description="A contact (lead) of one account.")
class Person(Node):
    """A contact of one account."""

    name: strawberry.auto
    first_name: strawberry.auto
    last_name: strawberry.auto
    job_title: strawberry.auto
    email: strawberry.auto
    phone: strawberry.auto
    mobile_phone: strawberry.auto
    city: strawberry.auto
    state: strawberry.auto
    country: strawberry.auto
    postal_code: strawberry.auto
    engagement_score: strawberry.auto
    scored_at: strawberry.auto
    unsubscribed: strawberry.auto
    emailable: bool = column(
        case((EMAILABLE, True), else_=False),
        "E-mails may be sent: there is an address, neither invalid nor suspended, and the person did not unsubscribe.",
        label="emailable",
    )
    account: "Account" = one(AccountRow, PERSON.c.account_id, "Account that the person belongs to.")
    activities: Connection[Activity] = paged(
        related(ActivityRow, ACTIVITY.c.person_id, PERSON.c.id),
        Ordering(LATEST, ()),
        "What the person did, latest first.",
        filters={"kinds": KINDS},
        arguments={"kinds": (list[ActivityKind], "Only these activity types.")},
    )


@type_of(AccountRow, prefix="acc", description="A company.")
class Account(Node):
    """A company."""

    name: strawberry.auto
    industry: strawberry.auto
    website: strawberry.auto
    country: strawberry.auto
    employee_count: strawberry.auto
    parent: "Account | None" = one(AccountRow, ACCOUNT.c.parent_id, "Parent account.")
    person_count: int = count(related(PersonRow, PERSON.c.account_id, ACCOUNT.c.id), "Number of people.")
    open_opportunity_count: int = count(
        related(OpportunityRow, OPPORTUNITY.c.account_id, ACCOUNT.c.id, where=OPPORTUNITY.c.is_open),
        "Number of open opportunities.",
    )
    people: Connection[Person] = paged(
        related(PersonRow, PERSON.c.account_id, ACCOUNT.c.id),
        PERSONS_ORDERED,
        "People of the account.",
        first=50,
        filters={"search": SEARCH_PERSONS},
        arguments={
            "search": (str, "A part of name, job title or e-mail."),
            "order_by": (list[PersonOrder], "Order; by name without a wish."),
        },
    )
    open_opportunities: Connection[Opportunity] = paged(
        related(OpportunityRow, OPPORTUNITY.c.account_id, ACCOUNT.c.id, where=OPPORTUNITY.c.is_open),
        Ordering(by(OPPORTUNITY.c.name_key, OPPORTUNITY.c.id), ()),
        "Open opportunities, by name.",
    )
    journeys: list[AccountJourney] = many(
        related(AccountJourneyRow, JOURNEY.c.account_id, ACCOUNT.c.id),
        (Key(JOURNEY.c.since, descending=True), Key(JOURNEY.c.id, descending=True)),
        "Account journeys, the latest first.",
        first=3,
    )
    created_at: datetime
    updated_at: datetime
