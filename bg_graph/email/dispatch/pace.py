"""How fast a provider is called: one row a provider says when the next delivery may leave, for all workers together."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from bg_graph.email.tables import ProviderPaceRow
from bg_graph.store.connection import SystemConnection, table_of

AHEAD = timedelta(seconds=1)
"""How far ahead of its time a delivery is claimed at most."""

_pace = table_of(ProviderPaceRow)


async def next_departure(system: SystemConnection, provider: str, now: datetime) -> datetime:
    """When the next delivery may leave. Until the transaction ends, nobody else is told (on PostgreSQL by a lock)."""
    held = select(_pace.c.next_at).where(_pace.c.provider == provider).with_for_update()
    found = await system.rows(held)
    return max(now, found[0].next_at) if found else now


async def set_next(system: SystemConnection, provider: str, next_at: datetime) -> None:
    """From when on the delivery after those just claimed may leave. It is never put earlier."""
    # SQLite and PostgreSQL write the same statement; each wants its own class for it.
    adding = (sqlite if system.dialect == "sqlite" else postgresql).insert(_pace)
    statement = adding.on_conflict_do_update(
        index_elements=["provider"],
        set_={"next_at": adding.excluded.next_at},
        where=_pace.c.next_at < adding.excluded.next_at,
    )
    await system.execute(statement, {"provider": provider, "next_at": next_at})


def gap(rate: float) -> timedelta:
    """Time between two departures, at so many a second."""
    return timedelta(seconds=1 / rate)
