"""Gathers the facts about many subjects at once: one statement for each kind of subject, however many there are."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from bg_graph.accounts.rules import shown_score
from bg_graph.plugins.summaries import Fact, FactKind, FactValue, Subject, SubjectKind
from bg_graph.store.chunks import chunks
from bg_graph.store.connection import TenantConnection
from bg_graph.summaries.facts.accounts import account_facts
from bg_graph.summaries.facts.groups import group_facts
from bg_graph.summaries.facts.members import member_facts
from bg_graph.summaries.facts.persons import person_facts
from bg_graph.summaries.facts.plain import plain
from bg_graph.summaries.facts.selects import LATELY_DAYS, FactRow, FactSelect, row_of, together

SUBJECTS_AT_ONCE = 2000
"""Subjects of one statement: more ids than the databases take as parameters are asked for in several."""

_FACTS: Mapping[SubjectKind, Callable[[str], tuple[FactSelect, ...]]] = MappingProxyType(
    {
        SubjectKind.GROUP: group_facts,
        SubjectKind.ACCOUNT: account_facts,
        SubjectKind.MEMBER: member_facts,
        SubjectKind.PERSON: person_facts,
    }
)


@dataclass(frozen=True, slots=True)
class Gathered:
    """A subject with its facts, and the rows that the facts tell about, by the key of the fact."""

    subject: Subject
    rows: Mapping[str, UUID]


async def gather(db: TenantConnection, kind: SubjectKind, ids: Sequence[UUID], now: datetime) -> dict[UUID, Gathered]:
    """What is known at a time about groups, accounts, members or persons, by id; ids that nobody has are absent."""
    selects = _FACTS[kind](db.dialect)
    statement = together(selects)
    lately = now - timedelta(days=LATELY_DAYS)
    window = {"now": now, "lately": lately, "before": lately - timedelta(days=LATELY_DAYS)}
    found: dict[UUID, list[FactRow]] = defaultdict(list)
    for some in chunks(dict.fromkeys(ids), SUBJECTS_AT_ONCE):
        for row in await db.rows(statement, {**window, "ids": some}):
            fact = row_of(row)
            found[fact.subject_id].append(fact)
    return {subject_id: _gathered(kind, subject_id, rows, selects) for subject_id, rows in found.items()}


def _gathered(kind: SubjectKind, subject_id: UUID, rows: list[FactRow], selects: Sequence[FactSelect]) -> Gathered:
    order = {each.part: number for number, each in enumerate(selects)}
    by_part = {each.part: each for each in selects}
    # Equal places are told apart by name here: databases do not agree on the order of texts without a stored key.
    rows.sort(key=lambda row: (order[row.part], row.place, row.name or ""))
    facts: dict[str, Fact] = {}
    refs: dict[str, UUID] = {}
    numbers: dict[str, int] = defaultdict(int)
    for row in rows:
        numbers[row.part] += 1
        key = f"{row.part}:{numbers[row.part]}" if row.place else row.part
        facts[key] = _fact(key, row, by_part[row.part])
        if row.ref is not None:
            refs[key] = row.ref
    settled = _with_totals(_without_loose_growth(list(facts.values())))
    return Gathered(Subject(kind=kind, key=subject_id.hex, facts=tuple(settled)), refs)


def _fact(key: str, row: FactRow, layout: FactSelect) -> Fact:
    values: dict[str, FactValue] = {
        name: None if text is None else plain(text) for name, text in zip(layout.texts, row.texts, strict=False)
    }
    if layout.kind is FactKind.GROWTH:
        values |= _growth(*row.numbers[:2])
    else:
        values |= {name: _whole(number) for name, number in zip(layout.numbers, row.numbers, strict=False)}
    name = None if row.name is None else plain(row.name)
    return Fact(key=key, kind=layout.kind, name=name, values={**values, **layout.constants})


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def _growth(latest: float | None, earlier: float | None) -> dict[str, FactValue]:
    """Both scores as they are shown, and the points between them; unknown without both."""
    if latest is None or earlier is None:
        return {"score": None, "score_before": None, "points": None}
    score, before = shown_score(latest), shown_score(earlier)
    return {"score": score, "score_before": before, "points": score - before}


def _without_loose_growth(facts: list[Fact]) -> list[Fact]:
    """Growth is told only where it ends at the score that is shown: a daily score of an older run says nothing of it."""
    shown = facts[0].number("engagement_score")
    return [
        fact
        for fact in facts
        if fact.kind is not FactKind.GROWTH or (fact.number("score") is not None and fact.number("score") == shown)
    ]


def _with_totals(facts: list[Fact]) -> list[Fact]:
    """The subject's own fact with what is the sum of others: its missing roles, its activities."""
    subject, *others = facts
    if subject.kind is FactKind.GROUP:
        totals = {"missing_roles": sum(fact.kind is FactKind.MISSING_ROLE for fact in others)}
    elif subject.kind in (FactKind.MEMBER, FactKind.PERSON):
        counts = [fact.number("activities") or 0 for fact in others if fact.kind is FactKind.ACTIVITY]
        totals = {"activities": sum(counts)}
    else:
        return facts
    return [replace(subject, values={**subject.values, **totals}), *others]
