"""The check that a summary says nothing of its own: each name and number stands in the facts that the statement cites.

What it can't see, a provider's author is told in the contract: a name that is written without a capital, one that is an
ordinary word of the language too (in German, nouns have capitals: the usual nouns of this domain are let through, all others
are taken for names), and a true name or number that is used for something else.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from bg_graph.plugins.summaries import Fact, FactKind, Highlight, HighlightKind, Statement, Subject, Summary
from bg_graph.plugins.wording.languages import wording_of
from bg_graph.plugins.wording.words import Wording

LONGEST_STATEMENT = 5000
"""Characters of one statement."""
MOST_STATEMENTS = 50
"""Statements of one summary."""

_ITEMS: Mapping[HighlightKind, frozenset[FactKind]] = MappingProxyType(
    {
        HighlightKind.TOP_ENGAGED_MEMBERS: frozenset({FactKind.MEMBER}),
        HighlightKind.TOPICS_OF_INTEREST: frozenset({FactKind.INTENT, FactKind.TOPIC}),
        HighlightKind.MISSING_ROLES: frozenset({FactKind.MISSING_ROLE}),
        HighlightKind.TOP_ENGAGED_GROUPS: frozenset({FactKind.GROUP}),
        HighlightKind.TOP_ENGAGED_PEOPLE: frozenset({FactKind.PERSON}),
    }
)
"""Kinds of facts that a highlight's items may be."""
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")


def faults_in(subject: Subject, summary: Summary, locale: str = "en") -> list[str]:
    """What is wrong with a summary of a subject in a language, each as a sentence; nothing where it may be shown."""
    facts = {fact.key: fact for fact in subject.facts}
    statements = [*summary.text, *summary.bullets, *(highlight.statement for highlight in summary.highlights)]
    if not summary.text:
        return ["The summary has no text."]
    if len(statements) > MOST_STATEMENTS:
        return [f"The summary has {len(statements)} statements; {MOST_STATEMENTS} is the most."]
    faults = [fault for statement in statements for fault in _faults_of(statement, facts, locale)]
    return faults + [fault for highlight in summary.highlights for fault in _strange_items(highlight, facts)]


def _faults_of(statement: Statement, facts: Mapping[str, Fact], locale: str) -> Iterator[str]:
    text = statement.text
    strange = [key for key in statement.facts if key not in facts]
    if strange or not statement.facts:
        yield (
            f"A statement cites {', '.join(strange)}: no such facts were given."
            if strange
            else ("A statement cites no fact.")
        )
    elif not text.strip() or len(text) > LONGEST_STATEMENT:
        yield f"A statement has {len(text)} characters; 1 to {LONGEST_STATEMENT} are taken."
    elif any(unicodedata.category(each) in ("Cc", "Zl", "Zp", "Cs") for each in text):
        yield "A statement is not plain text on one line."
    else:
        yield from ungrounded(text, [facts[key] for key in statement.facts], locale)


def _strange_items(highlight: Highlight, facts: Mapping[str, Fact]) -> Iterator[str]:
    kinds = _ITEMS[highlight.kind]
    for key in highlight.items:
        if key not in facts:
            yield f"A highlight brings out {key}: no such fact was given."
        elif facts[key].kind not in kinds:
            yield f"A highlight {highlight.kind} brings out {key}, a fact of the kind {facts[key].kind}."


def ungrounded(text: str, cited: Iterable[Fact], locale: str = "en") -> Iterator[str]:
    """The names and numbers of a text that the cited facts do not hold, each as a sentence."""
    wording = wording_of(locale)
    texts = [each for fact in cited for each in (fact.name, *fact.values.values())]
    known = [_composed(each) for each in texts if isinstance(each, str) and each]
    numbers = {abs(each) for each in texts if isinstance(each, int)}
    rest = _seen(_without(_composed(text), known))
    for said, number in _numbers(rest, wording):
        if number not in numbers:
            yield f"A statement says {said}, which the facts it cites do not."
    words = {word for each in known for word in _WORD.findall(each)}
    for word in _WORD.findall(rest):
        known_word = word in words or wording.is_ordinary(word) or any(wording.said_in(word))
        if _may_be_name(word) and not known_word:
            yield f"A statement names {word}, whom the facts it cites do not."


def _composed(text: str) -> str:
    """One way to write each letter: an accent that stands by itself would part a word."""
    return unicodedata.normalize("NFC", text)


def _seen(text: str) -> str:
    """A text without the marks that nobody sees: they would part a word too."""
    return "".join(each for each in text if unicodedata.category(each) != "Cf")


def _without(text: str, known: Iterable[str]) -> str:
    """The text with blanks where a known text stands as a whole; known texts may overlap."""
    shown = list(text)
    for each in known:
        start = text.find(each)
        while start >= 0:
            end = start + len(each)
            if _stands_alone(text, start, end):
                shown[start:end] = " " * len(each)
            start = text.find(each, start + 1)
    return "".join(shown)


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a part of a text neither begins nor ends within a word or number."""
    return not (_joined(text, start) or _joined(text, end))


def _joined(text: str, place: int) -> bool:
    return 0 < place < len(text) and text[place - 1].isalnum() and text[place].isalnum()


def _numbers(text: str, wording: Wording) -> Iterator[tuple[str, float]]:
    """The numbers in a text, in figures, signs (½) and words, with what each says."""
    for said in _NUMBER.findall(text):
        yield said, wording.figure(said)
    for sign in text:
        if unicodedata.category(sign) in ("No", "Nl"):
            yield sign, unicodedata.numeric(sign)
    for word in _WORD.findall(text):
        yield from wording.said_in(word)


def _may_be_name(word: str) -> bool:
    """Whether a word has a capital, or a letter of a script without capitals."""
    return any(each.isupper() or each.istitle() or unicodedata.category(each) == "Lo" for each in word)
