"""What contents are about: each content compared with each term by the stems of their words.

What a word weighs follows from the taxonomy alone, never from the contents that happen to be asked about together:
a content matches the same in every request.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bg_graph.plugins.intent import Content, Term
from bg_intent_activities.taxonomy import Floats, Ints, Tree
from bg_intent_activities.words import Stems, alike, trigrams

ALIKE = 0.7
"""Share of common trigrams from which two stems are taken for spellings of one word."""
AT_ONCE = 256
"""Contents compared at a time."""
Strengths = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Which terms each content is about: those of content c stand from `starts[c]` to `starts[c + 1]`."""

    starts: Ints
    terms: Ints
    strengths: Floats
    """How surely, above 0 to 1; a product's is never below its strongest keyword's."""


class Vocabulary:
    """The stems of a taxonomy's terms, and what each weighs in them."""

    def __init__(self, terms: Sequence[Term], stems: Stems) -> None:
        texts = [stems.of(term.name) for term in terms]
        self.places = {stem: place for place, stem in enumerate(sorted({stem for text in texts for stem in text}))}
        self._spellings = [(stem, trigrams(stem)) for stem in self.places if len(stem) > 3]
        self._found: dict[str, dict[int, float]] = {}
        counts = np.zeros((len(terms), len(self.places)))
        for number, text in enumerate(texts):
            counts[number, [self.places[stem] for stem in text]] = 1.0
        self.weights = np.log((len(terms) + 1) / (counts.sum(0) + 0.5))
        weighted = counts * self.weights
        self.shares: Strengths = (weighted / np.maximum(weighted.sum(1, keepdims=True), 1e-9)).astype(np.float32)
        """Of each term (row) the share of its meaning that each stem (column) carries."""
        self.unknown = float(np.log(len(terms) + 1)) if terms else 1.0
        """What a word weighs that stands in no term."""

    def places_of(self, stem: str) -> dict[int, float]:
        """The places of a stem of a content: its own, or those of spellings like it, with how alike they are."""
        if (place := self.places.get(stem)) is not None:
            return {place: 1.0}
        if stem not in self._found:
            near = alike(stem, self._spellings, ALIKE) if len(stem) > 3 else {}
            self._found[stem] = {self.places[other]: share for other, share in near.items()}
        return self._found[stem]


def scores(vocabulary: Vocabulary, fields: Sequence[tuple[str, ...]]) -> Strengths:
    """How far each field (row) is about each term (column): the share of the term's meaning that stands in it, and the
    share of the field's own meaning that belongs to the term, 0 to 1.
    """
    present = np.zeros((len(fields), len(vocabulary.places)), np.float32)
    sizes = np.zeros(len(fields), np.float32)
    for row, field in enumerate(fields):
        for stem in set(field):
            places = vocabulary.places_of(stem)
            for place, share in places.items():
                present[row, place] = max(present[row, place], share)
            sizes[row] += max((float(vocabulary.weights[place]) for place in places), default=vocabulary.unknown)
    covered = present @ vocabulary.shares.T
    own = (present * vocabulary.weights.astype(np.float32)) @ (vocabulary.shares > 0).T.astype(np.float32)
    focus = np.minimum(own / np.maximum(sizes[:, None], 1e-6), 1.0)
    result: Strengths = covered**2 * (0.6 + 0.4 * focus)
    return result


def fields_of(content: Content, stems: Stems) -> Iterator[tuple[str, ...]]:
    """The texts of a content that can tell what it is about, as stems: each topic, its name, the words of its URL."""
    yield from (stems.of(topic) for topic in content.topics)
    if content.name:
        yield stems.of(content.name)
    if content.url:
        yield stems.of_url(content.url)


def content_scores(terms: Sequence[Term], contents: Sequence[Content], stems: Stems) -> Iterator[tuple[int, Strengths]]:
    """Scores of contents (rows) and terms (columns), the best of each content's fields, some contents at a time."""
    vocabulary = Vocabulary(terms, stems)
    for first in range(0, len(contents), AT_ONCE):
        some = contents[first : first + AT_ONCE]
        fields = [tuple(fields_of(content, stems)) for content in some]
        best = np.zeros((len(some), len(terms)), np.float32)
        rows = np.repeat(np.arange(len(some)), [len(each) for each in fields])
        np.maximum.at(best, rows, scores(vocabulary, [field for each in fields for field in each]))
        yield first, best


def match(
    terms: Sequence[Term], tree: Tree, contents: Sequence[Content], stems: Stems, curve: tuple[Floats, Floats]
) -> Matches:
    """What contents are about. The curve turns a score into how surely a content is about the term."""
    counts = np.zeros(len(contents) + 1, np.int64)
    found: list[Ints] = [np.empty(0, np.int64)]
    strengths: list[Floats] = [np.empty(0)]
    for first, best in content_scores(terms, contents, stems):
        sure = tree.raised(np.interp(best, *curve))
        rows, places = np.nonzero(sure > 0)
        counts[first + 1 : first + 1 + len(best)] = np.bincount(rows, minlength=len(best))
        found.append(places)
        strengths.append(sure[rows, places])
    return Matches(np.cumsum(counts), np.concatenate(found), np.concatenate(strengths))
