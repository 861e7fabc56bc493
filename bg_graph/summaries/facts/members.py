"""What is known of members: what they did, what they read more than before, growth, and who reads about the same."""

from functools import cache
from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, Select, Subquery, func, select

from bg_graph.accounts.tables import PersonRow
from bg_graph.buying_groups.tables import BuyingGroupRow, MemberRow, RoleRow
from bg_graph.engagement.rules import GROWTH_DAYS
from bg_graph.engagement.tables import PersonScoreRow
from bg_graph.plugins.summaries import FactKind
from bg_graph.store.connection import table_of
from bg_graph.store.scope import of_tenant
from bg_graph.summaries.facts.selects import IDS, LATELY_DAYS, SHOWN, FactSelect, Told, number_in, told
from bg_graph.summaries.facts.topics import activity_counts, readings

MEMBER, PERSON, ROLE, GROUP = (table_of(row) for row in (MemberRow, PersonRow, RoleRow, BuyingGroupRow))
SCORE = table_of(PersonScoreRow)


@cache
def member_facts(dialect: str) -> tuple[FactSelect, ...]:
    """The SELECTs of all facts about members."""
    reading = readings(dialect, _mates())
    return (_members(), _activities(), _trends(reading), _growth(), _shared(reading))


def _is_asked(member: FromClause) -> tuple[ColumnElement[bool], ...]:
    """Holds for the members asked for.

    That the source is some text always holds: no index that holds the tenant first and the id last has it too, so that
    SQLite, which knows no statistics, looks members up by their id rather than reading all of such an index.
    """
    return of_tenant(member), member.c.id.in_(IDS), member.c.source != ""


def _asked(column: str) -> Select[Any]:
    """A column of the members asked for."""
    member = MEMBER.alias("asked")
    return select(member.c[column]).where(*_is_asked(member))


def _mates() -> Select[Any]:
    """All members of the groups that somebody asked for is in."""
    mate = MEMBER.alias("mate")
    return select(mate.c.group_id, mate.c.person_id).where(of_tenant(mate), mate.c.group_id.in_(_asked("group_id")))


def _with_members(rows: FromClause) -> tuple[FromClause, Subquery]:
    """Rows with a person_id, joined to the members asked for who they are; and these members."""
    asked = select(MEMBER.c.id, MEMBER.c.group_id, MEMBER.c.person_id).where(*_is_asked(MEMBER)).subquery("asked_for")
    return rows.outerjoin(asked, asked.c.person_id == rows.c.person_id), asked


def _members() -> FactSelect:
    columns = Told(
        subject=MEMBER.c.id,
        ref=MEMBER.c.id,
        name=PERSON.c.name,
        texts={"role": ROLE.c.name, "group": GROUP.c.name, "job_title": PERSON.c.job_title},
        numbers={"engagement_score": PERSON.c.engagement_score},
        constants={"days": LATELY_DAYS},
    )
    source = (
        MEMBER.join(PERSON, (PERSON.c.id == MEMBER.c.person_id) & of_tenant(PERSON))
        .join(ROLE, (ROLE.c.id == MEMBER.c.role_id) & of_tenant(ROLE))
        .join(GROUP, (GROUP.c.id == MEMBER.c.group_id) & of_tenant(GROUP))
    )
    return told("member", FactKind.MEMBER, columns, source, *_is_asked(MEMBER))


def _activities() -> FactSelect:
    act = activity_counts(_asked("person_id"))
    source, asked = _with_members(act)
    columns = Told(
        subject=asked.c.id,
        name=act.c.kind,
        place=func.rank().over(partition_by=asked.c.id, order_by=act.c.activities.desc()),
        numbers={"activities": act.c.activities},
        constants={"days": LATELY_DAYS},
    )
    return told("activity", FactKind.ACTIVITY, columns, source)


