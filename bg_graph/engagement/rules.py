"""Engagement scores of persons and groups, computed for a whole tenant at once; the reference that jobs are tested by."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from math import fsum, sqrt
from types import MappingProxyType
from typing import TypeVar
from uuid import UUID

from bg_graph.accounts.rules import shown_score, text_key, utc_day

DEFAULT_WEIGHTS: Mapping[str, int] = MappingProxyType(
    {
        "ATTEND_EVENT": 60,
        "REGISTER_EVENT": 60,
        "INTERESTING_MOMENT": 60,
        "FILL_OUT_FORM": 40,
        "CLICK_LINK": 40,
        "VISIT_PAGE": 40,
        "OPEN_EMAIL": 30,
        "CLICK_EMAIL": 30,
    }
)
"""Weight of each activity type in the default model. Source: domain.md, "Engagement score"."""

DAILY_CAP = 20
"""How many activities of one type a person has counted on one UTC day. Source: domain.md, "Engagement score"."""

WINDOW = timedelta(days=30)
"""How far back activities count: 30 times 24 hours. Source: domain.md, "Engagement score"."""

GROWTH_DAYS = 28
"""Growth is told over four weeks. Source: domain.md, "Engagement score"."""

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Activity:
    """Something a person did, as far as scores ask: whose, which type, when (aware)."""

    person: Hashable
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ActivityCount:
    """How often a person did one type of activity on one UTC day (days since 1970-01-01) of the window."""

    person: Hashable
    kind: str
    day: int
    count: int


@dataclass(frozen=True, slots=True)
class ScoredMember:
    """A member of a group: the role, its weighting in the template (20 to 100), the person's unrounded score."""

    group: Hashable
    role: Hashable
    weight: int
    score: float


def in_window(at: datetime, as_of: datetime) -> bool:
    """Whether an activity counts for a run: after (as of - 30 x 24 h), up to as of. Both times aware.

    Source: domain.md, "Engagement score".
    """
    return as_of - WINDOW < at <= as_of


def daily_counts(activities: Iterable[Activity], as_of: datetime) -> list[ActivityCount]:
    """The activities of the window, counted by person, type and UTC day."""
    counts: dict[tuple[Hashable, str, int], int] = defaultdict(int)
    for activity in activities:
        if in_window(activity.at, as_of):
            counts[activity.person, activity.kind, utc_day(activity.at)] += 1
    return [ActivityCount(person, kind, day, count) for (person, kind, day), count in counts.items()]


def check_weights(weights: Mapping[str, int]) -> None:
    """Refuse a weighting model with a weight that is not a whole number above 0.

    Source: domain.md, "Engagement score": own weights are above 0, or the type is left out.
    """
    for kind, weight in weights.items():
        if isinstance(weight, bool) or not isinstance(weight, int) or weight < 1:
            raise ValueError(
                f"the weight of {kind} must be a whole number above 0, got {weight!r}: or leave {kind} out"
            )


def normalised_weights(weights: Mapping[str, int], occurring: Iterable[str]) -> dict[str, Fraction]:
    """Weights in (0, 1] of the types that have one and occur in the tenant's window: divided by the largest.

    Source: domain.md, "Engagement score", person score, steps 1 and 2.
    """
    present = {kind: weights[kind] for kind in set(occurring) & weights.keys()}
    largest = max(present.values(), default=1)
    return {kind: Fraction(weight, largest) for kind, weight in present.items()}


def raw_points(counts: Iterable[ActivityCount], weights: Mapping[str, int]) -> dict[Hashable, int]:
    """Points of each person that occurs: capped counts times integer weights, summed over types and days.

    The division by the largest weight (step 2) is left out: it is one factor for the whole tenant, which step 5 takes
    out again, and integers keep order and ties exact. Source: domain.md, "Engagement score", person score, step 3.
    """
    check_weights(weights)
    days: dict[tuple[Hashable, str, int], int] = defaultdict(int)
    for row in counts:
        days[row.person, row.kind, row.day] += row.count
    points: dict[Hashable, int] = defaultdict(int)
    for (person, kind, _), count in days.items():
        points[person] += min(count, DAILY_CAP) * weights.get(kind, 0)
    return dict(points)


def person_scores(counts: Iterable[ActivityCount], weights: Mapping[str, int]) -> dict[Hashable, float]:
    """Unrounded scores, 0 to 100, of the tenant's persons that occur; whoever does not occur has 0.

    Source: domain.md, "Engagement score", person score.
    """
    return _scaled(raw_points(counts, weights))


def role_shares(weights: Mapping[Key, int], with_members: Iterable[Key]) -> dict[Key, Fraction]:
    """The weight of each role that has a member in the group, adding up to 1.

    Source: domain.md, "Engagement score", group score, step 1.
    """
    present = {role: weights[role] for role in set(with_members)}
    total = sum(present.values())
    return {role: Fraction(weight, total) for role, weight in present.items()}


def weighted_engagement(members: Iterable[ScoredMember]) -> float:
    """Sum over one group's members of the score times the share of their role; a group without members has 0.

    Source: domain.md, "Engagement score", group score, steps 1 and 2.
    """
    listed = list(members)
    weights = {member.role: member.weight for member in listed}
    shares = role_shares(weights, weights)
    # fsum rounds once, so that the order of members can't change the score.
    return fsum(float(shares[member.role]) * member.score for member in listed)


def group_scores(members: Iterable[ScoredMember]) -> dict[Hashable, float]:
    """Unrounded scores, 0 to 100, of the tenant's groups that have members; a group without has 0.

    Source: domain.md, "Engagement score", group score.
    """
    by_group: dict[Hashable, list[ScoredMember]] = defaultdict(list)
    for member in members:
        by_group[member.group].append(member)
    return _scaled({group: weighted_engagement(listed) for group, listed in by_group.items()})


def most_engaged_key(score: float | None, name: str, identity: UUID) -> tuple[bool, float, str, UUID]:
    """Sort key, most engaged first: unrounded score, then name (case folded), then id; unknown scores last.

    Source: domain.md, "Engagement score" (ties).
    """
    return (score is None, -(score or 0.0), text_key(name), identity)


def growth(daily_scores: Mapping[int, float], day: int) -> int | None:
    """Points that the shown score rose (or fell) in the four weeks up to a day; None without both points.

    Days are counted in UTC since 1970-01-01, as the daily scores are kept. Source: domain.md, "Engagement score".
    """
    now, before = daily_scores.get(day), daily_scores.get(day - GROWTH_DAYS)
    return None if now is None or before is None else shown_score(now) - shown_score(before)


def _scaled(amounts: Mapping[Hashable, float]) -> dict[Hashable, float]:
    """Square roots, scaled so that the highest is exactly 100; all 0 where nothing counted."""
    highest = max(amounts.values(), default=0)
    return {key: 100 * sqrt(amount / highest) if highest else 0.0 for key, amount in amounts.items()}
