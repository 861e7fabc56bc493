"""When a condition for auto-assignment holds."""

import unicodedata
from dataclasses import dataclass
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bg_graph.buying_groups.rules.conditions import (
    NUMBER_ATTRIBUTES,
    YES_NO_ATTRIBUTES,
    AllOf,
    AnyOf,
    Attribute,
    AttributeTest,
    Condition,
    IntentTest,
    Operator,
    PersonFacts,
    allowed_operators,
    first_role,
    holds,
)
from bg_graph.intent.rules import IntentKind, IntentLevel, Signal

ADA = UUID(int=1)
TEXTS = sorted(frozenset(Attribute) - YES_NO_ATTRIBUTES - NUMBER_ATTRIBUTES)
TRUE = AttributeTest(Attribute.EMAIL_INVALID, Operator.IS, False)
FALSE = AttributeTest(Attribute.EMAIL_INVALID, Operator.IS, True)


def person(**facts):
    return PersonFacts(ADA, **facts)


def title(operator, value=None):
    return AttributeTest(Attribute.JOB_TITLE, operator, value)


def score(operator, value=None):
    return AttributeTest(Attribute.ENGAGEMENT_SCORE, operator, value)


def test_the_attributes_and_operators_are_those_of_the_domain():
    assert {attribute.value for attribute in Attribute} == set(PersonFacts.__dataclass_fields__) - {
        "person_id",
        "signals",
    }
    assert len(Attribute) == 13
    assert [operator.value for operator in Operator] == [
        *("is", "is_not", "starts_with", "contains", "is_empty", "greater_than", "less_than", "is_one_of")
    ]


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        (Operator.IS, "chief data officer", True),
        (Operator.IS, "Chief", False),
        (Operator.IS_NOT, "CHIEF DATA OFFICER", False),
        (Operator.IS_NOT, "Chief", True),
        (Operator.STARTS_WITH, "CHIEF", True),
        (Operator.STARTS_WITH, "Data", False),
        (Operator.CONTAINS, "data", True),
        (Operator.CONTAINS, "sales", False),
        (Operator.IS_EMPTY, None, False),
        (Operator.IS_ONE_OF, ("CFO", " chief data officer "), True),
        (Operator.IS_ONE_OF, ("CFO", "CTO"), False),
    ],
)
def test_texts_are_compared_trimmed_and_without_case(operator, value, expected):
    assert holds(title(operator, value), person(job_title=" Chief Data Officer ")) is expected


def test_texts_are_compared_in_one_form_and_accents_count():
    composed, apart = "Zoë", unicodedata.normalize("NFD", "Zoë")
    is_zoe = AttributeTest(Attribute.FIRST_NAME, Operator.IS, composed)
    assert holds(is_zoe, person(first_name=apart))
    assert not holds(is_zoe, person(first_name="Zoe"))
    assert not holds(AttributeTest(Attribute.FIRST_NAME, Operator.STARTS_WITH, "Zoe"), person(first_name=apart))


@pytest.mark.parametrize("empty", [None, "", "  \t"])
@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        (Operator.IS, "x", False),
        (Operator.IS_NOT, "x", True),
        (Operator.STARTS_WITH, "x", False),
        (Operator.CONTAINS, "x", False),
        (Operator.IS_EMPTY, None, True),
        (Operator.IS_ONE_OF, ("x", "y"), False),
    ],
)
def test_an_empty_text_fails_every_test_but_is_empty_and_is_not(operator, value, expected, empty):
    assert holds(title(operator, value), person(job_title=empty)) is expected


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        (Operator.IS, 0, False),
        (Operator.IS_NOT, 0, True),
        (Operator.GREATER_THAN, -1, False),
        (Operator.LESS_THAN, 101, False),
        (Operator.IS_EMPTY, None, True),
        (Operator.IS_ONE_OF, (0,), False),
    ],
)
def test_an_unknown_score_fails_every_test_but_is_empty_and_is_not(operator, value, expected):
    assert holds(score(operator, value), person(engagement_score=None)) is expected


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        (Operator.GREATER_THAN, 50, False),
        (Operator.GREATER_THAN, 49, True),
        (Operator.LESS_THAN, 50, False),
        (Operator.LESS_THAN, 51, True),
        (Operator.IS, 50, True),
        (Operator.IS_NOT, 50, False),
        (Operator.IS_ONE_OF, (49, 50), True),
        (Operator.IS_EMPTY, None, False),
    ],
)
@pytest.mark.parametrize("raw", [49.5, 50.0, 50.4999])
def test_the_score_is_compared_as_shown_and_strictly(operator, value, expected, raw):
    assert holds(score(operator, value), person(engagement_score=raw)) is expected


