"""The change log: who did what, when, by which source, from what to what. Rows are only ever added."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from bg_graph.store.connection import TenantConnection
from bg_graph.store.ids import new_id
from bg_graph.store.rows import TenantOwned, document, points_at, time
from bg_graph.store.telling import News, tell_listeners


class ChangeRow(TenantOwned, table=True):
    """One call that changed something."""

    __tablename__ = "change"
    __table_args__ = (
        Index("ix_change_subject", "tenant_id", "subject_id", text("at DESC"), text("id DESC")),
        Index("ix_change_undoes", "tenant_id", "undoes", unique=True),
        CheckConstraint("source IN ('MANUAL', 'JOURNEY', 'SYSTEM')", name="source"),
    )

    subject_id: UUID = Field(description="What was changed: a buying group, a person, a part of the set-up.")
    at: datetime = time("When.")
    by: str = Field(description="Who: the caller's name, or the name of the job or import.")
    source: str = Field(description="MANUAL, JOURNEY or SYSTEM.")
    kind: str = Field(description="What was done: GROUP_CREATED, MEMBERS_ASSIGNED and the like.")
    note: str | None = Field(default=None, description="Reason given by the caller.")
    undoes: UUID | None = Field(default=None, description="Call that this one takes back.")
    version: int | None = Field(
        default=None,
        description="Version that the subject had after it: the order of calls, whatever the clocks of their machines said.",
    )


class ChangeItemRow(TenantOwned, table=True):
    """One thing that a call changed: a person's membership, or a field."""

    __tablename__ = "change_item"
    __table_args__ = (
        points_at("change_id", "change"),
        Index("ix_change_item_change", "tenant_id", "change_id", "id"),
        Index("ix_change_item_person", "tenant_id", "person_id", "id"),
    )

    change_id: UUID = Field(description="Call that it belongs to.")
    person_id: UUID | None = Field(default=None, description="Person whose membership changed.")
    before: dict[str, Any] | None = document("State before; null where there was nothing.", default=None)
    after: dict[str, Any] | None = document("State after; null where nothing is left.", default=None)


class ErasureRow(TenantOwned, table=True):
    """While a transaction holds such a row, the tenant's change log may be altered: to erase a person, or the tenant.

    It is added and taken away inside that one transaction; a trigger refuses every other change of the log.
    """

    __tablename__ = "erasure"

    reason: str = Field(description="What is being erased, and why.")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that changed: states are JSON objects, null where there was or is nothing."""

    before: dict[str, Any] | None
    after: dict[str, Any] | None
    person_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class LoggedChange:
    """One call for the change log. `source` is MANUAL, JOURNEY or SYSTEM; `version` is what the subject has after it."""

    subject_id: UUID
    at: datetime
    by: str
    source: str
    kind: str
    items: Sequence[Item] = ()
    note: str | None = None
    undoes: UUID | None = None
    version: int | None = None
    id: UUID = field(default_factory=new_id)


async def record_changes(db: TenantConnection, changes: Sequence[LoggedChange]) -> None:
    """Add calls to the change log, in the caller's transaction; whoever listens will be told of them."""
    await db.insert(
        ChangeRow,
        [
            {
                name: getattr(change, name)
                for name in ("id", "subject_id", "at", "by", "source", "kind", "note", "undoes", "version")
            }
            for change in changes
        ],
    )
    await db.insert(
        ChangeItemRow,
        [
            {"change_id": change.id, "person_id": item.person_id, "before": item.before, "after": item.after}
            for change in changes
            for item in change.items
        ],
    )
    await tell_listeners(
        db, [News(f"chg_{each.id.hex}", each.kind, each.subject_id, each.at, each.by) for each in changes]
    )
