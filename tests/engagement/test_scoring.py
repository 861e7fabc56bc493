"""The scoring job: what the database computes is what the rules say, on every database."""

from collections import Counter
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from bg_graph.accounts.rules import shown_score, utc_day
from bg_graph.accounts.tables import ActivityRow, PersonRow
from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER, INFLUENCER, PRACTITIONER
from bg_graph.buying_groups.rules.templates import Weighting
from bg_graph.buying_groups.tables import BuyingGroupRow, MemberRow, TemplateRoleRow
from bg_graph.engagement.commands import ScoreOutcome, score, score_job
from bg_graph.engagement.rules import (
    DEFAULT_WEIGHTS,
    Activity,
    ScoredMember,
    daily_counts,
    group_scores,
    person_scores,
)
from bg_graph.engagement.tables import GroupScoreRow, PersonScoreRow, ScoreRunRow
from bg_graph.store.announcements import Announcement, announcements
from bg_graph.store.engine import Database
from tests.conftest import NOW, add_tenant, statements
from tests.world import World, definition

DAY = timedelta(days=1)
TODAY = utc_day(NOW)


async def run(world: World, as_of=NOW, now=NOW) -> ScoreOutcome:
    async with world.database.writing(world.tenant) as db:
        return await score(db, as_of, now)


async def scores(world: World, row=PersonRow) -> dict[UUID, tuple[float | None, int | None]]:
    return {each.id: (each.engagement_raw, each.engagement_score) for each in await world.rows(row)}


async def test_the_known_answer_of_a_groups_score(world: World):
    template = await world.template(
        definition(DECISION_MAKER.id, weighting=Weighting.VITAL),
        definition(INFLUENCER.id, weighting=Weighting.IMPORTANT),
        definition(PRACTITIONER.id, weighting=Weighting.NORMAL),
    )
    interest = await world.interest(template=template)
    people = await world.people(await world.account(), 3)
    group = await world.group((await world.one(PersonRow, id=people[0])).account_id, interest)
    beside = await world.group(await world.account(), interest)
    await world.members(group, dict(zip(people, [DECISION_MAKER.id, DECISION_MAKER.id, INFLUENCER.id], strict=True)))
    hundred = await world.member(beside, role_id=PRACTITIONER.id)
    for person, activities in zip([*people, hundred], (6561, 1296, 4096, 10000), strict=True):
        await world.activity(person, f"KIND_{activities}")
    await world.weights({f"KIND_{weight}": weight for weight in (6561, 1296, 4096, 10000)})

    await run(world)

    people_scores = await scores(world)
    assert [people_scores[person] for person in [*people, hundred]] == [(81, 81), (36, 36), (64, 64), (100, 100)]
    shown = await scores(world, BuyingGroupRow)
    assert (shown[group][1], shown[beside]) == (97, (100, 100))
    assert shown[group][0] == pytest.approx(100 * (117 * 100 / 180 + 64 * 80 / 180) ** 0.5 / 10, abs=1e-9)


async def test_the_window_is_thirty_times_24_hours_up_to_the_time_of_the_run(world: World):
    account = await world.account()
    at_start, just_inside, at_end, later = await world.people(account, 4)
    await world.activity(at_start, at=NOW - 30 * DAY)
    await world.activity(just_inside, at=NOW - 30 * DAY + timedelta(microseconds=1))
    await world.activity(at_end, at=NOW)
    await world.activity(later, at=NOW + timedelta(microseconds=1))
    await run(world)
    shown = await scores(world)
    assert [shown[person][1] for person in (at_start, just_inside, at_end, later)] == [0, 100, 100, 0]


async def test_twenty_of_a_kind_count_a_day_in_utc(world: World):
    account = await world.account()
    at_once, over_midnight = await world.people(account, 2)
    midnight = NOW.replace(hour=0)
    await world.activity(at_once, at=midnight, times=40)
    await world.activity(over_midnight, at=midnight - timedelta(microseconds=1), times=20)
    await world.activity(over_midnight, at=midnight, times=20)
    await run(world)
    shown = await scores(world)
    assert shown[over_midnight] == (100, 100)
    assert shown[at_once][0] == pytest.approx(100 * 0.5**0.5, abs=1e-9)


