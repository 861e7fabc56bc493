"""Members as cards and table rows show them: the person's fields are repeated, so that a tab needs no extra level."""

from enum import Enum

import strawberry
from sqlalchemy import or_, select

from bg_graph.accounts.graphql import ACTIVITY, LATEST, PERSON, SEARCH_PERSONS, Activity, Person
from bg_graph.accounts.tables import ActivityRow, PersonRow
from bg_graph.buying_groups.graphql.catalog import ROLE, TEMPLATE_ROLE, Role
from bg_graph.buying_groups.rules.default_roles import DECISION_MAKER
from bg_graph.buying_groups.rules.membership import MembershipSource
from bg_graph.buying_groups.tables import BuyingGroupRow, MemberRow, RoleRow
from bg_graph.execution.declarations import VALUES, Filter, Key, Link, Ordering
from bg_graph.execution.node_ids import key_in
from bg_graph.graph.connections import Connection
from bg_graph.graph.ordering import Direction, by
from bg_graph.graph.types import Node, column, field_of, first_of, many, one, paged, related, type_of
from bg_graph.store.connection import table_of
from bg_graph.store.scope import of_tenant

MEMBER, GROUP = table_of(MemberRow), table_of(BuyingGroupRow)


@strawberry.enum(name="MembershipSource", description="How a person came into a group.")
class Source(Enum):
    """How a person came into a group."""

    MANUAL = strawberry.enum_value(MembershipSource.MANUAL.value, description="A user assigned the person.")
    JOURNEY = strawberry.enum_value(MembershipSource.JOURNEY.value, description="An automation or the CRM did.")
    SYSTEM = strawberry.enum_value(MembershipSource.SYSTEM.value, description="The maintenance job did.")


LINKS = (
    Link(PERSON, ((MEMBER.c.person_id, PERSON.c.id),)),
    Link(ROLE, ((MEMBER.c.role_id, ROLE.c.id),)),
    Link(
        TEMPLATE_ROLE,
        ((MEMBER.c.template_id, TEMPLATE_ROLE.c.template_id), (MEMBER.c.role_id, TEMPLATE_ROLE.c.role_id)),
    ),
)
MOST_ENGAGED = (
    Key(PERSON.c.engagement_raw, descending=True, nullable=True),
    Key(PERSON.c.name_key),
    Key(MEMBER.c.person_id),
)
MOMENT = ACTIVITY.c.kind == "INTERESTING_MOMENT"


@type_of(MemberRow, prefix="mem", description="A person in a buying group, with exactly one role there.", links=LINKS)
class Member(Node):
    """A person in a buying group."""

    person: Person = one(PersonRow, MEMBER.c.person_id, "The person.")
    role: Role = one(RoleRow, MEMBER.c.role_id, "Role of the person in the group.")
    source: Source
    name: str = column(PERSON.c.name, "Full name of the person.")
    job_title: str | None = column(PERSON.c.job_title, "Job title of the person.")
    email: str | None = column(PERSON.c.email, "E-mail address of the person.")
    phone: str | None = column(PERSON.c.phone, "Phone number of the person.")
    engagement_score: int | None = column(
        PERSON.c.engagement_score, "Engagement score of the person, 0 to 100; null before the first run."
    )
    assigned_at: strawberry.auto
    assigned_by: strawberry.auto
    last_interesting_moment: Activity | None = first_of(
        related(ActivityRow, ACTIVITY.c.person_id, MEMBER.c.person_id, where=MOMENT),
        LATEST,
        "The latest interesting moment of the person.",
    )
    recent_activities: list[Activity] = many(
        related(ActivityRow, ACTIVITY.c.person_id, MEMBER.c.person_id),
        LATEST,
        "What the person did most recently, latest first.",
        first=2,
    )


