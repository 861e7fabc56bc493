"""What people did in three months: pages, forms, links, e-mails, webinars and interesting moments, as Marketo tells it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from random import Random

from bg_graph.demo.chance import about, happens, one_of
from bg_graph.demo.companies import Contact, Engagement
from bg_graph.demo.offers import SITE, Offer, Product

DAYS = 90
"""How far back activities go."""

VISIT, FORM, LINK, OPEN, CLICK, MOMENT, PROGRESSION = 1, 2, 3, 10, 11, 46, 104

_WEEKS = 13  # the oldest is cut off after ninety days
_PAGES = ("How {} works", "{} pricing", "{} customers", "{} documentation", "Compare {}")
_FORMS = ("Request a demo", "Download the guide", "Talk to an expert")
_WEBINARS_AGO = (72, 41, 13)  # days


@dataclass(frozen=True, slots=True)
class Action:
    """One activity: when, of which type of Marketo's, on what, with which attributes, and the product it is about."""

    at: datetime
    type_id: int
    asset: str
    attributes: dict[str, str | list[str]]
    offer: Offer
    product: Product
    topics: tuple[str, ...]


def actions_of(contact: Contact, chance: Random, now: datetime, hours_from_utc: int) -> list[Action]:
    """All that a person did in the three months up to now, in the order of time."""
    started = now - timedelta(days=DAYS)
    actions: list[Action] = []
    for engagement in contact.engagements:
        favourite = one_of(chance, engagement.offer.products)
        person = _Person(chance, engagement, favourite, now, hours_from_utc)
        actions.extend(person.visits())
        actions.extend(person.newsletters())
        actions.extend(person.webinars())
    return sorted((action for action in actions if started < action.at <= now), key=lambda action: action.at)


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody in the story of one offer, with a favourite among its products."""

    chance: Random
    engagement: Engagement
    favourite: Product
    now: datetime
    hours_from_utc: int

    def visits(self) -> Iterator[Action]:
        """Visits to the web site, as many in each week as the story's pace and the person's zeal make likely."""
        for week in range(_WEEKS):
            for _ in range(about(self.chance, self._pace(week / (_WEEKS - 1)))):
                at = self._working_time((_WEEKS - 1 - week) * 7 + int(self.chance.random() * 7))
                yield from self._visit(at)

    def newsletters(self) -> Iterator[Action]:
        """Every other week an e-mail: opened, and then perhaps clicked and read on."""
        for week in range(0, _WEEKS, 2):
            interest = min(0.85, 0.08 + 0.35 * self._pace(week / (_WEEKS - 1)))
            product = self.engagement.offer.products[(week // 2) % len(self.engagement.offer.products)]
            name = f"{product.name} news, issue {week // 2 + 1}"
            topics = product.keywords[:2]
            if not happens(self.chance, interest):
                continue
            opened = self._at_hour((_WEEKS - 1 - week) * 7 + 2, 8) + timedelta(
                minutes=40 + int(self.chance.random() ** 2 * 2000)
            )
            yield self._action(opened, OPEN, name, {"Device": "Desktop"}, product, topics)
            if happens(self.chance, 0.4):
                clicked = opened + timedelta(seconds=20 + int(self.chance.random() * 160))
                link = f"{SITE}/{_path(product.name)}/news-{week // 2 + 1}"
                yield self._action(clicked, CLICK, name, {"Link": link}, product, topics)
                yield self._page(clicked + timedelta(seconds=5), product)

    def webinars(self) -> Iterator[Action]:
        """Registered some days before, attended by most; who attended is an interesting moment."""
        offer = self.engagement.offer
        for title, ago, product in zip(offer.webinars, _WEBINARS_AGO, offer.products, strict=True):
            if not happens(self.chance, min(0.7, 0.28 * self._pace(1 - ago / DAYS))):
                continue
            begins = (self.now - timedelta(days=ago)).replace(hour=14, minute=0, second=0, microsecond=0)
            registered = self._working_time(ago + 2 + int(self.chance.random() * 9))
            yield self._progress(registered, title, "Invited", "Registered", product)
            if happens(self.chance, 0.7):
                joined = begins + timedelta(seconds=int(self.chance.random() * 400))
                yield self._progress(joined, title, "Registered", "Attended", product)
                yield self._moment(begins + timedelta(hours=1), "Event", f'Attended the webinar "{title}"', product)

    def _visit(self, at: datetime) -> Iterator[Action]:
        """A few pages one after the other, mostly about the favourite; now and then a link or a form at the end."""
        product = self.favourite if happens(self.chance, 0.65) else one_of(self.chance, self.engagement.offer.products)
        for _ in range(1 + int(self.chance.random() ** 2 * 6)):
            yield self._page(at, product)
            at += timedelta(seconds=25 + int(self.chance.random() * 200))
        if happens(self.chance, 0.25):
            link = f"{SITE}/{_path(product.name)}/brochure.pdf"
            yield self._action(at, LINK, f"{product.name} brochure", {"Link": link}, product, product.keywords[:1])
            at += timedelta(seconds=70)
        if happens(self.chance, 0.1):
            form = one_of(self.chance, _FORMS)
            url = f"{SITE}/{_path(product.name)}/{_path(form)}"
            yield self._action(at, FORM, f"{form}: {product.name}", {"Webpage URL": url}, product, product.keywords)
            yield self._moment(at + timedelta(seconds=2), "Web", f'Filled out "{form}" for {product.name}', product)

    def _page(self, at: datetime, product: Product) -> Action:
        title = one_of(self.chance, _PAGES).format(product.name)
        topics = (one_of(self.chance, product.keywords), one_of(self.chance, product.keywords))
        url = f"{SITE}/{_path(product.name)}/{_path(title)}"
        return self._action(at, VISIT, title, {"Webpage URL": url}, product, tuple(dict.fromkeys(topics)))

    def _progress(self, at: datetime, webinar: str, old: str, new: str, product: Product) -> Action:
        return self._action(
            at, PROGRESSION, webinar, {"Old Status": old, "New Status": new}, product, product.keywords[:2]
        )

    def _moment(self, at: datetime, kind: str, text: str, product: Product) -> Action:
        return self._action(at, MOMENT, kind, {"Description": text}, product, product.keywords[:1])

    def _action(
        self,
        at: datetime,
        type_id: int,
        asset: str,
        attributes: dict[str, str],
        product: Product,
        topics: tuple[str, ...],
    ) -> Action:
        named: dict[str, str | list[str]] = {**attributes, "Topics": list(topics)}
        return Action(at, type_id, asset, named, self.engagement.offer, product, topics)

    def _pace(self, share: float) -> float:
        return self.engagement.story.pace_in(share) * self.engagement.zeal

    def _working_time(self, days_ago: int) -> datetime:
        """Some time of a working day, between eight and six where the person lives; a weekend becomes Friday."""
        at = self._at_hour(days_ago, 8) + timedelta(minutes=int(self.chance.random() * 600))
        return at + timedelta(seconds=int(self.chance.random() * 60))

    def _at_hour(self, days_ago: int, hour: int) -> datetime:
        day = (self.now - timedelta(days=days_ago)).replace(hour=0, minute=0, second=0, microsecond=0)
        day -= timedelta(days=max(day.weekday() - 4, 0))
        return day + timedelta(hours=hour - self.hours_from_utc)


@cache
def _path(text: str) -> str:
    return text.lower().replace(" ", "-")
