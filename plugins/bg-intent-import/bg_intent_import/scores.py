"""What a score and a date of a file mean."""

import itertools
import math
from collections.abc import Sequence
from datetime import UTC, date, datetime

from bg_intent_import.columns import folded
from bg_intent_import.settings import ImportSettings

_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d.%m.%Y", "%b %d, %Y", "%d %b %Y")
_MONTH_FIRST = ("%m/%d/%Y", "%m/%d/%y")
_DAY_FIRST = ("%d/%m/%Y", "%d/%m/%y")


def probability_of(text: str, settings: ImportSettings) -> float | None:
    """The probability that a score says; None where it is none, or lies outside the scale."""
    words = {folded(word): probability for word, probability in settings.words.items()}
    if folded(text) in words:
        return words[folded(text)]
    try:
        score = float(text.removesuffix("%").strip())
    except ValueError:
        return None
    return _between(score, settings.scale) if math.isfinite(score) else None


def _between(score: float, scale: Sequence[tuple[float, float]]) -> float | None:
    for (low, least), (high, most) in itertools.pairwise(scale):
        if low <= score <= high:
            return least + (most - least) * (score - low) / (high - low)
    return None


def day_of(text: str, settings: ImportSettings) -> date | None:
    """The day that a text names: of a span, such as `2026-11-02 - 2026-11-08`, the last; None where it names none."""
    last = text.split(" - ")[-1].split(" to ")[-1].strip()
    for form in (*_DATES, *(_DAY_FIRST if settings.day_first else _MONTH_FIRST)):
        try:
            return datetime.strptime(last, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    try:
        return datetime.fromisoformat(last).date()
    except ValueError:
        return None
