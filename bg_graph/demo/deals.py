"""Opportunities of a company, who has a part in them, and the account journeys that it is in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from bg_graph.demo.chance import chance_of, happens, one_of
from bg_graph.demo.companies import Company, salesforce_id
from bg_graph.demo.offers import Offer
from bg_graph.demo.stories import Story

DEALS_AT_MOST = 10
ROLES_AT_MOST = 100

_JOURNEYS = ("{} nurture", "{} trial follow-up", "Welcome to {}", "{} webinar series")
_PLAIN_JOURNEYS = ("Customer onboarding", "Renewal reminder", "Event invitation")


@dataclass(frozen=True, slots=True)
class ContactRole:
    """A person's part in a deal, in the words of the CRM."""

    id: str
    contact_id: str
    role: str
    is_primary: bool


@dataclass(frozen=True, slots=True)
class Deal:
    """An opportunity. `product` is the column by which the set-up file tells its solution interest."""

    id: str
    name: str
    stage: str
    kind: str
    amount: str
    close_date: date
    is_closed: bool
    product: str
    roles: tuple[ContactRole, ...]


@dataclass(frozen=True, slots=True)
class JourneyEntry:
    """A journey that the account is or was in."""

    id: str
    name: str
    status: str
    entered: datetime


def deals_of(company: Company, seed: int, now: datetime) -> Iterator[Deal]:
    """One deal for each story that has got so far, and now and then one about services, which no group is for."""
    chance = chance_of(seed, "deals", company.number)
    for place, (offer, story) in enumerate(company.stories):
        if story.deal and company.committee(offer):
            yield _deal(company, offer, story, place, chance, now)
    if happens(chance, 0.25):
        yield Deal(
            id=salesforce_id("006", company.number * DEALS_AT_MOST + DEALS_AT_MOST - 1),
            name="Training days",
            stage="Needs Analysis",
            kind="Existing Business",
            amount=f"{one_of(chance, (4800, 7200, 9600))}.00",
            close_date=(now + timedelta(days=30)).date(),
            is_closed=False,
            product="Services",
            roles=(),
        )


def journeys_of(company: Company, seed: int, now: datetime) -> Iterator[JourneyEntry]:
    """A journey or two for each story, and some that have nothing to do with one; each is entered once."""
    chance = chance_of(seed, "journeys", company.number)
    names = [one_of(chance, _JOURNEYS).format(offer.name) for offer, _ in company.stories]
    names += [name for name in _PLAIN_JOURNEYS if happens(chance, 0.5)]
    for place, name in enumerate(names):
        ago = 3 + int(chance.random() * 150)
        yield JourneyEntry(
            id=f"J-{company.number:06}-{place}",
            name=name,
            status="ACTIVE" if ago < 60 else one_of(chance, ("COMPLETED", "EXITED", "ACTIVE")),
            entered=(now - timedelta(days=ago)).replace(hour=6, minute=15, second=0, microsecond=0),
        )


def _deal(company: Company, offer: Offer, story: Story, place: int, chance: Random, now: datetime) -> Deal:
    number = company.number * DEALS_AT_MOST + place
    is_closed = story.deal.startswith("Closed")
    days = -10 - int(chance.random() * 20) if is_closed else 15 + int(chance.random() * 90)
    thousands = 12 + int(chance.random() ** 2 * 30 * company.employees**0.35)
    product = one_of(chance, offer.products)
    return Deal(
        id=salesforce_id("006", number),
        name=one_of(chance, offer.deals).format(product.name),
        stage=story.deal,
        kind=one_of(chance, ("New Business", "New Business", "Existing Business")),
        amount=f"{thousands * 1000}.00",
        close_date=(now + timedelta(days=days)).date(),
        is_closed=is_closed,
        product=offer.name,
        roles=tuple(_roles(company, offer, number, chance)),
    )


def _roles(company: Company, offer: Offer, deal: int, chance: Random) -> Iterator[ContactRole]:
    """Sales has noted the first of the committee, seldom all."""
    committee = company.committee(offer)
    noted = committee[: max(1, round(len(committee) * (0.4 + 0.4 * chance.random())))]
    for place, contact in enumerate(noted[:ROLES_AT_MOST]):
        yield ContactRole(
            id=salesforce_id("00K", deal * ROLES_AT_MOST + place),
            contact_id=contact.id,
            role=one_of(chance, contact.seats[offer.name].crm_roles),
            is_primary=place == 0,
        )
