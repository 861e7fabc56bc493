"""What is known of members: what they did, what they read more than before, growth, and who reads about the same."""

from functools import cache
from typing import Any

from sqlalchemy import CTE, Select, Subquery, func, select

from bg_graph.accounts.tables import PersonRow
from bg_graph.buying_groups.tables import BuyingGroupRow, MemberRow, RoleRow
from bg_graph.plugins.summaries import FactKind
from bg_graph.store.connection import table_of
from bg_graph.store.scope import of_tenant
from bg_graph.summaries.facts.engagement import Asked, engagement_facts
from bg_graph.summaries.facts.selects import LATELY_DAYS, SHOWN, FactSelect, Told, number_in, told
from bg_graph.summaries.facts.topics import readings

MEMBER, PERSON, ROLE, GROUP = (table_of(row) for row in (MemberRow, PersonRow, RoleRow, BuyingGroupRow))
ASKED = Asked(MEMBER, "person_id")


@cache
def member_facts(dialect: str) -> tuple[FactSelect, ...]:
    """The SELECTs of all facts about members."""
    reading = readings(dialect, _mates())
    return (_members(), *engagement_facts(ASKED, reading), _shared(reading))


def _mates() -> Select[Any]:
    """All members of the groups that somebody asked for is in."""
    mate = MEMBER.alias("mate")
    return select(mate.c.group_id, mate.c.person_id).where(
        of_tenant(mate), mate.c.group_id.in_(ASKED.column("group_id"))
    )


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
    return told("member", FactKind.MEMBER, columns, source, *ASKED.only(MEMBER))


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
    source, asked = ASKED.joined_to(reading, "group_id")
    return (
        select(asked.c.id, asked.c.group_id, reading.c.key, reading.c.name)
        .select_from(source)
        .where(reading.c.lately > 0)
        .subquery("own")
    )


def _topics_of_mates(reading: CTE) -> Subquery:
    """What each member of their groups read about lately."""
    mate = MEMBER.alias("other")
    is_mate = (mate.c.person_id == reading.c.person_id) & mate.c.group_id.in_(ASKED.column("group_id"))
    return (
        select(mate.c.id.label("mate_id"), mate.c.group_id, mate.c.person_id, reading.c.key)
        .select_from(reading.outerjoin(mate, of_tenant(mate) & is_mate))
        .where(reading.c.lately > 0)
        .subquery("theirs")
    )
