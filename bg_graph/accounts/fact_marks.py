"""Marks that change in each transaction which stores what comes from outside, or computes from it.

Who keeps a conclusion keeps the marks beside it: while they are the same, nothing that it rests on has come in since.
"""

from enum import StrEnum

from bg_graph.accounts.tables import FactMarkRow
from bg_graph.store.connection import TenantConnection
from bg_graph.store.ids import new_id


class FactSource(StrEnum):
    """What stores facts of accounts, persons and what they did."""

    IMPORTS = "IMPORTS"
    """Imports: accounts, persons, activities, deals, signals."""
    EVENTS = "EVENTS"
    """Reports of what became of e-mails, which are activities too."""
    SCORES = "SCORES"
    """Runs of the scoring job."""
    INTENT = "INTENT"
    """Runs of the intent job."""


async def mark_facts(db: TenantConnection, source: FactSource) -> None:
    """Say that this transaction stores facts. Call it last: others of the same source wait until it has ended."""
    mark = {"id": new_id(), "source": source.value, "mark": new_id()}
    await db.upsert(FactMarkRow, [mark], key=("source",), update=("mark",))
