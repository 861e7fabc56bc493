"""The summary of a member: what the person did, trending keywords, growth of the score, who shares topics."""

from bg_graph.plugins.summaries import Fact, FactKind, Model, Statement, Subject, Summary
from bg_summary_facts.engagement import engagement_bullets, person_score
from bg_summary_facts.english import joined
from bg_summary_facts.saying import say, with_details


def member_summary(subject: Subject, model: Model) -> Summary:
    """What is to be said of a member."""
    member = subject.facts[0]
    bullets = (*engagement_bullets(subject), *_shared(subject.of(FactKind.SHARED_TOPICS)))
    return Summary(text=(_who(member), person_score(member)), bullets=bullets, model=model)


def _who(member: Fact) -> Statement:
    name = with_details(member.name, member.text("job_title"))
    return say(f"{name} has the role {member.text('role')} in {member.text('group')}.", member)


def _shared(mates: list[Fact]) -> list[Statement]:
    if not mates:
        return []
    return [say(f"Shares topics with {joined([_mate(mate) for mate in mates])}.", *mates)]


def _mate(mate: Fact) -> str:
    topics, topic = mate.number("topics") or 0, mate.text("topic")
    if topics == 1:
        return f"{mate.name} ({topic})"
    return f"{mate.name} ({topics} topics, {topic} among them)"
