"""The summary of an account: a short text; top engaged buying groups and people."""

from bg_graph.plugins.summaries import Fact, FactKind, Highlight, HighlightKind, Model, Statement, Subject, Summary
from bg_summary_facts.saying import say, with_details
from bg_summary_facts.words import Noun, Words, counted, of_number


def account_summary(subject: Subject, model: Model, words: Words) -> Summary:
    """What is to be said of an account."""
    account = subject.facts[0]
    groups, people = subject.of(FactKind.GROUP), subject.of(FactKind.PERSON)
    text = [_size(account, words), _opportunities(account, words)]
    if groups:
        text.append(say(words.account.most_engaged_group.format(_group(groups[0])), groups[0]))
    if people:
        text.append(say(words.account.most_engaged_person.format(_person(people[0])), people[0]))
    highlights = (_top_groups(account, groups, words), _top_people(account, people, words))
    return Summary(text=tuple(text), highlights=highlights, model=model)


def _size(account: Fact, words: Words) -> Statement:
    people, groups = account.number("person_count"), account.number("group_count")
    size = words.joined(
        [
            counted(people, words.people) if people else words.account.no_people,
            counted(groups, words.groups) if groups else words.account.no_groups,
        ]
    )
    return say(words.account.size.format(with_details(account.name, account.text("industry")), size), account)


def _opportunities(account: Fact, words: Words) -> Statement:
    count = account.number("open_opportunities")
    deals = counted(count, words.deals) if count else words.account.no_deals
    return say(words.account.deals.format(deals), account)


def _group(group: Fact) -> str:
    return with_details(group.name, group.number("engagement_score"))


def _person(person: Fact) -> str:
    return with_details(person.name, person.text("job_title"), person.number("engagement_score"))


def _top_groups(account: Fact, groups: list[Fact], words: Words) -> Highlight:
    kind = HighlightKind.TOP_ENGAGED_GROUPS
    if groups:
        return _top(kind, words.account.top_groups, [_group(each) for each in groups], groups, words)
    text = words.account.no_group_yet
    if account.number("group_count"):
        is_scored = account.number("scored_groups")
        text = words.account.no_group_engaged if is_scored else words.account.no_group_scored
    return Highlight(kind=kind, statement=say(text, account), items=())


def _top_people(account: Fact, people: list[Fact], words: Words) -> Highlight:
    kind = HighlightKind.TOP_ENGAGED_PEOPLE
    if people:
        return _top(kind, words.account.top_people, [_person(each) for each in people], people, words)
    text = words.account.nobody_yet
    if account.number("person_count"):
        is_scored = account.number("scored_persons")
        text = words.account.nobody_engaged if is_scored else words.account.nobody_scored
    return Highlight(kind=kind, statement=say(text, account), items=())


def _top(kind: HighlightKind, sentence: Noun, shown: list[str], items: list[Fact], words: Words) -> Highlight:
    text = of_number(len(items), sentence).format(words.joined(shown))
    return Highlight(kind=kind, statement=say(text, *items), items=tuple(item.key for item in items))
