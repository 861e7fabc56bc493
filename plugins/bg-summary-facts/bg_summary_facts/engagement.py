"""What is said of somebody's engagement, member or person: what they did, trending keywords, growth of the score."""

from collections.abc import Mapping
from types import MappingProxyType

from bg_graph.plugins.summaries import Fact, FactKind, Statement, Subject
from bg_summary_facts.english import counted, joined
from bg_summary_facts.saying import say

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
        "EMAIL_DELIVERED": ("e-mail delivered", "e-mails delivered"),
        "EMAIL_BOUNCED": ("e-mail bounced", "e-mails bounced"),
        "UNSUBSCRIBE_EMAIL": ("unsubscribe", "unsubscribes"),
        "EMAIL_COMPLAINT": ("complaint about an e-mail", "complaints about e-mails"),
    }
)
"""One and several activities of the known types; a type of the tenant's own is named as it is."""


def person_score(person: Fact) -> Statement:
    """A sentence on the engagement score of a person: known or not."""
    score = person.number("engagement_score")
    return say("The person is not scored yet." if score is None else f"The engagement score is {score}.", person)


def engagement_bullets(subject: Subject) -> tuple[Statement, ...]:
    """The bullets on activities, trends and growth."""
    activities = _activities(subject.facts[0], subject.of(FactKind.ACTIVITY))
    growth = (_growth(each) for each in subject.of(FactKind.GROWTH))
    return (activities, *_trends(subject.of(FactKind.TREND)), *growth)


def _activities(person: Fact, activities: list[Fact]) -> Statement:
    days = person.number("days")
    if not activities:
        return say(f"No activity in the last {days} days.", person)
    total = counted(person.number("activities") or 0, "activity", "activities")
    listed = joined([_activity(activity) for activity in activities])
    return say(f"In the last {days} days {total}: {listed}.", person, *activities)


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
