"""The maintenance job: groups for the accounts that should have them, SYSTEM members by the templates' conditions."""

from dataclasses import dataclass
from datetime import datetime

from bg_graph.store.connection import TenantConnection


@dataclass(frozen=True, slots=True)
class MaintenanceOutcome:
    """What a run did: groups made, groups whose members changed, memberships begun, ended, and with another role."""

    groups_created: int = 0
    groups_changed: int = 0
    assigned: int = 0
    removed: int = 0
    edited: int = 0


async def maintain(db: TenantConnection, now: datetime, *, dry_run: bool = False) -> MaintenanceOutcome:
    """Bring a tenant's groups in line with its set-up; a second run changes nothing.

    A dry run tells what would be done and leaves everything as it was.
    """
    raise NotImplementedError


async def maintain_job(db: TenantConnection, now: datetime) -> dict[str, int]:
    """`maintain` as a job: its outcome as counts."""
    raise NotImplementedError
