"""What became of accounts, as models learn from it: deals won and lost, and what nobody bought. Pure; nothing is read here."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from bg_graph.intent.predicting.sources import Deal
from bg_graph.intent.rules import IntentSettings

LATEST = 500
"""Moments with deals that are learned from, the latest; and as many accounts without a deal at most."""
QUIET = timedelta(days=60)
"""An account without any deal tells that nothing was bought as of so long ago: who only begins to be interested is no evidence."""


@dataclass(frozen=True, slots=True)
class Episode:
    """A moment of an account, and for each category (its number) whether it was bought by then."""

    account_id: UUID
    at: datetime
    bought: Mapping[int, bool]


def deal_episodes(
    deals: Iterable[Deal], categories: Mapping[UUID, frozenset[int]], settings: IntentSettings, as_of: datetime
) -> list[Episode]:
    """A moment for each time that an account closed deals, the latest ones, in the order of time.

    A category of a won deal was bought, one of lost deals only was not; and one was not bought about which the account
    never had a deal, open or closed. `categories`: of each solution interest. *Ours.*
    """
    spoken_of: dict[UUID, set[int]] = {}
    closed: dict[tuple[datetime, UUID], dict[int, bool]] = {}
    for deal in deals:
        numbers = categories.get(deal.interest_id, frozenset())
        spoken_of.setdefault(deal.account_id, set()).update(numbers)
        if deal.closed_at is None or not numbers:
            continue
        bought = closed.setdefault((min(deal.closed_at, as_of), deal.account_id), {})
        for number in numbers:
            bought[number] = bought.get(number, False) or settings.won(deal.stage)
    everything = frozenset().union(*categories.values())
    return [
        Episode(account_id, at, {**dict.fromkeys(everything - spoken_of[account_id], False), **bought})
        for (at, account_id), bought in sorted(closed.items())[-LATEST:]
    ]


def quiet_episodes(
    account_ids: Iterable[UUID],
    deals: Iterable[Deal],
    categories: Mapping[UUID, frozenset[int]],
    as_of: datetime,
    most: int,
) -> list[Episode]:
    """Accounts without any deal, at most so many and spread over all: none of the categories was bought."""
    with_deals = {deal.account_id for deal in deals}
    without = sorted(set(account_ids) - with_deals)
    step = max(1, len(without) // max(1, most))
    nothing = dict.fromkeys(frozenset().union(*categories.values()), False)
    return [Episode(account_id, as_of - QUIET, nothing) for account_id in without[::step][:most]]


def fingerprint(episodes: Sequence[Episode]) -> str:
    """Stands for outcomes: while it is the same there is nothing new to learn."""
    told = [(str(each.account_id), each.at.isoformat(), sorted(each.bought.items())) for each in episodes]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]
