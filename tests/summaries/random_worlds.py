"""Random worlds for summaries: groups with members, scores, activities and signals, deterministic by seed.

Each name holds a marker word (Zq and a number) that stands nowhere else, so that a test finds every name in a text by itself.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from random import Random
from uuid import UUID

from bg_graph.accounts.rules import utc_day
from bg_graph.accounts.tables import MARKETO, ActivityRow
from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER, INFLUENCER, PRACTITIONER
from bg_graph.engagement.rules import DEFAULT_WEIGHTS
from bg_graph.engagement.tables import PersonScoreRow
from bg_graph.intent.rules import IntentKind
from tests.conftest import NOW
from tests.world import World

ROLES = [role.id for role in (DECISION_MAKER, INFLUENCER, PRACTITIONER, CHAMPION)]
KINDS = [*DEFAULT_WEIGHTS, "Watch 3 videos", "WEBINAR"]
SHAPES = (
    "{0}",
    "{0} 7",
    "The {0}",
    "{0} (30)",
    '"{0}"',
    "in the last {0}",
    "{0} & Söhne 2 GmbH",
    "<b>{0}</b>",
    "{0}, 81",
)
TOPICS = tuple(f"topic Zq{number}" for number in range(90_000, 90_004))


def names(random: Random) -> Iterator[str]:
    for number in count(1):
        yield random.choice(SHAPES).format(f"Zq{number}")


async def random_groups(world: World, random: Random, how_many: int) -> list[UUID]:
    """Groups of accounts of their own."""
    made = names(random)
    interests = [await world.interest(next(made)) for _ in range(3)]
    return [await random_group(world, random, made, random.choice(interests)) for _ in range(how_many)]


async def random_group(world: World, random: Random, made: Iterator[str], interest: UUID) -> UUID:
    account = await world.account(next(made), industry=random.choice([None, next(made)]))
    group = await world.group(account, interest)
    people = []
    for _ in range(random.randrange(7)):
        title = random.choice([None, next(made)])
        people.append((await world.people(account, 1, next(made), job_title=title, **random_score(random)))[0])
    await world.members(group, {person: random.choice(ROLES) for person in people if random.random() < 0.9})
    if random.random() < 0.7:
        await world.group_score(group, random.choice([0, 0.2, 55.5, 100]))
    await world.add_all([activity for person in people for activity in activities(random, person, made)])
    await world.add_all([score for person in people for score in daily_scores(random, person)])
    for kind in random.sample([IntentKind.PRODUCT, IntentKind.KEYWORD], random.randrange(3)):
        probability = random.uniform(0.25, 1)
        await world.signal(group, next(made), probability, kind=kind, subject_kind="GROUP", category="c", product="p")
    return group


def random_score(random: Random) -> dict[str, object]:
    raw = random.choice([None, 0.0, 40.0, 40.0, 77.7])
    shown = None if raw is None else round(raw)
    return {"engagement_raw": raw, "engagement_score": shown, "scored_at": None if raw is None else NOW}


def activities(random: Random, person: UUID, made: Iterator[str]) -> list[ActivityRow]:
    rows = []
    for _ in range(random.randrange(9)):
        at = NOW - timedelta(days=random.choice([0, 3, 12, 29.9, 30, 31, 59, 60, 61]))
        topics = random.choice([None, [], random.sample(TOPICS, 2), [random.choice(TOPICS).upper(), ""]])
        given = {"kind": random.choice(KINDS), "topics": topics, "external_id": next(made)}
        rows.append(ActivityRow(person_id=person, at=at, day=utc_day(at), source=MARKETO, **given))
    return rows


def daily_scores(random: Random, person: UUID) -> list[PersonScoreRow]:
    days = random.sample([0, 1, 28, 29], random.randrange(5))
    return [
        PersonScoreRow(person_id=person, day=utc_day(NOW) - day, score_raw=random.choice([0, 40.0, 77.7]))
        for day in days
    ]
