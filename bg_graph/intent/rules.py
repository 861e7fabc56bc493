"""Rules of intent: what a predicted probability means as a signal, its level and its strength; what a taxonomy may hold."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from unicodedata import normalize

from bg_graph.accounts.rules import half_up, text_key


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


@dataclass(frozen=True, slots=True)
class IntentSettings:
    """What a tenant may set for intent.

    `window_days`: activities older than this say nothing. `recompute_days`: signals are computed anew after as many days
    even where nothing happened, since interests fade. `won_stages`: stages of the CRM that say a closed deal was won;
    none: every stage whose name has the word "won". Source: domain.md, "Intent".
    """

    thresholds: IntentThresholds = DEFAULT_THRESHOLDS
    window_days: int = 90
    recompute_days: int = 3
    won_stages: tuple[str, ...] = ()

    def won(self, stage: str) -> bool:
        """Whether a closed deal in this stage was won."""
        if self.won_stages:
            return text_key(stage) in {text_key(each) for each in self.won_stages}
        return "won" in text_key(stage).split()


DEFAULT_SETTINGS = IntentSettings()

MAX_KEYWORDS = 150
"""Keywords of a product at most. Source: domain.md, "Words" (intent taxonomy)."""

LONGEST_TERM = 200
"""Characters of the name of a category, product or keyword."""


@dataclass(frozen=True, slots=True)
class TaxonomyProduct:
    """A product of a category, and its keywords in their order."""

    name: str
    keywords: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TaxonomyCategory:
    """A category (solution) of the taxonomy."""

    name: str
    products: tuple[TaxonomyProduct, ...]


TermPath = tuple[str | int, ...]
"""Where in a category something stands: ``("products", 0, "keywords", 3)``."""


@dataclass(frozen=True, slots=True)
class TaxonomyFault:
    """Why a category can't be taken, and where in it."""

    code: str
    message: str
    path: TermPath = ()


def tidy(category: TaxonomyCategory) -> TaxonomyCategory:
    """The category with its names in one form: NFC, trimmed, inner white space one blank; equal keywords of a product merged.

    Source: import.md, "Taxonomy".
    """
    return TaxonomyCategory(
        _tidy_name(category.name),
        tuple(
            TaxonomyProduct(_tidy_name(product.name), _merged(map(_tidy_name, product.keywords)))
            for product in category.products
        ),
    )


def category_faults(category: TaxonomyCategory) -> tuple[TaxonomyFault, ...]:
    """What is wrong with a tidied category. Source: domain.md, "Words" (intent taxonomy); import.md, "Taxonomy"."""
    faults = list(_name_faults(category.name, ("name",)))
    if not category.products:
        faults.append(TaxonomyFault("NO_PRODUCT", "a category needs at least one product", ("products",)))
    seen: set[str] = set()
    for place, product in enumerate(category.products):
        at: TermPath = ("products", place)
        if text_key(product.name) in seen:
            message = f"{product.name!r} is there already; case does not count"
            faults.append(TaxonomyFault("DUPLICATE_PRODUCT", message, (*at, "name")))
        seen.add(text_key(product.name))
        faults += _product_faults(product, at)
    return tuple(faults)


def _product_faults(product: TaxonomyProduct, at: TermPath) -> Iterator[TaxonomyFault]:
    yield from _name_faults(product.name, (*at, "name"))
    if not product.keywords:
        yield TaxonomyFault("EMPTY_PRODUCT", "a product needs at least one keyword", (*at, "keywords"))
    if len(product.keywords) > MAX_KEYWORDS:
        message = f"has {len(product.keywords)} keywords; a product has at most {MAX_KEYWORDS}"
        yield TaxonomyFault("TOO_MANY_KEYWORDS", message, (*at, "keywords"))
    for place, keyword in enumerate(product.keywords):
        yield from _name_faults(keyword, (*at, "keywords", place))


def _name_faults(name: str, at: TermPath) -> Iterator[TaxonomyFault]:
    if not name:
        yield TaxonomyFault("NAME_MISSING", "must not be empty", at)
    if len(name) > LONGEST_TERM:
        yield TaxonomyFault("NAME_TOO_LONG", f"has more than {LONGEST_TERM} characters", at)


def _tidy_name(name: str) -> str:
    return " ".join(normalize("NFC", name).split())


def _merged(keywords: Iterable[str]) -> tuple[str, ...]:
    """Keywords once each, the first spelling of each; blank ones are left out."""
    found: dict[str, str] = {}
    for keyword in keywords:
        if keyword:
            found.setdefault(text_key(keyword), keyword)
    return tuple(found.values())
