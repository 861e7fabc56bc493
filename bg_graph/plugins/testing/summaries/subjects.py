"""What an exam has summarised: groups, accounts, members and persons whose names and numbers tell them apart by number."""

import re
from collections.abc import Mapping

from bg_graph.plugins.summaries import Fact, FactKind, FactValue, Subject, SubjectKind

_TOKEN = re.compile(r"Vexo[a-z]+")
_LETTERS = "abcdefghij"


def token(number: int) -> str:
    """The word that stands in every name of a subject, and of no other."""
    return "Vexo" + "".join(_LETTERS[int(digit)] for digit in f"{number:03d}")


def tokens_in(text: str) -> set[str]:
    """The words of that kind in a text."""
    return set(_TOKEN.findall(text))


def _fact(key: str, kind: FactKind, name: str | None, **values: FactValue) -> Fact:
    return Fact(key=key, kind=kind, name=name, values=values)


def subject(kind: SubjectKind, number: int, *, names: Mapping[str, str] | None = None) -> Subject:
    """A subject of which much is known. `names` replaces names: of `who`, `role`, `title`, `topic` and `account`."""
    word = token(number)
    said = {
        "who": f"Ada {word}",
        "role": f"{word} Champion",
        "title": f"Head of {word}",
        "topic": f"{word} Warehouses",
        "account": f"{word} Works",
    }
    made = _MAKERS[kind](word, number, said | dict(names or {}))
    return Subject(kind=kind, key=f"subject-{number}", facts=tuple(made))


def _group(word: str, number: int, names: Mapping[str, str]) -> list[Fact]:
    score = 40 + number % 50
    return [
        _fact(
            "group",
            FactKind.GROUP,
            f"{word} Group",
            account=names["account"],
            member_count=6,
            scored_members=3,
            engagement_score=score,
            completeness_score=67,
            missing_roles=1,
        ),
        _fact("member:1", FactKind.MEMBER, names["who"], role=names["role"], engagement_score=score + 9),
        _fact("member:2", FactKind.MEMBER, f"Grace {word}", role="Decision Maker", engagement_score=score + 5),
        _fact("member:3", FactKind.MEMBER, f"Alan {word}", role=None, engagement_score=score + 1),
        _fact("intent:1", FactKind.INTENT, names["topic"], about="KEYWORD", level="HIGH", strength=83),
        _fact("topic:1", FactKind.TOPIC, f"{word} Pipelines", activities=12, persons=4, days=30),
        _fact("role:1", FactKind.MISSING_ROLE, f"{word} Sponsor", member_count=0, members_required=1),
    ]


def _account(word: str, number: int, names: Mapping[str, str]) -> list[Fact]:
    return [
        _fact(
            "account",
            FactKind.ACCOUNT,
            names["account"],
            industry=names["title"],
            person_count=21,
            scored_persons=17,
            group_count=2,
            scored_groups=2,
            open_opportunities=3,
        ),
        _fact(
            "group:1", FactKind.GROUP, f"{word} Group", account=names["account"], member_count=6, engagement_score=70
        ),
        _fact("group:2", FactKind.GROUP, f"{word} Team", account=names["account"], member_count=4, engagement_score=55),
        _fact("person:1", FactKind.PERSON, names["who"], job_title=names["title"], engagement_score=71),
        _fact("person:2", FactKind.PERSON, f"Grace {word}", job_title=None, engagement_score=40 + number % 30),
    ]


def _person(word: str, number: int, names: Mapping[str, str]) -> list[Fact]:
    return [
        _fact(
            "person",
            FactKind.PERSON,
            names["who"],
            job_title=names["title"],
            engagement_score=40 + number % 50,
            account=names["account"],
            group_count=1,
            activities=9,
            days=30,
        ),
        *_doings(names),
        _fact("group:1", FactKind.GROUP, f"{word} Group", role=names["role"], engagement_score=70),
    ]


def _member(word: str, number: int, names: Mapping[str, str]) -> list[Fact]:
    return [
        _fact(
            "member",
            FactKind.MEMBER,
            names["who"],
            role=names["role"],
            engagement_score=40 + number % 50,
            group=f"{word} Group",
            job_title=names["title"],
            activities=9,
            days=30,
        ),
        *_doings(names),
        _fact("mate:1", FactKind.SHARED_TOPICS, f"Grace {word}", topics=2, topic=names["topic"], days=30),
    ]


def _doings(names: Mapping[str, str]) -> list[Fact]:
    return [
        _fact("activity:1", FactKind.ACTIVITY, "VISIT_PAGE", activities=9, days=30),
        _fact("trend:1", FactKind.TREND, names["topic"], activities=8, activities_before=2, days=30),
        _fact("growth:1", FactKind.GROWTH, None, score=45, score_before=33, points=12, weeks=4),
    ]


_MAKERS = {
    SubjectKind.GROUP: _group,
    SubjectKind.ACCOUNT: _account,
    SubjectKind.MEMBER: _member,
    SubjectKind.PERSON: _person,
}


def bare(kind: SubjectKind, number: int) -> Subject:
    """A subject of which hardly anything is known: its name, and counts of nothing."""
    first = subject(kind, number).facts[0]
    values: dict[str, FactValue] = dict.fromkeys(first.values)
    values |= {name: 0 for name in values if name.endswith(("_count", "activities", "_roles", "opportunities"))}
    if "days" in values:
        values["days"] = 30
    if kind in (SubjectKind.MEMBER, SubjectKind.PERSON):
        values |= {name: first.values[name] for name in ("role", "group", "account") if name in values}
    fact = Fact(key=first.key, kind=first.kind, name=first.name, values=values)
    return Subject(kind=kind, key=f"subject-{number}", facts=(fact,))


def large(number: int) -> Subject:
    """A group with as many facts as hosts give."""
    group = subject(SubjectKind.GROUP, number)
    more = [
        _fact(f"member:{place}", FactKind.MEMBER, f"{name} {token(number)}", role="Influencer", engagement_score=30)
        for place, name in enumerate(("Barbara", "Claude", "Donald", "Edsger", "Frances", "Guido") * 5, start=4)
    ]
    return Subject(kind=SubjectKind.GROUP, key=group.key, facts=(*group.facts, *more))
