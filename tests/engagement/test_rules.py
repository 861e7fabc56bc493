"""How engaged persons and groups are."""

from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from math import sqrt
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bg_graph.accounts.rules import shown_score
from bg_graph.engagement.rules import (
    DAILY_CAP,
    DEFAULT_WEIGHTS,
    Activity,
    ActivityCount,
    ScoredMember,
    check_weights,
    daily_counts,
    group_scores,
    growth,
    in_window,
    most_engaged_key,
    normalised_weights,
    person_scores,
    raw_points,
    role_shares,
    weighted_engagement,
)

AS_OF = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
DECISION_MAKER, INFLUENCER, PRACTITIONER = "Decision Maker", "Influencer", "Practitioner"
VITAL, IMPORTANT, NORMAL = 100, 80, 60

kinds = st.sampled_from([*DEFAULT_WEIGHTS, "DOWNLOAD"])
counts = st.builds(ActivityCount, st.integers(1, 4), kinds, st.integers(0, 3), st.integers(1, 30))
members = st.builds(
    lambda group, role_and_weight, score: ScoredMember(group, *role_and_weight, score),
    st.integers(1, 4),
    st.sampled_from([(DECISION_MAKER, VITAL), (INFLUENCER, IMPORTANT), (PRACTITIONER, NORMAL)]),
    st.just(0.0) | st.floats(0.001, 100),
)


def done(person, kind, count, day=0):
    return ActivityCount(person, kind, day, count)


def test_the_weights_of_the_default_model():
    """Known answers of domain.md, "Engagement score"."""
    assert DEFAULT_WEIGHTS == {
        "ATTEND_EVENT": 60,
        "REGISTER_EVENT": 60,
        "INTERESTING_MOMENT": 60,
        "FILL_OUT_FORM": 40,
        "CLICK_LINK": 40,
        "VISIT_PAGE": 40,
        "OPEN_EMAIL": 30,
        "CLICK_EMAIL": 30,
    }


def test_the_known_answer_for_the_role_weighting_on_raw_counts():
    """domain.md, "Engagement score": role totals 52, 28 and 17 make 35.25."""
    yesterday, today = 1, 2
    happened = [
        *(done("Adam", "web", 37, yesterday), done("Adam", "web", 15, today)),
        *(done("Adam", "click", 1, yesterday), done("Adam", "click", 1, today)),
        *(done("Mark", "web", 5, yesterday), done("Mark", "web", 3, today)),
        *(done("Mark", "click", 1, yesterday), done("Mark", "click", 1, today)),
        *(done("Mark", "download", 3, yesterday), done("Mark", "download", 2, today)),
        *(done("John", "web", 19, yesterday), done("John", "web", 9, today)),
        *(done("Bob", "click", 1, yesterday), done("Bob", "click", 1, today)),
        *(done("Paul", "click", 1, yesterday), done("Paul", "click", 1, today)),
        *(done("Calvin", "click", 1, yesterday), done("Calvin", "click", 1, today)),
        *(done("Calvin", "web", 1, yesterday), done("Calvin", "web", 7, today)),
        *(done("Calvin", "download", 1, yesterday), done("Calvin", "download", 2, today)),
    ]
    points = raw_points(happened, {"web": 1, "click": 1, "download": 1})
    roles = {
        **dict.fromkeys(["Adam", "Mark"], (DECISION_MAKER, VITAL)),
        "John": (INFLUENCER, IMPORTANT),
        **dict.fromkeys(["Bob", "Paul", "Calvin"], (PRACTITIONER, NORMAL)),
    }
    totals = Counter()
    for person, (role, _) in roles.items():
        totals[role] += points[person]
    assert totals == {DECISION_MAKER: 52, INFLUENCER: 28, PRACTITIONER: 17}
    weighted = weighted_engagement(ScoredMember("group", *roles[person], points[person]) for person in roles)
    assert weighted == pytest.approx(35.25)


