"""Making up companies and the people who work there."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from bg_graph.demo.chance import chance_of, happens, one_of
from bg_graph.demo.offers import OFFERS, PRACTITIONER, Offer, Seat, offers_for
from bg_graph.demo.stories import Story, story_of
from bg_graph.demo.words import BYSTANDERS, INDUSTRIES, PLACES, STEMS, Industry, Place
from bg_graph.imports.rules import checksum

PEOPLE_AT_MOST = 1000
"""People of one company at most: their numbers follow from the company's, so that companies can be made one by one."""

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_FOLDS = str.maketrans({"ø": "o", "Ø": "O", "ß": "ss", "ł": "l", "Ł": "L", "ä": "ae", "ö": "oe", "ü": "ue"})


@dataclass(frozen=True, slots=True)
class Engagement:
    """How a person takes part in the story of an offer. `zeal`: how much more than others the person does."""

    offer: Offer
    story: Story
    zeal: float


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who works for a company. `seats`: the places in committees, by the offer's name."""

    number: int
    id: str
    first_name: str
    last_name: str
    title: str
    email: str
    phone: str
    city: tuple[str, str, str]
    opted_out: bool
    bounced: bool
    engagements: tuple[Engagement, ...]
    seats: dict[str, Seat]


@dataclass(frozen=True, slots=True)
class Company:
    """An account: who it is, its people, and the story of each offer that it is asked about."""

    number: int
    id: str
    name: str
    parent_id: str
    industry: str
    website: str
    place: Place
    employees: int
    stories: tuple[tuple[Offer, Story], ...]
    contacts: tuple[Contact, ...]

    def committee(self, offer: Offer) -> list[Contact]:
        """The people who have a seat in the committee of an offer."""
        return [contact for contact in self.contacts if offer.name in contact.seats]


def salesforce_id(prefix: str, number: int) -> str:
    """A Salesforce id of 18 characters: three say the kind of record, and the number makes it another one."""
    digits = ""
    for _ in range(8):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    short = f"{prefix}Np0{digits}0"
    return short + checksum(short)


@dataclass(frozen=True, slots=True)
class _Workplace:
    """What a company's people have in common. `busyness`: how many times over they do what stories say."""

    company: int
    place: Place
    domain: str
    stories: tuple[tuple[Offer, Story], ...]
    busyness: float


def company_of(seed: int, number: int, people: tuple[int, int], busyness: float = 1.0) -> Company:
    """The company of a number, with a number of people between two bounds (more where its committees need them)."""
    chance = chance_of(seed, "company", number)
    industry, place = INDUSTRIES[number % len(INDUSTRIES)], _place(number)
    name = _company_name(number, industry, place)
    domain = f"{_ascii(name)}.example"
    employees = int(industry.employees[0] * (industry.employees[1] / industry.employees[0]) ** chance.random())
    stories = tuple((offer, story_of(number, OFFERS.index(offer))) for offer in offers_for(industry.name, employees))
    wanted = chance.randint(*people)
    contacts = tuple(_contacts(seed, _Workplace(number, place, domain, stories, busyness), wanted))
    return Company(
        number=number,
        id=salesforce_id("001", number),
        name=name,
        parent_id=salesforce_id("001", number - len(INDUSTRIES)) if number % 17 == 16 else "",
        industry=industry.name,
        website=f"https://www.{domain}",
        place=place,
        employees=employees,
        stories=stories,
        contacts=contacts,
    )


def _place(number: int) -> Place:
    """Places by turns, so that those with many companies come often."""
    weights = (0, 1, 2, 0, 3, 2, 0, 1, 4, 5, 0, 6, 2, 7, 1, 8, 0, 9, 3)
    return PLACES[weights[number % len(weights)]]


def _company_name(number: int, industry: Industry, place: Place) -> str:
    """Stem and ending; where all of an industry are used up, the city is added, then a number."""
    turn, line = divmod(number, len(INDUSTRIES))
    round_of_endings, stem = divmod(turn, len(STEMS))
    more, ending = divmod(round_of_endings, len(industry.endings))
    # Each industry begins elsewhere in the list of stems, else neighbours would share one.
    name = f"{STEMS[(stem * 7 + line * 11) % len(STEMS)]} {industry.endings[(ending + stem) % len(industry.endings)]}"
    again, city = divmod(more, len(place.cities) + 1)
    name += f" {place.cities[city - 1][0]}" if city else ""
    return name + (f" {again + 1}" if again else "")