def test_a_score_hardly_above_zero_is_compared_as_one():
    assert holds(score(Operator.IS, 1), person(engagement_score=0.01))
    assert holds(score(Operator.IS, 0), person(engagement_score=0.0))


@pytest.mark.parametrize("attribute", sorted(YES_NO_ATTRIBUTES))
@pytest.mark.parametrize(("known", "yes"), [(True, True), (False, False), (None, False)])
def test_a_missing_yes_or_no_is_no(attribute, known, yes):
    facts = person(**{attribute.value: known})
    assert holds(AttributeTest(attribute, Operator.IS, True), facts) is yes
    assert holds(AttributeTest(attribute, Operator.IS, False), facts) is not yes
    assert holds(AttributeTest(attribute, Operator.IS_NOT, True), facts) is not yes


@pytest.mark.parametrize("attribute", TEXTS)
def test_each_text_attribute_is_read_from_its_own_fact(attribute):
    condition = AttributeTest(attribute, Operator.IS, "X")
    assert holds(condition, person(**{attribute.value: "x"}))
    assert not holds(condition, person(**{other.value: "x" for other in TEXTS if other is not attribute}))


@pytest.mark.parametrize(
    ("level", "asked", "expected"),
    [
        (IntentLevel.LOW, IntentLevel.MEDIUM, False),
        (IntentLevel.MEDIUM, IntentLevel.MEDIUM, True),
        (IntentLevel.HIGH, IntentLevel.MEDIUM, True),
        (IntentLevel.HIGH, IntentLevel.LOW, True),
    ],
)
def test_intent_is_asked_at_a_level_or_above(level, asked, expected):
    facts = person(signals=(Signal(IntentKind.PRODUCT, "Data  Platform", level),))
    assert holds(IntentTest(IntentKind.PRODUCT, " data  platform", asked), facts) is expected


def test_intent_in_something_else_does_not_count():
    facts = person(signals=(Signal(IntentKind.KEYWORD, "Cloud", IntentLevel.HIGH),))
    assert not holds(IntentTest(IntentKind.PRODUCT, "Cloud", IntentLevel.LOW), facts)
    assert not holds(IntentTest(IntentKind.KEYWORD, "Clouds", IntentLevel.LOW), facts)
    assert not holds(IntentTest(IntentKind.KEYWORD, "Cloud", IntentLevel.LOW), person())


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (AllOf((TRUE, TRUE)), True),
        (AllOf((TRUE, FALSE)), False),
        (AnyOf((FALSE, TRUE)), True),
        (AnyOf((FALSE, FALSE)), False),
        (AllOf((TRUE, AnyOf((FALSE, AllOf((TRUE, TRUE)))))), True),
        (AllOf((AnyOf((FALSE, TRUE)), AnyOf((FALSE, FALSE)))), False),
    ],
)
def test_all_and_any_nest(condition, expected):
    assert holds(condition, person()) is expected


