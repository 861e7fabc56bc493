import pytest

from bg_graph.buying_groups.rules.condition_data import ConditionError
from bg_graph.buying_groups.rules.record_conditions import (
    RecordKind,
    account_record,
    columns_named,
    matches,
    opportunity_record,
    record_condition,
    record_condition_errors,
)

NORTHWIND = account_record(name="Northwind", industry="Retail", website=None, country="DE", employee_count=900)


def holds_for_northwind(data: object) -> bool:
    return matches(record_condition(data, RecordKind.ACCOUNT), NORTHWIND)


def holds_for_deal(data: object, **columns: str) -> bool:
    deal = opportunity_record(name="Renewal of servers", stage="Proposal", kind="Renewal", columns=columns)
    return matches(record_condition(data, RecordKind.OPPORTUNITY), deal)


def test_an_account_is_told_by_its_industry_whatever_the_case():
    assert holds_for_northwind({"attribute": "industry", "is": " retail "})
    assert not holds_for_northwind({"attribute": "industry", "is": "Retail banking"})


def test_an_account_is_told_by_its_size_strictly():
    assert holds_for_northwind({"attribute": "employee_count", "greater_than": 899})
    assert not holds_for_northwind({"attribute": "employee_count", "greater_than": 900})
    assert holds_for_northwind({"attribute": "employee_count", "is_one_of": [1, 900]})


def test_what_an_account_lacks_is_empty():
    assert holds_for_northwind({"attribute": "website", "is_empty": True})
    assert holds_for_northwind({"attribute": "website", "is_not": "example.com"})
    assert not holds_for_northwind({"attribute": "website", "contains": "example"})


def test_tests_are_combined_with_all_and_any_nested():
    big_or_german = {
        "any": [{"attribute": "country", "is": "DE"}, {"attribute": "employee_count", "greater_than": 1000}]
    }
    assert holds_for_northwind({"all": [{"attribute": "industry", "is": "Retail"}, big_or_german]})
    assert not holds_for_northwind({"all": [{"attribute": "industry", "is": "Energy"}, big_or_german]})


def test_an_opportunity_is_told_by_a_column_of_its_export_whatever_the_case_of_the_column():
    condition = {"column": "Product__c", "is_one_of": ["Cloud", "Data"]}
    assert holds_for_deal(condition, product__C="cloud")
    assert not holds_for_deal(condition, Product__c="Paper")
    assert not holds_for_deal(condition)


def test_a_column_is_not_taken_for_an_attribute_of_the_same_name():
    assert holds_for_deal({"attribute": "stage", "is": "Proposal"}, stage="other")
    assert holds_for_deal({"column": "Stage", "is": "other"}, stage="other")


def test_an_opportunity_is_told_by_name_stage_and_type():
    assert holds_for_deal({"attribute": "name", "contains": "server"})
    assert holds_for_deal({"attribute": "type", "is": "Renewal"})


def test_the_columns_that_a_condition_names_are_told_as_they_are_compared():
    data = {"all": [{"column": "Product__c", "is": "x"}, {"any": [{"column": "Line", "is": "y"}]}]}
    assert columns_named(record_condition(data, RecordKind.OPPORTUNITY)) == {"product__c", "line"}
    assert columns_named(record_condition({"attribute": "name", "is": "x"}, RecordKind.OPPORTUNITY)) == frozenset()


@pytest.mark.parametrize(
    ("data", "kind", "message"),
    [
        ({"column": "Segment", "is": "x"}, RecordKind.ACCOUNT, "a condition has exactly one of all, any, attribute"),
        ({"attribute": "size", "is": "x"}, RecordKind.ACCOUNT, "attribute: must be one of name, industry"),
        ({"attribute": "employee_count", "is": "x"}, RecordKind.ACCOUNT, "is: employee_count is compared with a whole"),
        ({"attribute": "name", "greater_than": 3}, RecordKind.ACCOUNT, "greater_than: name can't be compared with"),
        ({"attribute": "employee_count", "contains": 3}, RecordKind.ACCOUNT, "contains: employee_count can't be"),
        ({"column": " ", "is": "x"}, RecordKind.OPPORTUNITY, "column: names a column of the export"),
        ({"column": "Line", "is": ["x"]}, RecordKind.OPPORTUNITY, "is: is takes one value, got a list"),
        ({"column": "Line", "is_one_of": []}, RecordKind.OPPORTUNITY, "is_one_of: is_one_of takes a list"),
        ({"column": "Line", "is": ""}, RecordKind.OPPORTUNITY, "is: an empty text can't be compared"),
        ({"column": "Line", "is": 3}, RecordKind.OPPORTUNITY, "is: is compared with a text, got 3"),
        ({"column": "Line", "is": "x", "like": "y"}, RecordKind.OPPORTUNITY, "like: is not a key of this condition"),
    ],
)
def test_a_wrong_condition_is_refused_with_its_key(data: object, kind: RecordKind, message: str):
    (error,) = record_condition_errors(data, kind)
    assert message in str(error)
    with pytest.raises(ConditionError):
        record_condition(data, kind)