async def test_the_twenty_first_of_a_kind_on_a_day_counts_nothing(world: World):
    nineteen, twenty, twenty_one = await world.people(await world.account(), 3)
    for person, times in ((nineteen, 19), (twenty, 20), (twenty_one, 21)):
        await world.activity(person, at=NOW, times=times)
    await run(world)
    shown = await scores(world)
    assert (shown[twenty], shown[twenty_one]) == ((100, 100), (100, 100))
    assert shown[nineteen][0] == pytest.approx(100 * 0.95**0.5, abs=1e-9)


async def test_the_least_activity_shows_at_least_one_and_none_is_zero(world: World):
    account = await world.account()
    busy, hardly, idle = await world.people(account, 3)
    await world.weights({"TALK": 1_000_000, "GLANCE": 1})
    await world.activity(busy, "TALK")
    await world.activity(hardly, "GLANCE")
    await run(world)
    shown = await scores(world)
    assert shown[hardly] == (pytest.approx(0.1), 1)
    assert shown[idle] == (0, 0)


async def test_a_tenant_without_activity_has_scores_of_zero(world: World):
    group = await world.group()
    person = await world.member(group)
    outcome = await run(world)
    assert outcome == ScoreOutcome(NOW, persons=0, groups=1)
    assert (await scores(world))[person] == (0, 0)
    assert (await scores(world, BuyingGroupRow))[group] == (0, 0)


async def test_a_weighting_model_without_weights_counts_nothing(world: World):
    person = await world.person(await world.account())
    await world.activity(person)
    await world.weights({})
    await run(world)
    assert (await scores(world))[person] == (0, 0)


async def test_an_archived_group_keeps_its_score(world: World):
    group = await world.group()
    await world.activity(await world.member(group))
    await world.group_score(group, 12.5)
    await world.archive(group)
    assert (await run(world)).groups == 0
    assert (await scores(world, BuyingGroupRow))[group] == (12.5, 13)


async def test_scores_tell_when_they_were_computed_and_are_no_change_of_group_or_person(world: World):
    group = await world.group()
    person = await world.member(group)
    before = await world.one(BuyingGroupRow, id=group)
    later = NOW + timedelta(hours=3)
    await run(world, as_of=later, now=later)
    after = await world.one(BuyingGroupRow, id=group)
    assert (after.scored_at, (await world.one(PersonRow, id=person)).scored_at) == (later, later)
    assert (after.version, after.updated_at) == (before.version, before.updated_at)


async def test_scoring_twice_gives_the_same(world: World):
    await a_random_world(world, Random(7))
    await run(world)
    kinds = (PersonRow, BuyingGroupRow, PersonScoreRow, GroupScoreRow, ScoreRunRow)
    first = [await world.rows(row) for row in kinds]
    await run(world)
    assert [await world.rows(row) for row in kinds] == first


async def test_the_first_run_also_leaves_the_scores_of_four_weeks_before(world: World):
    group = await world.group()
    person = await world.member(group)
    await world.activity(person, at=NOW - 29 * DAY)
    await run(world, as_of=NOW)
    days = {row.day: row.score_raw for row in await world.rows(PersonScoreRow, person_id=person)}
    assert days == {TODAY: 100, TODAY - 28: 100}
    assert {row.day for row in await world.rows(GroupScoreRow, group_id=group)} == {TODAY, TODAY - 28}
    await run(world, as_of=NOW + 2 * DAY)
    days = {row.day: row.score_raw for row in await world.rows(PersonScoreRow, person_id=person)}
    assert days == {TODAY + 2: 0, TODAY: 100, TODAY - 28: 100}


async def test_a_second_run_of_a_day_replaces_the_days_score(world: World):
    first, second = await world.people(await world.account(), 2)
    await world.activity(first)
    await run(world)
    await world.activity(second, at=NOW + timedelta(hours=1), times=4)
    await run(world, as_of=NOW + timedelta(hours=2))
    rows = await world.rows(PersonScoreRow, day=TODAY)
    assert {row.person_id: row.score_raw for row in rows} == {first: 50, second: 100}


