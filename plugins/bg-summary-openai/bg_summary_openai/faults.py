"""What a status of the endpoint means. Its own words are never passed on: they may hold a part of the key."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from bg_graph.plugins.errors import Misconfigured, ProviderError, Rejected, Unavailable
from bg_summary_openai.settings import Form

LONGEST_PAUSE = 3600.0
"""Seconds that an endpoint may ask to wait."""
_FORM_STATUSES = frozenset({400, 415, 422, 500, 501})
"""By which endpoints refuse a form of answers that they do not know; real servers take 500 too."""
_MENDED_BY_PEOPLE = {
    401: "the endpoint refuses the key",
    402: "the endpoint wants to be paid",
    403: "the endpoint does not allow this key",
    404: "the endpoint knows no such model or address",
}
_LATER = frozenset({408, 409, 425, 429})


class Lost(Unavailable):
    """The question left and no answer came: it may have been paid for, and is not asked again."""


class FormRefused(Exception):
    """The endpoint seems not to know a form of answers."""

    def __init__(self, fault: ProviderError) -> None:
        super().__init__(str(fault))
        self.fault = fault
        """What to raise where no form is left to try."""


def fault_of_status(
    status: int, headers: Mapping[str, str], code: str | None, form: Form, proved: bool
) -> ProviderError | FormRefused:
    """What a status means, for a question in a form that the endpoint was seen to know or not."""
    fault = _fault(status, headers, code)
    may_be_form = form is not Form.TEXT and status in _FORM_STATUSES and not (proved and status >= 500)
    return FormRefused(fault) if may_be_form else fault


def _fault(status: int, headers: Mapping[str, str], code: str | None) -> ProviderError:
    if status == 429 and code == "insufficient_quota":
        return Misconfigured("the endpoint wants to be paid (429)")
    if status in _MENDED_BY_PEOPLE:
        return Misconfigured(f"{_MENDED_BY_PEOPLE[status]} ({status})")
    if status in _LATER or status >= 500:
        return Unavailable(f"the endpoint answers {status}", retry_after=_pause(headers.get("retry-after")))
    if status < 400:
        return Misconfigured(f"the endpoint is elsewhere ({status})")
    return Rejected(str(status), f"the endpoint refuses the question ({status})")


def _pause(said: str | None) -> float | None:
    """Seconds of a Retry-After, which is a number or a date."""
    if said is None:
        return None
    try:
        seconds = float(said)
    except ValueError:
        seconds = _until(said)
    return min(max(seconds, 0.0), LONGEST_PAUSE) if math.isfinite(seconds) else None


def _until(said: str) -> float:
    try:
        then = parsedate_to_datetime(said)
    except ValueError:
        return math.nan
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return (then - datetime.now(UTC)).total_seconds()
