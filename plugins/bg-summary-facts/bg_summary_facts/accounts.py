"""The summary of an account: a short text; top engaged buying groups and people."""

from collections.abc import Callable

from bg_graph.plugins.summaries import Fact, FactKind, Highlight, HighlightKind, Model, Statement, Subject, Summary
from bg_summary_facts.english import counted, joined
from bg_summary_facts.saying import say, with_details


def account_summary(subject: Subject, model: Model) -> Summary:
    """What is to be said of an account."""
    account = subject.facts[0]
    groups, people = subject.of(FactKind.GROUP), subject.of(FactKind.PERSON)
    text = [_size(account), _opportunities(account)]
    if groups:
        text.append(say(f"The most engaged buying group is {_group(groups[0])}.", groups[0]))
    if people:
        text.append(say(f"The most engaged person is {_person(people[0])}.", people[0]))
    highlights = (_top_groups(account, groups), _top_people(account, people))
    return Summary(text=tuple(text), highlights=highlights, model=model)


def _size(account: Fact) -> Statement:
    people, groups = account.number("person_count"), account.number("group_count")
    size = joined(
        [
            counted(people, "person", "people") if people else "no people",
            counted(groups, "buying group") if groups else "no buying groups",
        ]
    )
    return say(f"{with_details(account.name, account.text('industry'))} has {size}.", account)


def _opportunities(account: Fact) -> Statement:
    count = account.number("open_opportunities")
    deals = counted(count, "open opportunity", "open opportunities") if count else "no open opportunities"
    return say(f"It has {deals}.", account)


def _group(group: Fact) -> str:
    return with_details(group.name, group.number("engagement_score"))


def _person(person: Fact) -> str:
    return with_details(person.name, person.text("job_title"), person.number("engagement_score"))


def _top_groups(account: Fact, groups: list[Fact]) -> Highlight:
    if groups:
        return _top(HighlightKind.TOP_ENGAGED_GROUPS, "buying group", "buying groups", _group, groups)
    text = "No buying groups yet."
    if account.number("group_count"):
        text = f"No buying group is {'engaged' if account.number('scored_groups') else 'scored'} yet."
    return Highlight(kind=HighlightKind.TOP_ENGAGED_GROUPS, statement=say(text, account), items=())


def _top_people(account: Fact, people: list[Fact]) -> Highlight:
    if people:
        return _top(HighlightKind.TOP_ENGAGED_PEOPLE, "person", "people", _person, people)
    text = "No people yet."
    if account.number("person_count"):
        text = f"Nobody is {'engaged' if account.number('scored_persons') else 'scored'} yet."
    return Highlight(kind=HighlightKind.TOP_ENGAGED_PEOPLE, statement=say(text, account), items=())


def _top(kind: HighlightKind, one: str, several: str, shown: Callable[[Fact], str], items: list[Fact]) -> Highlight:
    noun = one if len(items) == 1 else several
    text = f"Top engaged {noun}: {joined([shown(item) for item in items])}."
    return Highlight(kind=kind, statement=say(text, *items), items=tuple(item.key for item in items))
