"""The summary of a member: what the person did, trending keywords, growth of the score, who shares topics."""

from bg_graph.plugins.summaries import Fact, FactKind, Model, Statement, Subject, Summary
from bg_summary_facts.engagement import engagement_bullets, person_score
from bg_summary_facts.saying import say, with_details
from bg_summary_facts.words import Words


def member_summary(subject: Subject, model: Model, words: Words) -> Summary:
    """What is to be said of a member."""
    member = subject.facts[0]
    bullets = (*engagement_bullets(subject, words), *_shared(subject.of(FactKind.SHARED_TOPICS), words))
    return Summary(text=(_who(member, words), person_score(member, words)), bullets=bullets, model=model)


def _who(member: Fact, words: Words) -> Statement:
    name, role, group = with_details(member.name, member.text("job_title")), member.text("role"), member.text("group")
    if role is None or group is None:
        return say(words.person.member_without_role.format(name), member)
    return say(words.person.member.format(name, role, group), member)


def _shared(mates: list[Fact], words: Words) -> list[Statement]:
    if not mates:
        return []
    return [say(words.person.shares.format(words.joined([_mate(mate, words) for mate in mates])), *mates)]


def _mate(mate: Fact, words: Words) -> str:
    topics, topic = mate.number("topics") or 0, mate.text("topic")
    return with_details(mate.name, topic if topics == 1 else words.person.shared.format(topics, topic))
