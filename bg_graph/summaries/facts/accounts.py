"""What is known of accounts: how many people, groups and deals, and who and which group is engaged most."""

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, func, select

from bg_graph.accounts.tables import AccountRow, OpportunityRow, PersonRow
from bg_graph.buying_groups.tables import BuyingGroupRow
from bg_graph.plugins.summaries import FactKind
from bg_graph.store.connection import table_of
from bg_graph.store.scope import of_tenant
from bg_graph.summaries.facts.selects import IDS, SHOWN, FactSelect, Told, number_in, told

ACCOUNT, PERSON = table_of(AccountRow), table_of(PersonRow)
GROUP, OPPORTUNITY = table_of(BuyingGroupRow), table_of(OpportunityRow)


@cache
def account_facts(_dialect: str) -> tuple[FactSelect, ...]:
    """The SELECTs of all facts about accounts."""
    return (_accounts(), _groups(), _persons())


def _accounts() -> FactSelect:
    group, person, deal = GROUP.alias("its_group"), PERSON.alias("its_person"), OPPORTUNITY.alias("its_deal")
    in_use = group.c.archived_at.is_(None)
    columns = Told(
        subject=ACCOUNT.c.id,
        ref=ACCOUNT.c.id,
        name=ACCOUNT.c.name,
        texts={"industry": ACCOUNT.c.industry},
        numbers={
            "person_count": _number(func.count(), person),
            "scored_persons": _number(func.count(person.c.engagement_raw), person),
            "group_count": _number(func.count(), group, in_use),
            "scored_groups": _number(func.count(group.c.engagement_raw), group, in_use),
            "open_opportunities": _number(func.count(), deal, deal.c.is_open),
        },
    )
    return told("account", FactKind.ACCOUNT, columns, ACCOUNT, of_tenant(ACCOUNT), ACCOUNT.c.id.in_(IDS))


def _number(expression: ColumnElement[Any], table: FromClause, *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    """A number over the rows of the account."""
    statement = select(expression).select_from(table)
    held = (of_tenant(table), table.c.account_id == ACCOUNT.c.id)
    return statement.where(*held, *conditions).correlate(ACCOUNT).scalar_subquery()


def _groups() -> FactSelect:
    order = (GROUP.c.engagement_raw.desc(), GROUP.c.name_key, GROUP.c.id)
    conditions = (GROUP.c.account_id.in_(IDS), GROUP.c.archived_at.is_(None), GROUP.c.engagement_raw > 0)
    each = (
        select(GROUP, number_in(GROUP.c.account_id, *order).label("place"))
        .where(of_tenant(GROUP), *conditions)
        .subquery("top_group")
    )
    columns = Told(
        subject=each.c.account_id,
        ref=each.c.id,
        name=each.c.name,
        place=each.c.place,
        numbers={
            "member_count": each.c.member_count,
            "engagement_score": each.c.engagement_score,
            "completeness_score": each.c.completeness_score,
        },
    )
    return told("group", FactKind.GROUP, columns, each, each.c.place <= SHOWN)


def _persons() -> FactSelect:
    order = (PERSON.c.engagement_raw.desc(), PERSON.c.name_key, PERSON.c.id)
    each = (
        select(PERSON, number_in(PERSON.c.account_id, *order).label("place"))
        .where(of_tenant(PERSON), PERSON.c.account_id.in_(IDS), PERSON.c.engagement_raw > 0)
        .subquery("top_person")
    )
    columns = Told(
        subject=each.c.account_id,
        ref=each.c.id,
        name=each.c.name,
        place=each.c.place,
        texts={"job_title": each.c.job_title},
        numbers={"engagement_score": each.c.engagement_score},
    )
    return told("person", FactKind.PERSON, columns, each, each.c.place <= SHOWN)
