"""The taxonomy in use as models are told it, and by number what each term is called in signals."""

from collections.abc import Sequence
from dataclasses import dataclass

from bg_graph.accounts.rules import text_key
from bg_graph.intent.rules import IntentKind, TaxonomyCategory
from bg_graph.plugins.intent import Term, TermKind


@dataclass(frozen=True, slots=True)
class SignalTerm:
    """What a signal of a term is called."""

    kind: IntentKind
    category: str
    product: str
    name: str
    name_key: str


@dataclass(frozen=True, slots=True)
class Terms:
    """All terms of a taxonomy, a parent before its parts; both lists have the same numbers."""

    told: tuple[Term, ...]
    called: tuple[SignalTerm, ...]

    def categories(self) -> dict[str, int]:
        """The number of each category, by its key."""
        return {term.name_key: number for number, term in enumerate(self.called) if term.kind is IntentKind.SOLUTION}


def terms_of(categories: Sequence[TaxonomyCategory]) -> Terms:
    """The terms of categories, in their order."""
    told: list[Term] = []
    called: list[SignalTerm] = []

    def add(kind: TermKind, parent: int | None, category: str, product: str, name: str) -> int:
        told.append(Term(kind=kind, name=name, parent=parent))
        called.append(SignalTerm(_KINDS[kind], category, product, name, text_key(name)))
        return len(told) - 1

    for category in categories:
        whole = add(TermKind.CATEGORY, None, category.name, "", category.name)
        for product in category.products:
            part = add(TermKind.PRODUCT, whole, category.name, product.name, product.name)
            for keyword in product.keywords:
                add(TermKind.KEYWORD, part, category.name, product.name, keyword)
    return Terms(tuple(told), tuple(called))


_KINDS = {
    TermKind.CATEGORY: IntentKind.SOLUTION,
    TermKind.PRODUCT: IntentKind.PRODUCT,
    TermKind.KEYWORD: IntentKind.KEYWORD,
}
