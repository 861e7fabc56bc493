"""What texts, numbers, names and addresses must do everywhere."""

import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bg_graph.accounts.rules import full_name, half_up, is_valid_email, shown_score, text_key, utc_day


@pytest.mark.parametrize(
    ("value", "whole"),
    [
        (Fraction(115, 2), 58),
        (0.5, 1),
        (1.5, 2),
        (2.5, 3),
        (2.4999999999999996, 2),
        (0.49999999999999994, 0),
        (99.5, 100),
    ],
)
def test_a_half_goes_up_and_anything_below_goes_down(value, whole):
    assert half_up(value) == whole


@pytest.mark.parametrize(
    ("score", "whole"), [(0.0, 0), (0.001, 1), (0.49, 1), (1.49, 1), (1.5, 2), (99.4, 99), (100.0, 100)]
)
def test_any_score_above_nothing_shows_at_least_one(score, whole):
    assert shown_score(score) == whole


@given(st.floats(0, 100))
def test_a_shown_score_is_the_simple_formula_that_sql_uses(score):
    assert shown_score(score) == (max(1, floor(score + 0.5)) if score > 0 else 0)


@given(st.floats(0, 100), st.floats(0, 100))
def test_a_higher_score_never_shows_lower(one, other):
    low, high = sorted((one, other))
    assert 0 <= shown_score(low) <= shown_score(high) <= 100


@given(st.fractions(-1000, 1000))
def test_rounding_moves_a_value_by_half_at_most(value):
    assert -Fraction(1, 2) < half_up(value) - value <= Fraction(1, 2)


def test_texts_are_compared_trimmed_composed_and_without_case():
    assert text_key("  JOSE\u0301 \n") == text_key("jos\u00e9")
    assert text_key("STRASSE") == text_key("straße")


def test_accents_count():
    assert text_key("Jose") != text_key("José")


@given(st.text())
def test_the_key_of_a_key_is_itself(text):
    assert text_key(text_key(text)) == text_key(text)


@given(st.text())
def test_canonically_equal_texts_have_one_key(text):
    assert text_key(unicodedata.normalize("NFD", text)) == text_key(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize("email", ["a@b.c", "first.last+tag@sub.example.org", "ü@bücher.example"])
def test_a_plain_address_is_valid(email):
    assert is_valid_email(email)


@pytest.mark.parametrize(
    "email",
    [
        "",
        "a.b.c",
        "a@@b.c",
        "a@b@c.d",
        "@b.c",
        "a b@c.d",
        "a@b.c\u00a0",
        "a@b\t.c",
        "a@bc",
        "a@",
        "a@.b",
        "a@b.",
        "a@b..c",
    ],
)
def test_an_address_by_which_nobody_can_be_reached_is_invalid(email):
    assert not is_valid_email(email)


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [
        ("Ada", "Lovelace", "Ada Lovelace"),
        (None, "Lovelace", "Lovelace"),
        (" Ada ", None, "Ada"),
        ("", " ", ""),
        (None, None, ""),
    ],
)
def test_a_name_is_what_is_known_of_first_and_last(first, last, name):
    assert full_name(first, last) == name


def test_a_day_is_the_one_in_utc():
    late_in_new_york = datetime(1970, 1, 1, 23, 0, tzinfo=timezone(timedelta(hours=-5)))
    assert utc_day(late_in_new_york) == 1
    assert utc_day(datetime(1970, 1, 1, 23, 59, 59, tzinfo=UTC)) == 0


def test_a_time_without_zone_has_no_day():
    with pytest.raises(ValueError, match="needs its zone"):
        utc_day(datetime.fromisoformat("2026-01-01"))
