"""Conditions as they stand in a set-up file."""

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bg_graph.buying_groups.rules.condition_data import (
    MAX_NESTING,
    ConditionError,
    condition_errors,
    from_data,
    to_data,
)
from bg_graph.buying_groups.rules.conditions import (
    NUMBER_ATTRIBUTES,
    YES_NO_ATTRIBUTES,
    AllOf,
    AnyOf,
    Attribute,
    AttributeTest,
    IntentTest,
    Operator,
    allowed_operators,
)
from bg_graph.intent.rules import IntentKind, IntentLevel


def test_a_condition_of_a_set_up_file_is_read():
    data = tomllib.loads(
        """
        [[definitions]]
        [definitions.conditions]
        all = [
            { attribute = "job_title", contains = "chief" },
            { any = [
                { attribute = "engagement_score", greater_than = 20 },
                { intent = "PRODUCT", name = "X", at_least = "MEDIUM" },
            ] },
            { attribute = "country", is_one_of = ["NL", "BE"] },
            { attribute = "email", is_empty = true },
            { attribute = "email_invalid", is_not = true },
        ]
        """
    )
    assert from_data(data["definitions"][0]["conditions"]) == AllOf(
        (
            AttributeTest(Attribute.JOB_TITLE, Operator.CONTAINS, "chief"),
            AnyOf(
                (
                    AttributeTest(Attribute.ENGAGEMENT_SCORE, Operator.GREATER_THAN, 20),
                    IntentTest(IntentKind.PRODUCT, "X", IntentLevel.MEDIUM),
                )
            ),
            AttributeTest(Attribute.COUNTRY, Operator.IS_ONE_OF, ("NL", "BE")),
            AttributeTest(Attribute.EMAIL, Operator.IS_EMPTY),
            AttributeTest(Attribute.EMAIL_INVALID, Operator.IS_NOT, True),
        )
    )


@pytest.mark.parametrize("word", ["CATEGORY", "SOLUTION"])
def test_a_category_is_also_called_a_solution(word):
    data = {"intent": word, "name": "Cloud", "at_least": "LOW"}
    assert from_data(data) == IntentTest(IntentKind.SOLUTION, "Cloud", IntentLevel.LOW)


JOB = {"attribute": "job_title", "is": "x"}
INTENT = {"intent": "KEYWORD", "name": "x", "at_least": "LOW"}


@pytest.mark.parametrize(
    ("data", "key", "word"),
    [
        ("chief", "", "a table with one of"),
        (None, "", "a table with one of"),
        ({}, "", "exactly one of all, any, attribute, intent; got none"),
        ({"all": [JOB], "any": [JOB]}, "", "got all, any"),
        ({"all": []}, "all", "at least one"),
        ({"any": JOB}, "any", "takes a list"),
        ({"all": [JOB], "not": 1}, "not", "not a key"),
        ({"all": [JOB, {"any": [JOB, {"attribute": "job_title", "contains": 5}]}]}, "all[1].any[1].contains", "a text"),
        ({"attribute": "title", "is": "x"}, "attribute", "must be one of city"),
        ({"attribute": ["city"], "is": "x"}, "attribute", "must be one of city"),
        ({"attribute": "job_title"}, "", "exactly one of is, is_not"),
        ({"attribute": "job_title", "is": "x", "contains": "y"}, "", "got is, contains"),
        ({"attribute": "job_title", "like": "x", "is": "x"}, "like", "not a key"),
        ({"attribute": "job_title", "greater_than": 5}, "greater_than", "can't be compared"),
        ({"attribute": "job_title", "is": ""}, "is", "use is_empty"),
        ({"attribute": "job_title", "is": ["x"]}, "is", "a text"),
        ({"attribute": "job_title", "is_one_of": "x"}, "is_one_of", "a list"),
        ({"attribute": "job_title", "is_one_of": []}, "is_one_of", "at least one"),
        ({"attribute": "job_title", "is_one_of": ["x", 1]}, "is_one_of", "a text"),
        ({"attribute": "job_title", "is_one_of": [["x"]]}, "is_one_of", "a text"),
        ({"attribute": "job_title", "is_empty": False}, "is_empty", "takes true"),
        ({"attribute": "email_invalid", "is": "yes"}, "is", "true or false"),
        ({"attribute": "engagement_score", "less_than": 1.5}, "less_than", "whole number"),
        ({**INTENT, "intent": "TOPIC"}, "intent", "must be one of KEYWORD"),
        ({**INTENT, "at_least": "high"}, "at_least", "must be one of LOW"),
        ({"intent": "KEYWORD", "name": "x"}, "at_least", "it is missing"),
        ({**INTENT, "name": " "}, "name", "names a category"),
        ({**INTENT, "is": "x"}, "is", "not a key"),
    ],
)
def test_a_wrong_condition_is_refused_with_the_key_that_is_wrong(data, key, word):
    with pytest.raises(ConditionError) as caught:
        from_data(data)
    assert str(caught.value).startswith(f"{key}: " if key else "a ")
    assert word in caught.value.message


