"""Makes worlds whose interests are known: accounts, people, what they read, and who really is interested in what.

What happens in a world:

- An account is interested in a category or not; if so in one or two of its products and some of their keywords. Some of its
  people share the interest (each in a part of the keywords); people of other accounts may look into something alone.
- Interested people read more, and much of what they read is about their interest, from some day on. What they read beside it,
  and what everybody else reads, is noise: by popularity, by what is dear to the account, and (in a season) by a campaign.
- Contents are called by the keyword, by another name of the trade, or with words replaced by WordNet's (`synonyms.json`);
  some have topics, some only an opaque address; some mention a keyword in passing.
- Old interests ended weeks ago. Bots open everything at once. A group is a handful of people of an account, mostly of those
  who share an interest where there is one.

Every number is drawn from the seed. The types of training and of testing differ, and so do their taxonomies.
"""

import json
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bg_graph.plugins.intent import (
    Activities,
    Content,
    IntentRequest,
    IntentSubject,
    IntentSubjectKind,
    Outcome,
    Term,
    TermKind,
)

HERE = Path(__file__).parent
AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
DAY = 86_400
KINDS = ("OPEN_EMAIL", "VISIT_PAGE", "CLICK_EMAIL", "FILL_FORM", "ATTEND_EVENT")
IDLE, KEEN = (0.35, 0.45, 0.15, 0.03, 0.02), (0.2, 0.45, 0.17, 0.1, 0.08)
TITLES = (
    "{}: an introduction", "Five questions about {}", "The guide to {}", "How others do {}", "{} in practice", "Webinar: {}",
    "What {} costs", "Getting started with {}", "{} compared", "Checklist for {}", "A year with {}", "{} explained",
)  # fmt: skip
IDLE_TITLES = (
    "Careers", "Our offices", "Annual report", "Press release", "Newsletter {}", "Meet the team", "Home", "Pricing", "Contact",
    "Thank you for coming", "Partner programme", "Year in review {}", "Sustainability report", "Customer story {}", "Events in {}",
)  # fmt: skip
PASSING = (
    "New on our blog: hiring, travel and a word on {}",
    "Team outing, {} and other news",
    "Podcast {}: lunch, {}, holidays",
)
TAGS = ("blog", "whitepaper", "webinar", "news", "customer story", "video")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A type of world. Rates are shares of 0 to 1."""

    accounts: int = 250
    people: float = 10.0
    """Median of the people of an account."""
    interested: float = 0.12
    """Accounts that are interested in a category."""
    sharing: float = 0.4
    """People of an interested account who share its interest."""
    alone: float = 0.01
    """People who are interested in something alone."""
    reading: float = 14.0
    """Activities of a person in the 90 days, on average."""
    zeal: float = 0.55
    """Activities of an interested person that are about the interest."""
    other_names: float = 0.3
    """Contents that are called by another name of the trade, where there is one."""
    synonyms: float = 0.2
    """Words of a content's title that are replaced by a synonym, where there is one."""
    tagged: float = 0.5
    """Contents with topics of the taxonomy."""
    bots: float = 0.01
    old: float = 0.08
    """Accounts with an interest in a category that ended."""
    season: float = 0.15
    """Noise of the last three weeks that follows a campaign for one category."""
    habit: float = 0.3
    """Noise that follows what is dear to the account without being an interest."""


TRAINING = Kind()
TESTING = {
    "plain": Kind(),
    "synonyms": Kind(synonyms=0.7, other_names=0.6, tagged=0.25),
    "bots": Kind(bots=0.06),
    "old interests": Kind(old=0.3, season=0.05),
    "season": Kind(season=0.5, habit=0.4),
    "rare and quiet": Kind(interested=0.05, reading=8.0, people=6.0),
    "next to nothing known": Kind(reading=3.0, people=3.0),
    "frequent and busy": Kind(interested=0.25, reading=30.0, people=16.0, tagged=0.8),
}
"""What is tested: all but the first go in something to the end of what training worlds do, or beyond it."""


def training_kind(seed: int) -> Kind:
    """A type of world to fit on: every number drawn around the plain one."""
    chance = np.random.default_rng([seed, 77])
    draw = chance.uniform

    def rate(least: float, most: float) -> float:
        return float(np.exp(draw(np.log(least), np.log(most))))

    return replace(
        TRAINING,
        people=rate(3, 16), interested=rate(0.04, 0.25), sharing=draw(0.3, 0.5), reading=rate(4, 30), zeal=draw(0.45, 0.65),
        other_names=draw(0.1, 0.5), synonyms=draw(0.0, 0.5), tagged=draw(0.3, 0.8), bots=draw(0.0, 0.04), old=draw(0.0, 0.2),
        season=draw(0.0, 0.45), habit=draw(0.1, 0.4),
    )  # fmt: skip


