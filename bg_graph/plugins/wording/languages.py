"""Which words belong to a locale."""

from collections.abc import Mapping
from types import MappingProxyType

from bg_graph.plugins.wording.dutch import DUTCH
from bg_graph.plugins.wording.english import ENGLISH
from bg_graph.plugins.wording.german import GERMAN
from bg_graph.plugins.wording.words import Wording

LANGUAGES: Mapping[str, Wording] = MappingProxyType({each.language: each for each in (ENGLISH, DUTCH, GERMAN)})
"""The languages that summaries can be checked in, by code."""


def language_of(locale: str) -> str:
    """The language of a locale: de of ``de``, ``de-AT`` and ``de_CH``."""
    return locale.replace("_", "-").split("-")[0].lower()


def wording_of(locale: str) -> Wording:
    """The words of a locale's language; English where it is none of ours, so that what it calls a name is refused."""
    return LANGUAGES.get(language_of(locale), ENGLISH)
