"""The lists of groups and accounts: filters, orders and search across the tenant; and fetching by id."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy import and_, exists
from sqlalchemy import bindparam as parameter

from bg_graph.accounts.graphql import ACCOUNT, Account, Person
from bg_graph.accounts.tables import AccountRow
from bg_graph.buying_groups.graphql.groups import GROUP, GROUP_ROLE, BuyingGroup
from bg_graph.buying_groups.rules.naming import name_words
from bg_graph.buying_groups.tables import BuyingGroupRow, NameWordRow
from bg_graph.execution.declarations import VALUE, VALUES, Filter, Ordering
from bg_graph.execution.node_ids import key_in
from bg_graph.graph.connections import Connection
from bg_graph.graph.ordering import Direction, by
from bg_graph.graph.search import beginnings_of_words
from bg_graph.graph.types import by_id, paged, related
from bg_graph.intent.graphql import RANKS, SIGNAL, Level
from bg_graph.intent.rules import IntentLevel
from bg_graph.store.connection import table_of
from bg_graph.store.scope import of_tenant

WORD = table_of(NameWordRow)
_NOWHERE = UUID(int=0)


def _search(subject: str, identity: Any) -> Filter:
    begins = exists().where(
        of_tenant(WORD),
        WORD.c.subject_kind == subject,
        WORD.c.subject_id == identity,
        WORD.c.word >= parameter("low"),
        WORD.c.word < parameter("high"),
    )
    return beginnings_of_words(begins, name_words)


def _keys(prefix: str) -> Any:
    def convert(ids: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        return ({"value": [key_in(each, prefix) or _NOWHERE for each in ids]},)

    return convert


@strawberry.input(description="A range of whole numbers, both ends included.")
class IntRange:
    """A range of whole numbers."""

    min: int | None = strawberry.field(default=None, description="At least this.")
    max: int | None = strawberry.field(default=None, description="At most this.")


@strawberry.input(description="A range of times.")
class TimeRange:
    """A range of times."""

    since: datetime | None = strawberry.field(default=None, description="At this time or later.")
    before: datetime | None = strawberry.field(default=None, description="Before this time.")


@strawberry.input(description="How many members a role has in a group.")
class RoleDepth:
    """How many members a role has."""

    role_id: strawberry.ID = strawberry.field(description="Role.")
    members: IntRange = strawberry.field(description="Number of members with the role.")


@strawberry.input(description="Which groups are wanted; all that is given must hold.")
class BuyingGroupFilter:
    """Which groups are wanted."""

    account_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Of these accounts.")
    solution_interest_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="For these solution interests."
    )
    stage_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="In these stages.")
    missing_role_id: strawberry.ID | None = strawberry.field(
        default=None, description="Lacking members of this required role."
    )
    role_depth: RoleDepth | None = strawberry.field(default=None, description="With so many members of a role.")
    completeness_score: IntRange | None = strawberry.field(default=None, description="Completeness as shown.")
    engagement_score: IntRange | None = strawberry.field(default=None, description="Engagement as shown.")
    min_intent_level: Level | None = strawberry.field(
        default=None, description="With a signal of the group at this level or above."
    )
    updated: TimeRange | None = strawberry.field(default=None, description="Last changed in this time.")
    search: str | None = strawberry.field(default=None, description="Beginnings of words of the name.")
    archived: bool | None = strawberry.field(
        default=None, description="True: archived ones only; false, as without: those in use only."
    )


def _within(value: Any) -> Sequence[Mapping[str, Any]]:
    """Both ends; a range without ends is no wish, so that groups without the number are found too."""
    return () if value.min is None and value.max is None else (_ends(value),)


def _ends(value: Any) -> Mapping[str, Any]:
    low = -1 if value.min is None else value.min
    high = 2**31 - 1 if value.max is None else value.max
    return {"low": low, "high": high}


def _range_of(column: Any) -> Filter:
    return Filter(column.between(parameter("low"), parameter("high")), _within)


_FIRST, _LAST = datetime.fromisoformat("0001-01-02T00:00:00+00:00"), datetime.fromisoformat("9999-12-30T00:00:00+00:00")


def _times(value: Any) -> Sequence[Mapping[str, Any]]:
    return ({"since": value.since or _FIRST, "before": value.before or _LAST},)


_of_role = and_(of_tenant(GROUP_ROLE), GROUP_ROLE.c.group_id == GROUP.c.id)
FILTERS = {
    "account_ids": Filter(GROUP.c.account_id.in_(VALUES), _keys("acc")),
    "solution_interest_ids": Filter(GROUP.c.solution_interest_id.in_(VALUES), _keys("sin")),
    "stage_ids": Filter(GROUP.c.stage_id.in_(VALUES), _keys("stg")),
    "missing_role_id": Filter(
        exists().where(_of_role, GROUP_ROLE.c.missing, GROUP_ROLE.c.role_id == VALUE),
        lambda given: ({"value": key_in(given, "rol") or _NOWHERE},),
    ),
    "role_depth": Filter(
        exists().where(
            _of_role,
            GROUP_ROLE.c.role_id == parameter("role"),
            GROUP_ROLE.c.member_count.between(parameter("low"), parameter("high")),
        ),
        lambda given: ({"role": key_in(given.role_id, "rol") or _NOWHERE, **_ends(given.members)},),
    ),
    "completeness_score": _range_of(GROUP.c.completeness_score),
    "engagement_score": _range_of(GROUP.c.engagement_score),
    "min_intent_level": Filter(
        exists().where(of_tenant(SIGNAL), SIGNAL.c.subject_id == GROUP.c.id, SIGNAL.c.level_rank >= VALUE),
        lambda level: ({"value": RANKS[IntentLevel(level.value)]},),
    ),
    "updated": Filter(and_(GROUP.c.updated_at >= parameter("since"), GROUP.c.updated_at < parameter("before")), _times),
    "search": _search("GROUP", GROUP.c.id),
    "archived": Filter(GROUP.c.archived_at.is_not(None) == VALUE),
}


@strawberry.enum(description="What groups can be ordered by.")
class BuyingGroupOrderField(Enum):
    """What groups can be ordered by."""

    NAME = strawberry.enum_value("NAME", description="Name of the group.")
    ENGAGEMENT_SCORE = strawberry.enum_value("ENGAGEMENT_SCORE", description="Engagement score, unrounded.")
    COMPLETENESS_SCORE = strawberry.enum_value("COMPLETENESS_SCORE", description="Completeness score.")
    MEMBER_COUNT = strawberry.enum_value("MEMBER_COUNT", description="Number of members.")
    CREATED_AT = strawberry.enum_value("CREATED_AT", description="When the group was made.")
    UPDATED_AT = strawberry.enum_value("UPDATED_AT", description="When the group last changed.")


@strawberry.input(description="An order of groups.")
class BuyingGroupOrder:
    """An order of groups."""

    field: BuyingGroupOrderField = strawberry.field(description="What to order by.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Which way.")


GROUPS_ORDERED = Ordering(
    default=by(GROUP.c.name_key),
    tie=by(GROUP.c.name_key, GROUP.c.id),
    fields={
        BuyingGroupOrderField.NAME: by(GROUP.c.name_key),
        BuyingGroupOrderField.ENGAGEMENT_SCORE: by(GROUP.c.engagement_raw, nullable=True),
        BuyingGroupOrderField.COMPLETENESS_SCORE: by(GROUP.c.completeness_score, nullable=True),
        BuyingGroupOrderField.MEMBER_COUNT: by(GROUP.c.member_count),
        BuyingGroupOrderField.CREATED_AT: by(GROUP.c.created_at),
        BuyingGroupOrderField.UPDATED_AT: by(GROUP.c.updated_at),
    },
)


@strawberry.input(description="Which accounts are wanted; all that is given must hold.")
class AccountFilter:
    """Which accounts are wanted."""

    search: str | None = strawberry.field(default=None, description="Beginnings of words of the name.")
    industries: list[str] | None = strawberry.field(default=None, description="In these industries.")


@strawberry.enum(description="What accounts can be ordered by.")
class AccountOrderField(Enum):
    """What accounts can be ordered by."""

    NAME = strawberry.enum_value("NAME", description="Name of the company.")


@strawberry.input(description="An order of accounts.")
class AccountOrder:
    """An order of accounts."""

    field: AccountOrderField = strawberry.field(description="What to order by.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Which way.")


@strawberry.type
class ListQueries:
    """What groups, accounts and persons offer to a query."""

    buying_group: BuyingGroup | None = by_id("A buying group.")
    buying_groups: Connection[BuyingGroup] = paged(
        related(BuyingGroupRow),
        GROUPS_ORDERED,
        "Buying groups; archived ones only when asked for.",
        filters=FILTERS,
        narrow={"archived": GROUP.c.archived_at.is_(None)},
        arguments={
            "filter": (BuyingGroupFilter, "Which groups."),
            "order_by": (list[BuyingGroupOrder], "Order; by name without a wish."),
        },
    )
    account: Account | None = by_id("An account.")
    accounts: Connection[Account] = paged(
        related(AccountRow),
        Ordering(
            by(ACCOUNT.c.name_key),
            by(ACCOUNT.c.name_key, ACCOUNT.c.id),
            {AccountOrderField.NAME: by(ACCOUNT.c.name_key)},
        ),
        "Accounts.",
        filters={
            "search": _search("ACCOUNT", ACCOUNT.c.id),
            "industries": Filter(ACCOUNT.c.industry.in_(VALUES)),
        },
        arguments={
            "filter": (AccountFilter, "Which accounts."),
            "order_by": (list[AccountOrder], "Order; by name without a wish."),
        },
    )
    person: Person | None = by_id("A person.")
