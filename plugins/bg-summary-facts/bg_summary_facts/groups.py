"""The summary of a buying group: a short text; top engaged members, topics of interest, missing roles."""

from bg_graph.plugins.summaries import Fact, FactKind, Highlight, HighlightKind, Model, Statement, Subject, Summary
from bg_summary_facts.saying import say, with_details
from bg_summary_facts.words import Words, counted, of_number


def group_summary(subject: Subject, model: Model, words: Words) -> Summary:
    """What is to be said of a buying group."""
    group = subject.facts[0]
    members, intents = subject.of(FactKind.MEMBER), subject.of(FactKind.INTENT)
    text = [_size(group, words), _score(group, words), _completeness(group, words)]
    if members:
        text.append(say(words.group.most_engaged.format(_member(members[0])), members[0]))
    if intents:
        text.append(say(words.group.strongest_interest.format(_intent(intents[0], words)), intents[0]))
    highlights = (
        _top_members(group, members, words),
        _interests(group, intents, subject.of(FactKind.TOPIC), words),
        _missing(group, subject.of(FactKind.MISSING_ROLE), words),
    )
    return Summary(text=tuple(text), highlights=highlights, model=model)


def _size(group: Fact, words: Words) -> Statement:
    count = group.number("member_count")
    if not count:
        return say(words.group.no_members.format(group.name), group)
    return say(words.group.size.format(group.name, counted(count, words.members)), group)


def _score(group: Fact, words: Words) -> Statement:
    score = group.number("engagement_score")
    return say(words.group.not_scored if score is None else words.group.score.format(score), group)


def _completeness(group: Fact, words: Words) -> Statement:
    score = group.number("completeness_score")
    return say(words.group.none_required if score is None else words.group.complete.format(score), group)


def _top_members(group: Fact, members: list[Fact], words: Words) -> Highlight:
    if members:
        text = of_number(len(members), words.group.top_members).format(
            words.joined([_member(each) for each in members])
        )
    elif not group.number("member_count"):
        text = words.group.nobody
    else:
        text = words.group.nobody_engaged if group.number("scored_members") else words.group.nobody_scored
    return _highlight(HighlightKind.TOP_ENGAGED_MEMBERS, text, group, members)


def _member(member: Fact) -> str:
    return with_details(member.name, member.text("role"), member.number("engagement_score"))


def _interests(group: Fact, intents: list[Fact], topics: list[Fact], words: Words) -> Highlight:
    parts = []
    if intents:
        parts.append(words.group.interest.format(words.joined([_intent(intent, words) for intent in intents])))
    if topics:
        days = counted(topics[0].number("days") or 0, words.days)
        parts.append(words.group.looked_at.format(days, words.joined([_topic(topic, words) for topic in topics])))
    text = " ".join(parts) or words.group.no_topics
    return _highlight(HighlightKind.TOPICS_OF_INTEREST, text, group, intents + topics)


def _intent(intent: Fact, words: Words) -> str:
    level = words.group.levels.get(intent.text("level") or "")
    return with_details(intent.name, level, intent.number("strength"))


def _topic(topic: Fact, words: Words) -> str:
    activities = counted(topic.number("activities") or 0, words.activities)
    return with_details(topic.name, words.group.topic.format(activities, _readers(topic, words)))


def _readers(topic: Fact, words: Words) -> str:
    return counted(topic.number("persons") or 0, words.of_members)


def _missing(group: Fact, roles: list[Fact], words: Words) -> Highlight:
    if roles:
        text = of_number(len(roles), words.group.missing).format(words.joined([_role(role, words) for role in roles]))
    elif group.number("completeness_score") is None:
        text = words.group.none_missing_none_required
    else:
        text = words.group.none_missing
    return _highlight(HighlightKind.MISSING_ROLES, text, group, roles)


def _role(role: Fact, words: Words) -> str:
    has, wants = role.number("member_count"), role.number("members_required")
    return with_details(role.name, words.group.of_required.format(has, wants))


def _highlight(kind: HighlightKind, text: str, group: Fact, items: list[Fact]) -> Highlight:
    return Highlight(kind=kind, statement=say(text, *(items or [group])), items=tuple(item.key for item in items))
