"""Which terms of the taxonomy a topic stands for."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bg_graph.plugins.intent import Term, TermKind
from bg_intent_import.columns import folded
from bg_intent_import.settings import PARTS, ImportSettings, term_path

Path = tuple[str, ...]
"""Category, product and keyword of a term, as far as it has them."""


@dataclass(frozen=True, slots=True)
class NoTerm:
    """Why a topic stands for nothing."""

    code: str
    reason: str


class Topics:
    """The topics of the settings, and the terms of a tenant's taxonomy."""

    def __init__(self, settings: ImportSettings, terms: Sequence[Term]) -> None:
        self._known = {tuple(map(folded, path)): path for path in paths_of(terms)}
        self._by_name: dict[str, list[Path]] = defaultdict(list)
        for path in self._known.values() if settings.same_name else ():
            self._by_name[folded(path[-1])].append(path)
        self._listed = {folded(topic): _paths(given) for topic, given in settings.topics.items()}
        self._found: dict[str, tuple[Path, ...] | NoTerm] = {}

    def of(self, topic: str) -> tuple[Path, ...] | NoTerm:
        """The terms that a topic stands for."""
        key = folded(topic)
        if key not in self._found:
            self._found[key] = self._look_up(key)
        return self._found[key]

    def _look_up(self, key: str) -> tuple[Path, ...] | NoTerm:
        if key in self._listed:
            return self._in_taxonomy(self._listed[key])
        named = self._by_name.get(key, [])
        deepest = [path for path in named if len(path) == max(map(len, named))]
        if len(deepest) > 1:
            places = "; ".join(f" {PARTS} ".join(path) for path in deepest[:3])
            return NoTerm("TOPIC_AMBIGUOUS", f"several terms have this name ({places}); list the topic under topics")
        return tuple(deepest) or NoTerm(
            "TOPIC_NOT_MAPPED", "no term has this name; list the topic under topics in the settings"
        )

    def _in_taxonomy(self, wanted: Iterable[Path]) -> tuple[Path, ...] | NoTerm:
        found = []
        for path in wanted:
            known = self._known.get(tuple(map(folded, path)))
            if known is None:
                term = f" {PARTS} ".join(path)
                return NoTerm(
                    "TERM_UNKNOWN", f"topics has {term} for it, which no approved category of the taxonomy has"
                )
            found.append(known)
        return tuple(found)


def paths_of(terms: Sequence[Term]) -> list[Path]:
    """Each term with what it belongs to."""
    paths: list[Path] = []
    for term in terms:
        above = () if term.kind is TermKind.CATEGORY or term.parent is None else paths[term.parent]
        paths.append((*above, term.name))
    return paths


def _paths(given: str | Sequence[str]) -> tuple[Path, ...]:
    return tuple(term_path(each) for each in ([given] if isinstance(given, str) else given))


def parts_of(path: Path) -> Mapping[str, str]:
    """The columns of a signal about a term."""
    kind = ("SOLUTION", "PRODUCT", "KEYWORD")[len(path) - 1]
    return {"Kind": kind, "Category": path[0], "Product": path[1] if len(path) > 1 else "", "Name": path[-1]}
