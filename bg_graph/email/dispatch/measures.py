"""What is counted of sending: how many deliveries came to which status in this process, and what the queue holds."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge
from sqlalchemy import func, literal_column, select

from bg_graph.email.rules.deliveries import DeliveryStatus
from bg_graph.email.tables import DeliveryRow
from bg_graph.store.clock import Clock
from bg_graph.store.conflicts import DATABASE_LOST
from bg_graph.store.connection import table_of
from bg_graph.store.engine import Database

_delivery = table_of(DeliveryRow)
SHOWN_EACH = 15.0
"""Seconds between two looks at what waits."""
WAITING = (DeliveryStatus.QUEUED, DeliveryStatus.SENDING, DeliveryStatus.UNKNOWN)
"""The statuses in which somebody still has something to do."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many deliveries of a provider wait in a status, and since when the oldest does."""

    provider: str
    status: DeliveryStatus
    count: int
    oldest: datetime


async def waiting(database: Database) -> list[Waiting]:
    """What is queued, under way and unknown, of all tenants, by provider."""
    found: list[Waiting] = []
    async with database.system(reading=True) as system:
        for status in WAITING:
            # A status said in words is found by the index of those alone.
            since = _delivery.c.not_before if status is DeliveryStatus.QUEUED else _delivery.c.updated_at
            rows = await system.rows(
                select(_delivery.c.provider, func.count().label("number"), func.min(since).label("oldest"))
                .where(_delivery.c.status == literal_column(f"'{status}'"))
                .group_by(_delivery.c.provider)
            )
            found.extend(Waiting(row.provider, status, row.number, row.oldest) for row in rows)
    return found


class DispatchMeasures:
    """The measures of sending, in the registry of the process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._ended = Counter(
            "bg_graph_deliveries", "Deliveries that came to a status in this process", ("status",), registry=registry
        )
        self._waiting = Gauge(
            "bg_graph_deliveries_waiting",
            "Deliveries of all tenants that are queued, under way or unknown",
            ("provider", "status"),
            registry=registry,
        )
        self._age = Gauge(
            "bg_graph_deliveries_oldest_seconds",
            "How long the oldest of these has waited since it was due, or came into its status",
            ("provider", "status"),
            registry=registry,
        )

    def count(self, statuses: Mapping[DeliveryStatus, int]) -> None:
        """Count deliveries that came to these statuses."""
        for status, number in statuses.items():
            self._ended.labels(status.value).inc(number)

    def show(self, waiting: Iterable[Waiting], now: datetime) -> None:
        """Set the gauges to what waits now."""
        self._waiting.clear()
        self._age.clear()
        for each in waiting:
            self._waiting.labels(each.provider, each.status.value).set(each.count)
            self._age.labels(each.provider, each.status.value).set(max(0.0, (now - each.oldest).total_seconds()))

    async def keep_showing(self, database: Database, clock: Clock) -> None:
        """Keep the gauges up to date until cancelled."""
        while True:
            with suppress(*DATABASE_LOST):
                self.show(await waiting(database), clock())
            await asyncio.sleep(SHOWN_EACH)