def test_the_known_shares_of_three_roles():
    """domain.md, "Engagement score": 41.67 %, 33.33 %, 25 %."""
    weights = {DECISION_MAKER: VITAL, INFLUENCER: IMPORTANT, PRACTITIONER: NORMAL}
    shares = role_shares(weights, weights)
    assert shares == {DECISION_MAKER: Fraction(100, 240), INFLUENCER: Fraction(1, 3), PRACTITIONER: Fraction(1, 4)}


def test_the_known_answer_for_a_group():
    """domain.md, "Engagement score": 93.444, root 9.667; the two groups show 97 and 100."""
    first = [
        ScoredMember("first", DECISION_MAKER, VITAL, 81.0),
        ScoredMember("first", DECISION_MAKER, VITAL, 36.0),
        ScoredMember("first", INFLUENCER, IMPORTANT, 64.0),
    ]
    second = [ScoredMember("second", PRACTITIONER, NORMAL, 100.0)]
    assert round(weighted_engagement(first), 3) == 93.444
    assert round(sqrt(weighted_engagement(first)), 3) == 9.667
    assert sqrt(weighted_engagement(second)) == 10
    scores = group_scores([*first, *second])
    assert {group: shown_score(score) for group, score in scores.items()} == {"first": 97, "second": 100}


def test_a_role_without_members_in_the_group_has_no_share():
    weights = {DECISION_MAKER: VITAL, INFLUENCER: IMPORTANT, PRACTITIONER: NORMAL}
    shares = role_shares(weights, [DECISION_MAKER, INFLUENCER, DECISION_MAKER])
    assert shares == {DECISION_MAKER: Fraction(100, 180), INFLUENCER: Fraction(80, 180)}


def test_an_idle_member_with_a_heavy_role_lowers_the_score_of_a_group():
    """domain.md, "Engagement score": that is meant."""
    active = ScoredMember("group", PRACTITIONER, NORMAL, 50.0)
    idle = ScoredMember("group", DECISION_MAKER, VITAL, 0.0)
    assert weighted_engagement([active, idle]) < weighted_engagement([active])


def test_weights_are_divided_by_the_largest_that_occurs():
    assert normalised_weights(DEFAULT_WEIGHTS, ["CLICK_EMAIL", "VISIT_PAGE", "DOWNLOAD"]) == {
        "CLICK_EMAIL": Fraction(3, 4),
        "VISIT_PAGE": Fraction(1),
    }
    assert normalised_weights(DEFAULT_WEIGHTS, ["DOWNLOAD"]) == {}


def test_twenty_of_a_type_a_day_count_and_no_more():
    weights = {"VISIT_PAGE": 40, "CLICK_LINK": 40}
    assert raw_points([done("Adam", "VISIT_PAGE", 21)], weights) == {"Adam": 800}
    assert raw_points([done("Adam", "VISIT_PAGE", 20), done("Adam", "CLICK_LINK", 1)], weights) == {"Adam": 840}
    assert raw_points([done("Adam", "VISIT_PAGE", 20, 1), done("Adam", "VISIT_PAGE", 1, 2)], weights) == {"Adam": 840}


def test_the_cap_holds_over_rows_that_name_the_same_day_twice():
    assert raw_points([done("Adam", "VISIT_PAGE", 15), done("Adam", "VISIT_PAGE", 15)], {"VISIT_PAGE": 1}) == {
        "Adam": 20
    }


def test_a_quarter_of_the_points_is_half_the_score():
    scores = person_scores([done("Adam", "VISIT_PAGE", 4), done("Mark", "VISIT_PAGE", 1)], DEFAULT_WEIGHTS)
    assert scores == {"Adam": 100.0, "Mark": 50.0}


def test_types_without_a_weight_are_not_counted():
    scores = person_scores([done("Adam", "DOWNLOAD", 9), done("Mark", "OPEN_EMAIL", 1)], DEFAULT_WEIGHTS)
    assert scores == {"Adam": 0.0, "Mark": 100.0}


