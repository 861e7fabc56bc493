"""The one clock: everything that needs the present time is handed a `Clock`, so that tests can set it."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The present time, aware, in UTC."""
    return datetime.now(UTC)