async def test_another_tenants_activity_changes_no_score(world: World, database: Database):
    other = World(database, await add_tenant(database, "other"), NOW)
    await other.activity(await other.person(await other.account()), times=20)
    person = await world.person(await world.account())
    await world.activity(person)
    await run(world)
    assert (await scores(world))[person] == (100, 100)
    assert set((await scores(other)).values()) == {(None, None)}


async def test_the_number_of_statements_does_not_depend_on_the_number_of_rows(world: World):
    counts = []
    for seed in (1, 2):
        await a_random_world(world, Random(seed))
        await run(world, as_of=NOW + seed * DAY)
        with statements(world.database) as seen:
            await run(world, as_of=NOW + (seed + 10) * DAY)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 10


async def test_the_job_tells_its_counts(world: World):
    await world.activity(await world.member(await world.group()))
    async with world.database.writing(world.tenant) as db:
        assert await score_job(db, NOW) == {"persons": 1, "groups": 1}


@pytest.mark.parametrize("seed", range(8))
async def test_the_database_computes_what_the_rules_say(world: World, seed: int):
    random = Random(seed)
    await a_random_world(world, random)
    weights = dict(DEFAULT_WEIGHTS)
    if seed % 2:
        weights = {kind: random.randint(1, 1000) for kind in random.sample(KINDS, 4)}
        await world.weights(weights)
    as_of = NOW + timedelta(seconds=random.randint(0, 86_400))
    await run(world, as_of=as_of)

    activities = [Activity(row.person_id, row.kind, row.at) for row in await world.rows(ActivityRow)]
    by_rule = person_scores(daily_counts(activities, as_of), weights)
    stored = await scores(world)
    assert any(by_rule.values())
    for person, (raw, shown) in stored.items():
        assert raw == by_rule.get(person, 0.0)
        assert shown == shown_score(raw)
    assert ties(stored) == ties({person: (by_rule.get(person, 0.0), None) for person in stored})
    await agree_on_groups(world, {person: by_rule.get(person, 0.0) for person in stored})


async def agree_on_groups(world: World, people: dict[UUID, float]) -> None:
    weight = {(row.template_id, row.role_id): row.weight for row in await world.rows(TemplateRoleRow)}
    members = await world.rows(MemberRow)
    by_rule = group_scores(
        ScoredMember(row.group_id, row.role_id, weight[row.template_id, row.role_id], people[row.person_id])
        for row in members
    )
    for group, (raw, shown) in (await scores(world, BuyingGroupRow)).items():
        assert raw == pytest.approx(by_rule.get(group, 0.0), abs=1e-9)
        assert shown == shown_score(by_rule.get(group, 0.0))


def ties(found: dict[UUID, tuple[float | None, int | None]]) -> Counter:
    """How many persons share each unrounded score."""
    return Counter(raw for raw, _ in found.values())


KINDS = [*DEFAULT_WEIGHTS, "DOWNLOAD"]


async def a_random_world(world: World, random: Random) -> None:
    """Groups with members in changing roles, who did much, little or nothing, around the edges of window and cap."""
    roles = [DECISION_MAKER.id, INFLUENCER.id, PRACTITIONER.id, CHAMPION.id]
    activities: list[tuple[UUID, str, datetime]] = []
    for _ in range(3):
        account = await world.account()
        group = await world.group(account)
        people = await world.people(account, 6)
        members = random.sample(people, random.randint(0, 6))
        if members:
            await world.members(group, {person: random.choice(roles) for person in members})
        for person in people:
            for _ in range(random.choice([0, 1, 1, 5, 60])):
                activity = (person, random.choice(KINDS), random_time(random))
                activities += [activity] * random.choice([1, 1, 1, 2, 25])
    await world.activities(activities)


def random_time(random: Random) -> datetime:
    edge = random.choice([NOW, NOW - 30 * DAY, NOW.replace(hour=0), NOW - 3 * DAY])
    return edge + timedelta(seconds=random.randint(-100_000, 100_000), microseconds=random.randint(0, 5))


async def test_whoever_follows_a_group_hears_that_scores_were_computed(world: World):
    told: list[Announcement] = []
    async with world.database.writing(world.tenant) as db:
        await score_job(db, NOW)
        told += announcements(world.tenant, db.announced)
    assert told == [Announcement(world.tenant, "group", None)]