@strawberry.enum(description="What members can be ordered by: each column of the Members tab.")
class MemberOrderField(Enum):
    """What members can be ordered by."""

    NAME = strawberry.enum_value("NAME", description="Full name.")
    ROLE = strawberry.enum_value("ROLE", description="Role, in the order of the roles template.")
    JOB_TITLE = strawberry.enum_value("JOB_TITLE", description="Job title.")
    EMAIL = strawberry.enum_value("EMAIL", description="E-mail address.")
    PHONE = strawberry.enum_value("PHONE", description="Phone number.")
    ENGAGEMENT_SCORE = strawberry.enum_value("ENGAGEMENT_SCORE", description="Engagement score, unrounded.")
    SOURCE = strawberry.enum_value("SOURCE", description="How the person came in.")
    ASSIGNED_AT = strawberry.enum_value("ASSIGNED_AT", description="When the person came in.")


@strawberry.input(description="An order of members.")
class MemberOrder:
    """An order of members."""

    field: MemberOrderField = strawberry.field(description="What to order by.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Which way.")


@strawberry.input(description="Which members are wanted; all that is given must hold.")
class MemberFilter:
    """Which members are wanted."""

    role_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Only these roles.")
    sources: list[Source] | None = strawberry.field(default=None, description="Only these sources.")
    search: str | None = strawberry.field(default=None, description="A part of name, job title or e-mail.")


MEMBER_FILTERS = {
    "role_ids": Filter(
        MEMBER.c.role_id.in_(VALUES),
        lambda ids: ({"value": [key for key in (key_in(each, "rol") for each in ids) if key is not None]},),
    ),
    "sources": Filter(MEMBER.c.source.in_(VALUES), lambda sources: ({"value": [source.value for source in sources]},)),
    "search": SEARCH_PERSONS,
}
MEMBERS_ORDERED = Ordering(
    default=by(PERSON.c.name_key),
    tie=by(PERSON.c.name_key, MEMBER.c.person_id),
    fields={
        MemberOrderField.NAME: by(PERSON.c.name_key),
        MemberOrderField.ROLE: by(TEMPLATE_ROLE.c.position),
        MemberOrderField.JOB_TITLE: by(PERSON.c.title_key, nullable=True),
        MemberOrderField.EMAIL: by(PERSON.c.email_key, nullable=True),
        MemberOrderField.PHONE: by(PERSON.c.phone_key, nullable=True),
        MemberOrderField.ENGAGEMENT_SCORE: by(PERSON.c.engagement_raw, nullable=True),
        MemberOrderField.SOURCE: by(MEMBER.c.source),
        MemberOrderField.ASSIGNED_AT: by(MEMBER.c.assigned_at),
    },
)

_maker = MEMBER.alias("decision_maker")
_maker_person = PERSON.alias("decision_maker_person")
FIRST_DECISION_MAKERS = (
    select(_maker.c.id)
    .join(_maker_person, _maker_person.c.id == _maker.c.person_id)
    .where(
        of_tenant(_maker),
        of_tenant(_maker_person),
        _maker.c.group_id == MEMBER.c.group_id,
        _maker.c.role_id == DECISION_MAKER.id,
    )
    .order_by(
        _maker_person.c.engagement_raw.is_(None),
        _maker_person.c.engagement_raw.desc(),
        _maker_person.c.name_key,
        _maker_person.c.id,
    )
    .limit(3)
    .correlate(MEMBER)
    .scalar_subquery()
)
"""The members whom the Overview tab shows as decision makers. Source: domain.md, "Overview tab"."""

# The role is asked first: looking for the three again for every member took seconds in a group of some thousands.
OTHER_THAN_FIRST_DECISION_MAKERS = or_(MEMBER.c.role_id != DECISION_MAKER.id, MEMBER.c.id.not_in(FIRST_DECISION_MAKERS))

field_of(
    Person,
    "memberships",
    Connection[Member],
    paged(
        related(
            MemberRow,
            MEMBER.c.person_id,
            PERSON.c.id,
            join=MEMBER.join(GROUP, GROUP.c.id == MEMBER.c.group_id),
            where=GROUP.c.archived_at.is_(None),
        ),
        Ordering((Key(MEMBER.c.assigned_at, descending=True), Key(MEMBER.c.id, descending=True)), ()),
        "Memberships in buying groups, archived ones aside, most recently added first.",
    ),
)
