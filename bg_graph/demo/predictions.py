"""Intent signals as a model might have computed them from what people did: of persons, groups and accounts."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import exp

from bg_graph.demo.behaviour import CLICK, FORM, LINK, MOMENT, PROGRESSION, Action
from bg_graph.demo.companies import Company
from bg_graph.demo.offers import Offer, Product
from bg_graph.intent.rules import DEFAULT_THRESHOLDS, with_parts

MODEL = "northpeak-propensity"
VERSION = "2026.1"

_HALF_LIFE = 21.0  # days
_WEIGHTS: Mapping[int, float] = {FORM: 4.0, MOMENT: 3.0, PROGRESSION: 3.0, LINK: 2.0, CLICK: 1.5}
_SATURATION: Mapping[str, float] = {"PERSON": 14.0, "GROUP": 40.0, "ACCOUNT": 40.0}
"""What amount makes an interest likely. An account's is its groups', so that it is never less likely than theirs."""


@dataclass(slots=True)
class Attention:
    """How much recent attention a keyword or product got: the sum over activities, each fading with its age."""

    keywords: Counter[tuple[str, str]] = field(default_factory=Counter)
    products: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Attention") -> None:
        """Take over what somebody else paid."""
        self.keywords.update(other.keywords)
        self.products.update(other.products)


@dataclass(frozen=True, slots=True)
class Prediction:
    """One signal of a subject: kind, the category and product that it belongs to, its name, and its probability."""

    kind: str
    category: str
    product: str
    name: str
    probability: float


def attention_to(actions: Iterable[Action], now: datetime) -> dict[str, Attention]:
    """A person's attention by the name of the offer."""
    paid: dict[str, Attention] = {}
    for action in actions:
        age = (now - action.at).total_seconds() / 86_400
        amount = _WEIGHTS.get(action.type_id, 1.0) * 0.5 ** (age / _HALF_LIFE)
        attention = paid.setdefault(action.offer.name, Attention())
        attention.products[action.product.name] += amount
        for topic in action.topics:
            attention.keywords[action.product.name, topic] += amount
    return paid


def predictions_of(subject_kind: str, offer: Offer, attention: Attention) -> list[Prediction]:
    """The signals that follow for one offer; what is too improbable to be one is left out."""
    saturation = _SATURATION[subject_kind]
    found: list[Prediction] = []
    strongest = []
    for product in offer.products:
        keywords = list(_keywords(offer, product, attention, saturation))
        own = _probability(attention.products[product.name], saturation)
        probability = with_parts(own, [keyword.probability for keyword in keywords])
        strongest.append(probability)
        found += [Prediction("PRODUCT", offer.name, product.name, product.name, probability), *keywords]
    whole = _probability(sum(attention.products.values()), saturation * 1.5)
    found.insert(0, Prediction("SOLUTION", offer.name, "", offer.name, with_parts(whole, strongest)))
    return [each for each in found if each.probability >= DEFAULT_THRESHOLDS.signal]


def company_attention(company: Company, people: Mapping[int, Mapping[str, Attention]]) -> dict[str, Attention]:
    """The attention of all of a company's people, by offer."""
    paid: dict[str, Attention] = {}
    for contact in company.contacts:
        for offer, attention in people.get(contact.number, {}).items():
            paid.setdefault(offer, Attention()).add(attention)
    return paid


def committee_attention(company: Company, offer: Offer, people: Mapping[int, Mapping[str, Attention]]) -> Attention:
    """The attention of an offer's committee to that offer."""
    paid = Attention()
    for contact in company.committee(offer):
        paid.add(people.get(contact.number, {}).get(offer.name, Attention()))
    return paid


def _keywords(offer: Offer, product: Product, attention: Attention, saturation: float) -> Iterator[Prediction]:
    for keyword in product.keywords:
        probability = _probability(attention.keywords[product.name, keyword], saturation)
        yield Prediction("KEYWORD", offer.name, product.name, keyword, probability)


def _probability(amount: float, saturation: float) -> float:
    return round(0.98 * (1 - exp(-amount / saturation)), 4)
