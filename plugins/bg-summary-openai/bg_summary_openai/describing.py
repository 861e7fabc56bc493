"""What a fact reads in a sentence: a phrase that holds its name and its numbers together."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from bg_graph.plugins.summaries import Fact, FactKind
from bg_summary_openai.phrases import Phrases


def value_of(fact: Fact, value: str, phrases: Phrases) -> str | None:
    """What a value of a subject reads: 2 members; None where it is not known, or is none that one tells."""
    number, text = fact.number(value), fact.text(value)
    if number is None:
        return text if text and value in ("account", "industry", "role", "group", "job_title") else None
    if value in phrases.counted:
        return counted(number, phrases.counted[value])
    return phrases.measured[value].format(number) if value in phrases.measured else None


def described(fact: Fact, phrases: Phrases) -> str | None:
    """What a fact beside the subject reads, as a whole: Ada Lovelace (Champion, engagement score 81)."""
    if fact.kind is FactKind.GROWTH:
        return _growth(fact, phrases)
    if fact.name is None:
        return None
    if fact.kind is FactKind.ACTIVITY:
        return _activity(fact, phrases)
    details = _DETAILS.get(fact.kind, _being)
    known = [each for each in details(fact, phrases) if each]
    return f"{fact.name} ({', '.join(known)})" if known else fact.name


def counted(number: int, nouns: tuple[str, str]) -> str:
    """A number with its noun."""
    return f"{number} {nouns[0] if number == 1 else nouns[1]}"


Details = list[str | None]
"""What stands in brackets behind a name; what is not known is None."""


def _being(fact: Fact, phrases: Phrases) -> Details:
    score = fact.number("engagement_score")
    return [fact.text("role"), fact.text("job_title"), None if score is None else phrases.score.format(score)]


def _intent(fact: Fact, phrases: Phrases) -> Details:
    strength = fact.number("strength")
    return [phrases.levels.get(fact.text("level") or ""), None if strength is None else str(strength)]


def _missing_role(fact: Fact, phrases: Phrases) -> Details:
    return [phrases.of_required.format(fact.number("member_count"), fact.number("members_required"))]


def _topic(fact: Fact, phrases: Phrases) -> Details:
    times, readers = fact.number("activities") or 0, fact.number("persons") or 0
    activities, members = phrases.counted["activities"], phrases.counted["member_count"]
    return [phrases.topic_read.format(counted(times, activities), counted(readers, members))]


def _trend(fact: Fact, phrases: Phrases) -> Details:
    before = fact.number("activities_before")
    told = phrases.trend.format(counted(fact.number("activities") or 0, phrases.counted["activities"]))
    return [told, phrases.trend_before.format(before, fact.number("days")) if before else None]


def _shared_topics(fact: Fact, phrases: Phrases) -> Details:
    topics, topic = fact.number("topics"), fact.text("topic")
    return [topic if topics == 1 else phrases.shared.format(topics, topic)]


_DETAILS: Mapping[FactKind, Callable[[Fact, Phrases], Details]] = MappingProxyType(
    {
        FactKind.INTENT: _intent,
        FactKind.MISSING_ROLE: _missing_role,
        FactKind.TOPIC: _topic,
        FactKind.TREND: _trend,
        FactKind.SHARED_TOPICS: _shared_topics,
    }
)


def _activity(fact: Fact, phrases: Phrases) -> str:
    count, nouns = fact.number("activities") or 0, phrases.activities.get(fact.name or "")
    return phrases.other_activity.format(count, fact.name) if nouns is None else counted(count, nouns)


def _growth(fact: Fact, phrases: Phrases) -> str | None:
    points, weeks = fact.number("points"), fact.number("weeks")
    score, before = fact.number("score"), fact.number("score_before")
    if points is None or score is None or before is None:
        return None
    if not points:
        return phrases.level.format(score, weeks)
    moved = phrases.rise if points > 0 else phrases.fall
    return moved.format(counted(abs(points), phrases.points), weeks, before, score)
