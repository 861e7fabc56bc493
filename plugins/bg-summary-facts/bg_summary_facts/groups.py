"""The summary of a buying group: a short text; top engaged members, topics of interest, missing roles."""

from bg_graph.plugins.summaries import Fact, FactKind, Highlight, HighlightKind, Model, Statement, Subject, Summary
from bg_summary_facts.english import counted, joined
from bg_summary_facts.saying import say, scored, with_details


def group_summary(subject: Subject, model: Model) -> Summary:
    """What is to be said of a buying group."""
    group = subject.facts[0]
    members, intents = subject.of(FactKind.MEMBER), subject.of(FactKind.INTENT)
    text = [_size(group), say(scored(group), group), _completeness(group)]
    if members:
        text.append(say(f"The most engaged member is {_member(members[0])}.", members[0]))
    if intents:
        text.append(say(f"Interest is strongest in {_intent(intents[0])}.", intents[0]))
    highlights = (
        _top_members(group, members),
        _interests(group, intents, subject.of(FactKind.TOPIC)),
        _missing(group, subject.of(FactKind.MISSING_ROLE)),
    )
    return Summary(text=tuple(text), highlights=highlights, model=model)


def _size(group: Fact) -> Statement:
    count = group.number("member_count")
    members = counted(count, "member") if count else "no members yet"
    return say(f"{group.name} has {members}.", group)


def _completeness(group: Fact) -> Statement:
    score = group.number("completeness_score")
    if score is None:
        return say("No role is required for completeness.", group)
    return say(f"Its roles are {score}% complete.", group)


def _top_members(group: Fact, members: list[Fact]) -> Highlight:
    if members:
        noun = "member" if len(members) == 1 else "members"
        text = f"Top engaged {noun}: {joined([_member(member) for member in members])}."
    elif not group.number("member_count"):
        text = "No members yet."
    elif not group.number("scored_members"):
        text = "No member is scored yet."
    else:
        text = "No member is engaged yet."
    return _highlight(HighlightKind.TOP_ENGAGED_MEMBERS, text, group, members)


def _member(member: Fact) -> str:
    return with_details(member.name, member.text("role"), member.number("engagement_score"))


def _interests(group: Fact, intents: list[Fact], topics: list[Fact]) -> Highlight:
    parts = []
    if intents:
        parts.append(f"Interest in {joined([_intent(intent) for intent in intents])}.")
    if topics:
        about = joined([_topic(topic) for topic in topics])
        parts.append(f"In the last {topics[0].number('days')} days members looked at {about}.")
    text = " ".join(parts) or "No topics of interest are known yet."
    return _highlight(HighlightKind.TOPICS_OF_INTEREST, text, group, intents + topics)


def _intent(intent: Fact) -> str:
    return with_details(intent.name, (intent.text("level") or "").lower(), intent.number("strength"))


def _topic(topic: Fact) -> str:
    activities = counted(topic.number("activities") or 0, "activity", "activities")
    people = counted(topic.number("persons") or 0, "member")
    return f"{topic.name} ({activities} of {people})"


def _missing(group: Fact, roles: list[Fact]) -> Highlight:
    if roles:
        noun = "role" if len(roles) == 1 else "roles"
        text = f"Missing {noun}: {joined([_role(role) for role in roles])}."
    elif group.number("completeness_score") is None:
        text = "No missing roles: no role is required for completeness."
    else:
        text = "No missing roles."
    return _highlight(HighlightKind.MISSING_ROLES, text, group, roles)


def _role(role: Fact) -> str:
    return f"{role.name} ({role.number('member_count')} of {role.number('members_required')})"


def _highlight(kind: HighlightKind, text: str, group: Fact, items: list[Fact]) -> Highlight:
    return Highlight(kind=kind, statement=say(text, *(items or [group])), items=tuple(item.key for item in items))
