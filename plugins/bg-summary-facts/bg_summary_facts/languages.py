"""Which words a locale gets."""

from collections.abc import Mapping
from types import MappingProxyType

from bg_graph.plugins.wording.languages import language_of
from bg_summary_facts.dutch import DUTCH
from bg_summary_facts.english import ENGLISH
from bg_summary_facts.german import GERMAN
from bg_summary_facts.words import Words

LANGUAGES: Mapping[str, Words] = MappingProxyType({each.language: each for each in (ENGLISH, DUTCH, GERMAN)})
"""The languages that are written, by code."""


def words_of(locale: str) -> Words:
    """The words of a locale's language; English where it is none of ours: a summary in English is better than none."""
    return LANGUAGES.get(language_of(locale), ENGLISH)
