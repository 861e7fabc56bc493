"""An independent judge of summaries: it shares nothing with the check that the host makes.

Each name of the worlds holds a marker that stands nowhere else (Zq and a number), and all that the lying models make up is
known beforehand: so every name in a text is found by looking for it, not by guessing which words are names.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from bg_graph.plugins.summaries import Fact, FactKind, HighlightKind, Statement, Subject, SubjectKind, Summary

MARKER = re.compile(r"zq\d+", re.IGNORECASE)
MADE_UP = (
    "napoleon", "poleon", "\u0430d\u0430", "王小明", "evil", "zz-owned", "password", "stupid", "bankrupt", "seventeen", "zeventien",
    "siebzehn", "xvii", "doubled", "<", ">", "[", "]", "*", "`", "{", "}", "http", "@", "🚀", "\u202e", "\u200b",
)  # fmt: skip
"""What lying models write and no fact of the worlds of `random_groups` holds beside a name."""
HIGHLIGHTS = {
    SubjectKind.GROUP: {
        HighlightKind.TOP_ENGAGED_MEMBERS: (FactKind.MEMBER,),
        HighlightKind.TOPICS_OF_INTEREST: (FactKind.INTENT, FactKind.TOPIC),
        HighlightKind.MISSING_ROLES: (FactKind.MISSING_ROLE,),
    },
    SubjectKind.ACCOUNT: {
        HighlightKind.TOP_ENGAGED_GROUPS: (FactKind.GROUP,),
        HighlightKind.TOP_ENGAGED_PEOPLE: (FactKind.PERSON,),
    },
}
BULLETS = (FactKind.ACTIVITY, FactKind.TREND, FactKind.GROWTH, FactKind.SHARED_TOPICS)


@dataclass
class Judged:
    """What was found in summaries."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def share(self, good: str, of: str) -> str:
        """A share in percent; only what is whole is shown as 100."""
        there, all_of_them = self.counts[good], self.counts[of]
        if not all_of_them:
            return "-"
        return "100 %" if there == all_of_them else f"{min(there / all_of_them, 0.9999):.2%}"

    def add(self, what: str, number: int, good: int, told: str) -> None:
        """Count so many, of which so many are good."""
        self.counts[what] += number
        self.counts[f"good {what}"] += good
        if good < number:
            self.wrong.append(f"{what}: {told}")


def judge(subject: Subject, summary: Summary, found: Judged) -> None:
    """Judge one summary."""
    for statement in statements(summary):
        found.counts["statements"] += 1
        _judge_statement(subject, statement, found)
    for kind, facts in HIGHLIGHTS.get(subject.kind, {}).items():
        found.add("highlights", 1, int(_is_brought_out(subject, summary, kind, facts)), f"{kind} of {subject.key}")
    if subject.kind in (SubjectKind.MEMBER, SubjectKind.PERSON):
        cited = {key for bullet in summary.bullets for key in bullet.facts}
        for kind in BULLETS:
            keys = {fact.key for fact in subject.facts[1:] if fact.kind is kind}
            found.add("bullets", int(bool(keys)), int(bool(keys & cited)), f"{kind} of {subject.key}")


def falsified(statement: Statement) -> Iterator[Statement]:
    """The statement with a name more, with a number more, and, where it has a number, with another one."""
    yield replace(statement, text=f"{statement.text} Zq999999.")
    yield replace(statement, text=f"{statement.text} 424242.")
    if found := re.search(r"\b\d+\b", statement.text):
        yield replace(statement, text=f"{statement.text[: found.start()]}424242{statement.text[found.end() :]}")


def catches(subject: Subject, statement: Statement) -> bool:
    """Whether the judge finds something wrong with a statement."""
    found = Judged()
    _judge_statement(subject, statement, found)
    return bool(found.wrong)


def statements(summary: Summary) -> list[Statement]:
    """All that is said."""
    return [*summary.text, *summary.bullets, *(highlight.statement for highlight in summary.highlights)]


def _judge_statement(subject: Subject, statement: Statement, found: Judged) -> None:
    text = statement.text
    cited = [fact for fact in subject.facts if fact.key in statement.facts]
    texts = sorted({each for fact in cited for each in _texts(fact)}, key=len, reverse=True)
    known = {marker.lower() for each in texts for marker in MARKER.findall(each)}
    markers = [marker.lower() for marker in MARKER.findall(text)]
    rest = text
    for each in texts:
        rest = rest.replace(each, " ")
    made_up = [each for each in MADE_UP if each in rest.casefold()]
    found.add("names", len(markers) + len(made_up), sum(each in known for each in markers), text)
    figures = re.findall(r"\d+", rest) + [each for each in rest if unicodedata.category(each) in ("No", "Nl")]
    numbers = {str(abs(each)) for fact in cited for each in fact.values.values() if isinstance(each, int)}
    found.add("numbers", len(figures), sum(each in numbers for each in figures), text)


def _texts(fact: Fact) -> Iterator[str]:
    yield from (each for each in (fact.name, *fact.values.values()) if isinstance(each, str) and each)


def _is_brought_out(subject: Subject, summary: Summary, kind: HighlightKind, facts: Sequence[FactKind]) -> bool:
    """Whether a highlight is there, has the items that it should, and names each of them."""
    there = [each for each in summary.highlights if each.kind is kind]
    given = {fact.key: fact for fact in subject.facts[1:] if fact.kind in facts}
    if len(there) != 1 or not there[0].statement.text or bool(given) != bool(there[0].items):
        return False
    items = there[0].items
    if kind is HighlightKind.MISSING_ROLES and set(items) != set(given):
        return False
    return all(key in given and (given[key].name or "") in there[0].statement.text for key in items)