def test_a_tenant_without_activity_has_scores_of_zero():
    assert person_scores([], DEFAULT_WEIGHTS) == {}
    assert person_scores([done("Adam", "DOWNLOAD", 1)], DEFAULT_WEIGHTS) == {"Adam": 0.0}
    assert group_scores([ScoredMember("group", INFLUENCER, IMPORTANT, 0.0)]) == {"group": 0.0}
    assert group_scores([]) == {}


def test_one_activity_beside_a_very_busy_person_shows_at_least_one():
    busy = [done("Adam", "ATTEND_EVENT", 20, day) for day in range(30)]
    scores = person_scores([*busy, done("Mark", "OPEN_EMAIL", 1)], {**DEFAULT_WEIGHTS, "ATTEND_EVENT": 6000})
    assert 0 < scores["Mark"] < 0.5
    assert shown_score(scores["Mark"]) == 1


@pytest.mark.parametrize("weight", [0, -1, 1.5, True])
def test_a_weight_that_is_no_whole_number_above_zero_is_refused(weight):
    with pytest.raises(ValueError, match="VISIT_PAGE must be a whole number above 0"):
        check_weights({"VISIT_PAGE": weight})


def test_the_window_is_open_at_its_start_and_closed_at_its_end():
    start = AS_OF - timedelta(hours=30 * 24)
    tick = timedelta(microseconds=1)
    assert [in_window(at, AS_OF) for at in (start, start + tick, AS_OF, AS_OF + tick)] == [False, True, True, False]


