"""What is known of persons: what they did, what they read more than before, growth, and the groups they are in."""

from functools import cache

from sqlalchemy import FromClause, func, select

from bg_graph.accounts.tables import AccountRow, PersonRow
from bg_graph.buying_groups.tables import BuyingGroupRow, MemberRow, RoleRow
from bg_graph.plugins.summaries import FactKind
from bg_graph.store.connection import table_of
from bg_graph.store.scope import of_tenant
from bg_graph.summaries.facts.engagement import Asked, engagement_facts
from bg_graph.summaries.facts.selects import IDS, LATELY_DAYS, SHOWN, FactSelect, Told, number_in, told
from bg_graph.summaries.facts.topics import readings

PERSON, ACCOUNT, MEMBER = table_of(PersonRow), table_of(AccountRow), table_of(MemberRow)
GROUP, ROLE = table_of(BuyingGroupRow), table_of(RoleRow)
ASKED = Asked(PERSON, "id")


@cache
def person_facts(dialect: str) -> tuple[FactSelect, ...]:
    """The SELECTs of all facts about persons."""
    return (_persons(), *engagement_facts(ASKED, readings(dialect, ASKED.persons())), _groups())


def _memberships() -> FromClause:
    """Members with the group they are in; archived groups aside."""
    in_use = (GROUP.c.id == MEMBER.c.group_id) & of_tenant(GROUP) & GROUP.c.archived_at.is_(None)
    return MEMBER.join(GROUP, in_use)


def _persons() -> FactSelect:
    group_count = (
        select(func.count())
        .select_from(_memberships())
        # When they came in is always known; no index but that of the person's groups holds it, so SQLite takes that one.
        .where(of_tenant(MEMBER), MEMBER.c.person_id == PERSON.c.id, MEMBER.c.assigned_at.is_not(None))
        .correlate(PERSON)
        .scalar_subquery()
    )
    columns = Told(
        subject=PERSON.c.id,
        ref=PERSON.c.id,
        name=PERSON.c.name,
        texts={"account": ACCOUNT.c.name, "job_title": PERSON.c.job_title},
        numbers={"engagement_score": PERSON.c.engagement_score, "group_count": group_count},
        constants={"days": LATELY_DAYS},
    )
    source = PERSON.join(ACCOUNT, (ACCOUNT.c.id == PERSON.c.account_id) & of_tenant(ACCOUNT))
    return told("person", FactKind.PERSON, columns, source, *ASKED.only(PERSON))


def _groups() -> FactSelect:
    """The groups that a person came into last, as the other groups of a member are shown. Source: domain.md, "Overview tab"."""
    latest = number_in(MEMBER.c.person_id, MEMBER.c.assigned_at.desc(), MEMBER.c.id.desc())
    each = (
        select(
            MEMBER.c.person_id,
            GROUP.c.id,
            GROUP.c.name,
            GROUP.c.engagement_score,
            ROLE.c.name.label("role"),
            latest.label("place"),
        )
        .select_from(_memberships().join(ROLE, (ROLE.c.id == MEMBER.c.role_id) & of_tenant(ROLE)))
        .where(of_tenant(MEMBER), MEMBER.c.person_id.in_(IDS))
        .subquery("latest_group")
    )
    columns = Told(
        subject=each.c.person_id,
        ref=each.c.id,
        name=each.c.name,
        place=each.c.place,
        texts={"role": each.c.role},
        numbers={"engagement_score": each.c.engagement_score},
    )
    return told("group", FactKind.GROUP, columns, each, each.c.place <= SHOWN)
