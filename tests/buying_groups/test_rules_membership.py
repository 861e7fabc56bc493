"""Who may come in, leave or change role, by which source."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bg_graph.buying_groups.rules.membership import (
    CallCode,
    GroupState,
    ItemCode,
    Membership,
    MembershipChange,
    MembershipSource,
    RoleAssignment,
    Terms,
    applied,
    assign,
    call_faults,
    change_of,
    edit,
    leave,
    remove,
)

MANUAL, JOURNEY, SYSTEM = MembershipSource
ACME, OTHER_ACCOUNT = UUID(int=1), UUID(int=2)
ADA, BOB, CYD, DAN = (UUID(int=number) for number in range(11, 15))
CHIEF, BUYER, FOREIGN_ROLE = (UUID(int=number) for number in range(21, 24))
ACCOUNTS = {ADA: ACME, BOB: ACME, CYD: ACME, DAN: OTHER_ACCOUNT}

LOWER_OR_EQUAL = [(by, held) for by in MembershipSource for held in MembershipSource if not held.outranks(by)]
HIGHER = [(by, held) for by in MembershipSource for held in MembershipSource if held.outranks(by)]


def group(members=None, marks=None, *, archived=False, version=1):
    return GroupState(ACME, members or {}, marks or {}, frozenset({CHIEF, BUYER}), archived, version)


def as_role(person, role=CHIEF):
    return RoleAssignment(person, role)


def member(source, role=CHIEF):
    return Membership(role, source)


def codes(faults):
    return [(fault.index, fault.code) for fault in faults]


sources = st.sampled_from(MembershipSource)
persons = st.sampled_from([ADA, BOB, CYD])
roles = st.sampled_from([CHIEF, BUYER])


@st.composite
def groups(draw):
    members = draw(st.dictionaries(persons, st.builds(Membership, roles, sources)))
    marks = draw(st.dictionaries(persons, sources))
    return group(members, {person: mark for person, mark in marks.items() if person not in members})


some_persons = st.sampled_from([ADA, BOB, CYD, DAN, UUID(int=99), None])
some_items = st.lists(st.builds(RoleAssignment, some_persons, st.sampled_from([CHIEF, BUYER, FOREIGN_ROLE, None])))
calls = st.one_of(
    st.tuples(st.just("assign"), some_items),
    st.tuples(st.just("edit"), some_items),
    st.tuples(st.just("remove"), some_items),
)


def decide(state, call, by):
    kind, items = call
    if kind == "assign":
        return assign(state, items, ACCOUNTS, by)
    if kind == "edit":
        return edit(state, items, by)
    return remove(state, [item.person_id for item in items], by)


def test_a_user_outranks_a_journey_and_a_journey_the_system():
    assert MANUAL.outranks(JOURNEY)
    assert JOURNEY.outranks(SYSTEM)
    assert MANUAL.outranks(SYSTEM)
    assert not any(source.outranks(source) for source in MembershipSource)
    assert not SYSTEM.outranks(MANUAL)


# Assign


@pytest.mark.parametrize("by", MembershipSource)
def test_whoever_is_assigned_gets_the_role_and_the_source(by):
    decision = assign(group(), [as_role(ADA), as_role(BOB, BUYER)], ACCOUNTS, by)
    assert decision.changes == (
        MembershipChange(ADA, None, Membership(CHIEF, by)),
        MembershipChange(BOB, None, Membership(BUYER, by)),
    )
    assert decision.refused == decision.skipped == ()


def test_every_faulty_item_of_a_user_is_told_and_nothing_is_done():
    state = group({BOB: member(SYSTEM)})
    items = [as_role(UUID(int=99)), as_role(DAN), as_role(ADA, FOREIGN_ROLE), as_role(BOB), as_role(CYD), as_role(CYD)]
    decision = assign(state, items, ACCOUNTS, MANUAL)
    assert codes(decision.refused) == [
        (0, ItemCode.NOT_FOUND),
        (1, ItemCode.WRONG_ACCOUNT),
        (2, ItemCode.ROLE_NOT_IN_TEMPLATE),
        (3, ItemCode.ALREADY_MEMBER),
        (5, ItemCode.DUPLICATE_IN_INPUT),
    ]
    assert decision.changes == decision.skipped == ()


@pytest.mark.parametrize("by", [JOURNEY, SYSTEM])
def test_the_faulty_items_of_a_lower_source_are_skipped_and_the_others_done(by):
    items = [as_role(UUID(int=99)), as_role(DAN), as_role(ADA, FOREIGN_ROLE), as_role(BOB), as_role(CYD)]
    decision = assign(group(marks={BOB: MANUAL}), items, ACCOUNTS, by)
    assert codes(decision.skipped) == [
        (0, ItemCode.NOT_FOUND),
        (1, ItemCode.WRONG_ACCOUNT),
        (2, ItemCode.ROLE_NOT_IN_TEMPLATE),
        (3, ItemCode.REMOVED_BY_HIGHER),
    ]
    assert [change.person_id for change in decision.changes] == [CYD]
    assert decision.refused == ()


def test_the_first_code_that_applies_to_an_assign_is_told():
    state = group({ADA: member(MANUAL)}, {BOB: MANUAL})

    def code(*items):
        return assign(state, items, ACCOUNTS, SYSTEM).skipped[-1].code

    assert code(as_role(None, FOREIGN_ROLE)) is ItemCode.NOT_FOUND
    assert code(as_role(UUID(int=99)), as_role(UUID(int=99))) is ItemCode.NOT_FOUND
    assert code(as_role(DAN, FOREIGN_ROLE)) is ItemCode.WRONG_ACCOUNT
    assert code(as_role(ADA, FOREIGN_ROLE)) is ItemCode.ROLE_NOT_IN_TEMPLATE
    assert code(as_role(CYD), as_role(CYD, None)) is ItemCode.ROLE_NOT_IN_TEMPLATE
    assert code(as_role(ADA), as_role(ADA)) is ItemCode.ALREADY_MEMBER
    assert code(as_role(BOB), as_role(BOB)) is ItemCode.DUPLICATE_IN_INPUT
    assert code(as_role(BOB)) is ItemCode.REMOVED_BY_HIGHER


@pytest.mark.parametrize("present", MembershipSource)
def test_a_users_assign_of_a_member_is_refused_and_points_at_editing_the_role(present):
    decision = assign(group({ADA: member(present)}), [as_role(ADA, BUYER)], ACCOUNTS, MANUAL)
    assert codes(decision.refused) == [(0, ItemCode.ALREADY_MEMBER)]
    assert "edit the role" in decision.refused[0].message


def test_a_journey_that_adds_a_system_member_raises_the_source_and_sets_the_role():
    decision = assign(group({ADA: member(SYSTEM)}), [as_role(ADA, BUYER)], ACCOUNTS, JOURNEY)
    assert decision.changes == (MembershipChange(ADA, member(SYSTEM), member(JOURNEY, BUYER)),)


@pytest.mark.parametrize(
    ("by", "present"), [(JOURNEY, JOURNEY), (JOURNEY, MANUAL), *((SYSTEM, s) for s in MembershipSource)]
)
def test_other_members_are_skipped_when_a_lower_source_adds_them(by, present):
    decision = assign(group({ADA: member(present)}), [as_role(ADA, BUYER)], ACCOUNTS, by)
    assert codes(decision.skipped) == [(0, ItemCode.ALREADY_MEMBER)]
    assert decision.changes == ()


@pytest.mark.parametrize(("by", "mark"), LOWER_OR_EQUAL)
def test_an_equal_or_higher_source_brings_a_person_back_and_clears_the_mark(by, mark):
    state = group(marks={ADA: mark})
    decision = assign(state, [as_role(ADA)], ACCOUNTS, by)
    assert decision.changes == (MembershipChange(ADA, None, Membership(CHIEF, by), mark_before=mark, mark_after=None),)
    assert applied(state, decision.changes).marks == {}


@pytest.mark.parametrize(("by", "mark"), HIGHER)
def test_a_lower_source_does_not_bring_back_a_person_whom_a_higher_one_removed(by, mark):
    decision = assign(group(marks={ADA: mark}), [as_role(ADA)], ACCOUNTS, by)
    assert codes(decision.skipped) == [(0, ItemCode.REMOVED_BY_HIGHER)]
    assert decision.changes == ()


# Remove


@pytest.mark.parametrize(("by", "held"), LOWER_OR_EQUAL)
def test_a_removal_leaves_a_mark_of_the_source_that_did_it(by, held):
    state = group({ADA: member(held)})
    after = applied(state, remove(state, [ADA], by).changes)
    assert after.members == {}
    assert after.marks == {ADA: by}


@pytest.mark.parametrize(("by", "held"), HIGHER)
def test_a_lower_source_does_not_remove_whom_a_higher_one_added(by, held):
    decision = remove(group({ADA: member(held)}), [ADA], by)
    assert codes(decision.skipped) == [(0, ItemCode.ADDED_BY_HIGHER)]
    assert decision.changes == ()


def test_the_latest_removal_counts():
    state = group({ADA: member(SYSTEM)})
    state = applied(state, remove(state, [ADA], MANUAL).changes)
    state = applied(state, assign(state, [as_role(ADA)], ACCOUNTS, MANUAL).changes)
    state = applied(state, leave(state, [ADA]))
    assert state.marks == {ADA: SYSTEM}


def test_removing_somebody_who_is_no_member_leaves_no_mark():
    state = group(marks={BOB: SYSTEM})
    decision = remove(state, [ADA, BOB, None], JOURNEY)
    assert codes(decision.skipped) == [(index, ItemCode.NOT_A_MEMBER) for index in range(3)]
    assert applied(state, decision.changes) == state


@pytest.mark.parametrize("mark", [None, *MembershipSource])
def test_taking_out_somebody_who_is_no_member_changes_nothing(mark):
    state = group(marks={ADA: mark} if mark else {})
    assert applied(state, [change_of(state, ADA, None, SYSTEM)]) == state


def test_a_users_removal_with_a_fault_removes_nobody():
    decision = remove(group({ADA: member(SYSTEM), BOB: member(SYSTEM)}), [ADA, CYD, BOB, ADA], MANUAL)
    assert codes(decision.refused) == [(1, ItemCode.NOT_A_MEMBER), (3, ItemCode.DUPLICATE_IN_INPUT)]
    assert decision.changes == ()


def test_the_first_code_that_applies_to_a_removal_is_told():
    state = group({ADA: member(MANUAL)})
    assert codes(remove(state, [BOB, BOB], SYSTEM).skipped) == [(0, ItemCode.NOT_A_MEMBER), (1, ItemCode.NOT_A_MEMBER)]
    assert codes(remove(state, [ADA, ADA], SYSTEM).skipped) == [
        (0, ItemCode.ADDED_BY_HIGHER),
        (1, ItemCode.DUPLICATE_IN_INPUT),
    ]


# Edit


@pytest.mark.parametrize("held", [JOURNEY, SYSTEM])
@pytest.mark.parametrize("role", [CHIEF, BUYER])
def test_a_user_who_edits_a_role_keeps_the_member_even_where_the_role_stays(held, role):
    decision = edit(group({ADA: member(held)}), [as_role(ADA, role)], MANUAL)
    assert decision.changes == (MembershipChange(ADA, member(held), member(MANUAL, role)),)


def test_a_journey_that_edits_a_system_member_raises_the_source():
    decision = edit(group({ADA: member(SYSTEM)}), [as_role(ADA, BUYER)], JOURNEY)
    assert decision.changes == (MembershipChange(ADA, member(SYSTEM), member(JOURNEY, BUYER)),)


@pytest.mark.parametrize("source", MembershipSource)
def test_an_edit_that_changes_neither_role_nor_source_is_no_change_and_no_fault(source):
    decision = edit(group({ADA: member(source)}), [as_role(ADA)], source)
    assert decision.changes == decision.refused == decision.skipped == ()


@pytest.mark.parametrize(("by", "held"), HIGHER)
def test_a_lower_source_does_not_edit_whom_a_higher_one_added(by, held):
    decision = edit(group({ADA: member(held)}), [as_role(ADA, BUYER)], by)
    assert codes(decision.skipped) == [(0, ItemCode.ADDED_BY_HIGHER)]
    assert decision.changes == ()


def test_the_first_code_that_applies_to_an_edit_is_told():
    state = group({ADA: member(MANUAL)})

    def code(*items):
        return edit(state, items, SYSTEM).skipped[-1].code

    assert code(as_role(BOB), as_role(BOB, FOREIGN_ROLE)) is ItemCode.NOT_A_MEMBER
    assert code(as_role(None)) is ItemCode.NOT_A_MEMBER
    assert code(as_role(ADA), as_role(ADA, FOREIGN_ROLE)) is ItemCode.ROLE_NOT_IN_TEMPLATE
    assert code(as_role(ADA), as_role(ADA, BUYER)) is ItemCode.DUPLICATE_IN_INPUT
    assert code(as_role(ADA, BUYER)) is ItemCode.ADDED_BY_HIGHER


def test_two_different_edits_of_one_person_by_a_user_are_refused():
    decision = edit(group({ADA: member(MANUAL)}), [as_role(ADA, BUYER), as_role(ADA, CHIEF)], MANUAL)
    assert codes(decision.refused) == [(1, ItemCode.DUPLICATE_IN_INPUT)]


# Leaving the account


@pytest.mark.parametrize("held", MembershipSource)
def test_whoever_leaves_the_account_leaves_the_group_whatever_the_source(held):
    state = group({ADA: member(held), BOB: member(held)}, {CYD: MANUAL})
    after = applied(state, leave(state, [ADA, ADA, CYD]))
    assert after.members == {BOB: member(held)}
    assert after.marks == {ADA: SYSTEM, CYD: MANUAL}


# The call


@pytest.mark.parametrize(("items", "faulty"), [(0, True), (1, False), (50, False), (51, True)])
def test_a_call_takes_one_to_fifty_items(items, faulty):
    faults = call_faults(Terms(), group(), items)
    assert [fault.code for fault in faults] == ([CallCode.BATCH_SIZE] if faulty else [])


@pytest.mark.parametrize(("expected", "faulty"), [(None, False), (7, False), (6, True), (8, True)])
def test_a_stale_version_is_told(expected, faulty):
    faults = call_faults(Terms(expected_version=expected), group(version=7), 1)
    assert [fault.code for fault in faults] == ([CallCode.VERSION_CONFLICT] if faulty else [])


def test_every_fault_of_a_call_is_told_in_order_with_what_to_do():
    terms = Terms(expected_version=3, may_edit=False, note="a\0b")
    faults = call_faults(terms, group(archived=True, version=7), 0)
    assert [fault.code for fault in faults] == [code for code in CallCode if code is not CallCode.NOT_FOUND]
    told = " ".join(fault.message for fault in faults)
    assert all(word in told for word in ("got 0", "unarchive", "version 7", "'edit'"))


# Properties


@given(groups(), calls)
def test_a_user_is_refused_whole_or_served_whole(state, call):
    decision = decide(state, call, MANUAL)
    assert decision.skipped == ()
    assert not (decision.refused and decision.changes)


@given(groups(), calls, st.sampled_from([JOURNEY, SYSTEM]))
def test_a_lower_source_never_undoes_what_a_higher_one_did(state, call, by):
    after = applied(state, decide(state, call, by).changes)
    for person, membership in state.members.items():
        if membership.source.outranks(by):
            assert after.members.get(person) == membership
    for person, mark in state.marks.items():
        if mark.outranks(by):
            assert after.marks.get(person) == mark
            assert person not in after.members


@given(groups(), calls, sources)
def test_nobody_is_a_member_and_marked_as_removed(state, call, by):
    after = applied(state, decide(state, call, by).changes)
    assert after.members.keys().isdisjoint(after.marks)


@given(groups(), calls, sources)
def test_only_people_of_the_account_become_members_and_only_in_roles_offered(state, call, by):
    after = applied(state, decide(state, call, by).changes)
    assert all(ACCOUNTS[person] == ACME for person in after.members)
    assert all(membership.role_id in state.offered_roles for membership in after.members.values())


@given(groups(), calls, sources)
def test_each_person_changes_at_most_once_in_a_call(state, call, by):
    changed = [change.person_id for change in decide(state, call, by).changes]
    assert len(changed) == len(set(changed))


@given(groups(), calls, sources)
def test_undoing_a_call_restores_role_source_and_mark_exactly(state, call, by):
    changes = decide(state, call, by).changes
    assert applied(applied(state, changes), [change.inverse() for change in changes]) == state


@given(groups(), calls, st.sampled_from([JOURNEY, SYSTEM]))
def test_a_lower_sources_call_made_twice_changes_nothing_the_second_time(state, call, by):
    after = applied(state, decide(state, call, by).changes)
    assert decide(after, call, by).changes == ()


@given(groups(), calls, sources)
def test_each_item_is_accounted_for_at_most_once(state, call, by):
    decision = decide(state, call, by)
    places = [fault.index for fault in (*decision.refused, *decision.skipped)]
    assert len(places) == len(set(places))
    assert len(places) + len(decision.changes) <= len(call[1])