@dataclass(slots=True)
class World:
    """What a model is asked, and the truth."""

    request: IntentRequest
    truth: np.ndarray
    """Subjects (rows) and terms (columns): whether they really are interested."""
    about: np.ndarray
    """Contents (rows) and terms (columns): what each really is about, its wholes included."""
    outcomes: tuple[Outcome, ...] = ()


@dataclass(slots=True)
class Keyword:
    """A keyword with its other names."""

    name: str
    others: tuple[str, ...]


@dataclass(slots=True)
class _Making:
    """A world under way."""

    kind: Kind
    chance: np.random.Generator
    synonyms: dict[str, list[str]]
    terms: list[Term] = field(default_factory=list)
    names: list[Keyword] = field(default_factory=list)
    contents: list[Content] = field(default_factory=list)
    about: list[int] = field(default_factory=list)
    """The term of each content; -1 for none."""


def vocabulary(testing: bool) -> dict[str, dict[str, list[Keyword]]]:
    """Category to product to keywords; those of training or those of testing."""
    found: dict[str, dict[str, list[Keyword]]] = {}
    part, category = False, ""
    for line in (HERE / "vocabulary.txt").read_text("utf-8").splitlines():
        if line.startswith("== testing"):
            part = True
        elif line.startswith("= ") and part == testing:
            category = line[2:]
            found[category] = {}
        elif line and not line.startswith(("#", "=")) and part == testing:
            product, _, words = line.partition(": ")
            found[category][product] = [_keyword(each) for each in words.split(", ")]
    return found


def _keyword(text: str) -> Keyword:
    matched = re.fullmatch(r"(.+?)(?: \[(.+)\])?", text)
    assert matched
    return Keyword(matched[1], (matched[2],) if matched[2] else ())


def world(seed: int, kind: Kind, *, testing: bool) -> World:
    """A world of a type."""
    making = _Making(kind, np.random.default_rng(seed), json.loads((HERE / "synonyms.json").read_text("utf-8")))
    _make_taxonomy(making, vocabulary(testing))
    _make_contents(making)
    return _Peopled(making).world()


def _make_taxonomy(making: _Making, words: dict[str, dict[str, list[Keyword]]]) -> None:
    for category in making.chance.choice(sorted(words), 3, replace=False):
        top = len(making.terms)
        making.terms.append(Term(kind=TermKind.CATEGORY, name=str(category)))
        making.names.append(Keyword(str(category), ()))
        for product, keywords in words[category].items():
            place = len(making.terms)
            making.terms.append(Term(kind=TermKind.PRODUCT, name=product, parent=top))
            making.names.append(Keyword(product, ()))
            for keyword in keywords:
                making.terms.append(Term(kind=TermKind.KEYWORD, name=keyword.name, parent=place))
                making.names.append(keyword)


def _make_contents(making: _Making) -> None:
    counts = {TermKind.KEYWORD: 6, TermKind.PRODUCT: 3, TermKind.CATEGORY: 4}
    for number, term in enumerate(making.terms):
        for _ in range(counts[term.kind]):
            _add_content(making, number)
    for _ in range(60):
        passing = making.chance.random() < 0.25
        word = making.names[making.chance.integers(len(making.names))].name
        choice = PASSING if passing else IDLE_TITLES
        title = str(making.chance.choice(choice)).replace(
            "{}", word if passing else str(making.chance.integers(2020, 2027))
        )
        making.contents.append(Content(name=title, url=_address(making, title), topics=_tags(making)))
        making.about.append(-1)


def _add_content(making: _Making, number: int) -> None:
    chance, kind, keyword = making.chance, making.kind, making.names[number]
    called = keyword.name
    if keyword.others and chance.random() < kind.other_names:
        called = str(chance.choice(keyword.others))
    called = " ".join(_replaced(making, word) for word in called.split())
    title = str(chance.choice(TITLES)).format(called)
    topics = _tags(making)
    if chance.random() < kind.tagged:
        term = making.terms[number]
        up = term.parent is not None and chance.random() < 0.2
        topics = (*topics, making.names[term.parent if up and term.parent is not None else number].name)
    making.contents.append(Content(name=title, url=_address(making, title), topics=topics))
    making.about.append(number)


