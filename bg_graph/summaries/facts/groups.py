"""What is known of buying groups: engagement, completeness, top engaged members, interests, missing roles."""

from functools import cache
from typing import Any

from sqlalchemy import CTE, ColumnElement, func, select

from bg_graph.accounts.tables import AccountRow, PersonRow
from bg_graph.buying_groups.tables import BuyingGroupRow, GroupRoleRow, MemberRow, RoleRow
from bg_graph.intent.rules import IntentKind
from bg_graph.intent.tables import IntentSignalRow
from bg_graph.plugins.summaries import FactKind
from bg_graph.store.connection import table_of
from bg_graph.store.scope import of_tenant
from bg_graph.summaries.facts.selects import IDS, LATELY_DAYS, SHOWN, FactSelect, Told, number_in, told
from bg_graph.summaries.facts.topics import readings

GROUP, MEMBER, GROUP_ROLE = table_of(BuyingGroupRow), table_of(MemberRow), table_of(GroupRoleRow)
ACCOUNT, PERSON, ROLE, SIGNAL = (table_of(row) for row in (AccountRow, PersonRow, RoleRow, IntentSignalRow))


@cache
def group_facts(dialect: str) -> tuple[FactSelect, ...]:
    """The SELECTs of all facts about groups."""
    persons = select(MEMBER.c.group_id, MEMBER.c.person_id).where(of_tenant(MEMBER), MEMBER.c.group_id.in_(IDS))
    return (_groups(), _members(), _missing_roles(), _signals(), _topics(readings(dialect, persons)))


def _groups() -> FactSelect:
    columns = Told(
        subject=GROUP.c.id,
        ref=GROUP.c.id,
        name=GROUP.c.name,
        texts={"account": ACCOUNT.c.name},
        numbers={
            "member_count": GROUP.c.member_count,
            "engagement_score": GROUP.c.engagement_score,
            "completeness_score": GROUP.c.completeness_score,
            "scored_members": _scored_members(),
        },
    )
    source = GROUP.join(ACCOUNT, (ACCOUNT.c.id == GROUP.c.account_id) & of_tenant(ACCOUNT))
    return told("group", FactKind.GROUP, columns, source, of_tenant(GROUP), GROUP.c.id.in_(IDS))


def _scored_members() -> ColumnElement[Any]:
    member, person = MEMBER.alias("scored_member"), PERSON.alias("scored_person")
    source = member.join(person, (person.c.id == member.c.person_id) & of_tenant(person))
    statement = select(func.count(person.c.engagement_raw)).select_from(source)
    return statement.where(of_tenant(member), member.c.group_id == GROUP.c.id).correlate(GROUP).scalar_subquery()


def _members() -> FactSelect:
    source = MEMBER.join(PERSON, (PERSON.c.id == MEMBER.c.person_id) & of_tenant(PERSON)).join(
        ROLE, (ROLE.c.id == MEMBER.c.role_id) & of_tenant(ROLE)
    )
    order = (PERSON.c.engagement_raw.desc(), PERSON.c.name_key, PERSON.c.id)
    each = (
        select(
            MEMBER.c.group_id,
            MEMBER.c.id,
            PERSON.c.name,
            ROLE.c.name.label("role"),
            PERSON.c.engagement_score,
            number_in(MEMBER.c.group_id, *order).label("place"),
        )
        .select_from(source)
        .where(of_tenant(MEMBER), MEMBER.c.group_id.in_(IDS), PERSON.c.engagement_raw > 0)
        .subquery("top_member")
    )
    columns = Told(
        subject=each.c.group_id,
        ref=each.c.id,
        name=each.c.name,
        place=each.c.place,
        texts={"role": each.c.role},
        numbers={"engagement_score": each.c.engagement_score},
    )
    return told("member", FactKind.MEMBER, columns, each, each.c.place <= SHOWN)


def _missing_roles() -> FactSelect:
    columns = Told(
        subject=GROUP_ROLE.c.group_id,
        ref=GROUP_ROLE.c.role_id,
        name=ROLE.c.name,
        place=GROUP_ROLE.c.position + 1,
        numbers={"member_count": GROUP_ROLE.c.member_count, "members_required": GROUP_ROLE.c.members_required},
    )
    source = GROUP_ROLE.join(ROLE, (ROLE.c.id == GROUP_ROLE.c.role_id) & of_tenant(ROLE))
    conditions = (of_tenant(GROUP_ROLE), GROUP_ROLE.c.group_id.in_(IDS), GROUP_ROLE.c.missing)
    return told("role", FactKind.MISSING_ROLE, columns, source, *conditions)


def _signals() -> FactSelect:
    order = (SIGNAL.c.probability.desc(), SIGNAL.c.name_key, SIGNAL.c.id)
    each = (
        select(SIGNAL, number_in(SIGNAL.c.subject_id, *order).label("place"))
        .where(
            of_tenant(SIGNAL),
            SIGNAL.c.subject_id.in_(IDS),
            SIGNAL.c.subject_kind == "GROUP",
            SIGNAL.c.kind.in_([IntentKind.PRODUCT.value, IntentKind.KEYWORD.value]),
        )
        .subquery("top_signal")
    )
    columns = Told(
        subject=each.c.subject_id,
        ref=each.c.id,
        name=each.c.name,
        place=each.c.place,
        texts={"about": each.c.kind, "level": each.c.level},
        numbers={"strength": each.c.strength},
    )
    return told("intent", FactKind.INTENT, columns, each, each.c.place <= SHOWN)


def _topics(reading: CTE) -> FactSelect:
    is_member = (MEMBER.c.person_id == reading.c.person_id) & MEMBER.c.group_id.in_(IDS)
    activities, persons = func.sum(reading.c.lately), func.count()
    each = (
        select(
            MEMBER.c.group_id,
            func.min(reading.c.name).label("name"),
            activities.label("activities"),
            persons.label("persons"),
            number_in(MEMBER.c.group_id, persons.desc(), activities.desc(), reading.c.key).label("place"),
        )
        .select_from(reading.outerjoin(MEMBER, of_tenant(MEMBER) & is_member))
        .where(reading.c.lately > 0)
        .group_by(MEMBER.c.group_id, reading.c.key)
        .subquery("top_topic")
    )
    columns = Told(
        subject=each.c.group_id,
        name=each.c.name,
        place=each.c.place,
        numbers={"activities": each.c.activities, "persons": each.c.persons},
        constants={"days": LATELY_DAYS},
    )
    return told("topic", FactKind.TOPIC, columns, each, each.c.place <= SHOWN)
