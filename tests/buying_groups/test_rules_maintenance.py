"""What the maintenance job does to a group, and what it leaves alone."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bg_graph.buying_groups.rules.conditions import Attribute, AttributeTest, Operator, PersonFacts, first_role
from bg_graph.buying_groups.rules.maintenance import maintain
from bg_graph.buying_groups.rules.membership import (
    GroupState,
    Membership,
    MembershipChange,
    MembershipSource,
    RoleAssignment,
    applied,
    assign,
    remove,
)
from bg_graph.buying_groups.rules.templates import RoleDefinition

MANUAL, JOURNEY, SYSTEM = MembershipSource
ACME = UUID(int=1)
CHIEF, BUYER, OTHER = (UUID(int=number) for number in range(21, 24))


def titled(word):
    return AttributeTest(Attribute.JOB_TITLE, Operator.CONTAINS, word)


DEFINITIONS = (
    RoleDefinition(OTHER, conditions=None),
    RoleDefinition(CHIEF, conditions=titled("chief")),
    RoleDefinition(BUYER, conditions=titled("buy")),
)


def person(number, job_title=None):
    return PersonFacts(UUID(int=number), job_title=job_title)


def group(members=None, marks=None):
    return GroupState(ACME, members or {}, marks or {}, frozenset({CHIEF, BUYER, OTHER}))


ADA = person(11, "Chief Buyer")
BOB = person(12, "Buyer")
CYD = person(13, "Clerk")


def test_people_become_members_in_the_first_role_whose_conditions_hold():
    after = applied(group(), maintain(DEFINITIONS, [ADA, BOB, CYD], group()))
    assert after.members == {ADA.person_id: Membership(CHIEF, SYSTEM), BOB.person_id: Membership(BUYER, SYSTEM)}
    assert after.marks == {}


def test_members_required_is_no_cap():
    chiefs = [person(number, "Chief") for number in range(100, 130)]
    one_is_enough = [RoleDefinition(CHIEF, conditions=titled("chief"), members_required=1)]
    assert len(maintain(one_is_enough, chiefs, group())) == 30


def test_a_system_member_for_whom_nothing_holds_any_more_is_removed_and_marked():
    state = group({CYD.person_id: Membership(BUYER, SYSTEM)})
    after = applied(state, maintain(DEFINITIONS, [CYD], state))
    assert after.members == {}
    assert after.marks == {CYD.person_id: SYSTEM}


def test_a_system_member_gets_the_role_that_now_comes_first():
    state = group({ADA.person_id: Membership(BUYER, SYSTEM)})
    assert maintain(DEFINITIONS, [ADA], state) == (
        MembershipChange(ADA.person_id, Membership(BUYER, SYSTEM), Membership(CHIEF, SYSTEM)),
    )


@pytest.mark.parametrize("source", [MANUAL, JOURNEY])
@pytest.mark.parametrize("facts", [ADA, BOB, CYD])
def test_whom_a_user_or_a_journey_brought_in_stays_as_is(source, facts):
    state = group({facts.person_id: Membership(OTHER, source)})
    assert maintain(DEFINITIONS, [facts], state) == ()


@pytest.mark.parametrize("source", [MANUAL, JOURNEY])
def test_a_job_does_not_bring_back_a_person_whom_a_user_or_a_journey_removed(source):
    assert maintain(DEFINITIONS, [ADA], group(marks={ADA.person_id: source})) == ()


def test_a_person_whom_the_job_removed_comes_back_when_the_conditions_hold_again():
    state = group({ADA.person_id: Membership(CHIEF, SYSTEM)})
    removed = applied(state, maintain(DEFINITIONS, [replace(ADA, job_title="Clerk")], state))
    assert removed.marks == {ADA.person_id: SYSTEM}
    assert applied(removed, maintain(DEFINITIONS, [ADA], removed)) == state


def test_a_user_takes_a_system_member_out_for_good_and_brings_her_back_for_good():
    state = applied(group(), maintain(DEFINITIONS, [ADA], group()))
    state = applied(state, remove(state, [ADA.person_id], MANUAL).changes)
    assert maintain(DEFINITIONS, [ADA], state) == ()
    items = [RoleAssignment(ADA.person_id, OTHER)]
    state = applied(state, assign(state, items, {ADA.person_id: ACME}, MANUAL).changes)
    assert maintain(DEFINITIONS, [replace(ADA, job_title=None)], state) == ()
    assert state.members == {ADA.person_id: Membership(OTHER, MANUAL)}


def test_an_archived_group_is_left_alone():
    assert maintain(DEFINITIONS, [ADA], replace(group(), archived=True)) == ()


def test_a_template_for_assignment_by_hand_brings_in_nobody():
    assert maintain([RoleDefinition(CHIEF)], [ADA, BOB], group()) == ()


titles = st.sampled_from(["Chief", "Buyer", "Chief Buyer", "Clerk", None])
people = st.lists(st.builds(person, st.integers(11, 16), titles), unique_by=lambda facts: facts.person_id)
sources = st.sampled_from(MembershipSource)
definitions = st.permutations(DEFINITIONS)


@st.composite
def groups(draw):
    persons = st.integers(11, 18).map(lambda number: UUID(int=number))
    roles = st.sampled_from([CHIEF, BUYER, OTHER])
    members = draw(st.dictionaries(persons, st.builds(Membership, roles, sources)))
    marks = draw(st.dictionaries(persons, sources))
    return group(members, {who: mark for who, mark in marks.items() if who not in members})


@given(definitions, people, groups())
def test_a_second_run_changes_nothing(listed, account, state):
    after = applied(state, maintain(listed, account, state))
    assert maintain(listed, account, after) == ()


@given(definitions, people, groups(), st.randoms())
def test_the_result_does_not_depend_on_the_order_of_people(listed, account, state, random):
    shuffled = random.sample(account, len(account))
    assert applied(state, maintain(listed, shuffled, state)) == applied(state, maintain(listed, account, state))


@given(definitions, people, groups())
def test_what_users_and_journeys_did_is_never_undone(listed, account, state):
    after = applied(state, maintain(listed, account, state))
    for who, membership in state.members.items():
        if membership.source is not SYSTEM:
            assert after.members[who] == membership
    for who, mark in state.marks.items():
        if mark is not SYSTEM:
            assert after.marks[who] == mark
            assert who not in after.members


@given(definitions, people, groups())
def test_after_a_run_whoever_is_the_jobs_own_has_exactly_the_role_that_comes_first(listed, account, state):
    after = applied(state, maintain(listed, account, state))
    for facts in account:
        member, mark = after.members.get(facts.person_id), after.marks.get(facts.person_id)
        if (member is None or member.source is SYSTEM) and mark in (None, SYSTEM):
            assert (member.role_id if member else None) == first_role(listed, facts)


@given(definitions, people, groups())
def test_people_of_whom_nothing_is_known_are_left_alone(listed, account, state):
    known = {facts.person_id for facts in account}
    assert {change.person_id for change in maintain(listed, account, state)} <= known
