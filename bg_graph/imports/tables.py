"""Runs of the import."""

from datetime import datetime
from typing import Any

from sqlmodel import Field

from bg_graph.store.rows import TenantOwned, document, time


class ImportRunRow(TenantOwned, table=True):
    """One run of the import, with its counts."""

    __tablename__ = "import_run"

    source: str = Field(description="System that the files came from.")
    started_at: datetime = time("When it began.")
    finished_at: datetime | None = time("When it ended; empty where it was interrupted.", default=None)
    report: dict[str, Any] | None = document("Counts by file, code and warning.", default=None)
