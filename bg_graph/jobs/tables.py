"""Runs of the jobs: the row is the queue and the record."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from bg_graph.store.rows import TenantOwned, document, time


class JobRunRow(TenantOwned, table=True):
    """One run of a job for one tenant; a daily run exists once for each time that it was due."""

    __tablename__ = "job_run"
    __table_args__ = (
        UniqueConstraint("tenant_id", "job", "due_at"),
        CheckConstraint("status IN ('RUNNING', 'DONE', 'FAILED')", name="status"),
    )

    job: str = Field(description="Name of the job: score, intent or maintain.")
    due_at: datetime = time("When the run was due; the time of asking where somebody asked for it.")
    status: str = Field(description="RUNNING, DONE or FAILED.")
    attempt: int = Field(default=1, description="How often it was begun.")
    lease_until: datetime = time("Until when the one who runs it holds it; later another may take it over.")
    started_at: datetime = time("When it was begun.")
    finished_at: datetime | None = time("When it ended.", default=None)
    outcome: dict[str, int] | None = document("Counts of what it did.", default=None)
    error: str | None = Field(default=None, description="Why it failed.")
