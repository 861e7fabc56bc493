"""Buying groups as the intent job sees them: who is in which group in use, and which deals are about what is sold."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import and_, func, select

from bg_graph.accounts.tables import OpportunityRow
from bg_graph.buying_groups.commands.acts import TOPIC
from bg_graph.buying_groups.rules.record_conditions import RecordKind, matches, opportunity_record, record_condition
from bg_graph.buying_groups.tables import BuyingGroupRow, MemberRow, SolutionInterestRow
from bg_graph.intent.predicting.sources import ACCOUNTS, Deal, GroupSource
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant

group = table_of(BuyingGroupRow)
interest = table_of(SolutionInterestRow)
member = table_of(MemberRow)
opportunity = table_of(OpportunityRow)

_PAGE = 2_000


async def deals(db: TenantConnection) -> Sequence[Deal]:
    """The deals that are about a solution interest, by the set-up's conditions: of two that match, the first.

    A closed deal counts as closed at the end of its close date; one without a date can't be placed in time, and is left out.
    """
    rows = await db.rows(
        select(interest.c.id, interest.c.opportunity_conditions)
        .where(of_tenant(interest))
        .order_by(interest.c.position, interest.c.id)
    )
    told_by = [
        (row.id, record_condition(row.opportunity_conditions, RecordKind.OPPORTUNITY))
        for row in rows
        if row.opportunity_conditions is not None
    ]
    names = ("id", "account_id", "name", "stage", "kind", "columns", "is_open", "close_date")
    statement = select(*(opportunity.c[name] for name in names)).where(of_tenant(opportunity))
    found: list[Deal] = []
    async for page in db.pages(statement.order_by(opportunity.c.id), size=_PAGE):
        for row in page:
            record = opportunity_record(name=row.name, stage=row.stage, kind=row.kind, columns=row.columns)
            about = next((interest_id for interest_id, condition in told_by if matches(condition, record)), None)
            if about is not None and (row.is_open or row.close_date is not None):
                found.append(_deal(row.account_id, about, row.stage, None if row.is_open else row.close_date))
    return found


def _deal(account_id: UUID, interest_id: UUID, stage: str, close_date: str | None) -> Deal:
    closed = None if close_date is None else datetime.fromisoformat(f"{close_date}T23:59:59").replace(tzinfo=UTC)
    return Deal(account_id, interest_id, stage, closed)


GROUP_SOURCE = GroupSource(
    members=(
        select(group.c.account_id, group.c.id.label("group_id"), member.c.person_id)
        .outerjoin(member, and_(of_tenant(member), member.c.group_id == group.c.id))
        .where(of_tenant(group), group.c.archived_at.is_(None), group.c.account_id.in_(ACCOUNTS))
    ),
    stamps=(
        select(group.c.account_id, func.count().label("groups"), func.sum(group.c.version).label("versions"))
        .where(of_tenant(group), group.c.archived_at.is_(None))
        .group_by(group.c.account_id)
    ),
    topic=TOPIC,
    deals=deals,
)
"""Buying groups for the intent job."""
