"""The wall between what a model wrote and what is shown: sentences whose names and numbers all come out of slots."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bg_graph.plugins.grounding import ungrounded
from bg_graph.plugins.summaries import Statement
from bg_summary_openai.phrases import PHRASES
from bg_summary_openai.slots import Slot
from bg_summary_openai.vocabulary import is_listed, words_in

LONGEST = 400
"""Characters of a sentence before its slots are filled."""
MOST_SLOTS = 20
"""Slots of a sentence."""
_SLOT = re.compile(r"\{([a-z0-9_.]{1,60})\}")
_MARKS = frozenset(" .,;:!?()'\"\u2019\u2018\u201c\u201d\u201e\u2013\u2014-%")
_DOTTED = re.compile(r"\w[.:]\w")
_GLUED = re.compile(r"[\w@]\{|\}\w")


class Drop(StrEnum):
    """Why a sentence is not shown."""

    NO_TEXT = "NO_TEXT"
    """It is no text, an empty one or one that is too long."""
    MARKUP = "MARKUP"
    """It holds signs that no plain sentence has: markup, an address, marks of a prompt."""
    UNKNOWN_SLOT = "UNKNOWN_SLOT"
    """It has a slot that is none of the subject's."""
    NO_SLOT = "NO_SLOT"
    """It has no slot and so says nothing of the facts."""
    OWN_NAME_OR_NUMBER = "OWN_NAME_OR_NUMBER"
    """The model wrote a name or a number itself."""
    DENIAL = "DENIAL"
    """It denies something: all that is given is so."""
    UNKNOWN_WORD = "UNKNOWN_WORD"
    """It has a word that is not among those the model may write."""
    MIXED = "MIXED"
    """It puts a value of the subject beside somebody else, or what is known of one beside the name of another."""
    REPEATED = "REPEATED"
    """It was said before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A sentence that may be shown, and the facts in it."""

    statement: Statement
    keys: tuple[str, ...]
    """Keys of the facts that stand in it, in the order in which they come."""


def filled(template: object, slots: Mapping[str, Slot], language: str) -> Filled | Drop:
    """A sentence of a model with its slots filled, citing their facts; or why it is dropped."""
    if not isinstance(template, str) or not template.strip() or len(template) > LONGEST:
        return Drop.NO_TEXT
    template = " ".join(unicodedata.normalize("NFC", template).split())
    names, outside = _SLOT.findall(template), _SLOT.sub(" ", template)
    if not _is_plain(outside) or _GLUED.search(template):
        return Drop.MARKUP
    if any(name not in slots for name in names) or len(names) > MOST_SLOTS:
        return Drop.UNKNOWN_SLOT
    if not names:
        return Drop.NO_SLOT
    used = [slots[name] for name in names]
    fault = _fault(outside, used, language)
    return fault or _statement(template, slots, used, language)


def _is_plain(outside: str) -> bool:
    if _DOTTED.search(outside):
        return False
    return all(each in _MARKS or unicodedata.category(each)[0] == "L" or each.isnumeric() for each in outside)


def _fault(outside: str, used: list[Slot], language: str) -> Drop | None:
    if any(ungrounded(outside, (), language)):
        return Drop.OWN_NAME_OR_NUMBER
    words = words_in(outside)
    if not PHRASES[language].denials.isdisjoint(words):
        return Drop.DENIAL
    if not all(is_listed(word, language) for word in words):
        return Drop.UNKNOWN_WORD
    return Drop.MIXED if _is_mixed(used) else None


def _is_mixed(used: list[Slot]) -> bool:
    if any(slot.is_value for slot in used) and any(slot.is_other for slot in used):
        return True
    named = {slot.fact.key for slot in used if slot.is_name and slot.is_beside}
    told = {slot.fact.key for slot in used if slot.is_beside and not slot.is_name}
    return bool(named and told - named)


def _statement(template: str, slots: Mapping[str, Slot], used: list[Slot], language: str) -> Filled | Drop:
    """Filled in one go: braces that stand in a name are no slots."""
    text = _SLOT.sub(lambda found: slots[found.group(1)].reads, template)
    text = text if text.endswith((".", "!", "?")) else text + "."
    facts = {slot.fact.key: slot.fact for slot in used}
    if any(ungrounded(text, facts.values(), language)):
        return Drop.OWN_NAME_OR_NUMBER
    return Filled(statement=Statement(text=text, facts=tuple(facts)), keys=tuple(facts))
