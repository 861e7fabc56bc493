"""How complete a group is."""

from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bg_graph.buying_groups.rules.completeness import (
    RoleNeed,
    group_completeness,
    missing_roles,
    role_completeness,
    shown,
)


def role(members, members_required, *, required=True, number=1):
    return RoleNeed(UUID(int=number), members, members_required, required)


roles = st.builds(role, st.integers(0, 12), st.integers(1, 9), required=st.booleans(), number=st.integers(1, 20))


@pytest.mark.parametrize(
    ("members", "required", "percent"),
    [
        (0, 3, 0.0),
        (1, 3, 33.33),
        (2, 3, 66.67),
        (3, 3, 100.0),
        (4, 3, 100.0),
        (1, 5, 20.0),
        (4, 5, 80.0),
        (6, 5, 100.0),
    ],
)
def test_the_completeness_of_a_role(members, required, percent):
    """Known answers of domain.md, "Completeness score"."""
    assert round(float(role_completeness(members, required) * 100), 2) == percent


def test_roles_at_100_100_and_50_make_83():
    """Known answer of domain.md, "Completeness score"."""
    completeness = group_completeness([role(2, 2), role(5, 3), role(1, 2)])
    assert completeness == Fraction(5, 6)
    assert round(float(completeness * 100), 2) == 83.33
    assert shown(completeness) == 83


def test_exactly_57_and_a_half_is_shown_as_58():
    """Known answer of domain.md, "Completeness score": floats would give 57."""
    completeness = group_completeness([role(2, 3), role(2, 3), role(1, 6), role(4, 5)])
    assert completeness == Fraction(575, 1000)
    assert shown(completeness) == 58


def test_a_group_none_of_whose_roles_is_required_has_no_score():
    assert group_completeness([role(1, 2, required=False)]) is None
    assert group_completeness([]) is None


def test_roles_that_are_not_required_do_not_count():
    assert group_completeness([role(1, 1), role(0, 1, required=False)]) == 1


def test_missing_are_the_required_roles_with_too_few_members_in_the_order_given():
    listed = [role(0, 1, number=4), role(2, 2, number=2), role(1, 2, number=3), role(0, 1, required=False, number=1)]
    assert missing_roles(listed) == (UUID(int=4), UUID(int=3))


@pytest.mark.parametrize(("members", "required"), [(1, 0), (1, -1), (-1, 1)])
def test_impossible_numbers_are_refused(members, required):
    with pytest.raises(ValueError, match=r"must be at least 1|can't be fewer than 0"):
        role_completeness(members, required)


@given(st.integers(0, 50), st.integers(1, 50))
def test_one_more_member_never_makes_a_role_less_complete(members, required):
    assert 0 <= role_completeness(members, required) <= role_completeness(members + 1, required) <= 1


@given(st.lists(roles), st.data())
def test_one_more_member_never_makes_a_group_less_complete(listed, data):
    before = group_completeness(listed)
    if before is None:
        return
    index = data.draw(st.integers(0, len(listed) - 1))
    grown = listed[index]
    listed[index] = role(grown.members + 1, grown.members_required, required=grown.required)
    after = group_completeness(listed)
    assert 0 <= before <= after <= 1
    assert shown(before) <= shown(after)


@given(st.lists(roles), st.randoms())
def test_completeness_does_not_depend_on_the_order_of_roles(listed, random):
    shuffled = random.sample(listed, len(listed))
    assert group_completeness(shuffled) == group_completeness(listed)


@given(st.lists(roles))
def test_a_group_is_wholly_complete_exactly_when_no_role_is_missing(listed):
    completeness = group_completeness(listed)
    assert (completeness in (None, 1)) == (not missing_roles(listed))
