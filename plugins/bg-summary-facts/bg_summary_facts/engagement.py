"""What is said of somebody's engagement, member or person: what they did, trending keywords, growth of the score."""

from bg_graph.plugins.summaries import Fact, FactKind, Statement, Subject
from bg_graph.plugins.wording.activities import ACTIVITY_NOUNS
from bg_summary_facts.saying import say, with_details
from bg_summary_facts.words import Words, counted, of_number


def person_score(person: Fact, words: Words) -> Statement:
    """A sentence on the engagement score of a person: known or not."""
    score = person.number("engagement_score")
    return say(words.person.not_scored if score is None else words.person.score.format(score), person)


def engagement_bullets(subject: Subject, words: Words) -> tuple[Statement, ...]:
    """The bullets on activities, trends and growth."""
    activities = _activities(subject.facts[0], subject.of(FactKind.ACTIVITY), words)
    growth = (_growth(each, words) for each in subject.of(FactKind.GROWTH))
    return (activities, *_trends(subject.of(FactKind.TREND), words), *growth)


def _activities(person: Fact, activities: list[Fact], words: Words) -> Statement:
    days = counted(person.number("days") or 0, words.days)
    if not activities:
        return say(words.person.no_activity.format(days), person)
    total = counted(person.number("activities") or 0, words.activities)
    listed = words.joined([_activity(activity, words) for activity in activities])
    return say(words.person.did.format(days, total, listed), person, *activities)


def _activity(activity: Fact, words: Words) -> str:
    count = activity.number("activities") or 0
    nouns = ACTIVITY_NOUNS[words.language].get(activity.name or "")
    return words.person.of_type.format(count, activity.name) if nouns is None else counted(count, nouns)


def _trends(trends: list[Fact], words: Words) -> list[Statement]:
    if not trends:
        return []
    listed = words.joined([_trend(trend, words) for trend in trends])
    return [say(of_number(len(trends), words.person.trending).format(listed), *trends)]


def _trend(trend: Fact, words: Words) -> str:
    activities = counted(trend.number("activities") or 0, words.activities)
    before, days = trend.number("activities_before"), counted(trend.number("days") or 0, words.days)
    return with_details(trend.name, words.person.trend.format(activities, before or words.person.none_before, days))


def _growth(growth: Fact, words: Words) -> Statement:
    points, weeks = growth.number("points") or 0, counted(growth.number("weeks") or 0, words.weeks)
    now, before = growth.number("score"), growth.number("score_before")
    if not points:
        return say(words.person.same_score.format(now, weeks), growth)
    sentence = words.person.rose if points > 0 else words.person.fell
    return say(sentence.format(weeks, counted(abs(points), words.points), before, now), growth)
