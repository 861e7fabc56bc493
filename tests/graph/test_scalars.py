"""Times as they are taken: with a zone, shown in UTC, anything else refused with what is wrong."""

from datetime import UTC, datetime

import pytest

from bg_graph.graph.scalars import parse_time, show_time


@pytest.mark.parametrize(
    ("given", "time"),
    [
        ("2026-11-23T12:00:00Z", datetime(2026, 11, 23, 12, tzinfo=UTC)),
        ("2026-11-23T12:00:00+02:00", datetime(2026, 11, 23, 10, tzinfo=UTC)),
        ("2026-11-23T12:00:00.000001-00:30", datetime(2026, 11, 23, 12, 30, 0, 1, tzinfo=UTC)),
    ],
)
def test_a_time_with_a_zone_is_taken_in_utc(given: str, time: datetime):
    assert parse_time(given) == time
    assert show_time(parse_time(given)).endswith("+00:00")


@pytest.mark.parametrize(
    "given", ["", "noon", "2026-11-23", "2026-11-23T12:00:00", "0001-01-01T00:00:00+01:00", 7, None, []]
)
def test_anything_else_is_refused_and_shown_how_to_write_it(given: object):
    with pytest.raises(ValueError, match="2026-11-23T12:00:00Z"):
        parse_time(given)
