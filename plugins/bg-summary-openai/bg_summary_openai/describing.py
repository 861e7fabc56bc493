"""What a fact reads in a sentence: a phrase that holds its name and its numbers together."""

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
    known = [each for each in _details(fact, phrases) if each]
    return f"{fact.name} ({', '.join(known)})" if known else fact.name


def counted(number: int, nouns: tuple[str, str]) -> str:
    """A number with its noun."""
    return f"{number} {nouns[0] if number == 1 else nouns[1]}"


def _details(fact: Fact, phrases: Phrases) -> list[str | None]:
    """What stands in brackets behind the name."""
    if fact.kind is FactKind.INTENT:
        strength = fact.number("strength")
        return [phrases.levels.get(fact.text("level") or ""), None if strength is None else str(strength)]
    if fact.kind is FactKind.MISSING_ROLE:
        return [phrases.of_required.format(fact.number("member_count"), fact.number("members_required"))]
    if fact.kind is FactKind.TOPIC:
        times = counted(fact.number("activities") or 0, phrases.counted["activities"])
        return [phrases.topic_read.format(times, counted(fact.number("persons") or 0, phrases.counted["member_count"]))]
    if fact.kind is FactKind.TREND:
        return _trend(fact, phrases)
    if fact.kind is FactKind.SHARED_TOPICS:
        topics, topic = fact.number("topics"), fact.text("topic")
        return [topic if topics == 1 else phrases.shared.format(topics, topic)]
    score = fact.number("engagement_score")
    return [fact.text("role"), fact.text("job_title"), None if score is None else phrases.score.format(score)]


def _trend(fact: Fact, phrases: Phrases) -> list[str | None]:
    before = fact.number("activities_before")
    told = phrases.trend.format(counted(fact.number("activities") or 0, phrases.counted["activities"]))
    return [told, phrases.trend_before.format(before, fact.number("days")) if before else None]


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
