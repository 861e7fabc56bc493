"""The summary of a person, in a group or in none: what they did, trending keywords, growth, the groups they are in."""

from bg_graph.plugins.summaries import Fact, FactKind, Model, Statement, Subject, Summary
from bg_summary_facts.engagement import engagement_bullets, person_score
from bg_summary_facts.english import counted, joined
from bg_summary_facts.saying import say, with_details


def person_summary(subject: Subject, model: Model) -> Summary | None:
    """What is to be said of a person; None of one who is neither scored nor active nor in a group."""
    person, *others = subject.facts
    if not others and person.number("engagement_score") is None:
        return None
    text = (_who(person), person_score(person))
    bullets = (*engagement_bullets(subject), *_groups(person, subject.of(FactKind.GROUP)))
    return Summary(text=text, bullets=bullets, model=model)


def _who(person: Fact) -> Statement:
    name = with_details(person.name, person.text("job_title"))
    return say(f"{name} belongs to {person.text('account')}.", person)


def _groups(person: Fact, groups: list[Fact]) -> list[Statement]:
    if not groups:
        return [say("In no buying group.", person)]
    listed = joined([with_details(group.name, group.text("role")) for group in groups])
    count = person.number("group_count") or 0
    if count == len(groups):
        return [say(f"In {counted(count, 'buying group')}: {listed}.", person, *groups)]
    return [say(f"In {counted(count, 'buying group')}, most recently {listed}.", person, *groups)]
