"""What a predicted probability means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bg_graph.intent.rules import IntentLevel, IntentThresholds, level_of, strength_of, with_parts

probabilities = st.floats(0, 1)


@pytest.mark.parametrize(
    ("probability", "level"),
    [
        (0.0, None),
        (0.2499, None),
        (0.25, IntentLevel.LOW),
        (0.4999, IntentLevel.LOW),
        (0.5, IntentLevel.MEDIUM),
        (0.7499, IntentLevel.MEDIUM),
        (0.75, IntentLevel.HIGH),
        (1.0, IntentLevel.HIGH),
    ],
)
def test_levels_begin_at_a_quarter_a_half_and_three_quarters(probability, level):
    """Known answers of domain.md, "Intent"."""
    assert level_of(probability) is level


def test_a_tenant_may_set_its_own_thresholds():
    strict = IntentThresholds(signal=0.6, medium=0.8, high=0.9)
    assert [level_of(p, strict) for p in (0.5, 0.6, 0.8, 0.9)] == [
        None,
        IntentLevel.LOW,
        IntentLevel.MEDIUM,
        IntentLevel.HIGH,
    ]


@pytest.mark.parametrize("thresholds", [(0.5, 0.4, 0.9), (0.5, 0.9, 0.8), (-0.1, 0.5, 0.9), (0.1, 0.5, 1.1)])
def test_thresholds_that_do_not_rise_are_refused(thresholds):
    with pytest.raises(ValueError, match="must rise"):
        IntentThresholds(*thresholds)


@pytest.mark.parametrize("probability", [-0.01, 1.01, float("nan")])
@pytest.mark.parametrize("rule", [level_of, strength_of, lambda p: with_parts(0.5, [p])])
def test_what_is_no_probability_is_refused(rule, probability):
    with pytest.raises(ValueError, match="between 0 and 1"):
        rule(probability)


@pytest.mark.parametrize(
    ("probability", "percent"), [(0.0, 0), (0.125, 13), (0.5, 50), (0.75, 75), (0.994, 99), (1.0, 100)]
)
def test_strength_is_the_probability_in_percent(probability, percent):
    assert strength_of(probability) == percent


def test_levels_are_ordered_low_medium_high():
    low, medium, high = IntentLevel.LOW, IntentLevel.MEDIUM, IntentLevel.HIGH
    assert sorted([high, low, medium], key=lambda level: level.rank) == [low, medium, high]
    assert high.at_least(medium)
    assert medium.at_least(medium)
    assert not low.at_least(medium)


def test_a_product_is_never_less_likely_than_its_strongest_keyword():
    assert with_parts(0.3, [0.2, 0.8, 0.5]) == 0.8
    assert with_parts(0.9, [0.2]) == 0.9
    assert with_parts(0.3, []) == 0.3


@given(probabilities, probabilities)
def test_a_higher_probability_never_means_a_lower_level_or_strength(one, other):
    low, high = sorted((one, other))
    ranks = [level.rank if level else 0 for level in (level_of(low), level_of(high))]
    assert ranks[0] <= ranks[1]
    assert 0 <= strength_of(low) <= strength_of(high) <= 100


@given(probabilities, st.lists(probabilities))
def test_no_part_is_more_likely_than_the_whole(own, parts):
    whole = with_parts(own, parts)
    assert all(part <= whole for part in [own, *parts])
    assert whole in [own, *parts]
