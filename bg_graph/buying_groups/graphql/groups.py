"""Buying groups: the Overview tab, the lists, and the fields that groups give to accounts, persons and members."""

from datetime import datetime
from typing import Any

import strawberry
from sqlalchemy import and_, exists, or_, select

from bg_graph.accounts.graphql import (
    ACCOUNT,
    OPPORTUNITY,
    PERSON,
    PERSONS_ORDERED,
    SEARCH_PERSONS,
    Account,
    Opportunity,
    Person,
    PersonOrder,
)
from bg_graph.accounts.tables import AccountRow, ContactRoleRow, OpportunityRow, PersonRow
from bg_graph.buying_groups.graphql.catalog import (
    MOVE,
    ROLE,
    STAGE,
    TEMPLATE_ROLE,
    Role,
    RolesTemplate,
    SolutionInterest,
    Stage,
)
from bg_graph.buying_groups.graphql.members import (
    MEMBER,
    MEMBER_FILTERS,
    MEMBERS_ORDERED,
    MOST_ENGAGED,
    OTHER_THAN_FIRST_DECISION_MAKERS,
    Member,
    MemberFilter,
    MemberOrder,
)
from bg_graph.buying_groups.rules.default_roles import DECISION_MAKER
from bg_graph.buying_groups.tables import (
    BuyingGroupRow,
    GroupRoleRow,
    MemberRow,
    RoleRow,
    RolesTemplateRow,
    SolutionInterestRow,
    StageRow,
)
from bg_graph.execution.declarations import VALUE, Filter, Key, Ordering
from bg_graph.graph.connections import Connection
from bg_graph.graph.ordering import by
from bg_graph.graph.types import Node, count, field_of, many, one, paged, related, type_of
from bg_graph.intent.graphql import IntentOverview, IntentSignal, intent_of, signals_of
from bg_graph.store.connection import table_of
from bg_graph.store.scope import of_tenant

GROUP, GROUP_ROLE, CONTACT_ROLE = table_of(BuyingGroupRow), table_of(GroupRoleRow), table_of(ContactRoleRow)


@type_of(GroupRoleRow, prefix="rcp", description="Completeness of one role in a group.")
class RoleCompleteness:
    """Completeness of one role in a group."""

    role: Role = one(RoleRow, GROUP_ROLE.c.role_id, "Role.")
    member_count: strawberry.auto
    members_required: strawberry.auto
    required: strawberry.auto
    score: strawberry.auto


_TIES = (
    select(MEMBER.c.group_id, CONTACT_ROLE.c.opportunity_id)
    .join(CONTACT_ROLE, CONTACT_ROLE.c.person_id == MEMBER.c.person_id)
    .where(of_tenant(MEMBER), of_tenant(CONTACT_ROLE))
    .distinct()
    .subquery("tie")
)
"""Opportunities that a contact role of a member ties to a group."""

_ASSIGNABLE = ~exists().where(of_tenant(MEMBER), MEMBER.c.group_id == GROUP.c.id, MEMBER.c.person_id == PERSON.c.id)
_MAY_COME_NEXT = or_(
    and_(GROUP.c.stage_id.is_(None), STAGE.c.is_entry),
    exists().where(of_tenant(MOVE), MOVE.c.from_stage_id == GROUP.c.stage_id, MOVE.c.to_stage_id == STAGE.c.id),
)


