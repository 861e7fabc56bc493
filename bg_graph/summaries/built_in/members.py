"""The summary of a member: what the person did, trending keywords, growth of the score, who shares topics."""

from collections.abc import Mapping
from types import MappingProxyType

from bg_graph.plugins.summaries import Fact, FactKind, Model, Statement, Subject, Summary
from bg_graph.summaries.built_in.english import counted, joined
from bg_graph.summaries.built_in.saying import say, with_details

NOUNS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "ATTEND_EVENT": ("event attended", "events attended"),
        "REGISTER_EVENT": ("event registered for", "events registered for"),
        "INTERESTING_MOMENT": ("interesting moment", "interesting moments"),
        "FILL_OUT_FORM": ("form filled out", "forms filled out"),
        "CLICK_LINK": ("link clicked", "links clicked"),
        "VISIT_PAGE": ("page visited", "pages visited"),
        "OPEN_EMAIL": ("e-mail opened", "e-mails opened"),
        "CLICK_EMAIL": ("e-mail clicked", "e-mails clicked"),
    }
)
"""One and several activities of the known types; a type of the tenant's own is named as it is."""


def member_summary(subject: Subject, model: Model) -> Summary:
    """What is to be said of a member."""
    member = subject.facts[0]
    bullets = [_activities(member, subject.of(FactKind.ACTIVITY))]
    bullets += _trends(subject.of(FactKind.TREND))
    bullets += [_growth(growth) for growth in subject.of(FactKind.GROWTH)]
    bullets += _shared(subject.of(FactKind.SHARED_TOPICS))
    return Summary(text=(_who(member), _score(member)), bullets=tuple(bullets), model=model)


def _who(member: Fact) -> Statement:
    name = with_details(member.name, member.text("job_title"))
    return say(f"{name} has the role {member.text('role')} in {member.text('group')}.", member)


def _score(member: Fact) -> Statement:
    score = member.number("engagement_score")
    return say("The person is not scored yet." if score is None else f"The engagement score is {score}.", member)


def _activities(member: Fact, activities: list[Fact]) -> Statement:
    days = member.number("days")
    if not activities:
        return say(f"No activity in the last {days} days.", member)
    total = counted(member.number("activities") or 0, "activity", "activities")
    listed = joined([_activity(activity) for activity in activities])
    return say(f"In the last {days} days {total}: {listed}.", member, *activities)


def _activity(activity: Fact) -> str:
    count = activity.number("activities") or 0
    nouns = NOUNS.get(activity.name or "")
    return f"{count} of type {activity.name}" if nouns is None else counted(count, *nouns)


def _trends(trends: list[Fact]) -> list[Statement]:
    if not trends:
        return []
    noun = "keyword" if len(trends) == 1 else "keywords"
    return [say(f"Trending {noun}: {joined([_trend(trend) for trend in trends])}.", *trends)]


def _trend(trend: Fact) -> str:
    activities = counted(trend.number("activities") or 0, "activity", "activities")
    before, days = trend.number("activities_before"), trend.number("days")
    return f"{trend.name} ({activities}, {before or 'none'} in the {days} days before)"


def _growth(growth: Fact) -> Statement:
    points, weeks = growth.number("points") or 0, growth.number("weeks")
    now, before = growth.number("score"), growth.number("score_before")
    if not points:
        return say(f"The engagement score is {now} as it was {weeks} weeks ago.", growth)
    moved = f"{'rose' if points > 0 else 'fell'} by {counted(abs(points), 'point')}"
    return say(f"The engagement score {moved} in {weeks} weeks, from {before} to {now}.", growth)


def _shared(mates: list[Fact]) -> list[Statement]:
    if not mates:
        return []
    return [say(f"Shares topics with {joined([_mate(mate) for mate in mates])}.", *mates)]


def _mate(mate: Fact) -> str:
    topics, topic = mate.number("topics") or 0, mate.text("topic")
    if topics == 1:
        return f"{mate.name} ({topic})"
    return f"{mate.name} ({topics} topics, {topic} among them)"
