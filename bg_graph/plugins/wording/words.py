"""What a language brings to the check of summaries: words that are no names, and words that say numbers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The words of a language, all folded to small letters (`str.casefold`)."""

    language: str
    """Its code of two letters, such as ``en``."""
    ordinary: frozenset[str]
    """What a statement may write with a capital without citing it: words that open sentences, nouns, words of the domain."""
    spelled: Mapping[str, float]
    """Words that say a number, with the number."""
    endings: tuple[str, ...]
    """Endings that such a word may bear: dozens, tientallen."""
    grouping: str
    """The sign that parts thousands in figures; of full stop and comma, the other one begins the decimals."""

    def is_ordinary(self, word: str) -> bool:
        """Whether a word, or each part of one with hyphens, is no name."""
        folded = word.casefold()
        return folded in self.ordinary or all(part in self.ordinary for part in folded.split("-"))

    def said_in(self, word: str) -> Iterator[tuple[str, float]]:
        """The numbers that a word says, as a whole or by its parts between hyphens."""
        folded = word.casefold()
        whole = self._number(folded)
        for part in [folded] if whole is not None else folded.split("-"):
            number = self._number(part)
            if number is not None:
                yield part, number

    def figure(self, said: str) -> float:
        """What a number in figures says; not a number where it has two decimal signs."""
        plain = said.replace(self.grouping, "").replace(",", ".")
        return float(plain) if plain.count(".") < 2 else float("nan")

    def _number(self, word: str) -> float | None:
        if word in self.spelled:
            return self.spelled[word]
        stems = (word.removesuffix(ending) for ending in self.endings if word.endswith(ending))
        return next((self.spelled[stem] for stem in stems if stem in self.spelled), None)


def words_of(text: str) -> frozenset[str]:
    """The words of a text, folded."""
    return frozenset(text.casefold().split())
