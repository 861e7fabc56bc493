"""The sums behind the scores as statements: from activities to daily scores of persons, from these to those of groups.

Sums are of whole numbers, so that the order of rows can't change a score or a tie. Square roots and divisions are those
of IEEE doubles, the same in both databases and in `rules`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Double,
    Integer,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from bg_graph.accounts.rules import utc_day
from bg_graph.accounts.tables import ActivityRow, PersonRow
from bg_graph.buying_groups.tables import BuyingGroupRow, GroupRoleRow, MemberRow, TemplateRoleRow
from bg_graph.engagement.rules import DAILY_CAP
from bg_graph.engagement.tables import GroupScoreRow, PersonScoreRow
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.ids import made_in_sql
from bg_graph.store.scope import TENANT, of_tenant

activity = table_of(ActivityRow)
group = table_of(BuyingGroupRow)
group_role = table_of(GroupRoleRow)
member = table_of(MemberRow)
person = table_of(PersonRow)
person_score = table_of(PersonScoreRow)
template_role = table_of(TemplateRoleRow)

UNITS = 1e11
"""Parts of a point in which persons' scores are summed up: exact beyond what is shown, and 9,000 members with a score
of 100 in a VITAL role still fit into 64 bits."""


def shown(raw: ColumnElement[float]) -> ColumnElement[int]:
    """A score as users see it: `accounts.rules.shown_score` as an expression."""
    rounded = cast(func.floor(raw + 0.5), Integer)
    # Below 0.5 the addition may round; there the score shown is 1 anyway.
    return case((raw <= 0, 0), (raw < 1, 1), else_=rounded)


async def store_person_scores(
    db: TenantConnection, *, after: datetime, as_of: datetime, weights: Mapping[str, int]
) -> None:
    """Write the daily score of every person, from the activities after `after` and up to `as_of`.

    Source: domain.md, "Engagement score", person score.
    """
    points = _points(after, as_of, weights).cte("points")
    amount = func.coalesce(points.c.points, 0)
    scores = (
        select(
            TENANT.label("tenant_id"),
            made_in_sql(db.dialect, as_of).label("id"),
            person.c.id.label("person_id"),
            literal(utc_day(as_of), Integer).label("day"),
            _scaled(amount, _highest(points)).label("score_raw"),
        )
        .outerjoin(points, points.c.person_id == person.c.id)
        .where(of_tenant(person))
    )
    await _put(db, PersonScoreRow, scores, "person_id")


async def store_group_scores(db: TenantConnection, as_of: datetime) -> None:
    """Write the daily score of every group in use, from its present members' daily scores of that day.

    Source: domain.md, "Engagement score", group score.
    """
    day = utc_day(as_of)
    amounts = _group_amounts(day).cte("amounts")
    scores = (
        select(
            TENANT.label("tenant_id"),
            made_in_sql(db.dialect, as_of).label("id"),
            group.c.id.label("group_id"),
            literal(day, Integer).label("day"),
            _scaled(func.coalesce(amounts.c.points, 0), _highest(amounts)).label("score_raw"),
        )
        .outerjoin(amounts, amounts.c.group_id == group.c.id)
        .where(of_tenant(group), group.c.archived_at.is_(None))
    )
    await _put(db, GroupScoreRow, scores, "group_id")


def _points(after: datetime, as_of: datetime, weights: Mapping[str, int]) -> Select[Any]:
    """Points of each person that did something: capped daily counts times integer weights."""
    counted = (
        select(activity.c.person_id, activity.c.kind, func.count().label("times"))
        .where(of_tenant(activity), activity.c.at > after, activity.c.at <= as_of, activity.c.kind.in_(list(weights)))
        .group_by(activity.c.person_id, activity.c.kind, activity.c.day)
        .subquery("counted")
    )
    capped = case((counted.c.times > DAILY_CAP, DAILY_CAP), else_=counted.c.times)
    weight = case(dict(weights), value=counted.c.kind, else_=0) if weights else literal(0)
    return select(counted.c.person_id, func.sum(capped * weight).label("points")).group_by(counted.c.person_id)


def _group_amounts(day: int) -> Select[Any]:
    """Sum over a group's members of score times share of their role; the weights of roles with members make the whole."""
    weighed = (
        select(member.c.group_id, (_units(person_score.c.score_raw) * template_role.c.weight).label("units"))
        .join(person_score, and_(of_tenant(person_score), person_score.c.person_id == member.c.person_id))
        .join(template_role, _same_definition())
        .where(of_tenant(member), of_tenant(template_role), person_score.c.day == day)
        .subquery("weighed")
    )
    summed = (
        select(weighed.c.group_id, func.sum(weighed.c.units).label("units")).group_by(weighed.c.group_id).subquery("s")
    )
    whole = (
        select(group_role.c.group_id, func.sum(template_role.c.weight).label("weight"))
        .join(group, and_(of_tenant(group), group.c.id == group_role.c.group_id))
        .join(
            template_role,
            and_(template_role.c.template_id == group.c.template_id, template_role.c.role_id == group_role.c.role_id),
        )
        .where(
            of_tenant(group_role),
            of_tenant(template_role),
            group.c.archived_at.is_(None),
            group_role.c.member_count > 0,
        )
        .group_by(group_role.c.group_id)
        .subquery("whole")
    )
    points = cast(summed.c.units, Double) / cast(whole.c.weight, Double)
    return select(summed.c.group_id, points.label("points")).join(whole, whole.c.group_id == summed.c.group_id)


def _same_definition() -> ColumnElement[bool]:
    return and_(template_role.c.template_id == member.c.template_id, template_role.c.role_id == member.c.role_id)


def _units(raw: ColumnElement[float]) -> ColumnElement[int]:
    return cast(func.floor(raw * literal(UNITS, Double) + 0.5), BigInteger)


def _highest(amounts: CTE) -> ColumnElement[Any]:
    return select(func.max(amounts.c.points)).scalar_subquery()


def _scaled(amount: ColumnElement[Any], highest: ColumnElement[Any]) -> ColumnElement[float]:
    """Square roots, scaled so that the highest is exactly 100; 0 where nothing counted."""
    share = cast(amount, Double) / cast(highest, Double)
    return case((amount > 0, literal(100.0, Double) * func.sqrt(share)), else_=literal(0.0, Double))


async def _put(db: TenantConnection, row: type[Any], scores: Select[Any], subject: str) -> None:
    """Add the scores; where the day has one already, set it if it differs."""
    table = table_of(row)
    make = postgresql.insert if db.dialect == "postgresql" else sqlite.insert
    adding = make(table).from_select(["tenant_id", "id", subject, "day", "score_raw"], scores)
    statement = adding.on_conflict_do_update(
        index_elements=[table.c.tenant_id, table.c[subject], table.c.day],
        set_={"score_raw": adding.excluded.score_raw},
        where=table.c.score_raw != adding.excluded.score_raw,
    )
    await db.execute(statement)
