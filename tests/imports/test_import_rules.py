"""What files may write, and what it means: known answers."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bg_graph.imports.rules import (
    DEFAULT_MAPPING,
    ActivityMapping,
    amount,
    calendar_date,
    checksum,
    is_open,
    is_yes,
    point_in_time,
    positive_number,
    probability,
    salesforce_id,
)

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
short_ids = st.text(ALPHABET, min_size=15, max_size=15)


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("001000000000001", "001000000000001AAA"),
        ("001D000000IqhSL", "001D000000IqhSLIAZ"),
        ("AAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAA555"),
        ("Aaaaaaaaaaaaaaa", "AaaaaaaaaaaaaaaBAA"),
        ("aaaaAaaaaaaaaaa", "aaaaAaaaaaaaaaaQAA"),
    ],
)
def test_the_short_and_the_long_form_are_one_record(short, full):
    assert salesforce_id(short) == salesforce_id(full) == full


@given(short_ids)
def test_every_short_id_has_exactly_one_long_form(short):
    full = salesforce_id(short)
    assert full == short + checksum(short)
    assert salesforce_id(full) == full
    wrong = "A" if full[-1] != "A" else "B"
    assert salesforce_id(full[:-1] + wrong) is None


@given(short_ids, st.integers(0, 14))
def test_a_letter_in_the_other_case_breaks_the_checksum(short, place):
    full = short + checksum(short)
    changed = full[:place] + full[place].swapcase() + full[place + 1 :]
    assert changed == full or salesforce_id(changed) is None


@pytest.mark.parametrize(
    "text", ["", "00100000000001", "0010000000000011", "00100000000000!", "001000000000001aaa", "é" * 15]
)
def test_what_is_no_salesforce_id(text):
    assert salesforce_id(text) is None


@pytest.mark.parametrize(
    ("text", "yes"), [("TRUE", True), ("1", True), ("False", False), ("0", False), ("", False), ("2", False)]
)
def test_yes_and_no(text, yes):
    assert is_yes(text) is yes


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", "1"),
        ("007", "7"),
        ("0", None),
        ("-1", None),
        ("1.0", None),
        ("", None),
        ("x", None),
        ("٣", None),
        ("9" * 19, None),
    ],
)
def test_positive_whole_numbers(text, number):
    assert positive_number(text) == number


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-10-01", datetime(2026, 10, 1, tzinfo=UTC)),
        ("2026-10-01T12:30:00Z", datetime(2026, 10, 1, 12, 30, tzinfo=UTC)),
        ("2026-10-01 12:30:00", datetime(2026, 10, 1, 12, 30, tzinfo=UTC)),
        ("2026-10-01T12:30:00.000+0000", datetime(2026, 10, 1, 12, 30, tzinfo=UTC)),
        ("2026-10-01T00:30:00+02:00", datetime(2026, 9, 30, 22, 30, tzinfo=UTC)),
        ("20261001", None),
        ("2026-W40-4", None),
        ("2026-02-29", None),
        ("2026-10-01T25:00", None),
        ("2026-10-01T", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("01/10/2026", None),
        ("", None),
    ],
)
def test_times(text, at):
    assert point_in_time(text) == at


def test_a_date_stays_on_the_day_that_is_written():
    assert calendar_date("2026-10-01T00:30:00+02:00") == "2026-10-01"
    assert calendar_date("2026-13-01") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1200.50", "1200.50"),
        ("+7", "7"),
        ("-0.00", "0.00"),
        (".5", "0.5"),
        ("007", "7"),
        ("5.", "5"),
        ("100000000000000000000000000", "100000000000000000000000000"),
        ("1,200", None),
        ("1e3", None),
        ("NaN", None),
        ("12 EUR", None),
        ("", None),
    ],
)
def test_amounts_have_one_form(text, value):
    assert amount(text) == value


@pytest.mark.parametrize(
    ("text", "value"), [("0", 0.0), ("1", 1.0), (".25", 0.25), ("1.01", None), ("-0.1", None), ("nan", None)]
)
def test_probabilities(text, value):
    assert probability(text) == value


@pytest.mark.parametrize(
    ("stage", "closed", "open_"),
    [
        ("Closed Won", None, False),
        ("closed lost", None, False),
        ("Nearly Closed", None, True),
        ("Closed Won", "false", True),
        ("Discovery", "1", False),
    ],
)
def test_open_by_the_column_else_by_the_stage(stage, closed, open_):
    assert is_open(stage, closed) is open_


@pytest.mark.parametrize(
    ("type_id", "status", "kind"),
    [
        ("1", None, "VISIT_PAGE"),
        ("2", None, "FILL_OUT_FORM"),
        ("3", None, "CLICK_LINK"),
        ("10", None, "OPEN_EMAIL"),
        ("11", None, "CLICK_EMAIL"),
        ("46", None, "INTERESTING_MOMENT"),
        ("104", "Registered", "REGISTER_EVENT"),
        ("104", " attended", "ATTEND_EVENT"),
        ("104", "No-Show", None),
        ("104", None, None),
        ("12", None, None),
        (None, None, None),
    ],
)
def test_types_of_the_default_mapping(type_id, status, kind):
    assert DEFAULT_MAPPING.kind_of(type_id, status) == kind


def test_a_tenant_may_map_a_type_to_one_of_its_own():
    assert ActivityMapping(kinds={"12": "NEW_LEAD"}).kind_of("12", None) == "NEW_LEAD"
