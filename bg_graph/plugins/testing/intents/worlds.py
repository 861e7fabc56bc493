"""Accounts, people and what they read, as an exam gives them to a model: who reads about what is known."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bg_graph.plugins.intent import (
    Activities,
    Content,
    IntentRequest,
    IntentSubject,
    IntentSubjectKind,
    Term,
    TermKind,
)

AS_OF = datetime(2026, 6, 30, 12, tzinfo=UTC)
"""The moment for which interests are asked."""
WINDOW = 90
"""Days of activities before it."""
KINDS = ("VISIT_PAGE", "CLICK_LINK", "FILL_OUT_FORM", "ATTEND_EVENT", "OPEN_EMAIL")
"""Types of activity."""
_TREE = {
    "Data Platform": {
        "Cloud Warehouse": ("columnar storage", "query acceleration"),
        "Stream Processing": ("event streaming", "change data capture"),
    },
    "Workplace Safety": {
        "Protective Equipment": ("hearing protection", "safety helmets"),
        "Incident Reporting": ("near miss reports", "accident investigation"),
    },
}
_DAY = 86_400


def _taxonomy() -> tuple[Term, ...]:
    terms: list[Term] = []
    for category, products in _TREE.items():
        of_category = len(terms)
        terms.append(Term(kind=TermKind.CATEGORY, name=category))
        for product, keywords in products.items():
            of_product = len(terms)
            terms.append(Term(kind=TermKind.PRODUCT, name=product, parent=of_category))
            terms += [Term(kind=TermKind.KEYWORD, name=each, parent=of_product) for each in keywords]
    return tuple(terms)


TAXONOMY = _taxonomy()
"""Two categories, four products, eight keywords."""
KEYWORDS = tuple(number for number, term in enumerate(TAXONOMY) if term.kind is TermKind.KEYWORD)
"""Numbers of the keywords."""
ABOUT = len(KEYWORDS)
"""Contents of this number and more are about no keyword."""
CONTENTS = (
    *(
        Content(
            name=f"Guide to {TAXONOMY[each].name}",
            url=f"https://example.com/{TAXONOMY[each].name.replace(' ', '-')}",
            topics=(TAXONOMY[each].name,),
        )
        for each in KEYWORDS
    ),
    Content(name="Canteen menu of the week", url="https://example.com/canteen", topics=("lunch",)),
    Content(name="How to find our office", url="https://example.com/directions", topics=("parking",)),
    Content(),
)
"""One about each keyword, in their order; then some about none."""


def parents(term: int) -> list[int]:
    """The terms above a term."""
    above = TAXONOMY[term].parent
    return [] if above is None else [above, *parents(above)]


@dataclass(frozen=True, slots=True)
class Read:
    """That somebody read something, so many days before the moment that is asked about."""

    person: int
    content: int
    days: float = 3.0
    kind: int = 0


@dataclass(frozen=True, slots=True)
class World:
    """Accounts of some people each, and what they read."""

    accounts: int = 2
    people: int = 3
    """Of each account."""
    reads: Sequence[Read] = field(default=())

    def account_of(self, person: int) -> int:
        """The account of a person."""
        return person // self.people

    def members(self, account: int) -> "array[int]":
        """The people of an account."""
        return array("i", range(account * self.people, (account + 1) * self.people))

    def subjects(self) -> tuple[IntentSubject, ...]:
        """Everybody, a group of two of each account, and each account; in this order."""
        persons = range(self.accounts * self.people)
        each = [_subject(IntentSubjectKind.PERSON, self.account_of(one), array("i", [one])) for one in persons]
        all_of = [(account, self.members(account)) for account in range(self.accounts)]
        each += [_subject(IntentSubjectKind.GROUP, account, members[:2]) for account, members in all_of]
        each += [_subject(IntentSubjectKind.ACCOUNT, account, members) for account, members in all_of]
        return tuple(each)

    def request(self, tenant: str = "alpha", *, floor: float = 0.25, deadline: float = 60.0) -> IntentRequest:
        """The request for everybody's interests."""
        persons = range(self.accounts * self.people)
        return IntentRequest(
            tenant=tenant,
            as_of=AS_OF,
            window_days=WINDOW,
            taxonomy=TAXONOMY,
            kinds=KINDS,
            contents=CONTENTS,
            accounts=self.accounts,
            person_accounts=array("i", (self.account_of(person) for person in persons)),
            activities=columns(self.reads),
            subjects=self.subjects(),
            floor=floor,
            deadline=deadline,
        )


def _subject(kind: IntentSubjectKind, account: int, persons: "array[int]") -> IntentSubject:
    return IntentSubject(kind=kind, account=account, persons=persons)


def columns(reads: Iterable[Read]) -> Activities:
    """Activities in columns."""
    rows = list(reads)
    now = int(AS_OF.timestamp())
    return Activities(
        persons=array("i", (read.person for read in rows)),
        times=array("q", (now - int(read.days * _DAY) for read in rows)),
        kinds=array("i", (read.kind for read in rows)),
        contents=array("i", (read.content for read in rows)),
    )


def keen(person: int, content: int, times: int = 12, *, since: float = 1.0) -> list[Read]:
    """Somebody who reads about one thing, a little each day."""
    return [Read(person, content, since + number, (0, 1, 2, 0, 3)[number % 5]) for number in range(times)]


def usual_world(number: int = 0) -> World:
    """Two accounts: in the first everybody reads about one thing, in the second about another."""
    first, second = number % ABOUT, (number + ABOUT // 2) % ABOUT
    reads = [read for person in range(3) for read in keen(person, first)]
    reads += [read for person in range(3, 6) for read in keen(person, second, 8)]
    reads += [Read(person, ABOUT + person % 3, 5) for person in range(6)]
    return World(reads=reads)


def large_world(activities: int) -> World:
    """Twenty accounts of ten people with so many activities."""
    reads = [
        Read(row * 7 % 200, (row * 13 + row // 200) % len(CONTENTS), row * 31 % (WINDOW * 10) / 10, row % len(KINDS))
        for row in range(activities)
    ]
    return World(accounts=20, people=10, reads=reads)


def shuffled(request: IntentRequest) -> tuple[IntentRequest, list[int]]:
    """The same activities in another order, and the old row of each new one."""
    given = request.activities
    order = sorted(range(len(given)), key=lambda row: (row * 7919) % 104_729)
    anew = Activities(
        persons=array("i", (given.persons[row] for row in order)),
        times=array("q", (given.times[row] for row in order)),
        kinds=array("i", (given.kinds[row] for row in order)),
        contents=array("i", (given.contents[row] for row in order)),
    )
    return replace(request, activities=anew), order


def renumbered(request: IntentRequest) -> IntentRequest:
    """The same people under other numbers, the last one first; the subjects stay in their order."""
    last = len(request.person_accounts) - 1
    activities = replace(request.activities, persons=array("i", (last - each for each in request.activities.persons)))
    subjects = tuple(
        replace(each, persons=array("i", (last - person for person in each.persons))) for each in request.subjects
    )
    accounts = array("i", reversed(request.person_accounts))
    return replace(request, person_accounts=accounts, activities=activities, subjects=subjects)
