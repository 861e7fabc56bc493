"""The scoring job: scores of all persons and groups of a tenant, computed in sets by the database."""

from dataclasses import dataclass
from datetime import datetime

from bg_graph.store.connection import TenantConnection


@dataclass(frozen=True, slots=True)
class ScoreOutcome:
    """What a run did: the end of its window, persons with a score above 0, groups scored."""

    as_of: datetime
    persons: int
    groups: int


async def score(db: TenantConnection, as_of: datetime, now: datetime) -> ScoreOutcome:
    """Compute all engagement scores as of one time and store them with their daily history.

    The first run also leaves the history of 28 days before. Source: domain.md, "Engagement score".
    """
    raise NotImplementedError


async def score_job(db: TenantConnection, now: datetime) -> dict[str, int]:
    """`score` as a job, as of now: its outcome as counts."""
    raise NotImplementedError
