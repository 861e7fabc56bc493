"""Highlights and bullets: which facts they may bring out, and which they must."""

from collections.abc import Mapping
from types import MappingProxyType

from bg_graph.plugins.summaries import Fact, FactKind, Highlight, HighlightKind, Statement, Subject, SubjectKind
from bg_summary_openai.phrases import Phrases
from bg_summary_openai.slots import Slot, most_of
from bg_summary_openai.wall import Drop, filled

_KINDS: Mapping[HighlightKind, tuple[FactKind, ...]] = MappingProxyType(
    {
        HighlightKind.TOP_ENGAGED_MEMBERS: (FactKind.MEMBER,),
        HighlightKind.TOPICS_OF_INTEREST: (FactKind.INTENT, FactKind.TOPIC),
        HighlightKind.MISSING_ROLES: (FactKind.MISSING_ROLE,),
        HighlightKind.TOP_ENGAGED_GROUPS: (FactKind.GROUP,),
        HighlightKind.TOP_ENGAGED_PEOPLE: (FactKind.PERSON,),
    }
)
_REQUIRED: Mapping[SubjectKind, tuple[HighlightKind, ...]] = MappingProxyType(
    {
        SubjectKind.GROUP: (
            HighlightKind.TOP_ENGAGED_MEMBERS,
            HighlightKind.TOPICS_OF_INTEREST,
            HighlightKind.MISSING_ROLES,
        ),
        SubjectKind.ACCOUNT: (HighlightKind.TOP_ENGAGED_GROUPS, HighlightKind.TOP_ENGAGED_PEOPLE),
    }
)
_BULLETED: Mapping[FactKind, str] = MappingProxyType(
    {
        FactKind.ACTIVITY: "what the person did",
        FactKind.TREND: "what is trending",
        FactKind.GROWTH: "how the score moved",
        FactKind.SHARED_TOPICS: "who read about the same",
    }
)


def wanted(subject: Subject) -> dict[HighlightKind, list[Fact]]:
    """The highlights of a subject with the facts that are their items."""
    kinds = _REQUIRED.get(subject.kind, ())
    return {kind: [fact for each in _KINDS[kind] for fact in subject.of(each)[: most_of(each)]] for kind in kinds}


def bulleted(subject: Subject, slots: Mapping[str, Slot]) -> list[list[str]]:
    """The slots that bullets are made of, for each kind of fact; of each kind, one at least is told of a person.

    Source: domain.md, AI summary of a member.
    """
    if subject.kind not in (SubjectKind.MEMBER, SubjectKind.PERSON):
        return []
    found = [
        [name for name, slot in slots.items() if slot.fact.kind is kind and not slot.is_name] for kind in _BULLETED
    ]
    return [names for names in found if names]


def bullet_hints(subject: Subject, slots: Mapping[str, Slot]) -> list[str]:
    """What the model is told of these."""
    hints = []
    for names in bulleted(subject, slots):
        listed = ", ".join(f"{{{name}}}" for name in names)
        hints.append(f"At least one bullet tells {_BULLETED[slots[names[0]].fact.kind]}, by any of these: {listed}")
    return hints


def highlight_of(
    kind: HighlightKind, subject: Subject, template: object, slots: Mapping[str, Slot], phrases: Phrases, language: str
) -> Highlight | Drop:
    """A highlight with a model's sentence, or with ours where there are no facts; why it is dropped.

    The sentence names every fact of the highlight, in order: one that leaves some out, or turns them round, says something else.
    """
    items = wanted(subject)[kind]
    if not items:
        own = subject.facts[0]
        none_required = kind is HighlightKind.MISSING_ROLES and own.number("completeness_score") is None
        said = phrases.none_required if none_required else phrases.nothing[kind]
        return Highlight(kind=kind, statement=Statement(text=said, facts=(own.key,)), items=())
    found = filled(template, slots, language)
    if isinstance(found, Drop):
        return found
    keys = tuple(fact.key for fact in items)
    if tuple(key for key in found.keys if key in keys) != keys:
        return Drop.MIXED
    return Highlight(kind=kind, statement=found.statement, items=keys)
