"""What follows for buying groups from the people of an account: who leaves, and who has a part in its opportunities."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bg_graph.store.connection import TenantConnection


@dataclass(frozen=True, slots=True)
class ContactRoleCounts:
    """What became of the contact roles that were looked at."""

    contact_roles: int = 0
    groups_created: int = 0
    assigned: int = 0
    raised: int = 0
    without_interest: int = 0
    role_not_mapped: int = 0
    skipped: int = 0


async def people_left(db: TenantConnection, person_ids: Iterable[UUID], *, by: str, now: datetime) -> int:
    """Take people who change account, are deleted or merged away out of their groups, archived ones included.

    How many memberships ended. Call it before the person's account changes or the row goes: the database refuses a
    member of another account. Source: domain.md, "Rules of membership".
    """
    raise NotImplementedError


async def members_from_contact_roles(
    db: TenantConnection, *, by: str, now: datetime, opportunity_ids: Collection[UUID] | None = None
) -> ContactRoleCounts:
    """Make members, with the source JOURNEY, of the people with a contact role (of these opportunities; None: of all).

    A second run changes nothing. Source: domain.md, "Rules of membership" (contact roles of the CRM).
    """
    raise NotImplementedError
