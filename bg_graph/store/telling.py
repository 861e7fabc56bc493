"""What is still to be told to whoever listens: written in the transaction of each change, so that nothing is told that
was rolled back, and nothing that was committed is lost, whatever the order of commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, select
from sqlmodel import Field

from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.ids import new_id
from bg_graph.store.rows import TenantOwned, time
from bg_graph.store.scope import of_tenant

TOPIC = "telling"
"""What those who tell are woken by: `TenantConnection.announce`."""


class ListenerRow(TenantOwned, table=True):
    """A plugin that is told of the tenant's changes, from when it was first enabled for the tenant."""

    __tablename__ = "listener"
    __table_args__ = (UniqueConstraint("tenant_id", "plugin"),)

    plugin: str = Field(description="Name of the plugin.")
    since: datetime = time("From when on it is told.")
    seen_at: datetime = time("When a process last had it enabled.")
    not_before: datetime = time("From when on it may be told again; later than now while it fails.")
    failures: int = Field(default=0, description="Times in a row that it could not be told.")
    holder: str | None = Field(default=None, description="Process that tells it now.")
    lease_until: datetime | None = time("Until when that process holds it.", default=None)


class TellingRow(TenantOwned, table=True):
    """A change that a listener is still to be told, or that was set aside."""

    __tablename__ = "telling"
    __table_args__ = (
        UniqueConstraint("tenant_id", "plugin", "change_id"),
        Index("ix_telling_order", "tenant_id", "plugin", "id"),
    )

    plugin: str = Field(description="Name of the plugin that listens.")
    change_id: str = Field(description="Id of the change, the same however often it is told.")
    kind: str = Field(description="What happened.")
    subject_id: UUID | None = Field(
        default=None, description="What it happened to; empty where that is the whole tenant."
    )
    at: datetime = time("When it happened.")
    by: str | None = Field(default=None, description="Who did it.")
    attempts: int = Field(default=0, description="How often the plugin failed at it.")
    set_aside_at: datetime | None = time("When it was given up.", default=None)
    code: str | None = Field(default=None, description="Why it was given up, as a code.")
    error: str | None = Field(default=None, description="What the plugin said last.")


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened, for whoever listens. `id` is never given to anything else."""

    id: str
    kind: str
    subject_id: UUID | None
    at: datetime
    by: str | None = None


_listener = table_of(ListenerRow)


async def tell_listeners(db: TenantConnection, news: Sequence[News]) -> None:
    """Put news down for each plugin that listens to the tenant, in the caller's transaction."""
    if not news:
        return
    rows = await db.rows(select(_listener.c.plugin).where(of_tenant(_listener)))
    values = [
        {
            "id": new_id(),
            "plugin": row.plugin,
            "change_id": each.id,
            "kind": each.kind,
            "subject_id": each.subject_id,
            "at": each.at,
            "by": each.by,
        }
        for row in rows
        for each in news
    ]
    if values:
        await db.upsert(TellingRow, values, key=("plugin", "change_id"), update=())
        db.announce(TOPIC, None)