def _contacts(seed: int, work: _Workplace, wanted: int) -> Iterator[Contact]:
    """The committees' people first, then others until there are as many as wanted."""
    chance = chance_of(seed, "people", work.company)
    taken: Counter[str] = Counter()
    committees = list(_committees(chance, work.stories))
    others: list[tuple[str, dict[str, Seat]]] = [
        (title, {}) for title in _bystanders(chance, max(wanted - len(committees), 2))
    ]
    for place, (title, seats) in enumerate([*committees, *others][:PEOPLE_AT_MOST]):
        number = work.company * PEOPLE_AT_MOST + place
        yield _contact(chance_of(seed, "person", number), number, work, title, seats, taken)


def _committees(chance: Random, stories: Sequence[tuple[Offer, Story]]) -> Iterator[tuple[str, dict[str, Seat]]]:
    """Titles with their seats; somebody whose title fits the seats of two committees sits in both."""
    seated: dict[str, dict[str, Seat]] = {}
    spare: list[tuple[str, dict[str, Seat]]] = []
    for offer, story in stories:
        for seat in offer.seats:
            least = 1 if story.stages and seat.role == PRACTITIONER else 0
            for turn in range(max(_filled(chance, seat.needed, story.coverage), least)):
                title = seat.titles[turn % len(seat.titles)] if turn else one_of(chance, seat.titles)
                if offer.name not in seated.setdefault(title, {}):
                    seated[title][offer.name] = seat
                else:
                    spare.append((title, {offer.name: seat}))
    yield from seated.items()
    yield from spare


def _filled(chance: Random, needed: int, coverage: float) -> int:
    """How many of a role's seats are filled: all where the committee is complete, with now and then one more."""
    if coverage >= 1:
        return needed + happens(chance, 0.3)
    return sum(happens(chance, coverage) for _ in range(needed))


def _bystanders(chance: Random, count: int) -> Iterator[str]:
    start = int(chance.random() * len(BYSTANDERS))
    for turn in range(count):
        # The two who may sit in a steering committee come first.
        yield BYSTANDERS[turn] if turn < 2 else BYSTANDERS[2 + (start + turn) % (len(BYSTANDERS) - 2)]


def _contact(
    chance: Random, number: int, work: _Workplace, title: str, seats: dict[str, Seat], taken: Counter[str]
) -> Contact:
    place = work.place
    home = place if happens(chance, 0.85) else one_of(chance, PLACES)
    first_name, last_name = _name(chance, home, taken)
    return Contact(
        number=number,
        id=salesforce_id("003", number),
        first_name=first_name,
        last_name=last_name,
        title=title,
        email=_email(chance, first_name, last_name, work.domain, taken),
        phone=place.phone.format(f"{number % 100:02}") if place.phone and happens(chance, 0.8) else "",
        city=one_of(chance, place.cities),
        opted_out=happens(chance, 0.05),
        bounced=happens(chance, 0.03),
        engagements=tuple(_engagements(chance, seats, work)),
        seats=seats,
    )


def _engagements(chance: Random, seats: dict[str, Seat], work: _Workplace) -> Iterator[Engagement]:
    """Those who sit in a committee take part in its story; others hardly do."""
    for offer, story in work.stories:
        temper = (0.4 + 1.3 * chance.random()) * work.busyness
        if offer.name in seats:
            yield Engagement(offer, story, seats[offer.name].zeal * temper)
        elif happens(chance, 0.2):
            yield Engagement(offer, story, 0.15 * temper)


def _name(chance: Random, home: Place, taken: Counter[str]) -> tuple[str, str]:
    """A name that nobody else of the company has, where a few tries find one."""
    for _ in range(8):
        name = one_of(chance, home.first_names), one_of(chance, home.last_names)
        if _local_part(*name) not in taken:
            break
    return name


def _email(chance: Random, first_name: str, last_name: str, domain: str, taken: Counter[str]) -> str:
    """An address that nobody else of the company has; now and then none is known."""
    local = _local_part(first_name, last_name)
    taken[local] += 1
    if happens(chance, 0.02):
        return ""
    return f"{local}.{taken[local]}@{domain}" if taken[local] > 1 else f"{local}@{domain}"


@cache
def _local_part(first_name: str, last_name: str) -> str:
    return f"{_ascii(first_name)}.{_ascii(last_name)}"


def _ascii(text: str) -> str:
    """Letters and digits of a name as addresses write them."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", text).translate(_FOLDS))
    return re.sub(r"[^a-z0-9]", "", folded.lower())
