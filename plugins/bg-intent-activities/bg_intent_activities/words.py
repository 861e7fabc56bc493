"""Words of a text as stems: letters folded, split where neither letter nor digit stands, and stemmed by language."""

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from snowballstemmer import stemmer

_WORD = re.compile(r"[^\W_]+")
_BRITISH = re.compile(r"is(e[ds]?|ers?|ing|ations?)$")
LONGEST_TEXT = 2_000
"""Characters of a text that are read: texts come from outside, and what it is about stands at its beginning."""
STOP_WORDS = frozenset(
    _WORD.findall(
        "a an and are as at by for from how in into is it its of on or our per that the their this to vs what when why with "
        "your de het een en van voor met op der die das und mit von zu im den dem html htm php aspx index www"
    )
)
"""Words that say nothing of what a text is about."""


class Stems:
    """Stems words of a language, and remembers them. Not for several threads at once."""

    def __init__(self, language: str) -> None:
        self._stemmer = stemmer(language)
        self._known: dict[str, str] = {}

    def of(self, text: str) -> tuple[str, ...]:
        """The stems of a text's words in their order, without stop words."""
        folded = unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).casefold()
        return tuple(self._stem(word) for word in _WORD.findall(folded) if word not in STOP_WORDS)

    def of_url(self, url: str) -> tuple[str, ...]:
        """The stems of the words of a URL's path: its host names a site, its query a visit."""
        return self.of(path_of(url))

    def _stem(self, word: str) -> str:
        """The same for British and American spellings."""
        stem = self._known.get(word)
        if stem is None:
            stem = self._known[word] = self._stemmer.stemWord(_BRITISH.sub(r"iz\1", word))
        return stem


def path_of(url: str) -> str:
    """The words of a URL's path; empty where it is no URL."""
    try:
        return unquote(urlsplit(url[:LONGEST_TEXT]).path)
    except ValueError:
        return ""


def trigrams(word: str) -> frozenset[str]:
    """Groups of three letters of a word, its ends marked."""
    marked = f"^{word}$"
    return frozenset(marked[at : at + 3] for at in range(len(marked) - 2))


def alike(word: str, others: Iterable[tuple[str, frozenset[str]]], least: float) -> dict[str, float]:
    """Those of the other words (each with its trigrams) that share enough trigrams (Dice), and how many."""
    own = trigrams(word)
    shares = ((other, 2 * len(own & grams) / (len(own) + len(grams))) for other, grams in others)
    return {other: share for other, share in shares if share >= least}
