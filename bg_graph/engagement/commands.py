"""The scoring job: scores of all persons and groups of a tenant, computed in sets by the database.

`rules` is the reference; the database computes the same from one pass over the activities of the window.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from bg_graph.accounts.fact_marks import FactSource, mark_facts
from bg_graph.accounts.rules import utc_day
from bg_graph.accounts.tables import PersonRow
from bg_graph.buying_groups.commands.acts import TOPIC as GROUP_TOPIC
from bg_graph.buying_groups.tables import BuyingGroupRow
from bg_graph.engagement.rules import DEFAULT_WEIGHTS, GROWTH_DAYS, WINDOW
from bg_graph.engagement.sums import shown, store_group_scores, store_person_scores
from bg_graph.engagement.tables import ActivityWeightRow, GroupScoreRow, PersonScoreRow, ScoreRunRow, WeightingModelRow
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant
from bg_graph.store.telling import News, tell_listeners

group = table_of(BuyingGroupRow)
group_score = table_of(GroupScoreRow)
person = table_of(PersonRow)
person_score = table_of(PersonScoreRow)
run = table_of(ScoreRunRow)
SCORED = "SCORED"
"""What listeners are told of a run."""


@dataclass(frozen=True, slots=True)
class ScoreOutcome:
    """What a run did: the end of its window, persons with a score above 0, groups scored."""

    as_of: datetime
    persons: int
    groups: int


async def score(db: TenantConnection, as_of: datetime, now: datetime) -> ScoreOutcome:
    """Compute all engagement scores as of one time and store them with their daily history; archived groups keep theirs.

    The first run also leaves the history of 28 days before. Source: domain.md, "Engagement score".
    """
    weights = await active_weights(db)
    if await db.value(select(run.c.id).where(of_tenant(run)).limit(1)) is None:
        await _store_history(db, as_of - timedelta(days=GROWTH_DAYS), weights)
    await _store_history(db, as_of, weights)
    day = utc_day(as_of)
    await _show_person_scores(db, day, now)
    groups = await _show_group_scores(db, day, now)
    active = select(func.count()).select_from(person).where(of_tenant(person), person.c.engagement_raw > 0)
    outcome = ScoreOutcome(as_of, persons=await db.value(active), groups=groups)
    await _record(db, outcome, now)
    await tell_listeners(db, [News(f"{SCORED} {new_id().hex}", SCORED, None, now, "score")])
    await mark_facts(db, FactSource.SCORES)
    db.announce(GROUP_TOPIC, None)
    return outcome


async def score_job(db: TenantConnection, now: datetime) -> dict[str, int]:
    """`score` as a job, as of now: its outcome as counts."""
    outcome = await score(db, now, now)
    return {"persons": outcome.persons, "groups": outcome.groups}


async def active_weights(db: TenantConnection) -> Mapping[str, int]:
    """The weight of each activity type: of the tenant's active weighting model, or the default ones."""
    model, weight = table_of(WeightingModelRow), table_of(ActivityWeightRow)
    newest = select(model.c.id).where(of_tenant(model), model.c.active).order_by(model.c.id.desc())
    model_id = await db.value(newest)
    if model_id is None:
        return DEFAULT_WEIGHTS
    statement = select(weight.c.kind, weight.c.weight).where(of_tenant(weight), weight.c.model_id == model_id)
    return {row.kind: row.weight for row in await db.rows(statement)}


async def _store_history(db: TenantConnection, as_of: datetime, weights: Mapping[str, int]) -> None:
    """The daily scores of persons and groups as of a time."""
    await store_person_scores(db, after=as_of - WINDOW, as_of=as_of, weights=weights)
    await store_group_scores(db, as_of)


async def _show_person_scores(db: TenantConnection, day: int, now: datetime) -> None:
    of_day = (of_tenant(person_score), person_score.c.day == day, person_score.c.person_id == person.c.id)
    raw = person_score.c.score_raw
    statement = update(person).where(of_tenant(person), *of_day)
    await db.execute(statement.values(engagement_raw=raw, engagement_score=shown(raw), scored_at=now))


async def _show_group_scores(db: TenantConnection, day: int, now: datetime) -> int:
    of_day = (of_tenant(group_score), group_score.c.day == day, group_score.c.group_id == group.c.id)
    raw = group_score.c.score_raw
    statement = update(group).where(of_tenant(group), group.c.archived_at.is_(None), *of_day)
    return await db.execute(statement.values(engagement_raw=raw, engagement_score=shown(raw), scored_at=now))


async def _record(db: TenantConnection, outcome: ScoreOutcome, now: datetime) -> None:
    row = {
        "id": new_id(),
        "as_of": outcome.as_of,
        "finished_at": now,
        "person_count": outcome.persons,
        "group_count": outcome.groups,
    }
    await db.upsert(ScoreRunRow, [row], key=("as_of",), update=("finished_at", "person_count", "group_count"))
