"""The activities, people and groups of a batch of accounts as columns: three statements, read in pages, no loop over rows.

What is looked up for each activity is looked up by `map` over whole columns of a page.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, ColumnElement, Integer, Select, String, Text, cast, func, select, type_coerce

from bg_graph.accounts.tables import ActivityRow, PersonRow
from bg_graph.intent.predicting.planning import PAGE, Window
from bg_graph.intent.predicting.sources import ACCOUNTS, GroupSource
from bg_graph.plugins.intent import Activities, Content, IntentSubject, IntentSubjectKind
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant

activity = table_of(ActivityRow)
person = table_of(PersonRow)


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch of accounts as a request holds it, and by number who and what everything is."""

    accounts: Sequence[UUID]
    persons: Sequence[UUID]
    groups: Sequence[UUID]
    person_accounts: "array[int]"
    kinds: tuple[str, ...]
    contents: tuple[Content, ...]
    activities: Activities
    activity_ids: Sequence[Any]
    """The id of each activity as the driver gives it; see `activity_id`."""
    subjects: tuple[IntentSubject, ...]
    subject_ids: Sequence[UUID]
    account_of: Mapping[UUID, UUID]
    """The account of each subject, by the ids of both."""

    def activity_id(self, row: int) -> UUID:
        """The id of an activity."""
        given = self.activity_ids[row]
        return given if isinstance(given, UUID) else UUID(str(given))


async def gather(db: TenantConnection, groups: GroupSource, accounts: Sequence[UUID], window: Window) -> Batch:
    """All that a model is told of these accounts."""
    numbers = {account_id: number for number, account_id in enumerate(accounts)}
    people = await _people(db, accounts, numbers)
    rows = await db.rows(groups.members, {"accounts": list(accounts)})
    columns = _Columns(people.numbers)
    async for page in db.pages(_done(db.dialect, window), {"accounts": list(accounts)}, size=PAGE):
        columns.take(page)
    members: dict[UUID, list[int]] = defaultdict(list)
    group_accounts: dict[UUID, int] = {}
    for row in sorted(rows, key=lambda each: (each.group_id, str(each.person_id))):
        group_accounts[row.group_id] = numbers[row.account_id]
        if row.person_id is not None:
            members[row.group_id].append(people.by_id[row.person_id])
    subjects = [
        *_of_persons(people.accounts),
        *_of_groups(group_accounts, members),
        *_of_accounts(len(accounts), people.accounts),
    ]
    subject_ids = (*people.ids, *group_accounts, *accounts)
    return Batch(
        accounts=accounts,
        persons=people.ids,
        groups=tuple(group_accounts),
        person_accounts=people.accounts,
        kinds=tuple(columns.kinds),
        contents=tuple(_content(*key) for key in columns.contents),
        activities=columns.activities(),
        activity_ids=columns.ids,
        subjects=tuple(subjects),
        subject_ids=subject_ids,
        account_of={
            subject_id: accounts[subject.account] for subject_id, subject in zip(subject_ids, subjects, strict=True)
        },
    )


@dataclass(frozen=True, slots=True)
class _People:
    """The persons of a batch by number: id, account, and both ways in which the driver may give an id."""

    ids: list[UUID] = field(default_factory=list)
    accounts: "array[int]" = field(default_factory=lambda: array("i"))
    numbers: dict[Any, int] = field(default_factory=dict)
    by_id: dict[UUID, int] = field(default_factory=dict)


async def _people(db: TenantConnection, accounts: Sequence[UUID], numbers: Mapping[UUID, int]) -> _People:
    statement = (
        select(type_coerce(person.c.id, String).label("given"), person.c.account_id)
        .where(of_tenant(person), person.c.account_id.in_(ACCOUNTS))
        .order_by(person.c.account_id, person.c.id)
    )
    people = _People()
    async for page in db.pages(statement, {"accounts": list(accounts)}, size=PAGE):
        for row in page:
            person_id = row.given if isinstance(row.given, UUID) else UUID(row.given)
            people.by_id[person_id] = people.numbers[row.given] = len(people.ids)
            people.ids.append(person_id)
            people.accounts.append(numbers[row.account_id])
    return people


class _Columns:
    """The columns of activities as they grow page by page; distinct kinds and contents get numbers as they come."""

    def __init__(self, persons: Mapping[Any, int]) -> None:
        self._person_numbers = persons
        self.kinds: dict[str, int] = defaultdict(count().__next__)
        self.contents: dict[tuple[str | None, str | None, str | None], int] = defaultdict(count().__next__)
        self.ids: list[Any] = []
        self._persons, self._kinds, self._contents = array("i"), array("i"), array("i")
        self._times = array("q")

    def take(self, page: Sequence[Any]) -> None:
        """Add a page of rows."""
        persons, times, kinds, names, urls, topics, ids = zip(*page, strict=True)
        self._persons.extend(map(self._person_numbers.__getitem__, persons))
        self._times.extend(times)
        self._kinds.extend(map(self.kinds.__getitem__, kinds))
        self._contents.extend(map(self.contents.__getitem__, zip(names, urls, topics, strict=True)))
        self.ids.extend(ids)

    def activities(self) -> Activities:
        """What was taken."""
        return Activities(persons=self._persons, times=self._times, kinds=self._kinds, contents=self._contents)


def _done(dialect: str, window: Window) -> Select[Any]:
    """What the people of `ACCOUNTS` did in the window, in columns that need no conversion row by row.

    Not joined: SQLite would read the window once and look for each of its activities through all accounts: a run over a
    million was stopped after twelve minutes.
    """
    people = select(person.c.id).where(of_tenant(person), person.c.account_id.in_(ACCOUNTS))
    return (
        select(
            type_coerce(activity.c.person_id, String),
            seconds_of(activity.c.at, dialect),
            activity.c.kind,
            activity.c.asset_name,
            activity.c.asset_url,
            cast(activity.c.topics, Text) if dialect == "postgresql" else type_coerce(activity.c.topics, Text),
            type_coerce(activity.c.id, String),
        )
        .where(of_tenant(activity), activity.c.at > window.start, activity.c.at <= window.end)
        .where(activity.c.person_id.in_(people))
    )


def seconds_of(at: ColumnElement[Any], dialect: str) -> ColumnElement[int]:
    """Whole seconds since 1970, without an object for each time."""
    if dialect == "postgresql":
        return cast(func.floor(func.extract("epoch", at)), BigInteger)
    return cast(func.strftime("%s", at), Integer)


def _content(name: str | None, url: str | None, topics: str | None) -> Content:
    told = orjson.loads(topics) if topics else []
    return Content(name=name, url=url, topics=tuple(each for each in told or () if isinstance(each, str)))


def _of_persons(accounts: "array[int]") -> Iterable[IntentSubject]:
    for number, account in enumerate(accounts):
        yield IntentSubject(kind=IntentSubjectKind.PERSON, account=account, persons=array("i", (number,)))


def _of_groups(accounts: Mapping[UUID, int], members: Mapping[UUID, list[int]]) -> Iterable[IntentSubject]:
    for group_id, account in accounts.items():
        persons = array("i", members.get(group_id, ()))
        yield IntentSubject(kind=IntentSubjectKind.GROUP, account=account, persons=persons)


def _of_accounts(accounts: int, person_accounts: "array[int]") -> Iterable[IntentSubject]:
    persons: list[array[int]] = [array("i") for _ in range(accounts)]
    for number, account in enumerate(person_accounts):
        persons[account].append(number)
    for account, everybody in enumerate(persons):
        yield IntentSubject(kind=IntentSubjectKind.ACCOUNT, account=account, persons=everybody)