def test_activities_of_the_window_are_counted_by_their_day_in_utc():
    tokyo = timezone(timedelta(hours=9))
    happened = [
        Activity("Adam", "VISIT_PAGE", datetime(2026, 11, 22, 23, 59, tzinfo=UTC)),
        Activity("Adam", "VISIT_PAGE", datetime(2026, 11, 23, 8, 0, tzinfo=tokyo)),
        Activity("Adam", "VISIT_PAGE", datetime(2026, 11, 23, 0, 0, tzinfo=UTC)),
        Activity("Adam", "VISIT_PAGE", datetime(2026, 10, 1, 0, 0, tzinfo=UTC)),
    ]
    counted = sorted((row.day, row.count) for row in daily_counts(happened, AS_OF))
    last = (datetime(2026, 11, 23, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).days
    assert counted == [(last - 1, 2), (last, 1)]


def test_the_most_engaged_come_first_by_unrounded_score_then_name_then_id():
    one, two = UUID(int=1), UUID(int=2)
    people = [(None, "Abe", one), (50.2, "zoe", one), (50.2, "Adam", two), (50.2, "ADAM", one), (50.4, "Zed", two)]
    assert sorted(people, key=lambda person: most_engaged_key(*person)) == [
        (50.4, "Zed", two),
        (50.2, "ADAM", one),
        (50.2, "Adam", two),
        (50.2, "zoe", one),
        (None, "Abe", one),
    ]


def test_a_score_of_zero_comes_before_an_unknown_one():
    assert most_engaged_key(0.0, "Zoe", UUID(int=2)) < most_engaged_key(None, "Abe", UUID(int=1))


def test_growth_is_told_in_shown_points_over_four_weeks():
    assert growth({100: 40.4, 128: 61.5}, 128) == 22
    assert growth({100: 61.5, 128: 40.4}, 128) == -22


def test_growth_needs_both_points():
    assert growth({128: 61.5}, 128) is None
    assert growth({100: 61.5}, 128) is None
    assert growth({101: 40.0, 128: 61.5}, 128) is None


@given(st.lists(counts), counts)
def test_more_activity_never_lowers_anybodys_raw_score(happened, more):
    before, after = raw_points(happened, DEFAULT_WEIGHTS), raw_points([*happened, more], DEFAULT_WEIGHTS)
    assert all(after[person] >= points for person, points in before.items())
    assert after[more.person] >= before.get(more.person, 0)


@given(st.lists(counts), st.randoms())
def test_scores_of_persons_do_not_depend_on_the_order_of_rows(happened, random):
    assert person_scores(random.sample(happened, len(happened)), DEFAULT_WEIGHTS) == person_scores(
        happened, DEFAULT_WEIGHTS
    )


@given(st.lists(counts))
def test_scores_of_persons_lie_between_0_and_100_and_the_highest_is_100(happened):
    scores = person_scores(happened, DEFAULT_WEIGHTS)
    assert all(0 <= score <= 100 for score in scores.values())
    if any(row.kind in DEFAULT_WEIGHTS for row in happened):
        assert max(scores.values()) == 100


@given(st.lists(counts), st.integers(2, 9))
def test_only_the_proportion_of_weights_matters(happened, factor):
    heavier = {kind: weight * factor for kind, weight in DEFAULT_WEIGHTS.items()}
    assert person_scores(happened, heavier) == person_scores(happened, DEFAULT_WEIGHTS)


@given(st.lists(counts))
def test_scores_are_those_of_the_definition_step_by_step(happened):
    """The definition divides the weights first; the rule computes with integers and must come to the same."""
    weights = normalised_weights(DEFAULT_WEIGHTS, [row.kind for row in happened])
    days = Counter()
    for row in happened:
        days[row.person, row.kind, row.day] += row.count
    sums = dict.fromkeys((row.person for row in happened), Fraction(0))
    for (person, kind, _), count in days.items():
        sums[person] += min(count, DAILY_CAP) * weights.get(kind, Fraction(0))
    highest = max((sqrt(total) for total in sums.values()), default=0) or 1
    expected = {person: sqrt(total) / highest * 100 for person, total in sums.items()}
    assert person_scores(happened, DEFAULT_WEIGHTS) == pytest.approx(expected)


@given(st.lists(counts))
def test_whoever_did_anything_that_counts_shows_a_score_above_zero(happened):
    scores = person_scores(happened, DEFAULT_WEIGHTS)
    active = {row.person for row in happened if row.kind in DEFAULT_WEIGHTS}
    assert {person for person, score in scores.items() if shown_score(score) > 0} == active


@given(st.lists(members), st.randoms())
def test_scores_of_groups_do_not_depend_on_the_order_of_members(listed, random):
    assert group_scores(random.sample(listed, len(listed))) == group_scores(listed)


@given(st.lists(members))
def test_scores_of_groups_lie_between_0_and_100_and_the_highest_is_100(listed):
    scores = group_scores(listed)
    assert all(0 <= score <= 100 for score in scores.values())
    if any(member.score > 0 for member in listed):
        assert max(scores.values()) == 100


@given(st.dictionaries(st.integers(1, 6), st.sampled_from([20, 40, 60, 80, 100]), min_size=1), st.data())
def test_shares_of_roles_add_up_to_one(weights, data):
    present = data.draw(st.lists(st.sampled_from(sorted(weights)), min_size=1))
    shares = role_shares(weights, present)
    assert sum(shares.values()) == 1
    assert shares.keys() == set(present)


@given(st.lists(members, min_size=1), st.floats(0, 100))
def test_a_more_engaged_member_never_lowers_the_groups_sum(listed, score):
    listed = [ScoredMember("group", member.role, member.weight, member.score) for member in listed]
    first = listed[0]
    raised = ScoredMember("group", first.role, first.weight, max(first.score, score))
    assert weighted_engagement([raised, *listed[1:]]) >= weighted_engagement(listed)


@given(st.timedeltas(timedelta(0), timedelta(days=9999)))
def test_the_window_is_720_hours_long(later):
    at = AS_OF + later
    assert in_window(at, at + timedelta(hours=719, minutes=59))
    assert not in_window(at, at + timedelta(hours=720))
