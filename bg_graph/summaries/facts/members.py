"""What is known of members: what they did, what they read more than before, growth, and who reads about the same."""

from functools import cache
from typing import Any

from sqlalchemy import CTE, ColumnElement, func, select

from bg_graph.accounts.tables import ActivityRow, PersonRow
from bg_graph.buying_groups.tables import BuyingGroupRow, MemberRow, RoleRow
from bg_graph.engagement.rules import GROWTH_DAYS
from bg_graph.engagement.tables import PersonScoreRow
from bg_graph.plugins.summaries import FactKind
from bg_graph.store.connection import table_of
from bg_graph.store.scope import of_tenant
from bg_graph.summaries.facts.selects import IDS, LATELY, LATELY_DAYS, NOW, SHOWN, FactSelect, Told, number_in, told
from bg_graph.summaries.facts.topics import readings

MEMBER, PERSON, ROLE, GROUP = (table_of(row) for row in (MemberRow, PersonRow, RoleRow, BuyingGroupRow))
ACTIVITY, SCORE = table_of(ActivityRow), table_of(PersonScoreRow)


@cache
def member_facts(dialect: str) -> tuple[FactSelect, ...]:
    """The SELECTs of all facts about members."""
    asked = (
        select(MEMBER.c.id, MEMBER.c.group_id, MEMBER.c.person_id)
        .where(of_tenant(MEMBER), MEMBER.c.id.in_(IDS))
        .cte("asked")
    )
    reading = readings(dialect, _mates(asked))
    return (_members(), _activities(asked), _trends(asked, reading), _growth(asked), _shared(asked, reading))


def _mates(asked: CTE) -> CTE:
    """The persons of all groups that somebody asked for is in."""
    mate = MEMBER.alias("mate")
    groups = select(asked.c.group_id)
    return select(mate.c.person_id).where(of_tenant(mate), mate.c.group_id.in_(groups)).distinct().cte("persons")


def _recently() -> ColumnElement[bool]:
    return (ACTIVITY.c.at > LATELY) & (ACTIVITY.c.at <= NOW)


def _members() -> FactSelect:
    activities = (
        select(func.count())
        .select_from(ACTIVITY)
        .where(of_tenant(ACTIVITY), ACTIVITY.c.person_id == MEMBER.c.person_id, _recently())
        .correlate(MEMBER)
        .scalar_subquery()
    )
    columns = Told(
        subject=MEMBER.c.id,
        ref=MEMBER.c.id,
        name=PERSON.c.name,
        texts={"role": ROLE.c.name, "group": GROUP.c.name, "job_title": PERSON.c.job_title},
        numbers={"engagement_score": PERSON.c.engagement_score, "activities": activities},
        constants={"days": LATELY_DAYS},
    )
    source = (
        MEMBER.join(PERSON, (PERSON.c.id == MEMBER.c.person_id) & of_tenant(PERSON))
        .join(ROLE, (ROLE.c.id == MEMBER.c.role_id) & of_tenant(ROLE))
        .join(GROUP, (GROUP.c.id == MEMBER.c.group_id) & of_tenant(GROUP))
    )
    return told("member", FactKind.MEMBER, columns, source, of_tenant(MEMBER), MEMBER.c.id.in_(IDS))


def _activities(asked: CTE) -> FactSelect:
    each = (
        select(
            asked.c.id,
            ACTIVITY.c.kind,
            func.count().label("activities"),
            func.rank().over(partition_by=asked.c.id, order_by=func.count().desc()).label("place"),
        )
        .select_from(asked.join(ACTIVITY, (ACTIVITY.c.person_id == asked.c.person_id) & of_tenant(ACTIVITY)))
        .where(_recently())
        .group_by(asked.c.id, ACTIVITY.c.kind)
        .subquery("acts")
    )
    columns = Told(
        subject=each.c.id,
        name=each.c.kind,
        place=each.c.place,
        numbers={"activities": each.c.activities},
        constants={"days": LATELY_DAYS},
    )
    return told("activity", FactKind.ACTIVITY, columns, each)


def _trends(asked: CTE, reading: CTE) -> FactSelect:
    rise = reading.c.lately - reading.c.before
    order = (rise.desc(), reading.c.lately.desc(), reading.c.key)
    each = (
        select(
            asked.c.id,
            reading.c.name,
            reading.c.lately,
            reading.c.before,
            number_in(asked.c.id, *order).label("place"),
        )
        .select_from(asked.join(reading, reading.c.person_id == asked.c.person_id))
        .where(rise > 0)
        .subquery("rising")
    )
    columns = Told(
        subject=each.c.id,
        name=each.c.name,
        place=each.c.place,
        numbers={"activities": each.c.lately, "activities_before": each.c.before},
        constants={"days": LATELY_DAYS},
    )
    return told("trend", FactKind.TREND, columns, each, each.c.place <= SHOWN)


def _growth(asked: CTE) -> FactSelect:
    """The newest daily score and the one of four weeks earlier; nothing without both. Source: domain.md, "Engagement score"."""
    latest, earlier, any_score = SCORE.alias("latest"), SCORE.alias("earlier"), SCORE.alias("any_score")
    newest = (
        select(func.max(any_score.c.day))
        .where(of_tenant(any_score), any_score.c.person_id == asked.c.person_id)
        .correlate(asked)
        .scalar_subquery()
    )
    is_newest = (latest.c.person_id == asked.c.person_id) & (latest.c.day == newest)
    is_earlier = (earlier.c.person_id == asked.c.person_id) & (earlier.c.day == latest.c.day - GROWTH_DAYS)
    source = asked.join(latest, is_newest & of_tenant(latest)).join(earlier, is_earlier & of_tenant(earlier))
    columns = Told(
        subject=asked.c.id,
        numbers={"score": latest.c.score_raw, "score_before": earlier.c.score_raw},
        constants={"weeks": GROWTH_DAYS // 7},
    )
    return told("growth", FactKind.GROWTH, columns, source)


def _shared(asked: CTE, reading: CTE) -> FactSelect:
    mate, theirs = MEMBER.alias("mate_member"), reading.alias("theirs")
    source = (
        asked.join(mate, (mate.c.group_id == asked.c.group_id) & of_tenant(mate))
        .join(PERSON, (PERSON.c.id == mate.c.person_id) & of_tenant(PERSON))
        .join(reading, reading.c.person_id == asked.c.person_id)
        .join(theirs, (theirs.c.person_id == mate.c.person_id) & (theirs.c.key == reading.c.key))
    )
    each = (
        select(
            asked.c.id,
            mate.c.id.label("mate_id"),
            PERSON.c.name,
            func.min(reading.c.name).label("topic"),
            func.count().label("topics"),
            number_in(asked.c.id, func.count().desc(), PERSON.c.name_key, mate.c.id).label("place"),
        )
        .select_from(source)
        .where(mate.c.person_id != asked.c.person_id, reading.c.lately > 0, theirs.c.lately > 0)
        .group_by(asked.c.id, mate.c.id, PERSON.c.name, PERSON.c.name_key)
        .subquery("sharing")
    )
    return told("shared", FactKind.SHARED_TOPICS, _shared_columns(each), each, each.c.place <= SHOWN)


def _shared_columns(each: Any) -> Told:
    return Told(
        subject=each.c.id,
        ref=each.c.mate_id,
        name=each.c.name,
        place=each.c.place,
        texts={"topic": each.c.topic},
        numbers={"topics": each.c.topics},
        constants={"days": LATELY_DAYS},
    )
