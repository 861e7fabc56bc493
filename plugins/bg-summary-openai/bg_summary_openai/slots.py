"""The slots of a subject: what a model may write into its sentences, and what our code puts there.

The model sees of a slot how it reads, with marks such as <name> for whatever text comes from outside: no such text is ever
sent, so none can give it orders. `{member1}` reads as a whole, name and numbers together; `{member1.name}` is the name alone;
`{group.member_count}` is a value of the subject with its noun.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from bg_graph.plugins.summaries import Fact, FactKind, Subject
from bg_summary_openai.describing import described, value_of
from bg_summary_openai.phrases import ENGLISH, Phrases

_WORDS: Mapping[FactKind, str] = MappingProxyType(
    {
        FactKind.GROUP: "group",
        FactKind.ACCOUNT: "account",
        FactKind.MEMBER: "member",
        FactKind.PERSON: "person",
        FactKind.MISSING_ROLE: "role",
        FactKind.INTENT: "interest",
        FactKind.TOPIC: "topic",
        FactKind.ACTIVITY: "activity",
        FactKind.TREND: "trend",
        FactKind.GROWTH: "growth",
        FactKind.SHARED_TOPICS: "colleague",
    }
)
_BEINGS = frozenset({FactKind.MEMBER, FactKind.PERSON, FactKind.GROUP, FactKind.ACCOUNT, FactKind.SHARED_TOPICS})
_SUBJECT_VALUES = (
    "member_count",
    "person_count",
    "group_count",
    "engagement_score",
    "completeness_score",
    "missing_roles",
    "open_opportunities",
    "activities",
    "days",
    "account",
    "industry",
    "role",
    "group",
    "job_title",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """What a model may write in braces."""

    reads: str
    """What our code puts there."""
    shown: str
    """What the model is told that it reads; nothing from outside stands in it."""
    fact: Fact
    """The fact that it rests on."""
    is_name: bool = False
    """It is a name alone."""
    is_beside: bool = False
    """It is of a fact beside the subject."""
    is_other: bool = False
    """It is somebody or something beside the subject that has values of its own."""
    is_value: bool = False
    """It is a value of the subject."""


def slots_of(subject: Subject, phrases: Phrases) -> dict[str, Slot]:
    """The slots of a subject, by what stands in the braces, in the order of the facts."""
    slots = dict(_own_slots(subject.facts[0], phrases))
    numbers: Counter[FactKind] = Counter()
    for fact in subject.facts[1:]:
        numbers[fact.kind] += 1
        if numbers[fact.kind] <= most_of(fact.kind):
            slots |= dict(_slots_beside(f"{_WORDS[fact.kind]}{numbers[fact.kind]}", fact, phrases))
    return slots


def most_of(kind: FactKind) -> int:
    """How many facts of a kind are told: the first ones are the most important. Of missing roles, all."""
    return 20 if kind is FactKind.MISSING_ROLE else 5


def _own_slots(own: Fact, phrases: Phrases) -> Iterator[tuple[str, Slot]]:
    word = _WORDS[own.kind]
    if own.name:
        yield f"{word}.name", Slot(reads=own.name, shown="<name>", fact=own, is_name=True)
    for value in _SUBJECT_VALUES:
        reads, shown = value_of(own, value, phrases), value_of(_masked(own), value, phrases)
        if reads and shown:
            yield f"{word}.{value}", Slot(reads=reads, shown=shown, fact=own, is_value=True)


def _slots_beside(key: str, fact: Fact, phrases: Phrases) -> Iterator[tuple[str, Slot]]:
    reads, shown = described(fact, phrases), described(_masked(fact), phrases)
    is_other = fact.kind in _BEINGS
    if reads and shown:
        yield key, Slot(reads=reads, shown=shown, fact=fact, is_beside=True, is_other=is_other)
    if fact.name and fact.kind is not FactKind.ACTIVITY:
        name = Slot(reads=fact.name, shown="<name>", fact=fact, is_name=True, is_beside=True, is_other=is_other)
        yield f"{key}.name", name


def _masked(fact: Fact) -> Fact:
    """The fact with a mark for each text that is not a word of ours."""
    texts = {key: value if _is_ours(key, value) else f"<{key}>" for key, value in fact.values.items() if value}
    values = {key: texts.get(key, value) if isinstance(value, str) else value for key, value in fact.values.items()}
    is_type = fact.kind is FactKind.ACTIVITY and fact.name in ENGLISH.activities
    return replace(fact, name=fact.name if is_type or not fact.name else "<name>", values=values)


def _is_ours(key: str, value: object) -> bool:
    return key == "level" and value in ENGLISH.levels
