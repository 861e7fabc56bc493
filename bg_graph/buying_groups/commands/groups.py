"""Making buying groups, and taking away those of accounts that are deleted."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from bg_graph.buying_groups.rules.membership import MembershipSource
from bg_graph.store.connection import TenantConnection


async def create_groups(
    db: TenantConnection,
    wanted: Iterable[tuple[UUID, UUID]],
    *,
    by: str,
    source: MembershipSource,
    now: datetime,
) -> list[UUID]:
    """Make the buying groups wanted, as (account id, solution interest id); ids of the new ones, in the order wanted.

    Groups that stand already, archived ones included, are left as they are. Each new one gets its made name, its
    template's roles and its completeness. Raises UnknownSubject where an account or interest does not exist.
    """
    raise NotImplementedError


async def create_groups_for_accounts(db: TenantConnection, *, by: str, now: datetime) -> list[UUID]:
    """Make the groups that the interests' account conditions ask for, where they are missing; ids of the new ones."""
    raise NotImplementedError


async def accounts_deleted(db: TenantConnection, account_ids: Iterable[UUID], *, by: str, now: datetime) -> int:
    """Take the groups of accounts that are about to be deleted, and the accounts' search words; how many groups.

    Call it before the account rows go, since groups point at them. Members go with their group; the log keeps them.
    """
    raise NotImplementedError