def _replaced(making: _Making, word: str) -> str:
    near = making.synonyms.get(word.casefold())
    return str(making.chance.choice(near)) if near and making.chance.random() < making.kind.synonyms else word


def _tags(making: _Making) -> tuple[str, ...]:
    return (str(making.chance.choice(TAGS)),) if making.chance.random() < 0.4 else ()


def _address(making: _Making, title: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")
    return f"https://shop.example/{slug if making.chance.random() < 0.6 else making.chance.integers(10_000)}"


class _Peopled:
    """A world's accounts and people, and what they do."""

    def __init__(self, making: _Making) -> None:
        self.making, self.chance, self.kind = making, making.chance, making.kind
        self.parents = np.array([-1 if term.parent is None else term.parent for term in making.terms])
        self.about = np.array(making.about)
        self.of_term = [np.flatnonzero(self.about == number) for number in range(len(making.terms))]
        self.categories = [number for number, term in enumerate(making.terms) if term.parent is None]
        self.popularity = self.chance.permutation(1.0 / np.arange(1, len(self.about) + 1) ** 0.8)
        self.campaign = int(self.chance.choice(self.categories))
        self.columns: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
        self.person_accounts: list[int] = []
        self.subjects: list[IntentSubject] = []
        self.truth: list[np.ndarray] = []
        self.outcomes: list[Outcome] = []

    def world(self) -> World:
        for account in range(self.kind.accounts):
            self._account(account)
        persons, times, kinds, contents = (np.concatenate(column) for column in zip(*self.columns, strict=True))
        order = self.chance.permutation(len(persons))
        making = self.making
        request = IntentRequest(
            tenant="world", as_of=AS_OF, window_days=90, taxonomy=tuple(making.terms), kinds=KINDS,
            contents=tuple(making.contents), accounts=self.kind.accounts, person_accounts=array("i", self.person_accounts),
            activities=Activities(
                persons=array("i", persons[order].tolist()), times=array("q", times[order].tolist()),
                kinds=array("i", kinds[order].tolist()), contents=array("i", contents[order].tolist()),
            ),
            subjects=tuple(self.subjects), floor=0.0,
        )  # fmt: skip
        about = np.zeros((len(self.about), len(making.terms)), bool)
        for content, term in enumerate(self.about):
            for whole in self._wholes(term):
                about[content, whole] = True
        return World(request, np.array(self.truth), about, tuple(self.outcomes))

    def _wholes(self, term: int) -> Iterator[int]:
        while term >= 0:
            yield term
            term = int(self.parents[term])

    def _parts(self, term: int) -> np.ndarray:
        return np.flatnonzero(self.parents == term)

    def _interest(self, category: int) -> list[int]:
        """Some keywords of one or two products."""
        products = self.chance.choice(self._parts(category), self.chance.integers(1, 3), replace=False)
        chosen = [
            self.chance.choice(self._parts(int(each)), self.chance.integers(1, 4), replace=False) for each in products
        ]
        return [int(each) for each in np.concatenate(chosen)]

    def _row(self, keywords: set[int]) -> np.ndarray:
        row = np.zeros(len(self.parents), bool)
        for keyword in keywords:
            row[list(self._wholes(keyword))] = True
        return row

    def _share(self, keywords: list[int]) -> set[int]:
        some = {each for each in keywords if self.chance.random() < 0.6}
        return some or {int(self.chance.choice(keywords))}

    def _account(self, account: int) -> None:
        chance, kind = self.chance, self.kind
        size = int(np.clip(chance.lognormal(np.log(kind.people), 0.7), 1, 80))
        now = {each: self._interest(each) for each in self.categories if chance.random() < kind.interested}
        old = {each: self._interest(each) for each in self.categories if each not in now and chance.random() < kind.old}
        since, ended = chance.uniform(12, 60), chance.uniform(25, 65)
        habit = int(chance.choice(self.categories))
        first, shared = len(self.person_accounts), []
        for person in range(first, first + size):
            joined: set[int] = set()
            for keywords in now.values():
                if chance.random() < kind.sharing:
                    joined |= self._share(keywords)
            alone = (
                set(self._share(self._interest(int(chance.choice(self.categories)))))
                if chance.random() < kind.alone
                else set()
            )
            past = {
                each for keywords in old.values() if chance.random() < kind.sharing for each in self._share(keywords)
            }
            self.person_accounts.append(account)
            self._act(person, joined | alone, past, since, ended, habit)
            self._subject(IntentSubjectKind.PERSON, account, [person], self._row(joined | alone))
            shared.append(joined)
        self._subject(
            IntentSubjectKind.ACCOUNT,
            account,
            list(range(first, first + size)),
            self._row({k for ks in now.values() for k in ks}),
        )
        self._groups(account, first, shared, now)
        self._deals(account, now)

    def _subject(self, kind: IntentSubjectKind, account: int, persons: list[int], row: np.ndarray) -> None:
        self.subjects.append(IntentSubject(kind=kind, account=account, persons=array("i", persons)))
        self.truth.append(row)

    def _groups(self, account: int, first: int, shared: list[set[int]], now: dict[int, list[int]]) -> None:
        for _ in range(2 if len(shared) > 5 else 1):
            keen = np.array([4.0 if interests else 1.0 for interests in shared])
            size = min(len(shared), int(self.chance.integers(2, 7)))
            places = self.chance.choice(len(shared), size, replace=False, p=keen / keen.sum())
            row = self._row({keyword for place in places for keyword in shared[place]})
            self._subject(IntentSubjectKind.GROUP, account, [first + int(place) for place in places], row)

    def _deals(self, account: int, now: dict[int, list[int]]) -> None:
        """Of some accounts an outcome is known: most who are interested buy, next to nobody else does."""
        for category in self.categories:
            if self.chance.random() < 0.6:
                won = self.chance.random() < (0.8 if category in now else 0.02)
                self.outcomes.append(Outcome(account=account, term=category, won=bool(won)))

    def _act(self, person: int, keywords: set[int], past: set[int], since: float, ended: float, habit: int) -> None:
        chance, kind = self.chance, self.kind
        if chance.random() < kind.bots:
            count = int(chance.integers(200, 1200))
            ages = chance.uniform(0, 85) + chance.exponential(0.02, count)
            self._add(
                person,
                ages,
                np.zeros(count, int) + int(chance.integers(1, 3)),
                chance.integers(len(self.about), size=count),
            )
            return
        rate = chance.gamma(0.9, kind.reading / 0.9)
        noise = chance.poisson(rate)
        self._add(person, chance.uniform(0, 90, noise), *self._idle(noise, habit))
        ages = chance.uniform(0, 21, int(chance.binomial(noise, kind.season)))
        seasonal = self._within(self.campaign, len(ages))
        self._add(person, ages, chance.choice(3, len(ages), p=(0.6, 0.2, 0.2)), seasonal)
        more = rate * kind.zeal / (1 - kind.zeal)
        for interests, begins, ends in ((keywords, since, 0.0), (past, ended + 30, ended)):
            if interests:
                count = chance.poisson(more * min(begins - ends, 45) / 35)
                ages = chance.uniform(ends, min(begins, 90), count)
                self._add(person, ages, chance.choice(5, count, p=KEEN), self._keen(sorted(interests), count))

    def _idle(self, count: int, habit: int) -> tuple[np.ndarray, np.ndarray]:
        chances = self.popularity / self.popularity.sum()
        contents = self.chance.choice(len(self.about), count, p=chances)
        dear = self.chance.random(count) < self.kind.habit
        contents[dear] = self._within(habit, int(dear.sum()))
        return self.chance.choice(5, count, p=IDLE), contents

    def _within(self, category: int, count: int) -> np.ndarray:
        of = self.about.copy()
        for _ in range(2):
            of = np.where((of >= 0) & (self.parents[of] >= 0), self.parents[of], of)
        inside = np.flatnonzero(of == category)
        weights = self.popularity[inside]
        return self.chance.choice(inside, count, p=weights / weights.sum())

    def _keen(self, keywords: list[int], count: int) -> np.ndarray:
        """Mostly about the keywords, some about their products and categories, some about their neighbours."""
        chosen = self.chance.choice(keywords, count)
        step = self.chance.random(count)
        for place, draw in enumerate(step):
            product = self.parents[chosen[place]]
            if draw > 0.85:
                chosen[place] = self.chance.choice(self._parts(int(product)))
            elif draw > 0.75:
                chosen[place] = self.parents[product]
            elif draw > 0.6:
                chosen[place] = product
        return np.array([self.chance.choice(self.of_term[term]) for term in chosen], int)

    def _add(self, person: int, ages: np.ndarray, kinds: np.ndarray, contents: np.ndarray) -> None:
        times = (AS_OF.timestamp() - np.minimum(ages, 89.9) * DAY).astype(np.int64)
        self.columns.append((np.full(len(ages), person), times, kinds, contents))