def test_the_path_begins_where_the_condition_stands_in_its_file():
    with pytest.raises(ConditionError) as caught:
        from_data({"all": []}, ("definitions", 2, "conditions"))
    assert caught.value.path == ("definitions", 2, "conditions", "all")
    assert str(caught.value).startswith("definitions[2].conditions.all: ")


def test_every_error_of_a_condition_is_told():
    data = {"all": [{"attribute": "titel", "is": "x", "of": 1}, "chief", {**INTENT, "name": "", "at_least": "x"}]}
    assert [error.path for error in condition_errors(data)] == [
        ("all", 0, "attribute"),
        ("all", 0, "of"),
        ("all", 1),
        ("all", 2, "at_least"),
        ("all", 2, "name"),
    ]
    assert condition_errors({"all": [JOB]}) == ()


def test_conditions_nested_without_end_are_refused_rather_than_followed():
    data = JOB
    for _ in range(MAX_NESTING):
        data = {"all": [data]}
    assert condition_errors(data) == ()
    assert "nest deeper" in condition_errors({"all": [data]})[0].message
    for _ in range(5000):
        data = {"any": [data]}
    assert len(condition_errors(data)) == 1


@pytest.mark.parametrize("around", [lambda inner: inner, lambda inner: {"attribute": "city", "is": inner}])
def test_a_value_nested_without_end_is_told_in_short(around):
    value = "x"
    for _ in range(5000):
        value = [value]
    errors = condition_errors(around(value))
    assert len(errors) == 1
    assert len(errors[0].message) < 200


names = st.text(min_size=1, max_size=6).filter(str.strip)


@st.composite
def attribute_tests(draw):
    attribute = draw(st.sampled_from(Attribute))
    operator = draw(st.sampled_from(allowed_operators(attribute)))
    if operator is Operator.IS_EMPTY:
        return AttributeTest(attribute, operator)
    single = names
    if attribute in YES_NO_ATTRIBUTES:
        single = st.booleans()
    if attribute in NUMBER_ATTRIBUTES:
        single = st.integers(0, 100)
    value = st.lists(single, min_size=1, max_size=3).map(tuple) if operator is Operator.IS_ONE_OF else single
    return AttributeTest(attribute, operator, draw(value))


leaves = attribute_tests() | st.builds(IntentTest, st.sampled_from(IntentKind), names, st.sampled_from(IntentLevel))
conditions = st.recursive(
    leaves,
    lambda parts: (
        st.lists(parts, min_size=1, max_size=3)
        .map(tuple)
        .flatmap(lambda listed: st.sampled_from([AllOf(listed), AnyOf(listed)]))
    ),
    max_leaves=6,
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["all", "any", "attribute", "intent", "name", "at_least", "is", "is_one_of", "is_empty", "x"]
            ),
            inner | st.sampled_from(["job_title", "engagement_score", "email_invalid", "KEYWORD", "LOW"]),
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(conditions)
def test_a_condition_written_and_read_is_the_same(condition):
    assert from_data(json.loads(json.dumps(to_data(condition)))) == condition


@given(anything)
def test_any_data_is_a_condition_or_has_errors(data):
    errors = condition_errors(data)
    if errors:
        with pytest.raises(ConditionError):
            from_data(data)
    else:
        assert from_data(to_data(from_data(data))) == from_data(data)