@pytest.mark.parametrize("attribute", Attribute)
def test_each_attribute_refuses_the_comparisons_that_make_no_sense_for_it(attribute):
    refused = set(Operator) - set(allowed_operators(attribute))
    for operator in refused:
        with pytest.raises(ValueError, match="can't be compared with"):
            AttributeTest(attribute, operator, "x")
    if attribute in YES_NO_ATTRIBUTES:
        assert set(Operator) - refused == {Operator.IS, Operator.IS_NOT}
    elif attribute in NUMBER_ATTRIBUTES:
        assert refused == {Operator.STARTS_WITH, Operator.CONTAINS}
    else:
        assert refused == {Operator.GREATER_THAN, Operator.LESS_THAN}


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        (Operator.IS, 5),
        (Operator.IS, " "),
        (Operator.IS, None),
        (Operator.IS_ONE_OF, ()),
        (Operator.IS_ONE_OF, "x"),
        (Operator.IS_ONE_OF, ("x", "")),
        (Operator.IS_EMPTY, "x"),
    ],
)
def test_a_text_is_not_compared_with_what_is_no_text(operator, value):
    with pytest.raises(ValueError, match=r"text|list|no value"):
        title(operator, value)


@pytest.mark.parametrize("value", ["50", 50.5, True, None])
def test_a_score_is_compared_with_whole_numbers_only(value):
    with pytest.raises(ValueError, match="whole number"):
        score(Operator.GREATER_THAN, value)


@pytest.mark.parametrize("value", ["yes", 1, None])
def test_a_yes_or_no_is_compared_with_true_or_false_only(value):
    with pytest.raises(ValueError, match="true or false"):
        AttributeTest(Attribute.EMAIL_INVALID, Operator.IS, value)


@pytest.mark.parametrize(
    "make", [lambda: AllOf(()), lambda: AnyOf(()), lambda: IntentTest(IntentKind.KEYWORD, " ", IntentLevel.LOW)]
)
def test_conditions_that_say_nothing_are_refused(make):
    with pytest.raises(ValueError, match="needs"):
        make()


@dataclass(frozen=True)
class Definition:
    role_id: UUID
    conditions: Condition | None


CHIEF, BUYER = UUID(int=21), UUID(int=22)


def test_the_first_definition_whose_conditions_hold_gives_the_role():
    assert first_role([Definition(CHIEF, TRUE), Definition(BUYER, TRUE)], person()) == CHIEF
    assert first_role([Definition(CHIEF, FALSE), Definition(BUYER, TRUE)], person()) == BUYER
    assert first_role([Definition(CHIEF, FALSE)], person()) is None


def test_a_definition_without_conditions_is_for_assignment_by_hand():
    assert first_role([Definition(CHIEF, None)], person()) is None
    assert first_role([Definition(CHIEF, None), Definition(BUYER, TRUE)], person()) == BUYER


texts = st.text(max_size=8)


@given(texts.filter(str.strip), texts.filter(str.strip))
def test_is_and_is_not_never_agree(value, fact):
    facts = person(job_title=fact)
    assert holds(title(Operator.IS, value), facts) is not holds(title(Operator.IS_NOT, value), facts)


@given(texts.filter(str.strip), texts.filter(str.strip))
def test_what_is_equal_also_begins_and_what_begins_is_also_contained(value, fact):
    facts = person(job_title=fact)
    verdicts = [
        holds(title(operator, value), facts) for operator in (Operator.IS, Operator.STARTS_WITH, Operator.CONTAINS)
    ]
    assert verdicts == sorted(verdicts)


@given(st.integers(-5, 105), st.floats(0, 100))
def test_a_score_is_less_equal_or_greater_and_only_one_of_them(value, raw):
    facts = person(engagement_score=raw)
    operators = (Operator.LESS_THAN, Operator.IS, Operator.GREATER_THAN)
    assert [holds(score(operator, value), facts) for operator in operators].count(True) == 1


@given(st.lists(st.sampled_from([TRUE, FALSE]), min_size=1), st.randoms())
def test_the_order_of_parts_does_not_matter(parts, random):
    shuffled = tuple(random.sample(parts, len(parts)))
    for form in (AllOf, AnyOf):
        assert holds(form(shuffled), person()) is holds(form(tuple(parts)), person())
