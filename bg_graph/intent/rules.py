"""Rules of intent: what a predicted probability means as a signal, its level and its strength."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bg_graph.accounts.rules import half_up


class IntentKind(StrEnum):
    """What a signal is about. SOLUTION is a category of the taxonomy."""

    KEYWORD = "KEYWORD"
    PRODUCT = "PRODUCT"
    SOLUTION = "SOLUTION"


class IntentLevel(StrEnum):
    """How likely the interest is, in words."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"

    @property
    def rank(self) -> int:
        """Place in the order LOW (1), MEDIUM (2), HIGH (3): sort by this, never by the text."""
        return list(IntentLevel).index(self) + 1

    def at_least(self, level: "IntentLevel") -> bool:
        """Whether this level is the given one or above it."""
        return self.rank >= level.rank


@dataclass(frozen=True, slots=True)
class IntentThresholds:
    """From which probability (0 to 1, inclusive) a signal exists, is MEDIUM, is HIGH. A tenant may set its own.

    Source: domain.md, "Intent".
    """

    signal: float = 0.25
    medium: float = 0.5
    high: float = 0.75

    def __post_init__(self) -> None:
        if not 0 <= self.signal <= self.medium <= self.high <= 1:
            raise ValueError(
                "intent thresholds must rise from 0 to 1: "
                f"got signal {self.signal}, medium {self.medium}, high {self.high}"
            )


DEFAULT_THRESHOLDS = IntentThresholds()


@dataclass(frozen=True, slots=True)
class Signal:
    """A person's current signal, as far as conditions ask for it."""

    kind: IntentKind
    name: str
    level: IntentLevel


def level_of(probability: float, thresholds: IntentThresholds = DEFAULT_THRESHOLDS) -> IntentLevel | None:
    """The level of a predicted probability; None where it is too low to be a signal.

    Source: domain.md, "Intent".
    """
    _check(probability)
    if probability < thresholds.signal:
        return None
    if probability < thresholds.medium:
        return IntentLevel.LOW
    if probability < thresholds.high:
        return IntentLevel.MEDIUM
    return IntentLevel.HIGH


def strength_of(probability: float) -> int:
    """The probability in whole percent, half up. Source: domain.md, "Intent"."""
    _check(probability)
    return half_up(probability * 100)


def with_parts(own: float, parts: Iterable[float]) -> float:
    """A product's or category's probability: the model's own, never less than its strongest part's.

    Source: domain.md, "Intent".
    """
    probabilities = (own, *parts)
    for probability in probabilities:
        _check(probability)
    return max(probabilities)


def _check(probability: float) -> None:
    """Refuse what is no probability; NaN fails every comparison, hence the form of the test."""
    if not 0 <= probability <= 1:
        raise ValueError(f"a probability lies between 0 and 1, got {probability}")
