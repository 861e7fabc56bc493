"""The summary of a person, in a group or in none: what they did, trending keywords, growth, the groups they are in."""

from bg_graph.plugins.summaries import Fact, FactKind, Model, Statement, Subject, Summary
from bg_summary_facts.engagement import engagement_bullets, person_score
from bg_summary_facts.saying import say, with_details
from bg_summary_facts.words import Words, counted


def person_summary(subject: Subject, model: Model, words: Words) -> Summary | None:
    """What is to be said of a person; None of one who is neither scored nor active nor in a group."""
    person, *others = subject.facts
    if not others and person.number("engagement_score") is None:
        return None
    bullets = (*engagement_bullets(subject, words), *_groups(person, subject.of(FactKind.GROUP), words))
    return Summary(text=(_who(person, words), person_score(person, words)), bullets=bullets, model=model)


def _who(person: Fact, words: Words) -> Statement:
    name, account = with_details(person.name, person.text("job_title")), person.text("account")
    if account is None:
        return say(words.person.person_without_account.format(name), person)
    return say(words.person.person.format(name, account), person)


def _groups(person: Fact, groups: list[Fact], words: Words) -> list[Statement]:
    if not groups:
        return [say(words.person.in_no_group, person)]
    listed = words.joined([with_details(group.name, group.text("role")) for group in groups])
    count = person.number("group_count") or 0
    sentence = words.person.in_groups if count == len(groups) else words.person.lately_in
    return [say(sentence.format(counted(count, words.groups), listed), person, *groups)]