def _trends(reading: CTE) -> FactSelect:
    rise = reading.c.lately - reading.c.before
    order = (rise.desc(), reading.c.lately.desc(), reading.c.key)
    source, asked = _with_members(reading)
    each = (
        select(
            asked.c.id,
            reading.c.name,
            reading.c.lately,
            reading.c.before,
            number_in(asked.c.id, *order).label("place"),
        )
        .select_from(source)
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
    # The persons of the readings are all of a group: those nobody asked for are left out here.
    return told("trend", FactKind.TREND, columns, each, each.c.place <= SHOWN, each.c.id.is_not(None))


def _growth() -> FactSelect:
    """The newest daily score and the one of four weeks earlier. Source: domain.md, "Engagement score"."""
    columns = Told(
        subject=MEMBER.c.id,
        numbers={"score": _daily_score(_newest_day()), "score_before": _daily_score(_newest_day() - GROWTH_DAYS)},
        constants={"weeks": GROWTH_DAYS // 7},
    )
    return told("growth", FactKind.GROWTH, columns, MEMBER, *_is_asked(MEMBER))


def _newest_day() -> ColumnElement[Any]:
    score = SCORE.alias("newest")
    newest = select(func.max(score.c.day)).where(of_tenant(score), score.c.person_id == MEMBER.c.person_id)
    return newest.correlate(MEMBER).scalar_subquery()


def _daily_score(day: ColumnElement[Any]) -> ColumnElement[Any]:
    conditions = (of_tenant(SCORE), SCORE.c.person_id == MEMBER.c.person_id, SCORE.c.day == day)
    return select(SCORE.c.score_raw).where(*conditions).correlate(MEMBER).scalar_subquery()


def _shared(reading: CTE) -> FactSelect:
    own, theirs = _own_topics(reading), _topics_of_mates(reading)
    same = (theirs.c.group_id == own.c.group_id) & (theirs.c.key == own.c.key)
    counts = (
        select(
            own.c.id,
            theirs.c.mate_id,
            theirs.c.person_id,
            func.min(own.c.name).label("topic"),
            func.count().label("topics"),
        )
        .select_from(own.join(theirs, same))
        .where(theirs.c.mate_id != own.c.id)
        .group_by(own.c.id, theirs.c.mate_id, theirs.c.person_id)
        .subquery("sharing")
    )
    order = (counts.c.topics.desc(), PERSON.c.name_key, counts.c.mate_id)
    each = (
        select(counts, PERSON.c.name, number_in(counts.c.id, *order).label("place"))
        .select_from(counts.outerjoin(PERSON, (PERSON.c.id == counts.c.person_id) & of_tenant(PERSON)))
        .subquery("top_sharing")
    )
    columns = Told(
        subject=each.c.id,
        ref=each.c.mate_id,
        name=each.c.name,
        place=each.c.place,
        texts={"topic": each.c.topic},
        numbers={"topics": each.c.topics},
        constants={"days": LATELY_DAYS},
    )
    return told("shared", FactKind.SHARED_TOPICS, columns, each, each.c.place <= SHOWN)


def _own_topics(reading: CTE) -> Subquery:
    """What the members asked for read about lately."""
    source, asked = _with_members(reading)
    return (
        select(asked.c.id, asked.c.group_id, reading.c.key, reading.c.name)
        .select_from(source)
        .where(reading.c.lately > 0)
        .subquery("own")
    )


def _topics_of_mates(reading: CTE) -> Subquery:
    """What each member of their groups read about lately."""
    mate = MEMBER.alias("other")
    is_mate = (mate.c.person_id == reading.c.person_id) & mate.c.group_id.in_(_asked("group_id"))
    return (
        select(mate.c.id.label("mate_id"), mate.c.group_id, mate.c.person_id, reading.c.key)
        .select_from(reading.outerjoin(mate, of_tenant(mate) & is_mate))
        .where(reading.c.lately > 0)
        .subquery("theirs")
    )
