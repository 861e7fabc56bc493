"""Conditions asked of many people by columns say what conditions asked of each person say."""

from collections import defaultdict
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from bg_graph.accounts.rules import text_key
from bg_graph.buying_groups.rules.condition_columns import PeopleColumns, by_value, first_roles, leaves_of, matching
from bg_graph.buying_groups.rules.conditions import (
    AllOf,
    AnyOf,
    Attribute,
    AttributeTest,
    IntentTest,
    Operator,
    PersonFacts,
    first_role,
    holds,
)
from bg_graph.buying_groups.rules.templates import RoleDefinition
from bg_graph.intent.rules import IntentKind, IntentLevel, Signal

words = st.sampled_from(["Chief", "chief ", "Buyer", "É", "e\u0301", "buy", "Straße"])
levels = st.sampled_from(IntentLevel)
signals = st.builds(Signal, st.sampled_from(IntentKind), words, levels)
facts = st.fixed_dictionaries(
    {
        "job_title": st.none() | st.just(" ") | words,
        "city": st.none() | words,
        "email_invalid": st.none() | st.booleans(),
        "engagement_score": st.none() | st.floats(0, 100),
        "signals": st.lists(signals, max_size=3).map(tuple),
    }
)
people = st.lists(facts, max_size=8).map(
    lambda known: [PersonFacts(UUID(int=number), **each) for number, each in enumerate(known, 1)]
)
texts = st.sampled_from([Attribute.JOB_TITLE, Attribute.CITY])
comparisons = st.sampled_from([Operator.IS, Operator.IS_NOT, Operator.STARTS_WITH, Operator.CONTAINS])
orders = st.sampled_from([Operator.GREATER_THAN, Operator.LESS_THAN])
tests = st.one_of(
    st.builds(AttributeTest, texts, comparisons, words),
    st.builds(AttributeTest, texts, st.just(Operator.IS_EMPTY)),
    st.builds(AttributeTest, texts, st.just(Operator.IS_ONE_OF), st.lists(words, min_size=1, max_size=2).map(tuple)),
    st.builds(AttributeTest, st.just(Attribute.EMAIL_INVALID), st.just(Operator.IS), st.booleans()),
    st.builds(AttributeTest, st.just(Attribute.ENGAGEMENT_SCORE), orders, st.integers(0, 100)),
    st.builds(IntentTest, st.sampled_from(IntentKind), words, levels),
)
conditions = st.recursive(
    tests,
    lambda parts: (
        st.builds(AllOf, st.lists(parts, min_size=1, max_size=3).map(tuple))
        | st.builds(AnyOf, st.lists(parts, min_size=1, max_size=3).map(tuple))
    ),
    max_leaves=6,
)
definitions = st.lists(st.none() | conditions, max_size=4).map(
    lambda wanted: [RoleDefinition(UUID(int=100 + number), conditions=each) for number, each in enumerate(wanted)]
)


def columns(known):
    ids = [person.person_id for person in known]
    by_signal = defaultdict(lambda: defaultdict(set))
    for person in known:
        for signal in person.signals:
            by_signal[signal.kind, text_key(signal.name)][signal.level].add(person.person_id)
    values = {attribute: by_value(ids, [getattr(person, attribute) for person in known]) for attribute in Attribute}
    return PeopleColumns(values, by_signal)


@given(conditions, people)
def test_a_condition_matches_just_the_people_for_whom_it_holds(condition, known):
    assert matching(condition, columns(known)) == {person.person_id for person in known if holds(condition, person)}


@given(definitions, people)
def test_each_person_gets_the_role_of_the_first_definition_that_holds(wanted, known):
    one_by_one = {person.person_id: first_role(wanted, person) for person in known}
    assert first_roles(wanted, columns(known)) == {who: role for who, role in one_by_one.items() if role}


@given(conditions)
def test_the_tests_of_a_condition_are_all_its_leaves(condition):
    if isinstance(condition, AllOf | AnyOf):
        assert list(leaves_of(condition)) == [test for part in condition.parts for test in leaves_of(part)]
    else:
        assert list(leaves_of(condition)) == [condition]


def test_nobody_matches_among_nobody():
    title = AttributeTest(Attribute.JOB_TITLE, Operator.IS_NOT, "x")
    assert matching(AllOf((title,)), columns([])) == set()
    assert matching(AnyOf((title,)), columns([])) == set()