@type_of(
    BuyingGroupRow,
    prefix="grp",
    description="The people of one account who decide together on buying one solution.",
)
class BuyingGroup(Node):
    """The people of one account who decide on buying one solution."""

    name: strawberry.auto
    account: Account = one(AccountRow, GROUP.c.account_id, "Account whose people decide.")
    solution_interest: SolutionInterest = one(SolutionInterestRow, GROUP.c.solution_interest_id, "What they decide on.")
    roles_template: RolesTemplate = one(RolesTemplateRow, GROUP.c.template_id, "Where the roles offered come from.")
    stage: Stage | None = one(StageRow, GROUP.c.stage_id, "Present stage; null before the first.")
    next_stages: list[Stage] = many(
        related(
            StageRow,
            GROUP.c.id,
            GROUP.c.id,
            join=GROUP.join(STAGE, STAGE.c.stage_model_id == GROUP.c.stage_model_id),
            where=_MAY_COME_NEXT,
        ),
        by(STAGE.c.position, STAGE.c.id),
        "Stages that the group may move to.",
    )
    engagement_score: strawberry.auto
    scored_at: strawberry.auto
    completeness_score: strawberry.auto
    role_completeness: list[RoleCompleteness] = many(
        related(GroupRoleRow, GROUP_ROLE.c.group_id, GROUP.c.id),
        by(GROUP_ROLE.c.position),
        "Completeness of each role, in the order of the template.",
    )
    missing_roles: list[Role] = many(
        related(
            RoleRow,
            GROUP_ROLE.c.group_id,
            GROUP.c.id,
            join=GROUP_ROLE.join(ROLE, ROLE.c.id == GROUP_ROLE.c.role_id),
            where=GROUP_ROLE.c.missing,
        ),
        by(GROUP_ROLE.c.position),
        "Required roles with fewer members than required.",
    )
    member_count: strawberry.auto
    members: Connection[Member] = paged(
        related(MemberRow, MEMBER.c.group_id, GROUP.c.id),
        MEMBERS_ORDERED,
        "Members, by name without another wish.",
        first=50,
        filters=MEMBER_FILTERS,
        arguments={
            "filter": (MemberFilter, "Which members."),
            "order_by": (list[MemberOrder], "Order; by name without a wish."),
        },
    )
    decision_makers: list[Member] = many(
        related(MemberRow, MEMBER.c.group_id, GROUP.c.id, where=MEMBER.c.role_id == DECISION_MAKER.id),
        MOST_ENGAGED,
        "Members with the role Decision Maker, most engaged first.",
        first=3,
    )
    top_engaged_members: list[Member] = many(
        related(MemberRow, MEMBER.c.group_id, GROUP.c.id, where=OTHER_THAN_FIRST_DECISION_MAKERS),
        MOST_ENGAGED,
        "Members other than the first three decision makers, most engaged first.",
        first=3,
    )
    opportunities: Connection[Opportunity] = paged(
        related(
            OpportunityRow,
            _TIES.c.group_id,
            GROUP.c.id,
            join=_TIES.join(OPPORTUNITY, OPPORTUNITY.c.id == _TIES.c.opportunity_id),
        ),
        Ordering(by(OPPORTUNITY.c.name_key, OPPORTUNITY.c.id), ()),
        "Opportunities that the members' contact roles tie the group to, by name.",
        first=10,
        filters={"open": Filter(OPPORTUNITY.c.is_open == VALUE)},
        arguments={"open": (bool, "Only open ones, or only closed ones.")},
    )
    assignable_roles: list[Role] = many(
        related(
            RoleRow,
            TEMPLATE_ROLE.c.template_id,
            GROUP.c.template_id,
            join=TEMPLATE_ROLE.join(ROLE, ROLE.c.id == TEMPLATE_ROLE.c.role_id),
        ),
        by(TEMPLATE_ROLE.c.position),
        "Roles of the group's template.",
    )
    assignable_contacts: Connection[Person] = paged(
        related(
            PersonRow,
            GROUP.c.id,
            GROUP.c.id,
            join=GROUP.join(PERSON, PERSON.c.account_id == GROUP.c.account_id),
            where=_ASSIGNABLE,
        ),
        PERSONS_ORDERED,
        "People of the account who are not members yet.",
        first=50,
        filters={"search": SEARCH_PERSONS},
        arguments={
            "search": (str, "A part of name, job title or e-mail."),
            "order_by": (list[PersonOrder], "Order; by name without a wish."),
        },
    )
    intent: IntentOverview = intent_of(GROUP)
    intent_signals: Connection[IntentSignal] = signals_of(GROUP)
    version: strawberry.auto
    archived_at: strawberry.auto
    created_at: datetime
    updated_at: datetime


_IN_USE = GROUP.c.archived_at.is_(None)
_mine = MEMBER.alias("mine")
_other = MEMBER.alias("other")


def _add_to_lower_types() -> None:
    field_of(Member, "buying_group", BuyingGroup, one(BuyingGroupRow, MEMBER.c.group_id, "The group."))
    field_of(
        Member,
        "other_buying_groups",
        list[BuyingGroup],
        many(
            related(
                BuyingGroupRow,
                _mine.c.id,
                MEMBER.c.id,
                join=_mine.join(
                    _other, and_(_other.c.person_id == _mine.c.person_id, _other.c.group_id != _mine.c.group_id)
                ).join(GROUP, GROUP.c.id == _other.c.group_id),
                where=_IN_USE,
            ),
            (Key(_other.c.assigned_at, descending=True), Key(_other.c.id, descending=True)),
            "Other buying groups of the person, most recently added first.",
            first=3,
        ),
    )
    of_account: Any = related(BuyingGroupRow, GROUP.c.account_id, ACCOUNT.c.id, where=_IN_USE)
    field_of(Account, "buying_group_count", int, count(of_account, "Number of buying groups, archived ones aside."))
    field_of(
        Account,
        "buying_groups",
        Connection[BuyingGroup],
        paged(of_account, Ordering(by(GROUP.c.name_key, GROUP.c.id), ()), "Buying groups of the account, by name."),
    )


_add_to_lower_types()
