"""Changes of membership in any number of groups: locked, decided by the rules, written and logged in one transaction."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from uuid import UUID

from bg_graph.buying_groups.commands.kinds import Act, ChangeKind
from bg_graph.buying_groups.rules.membership import Decision, RoleAssignment
from bg_graph.store.connection import TenantConnection


async def assign_members(
    db: TenantConnection, wanted: Mapping[UUID, Sequence[RoleAssignment]], act: Act
) -> dict[UUID, Decision]:
    """Assign people with roles, by group id; what was decided for each group that exists and is not archived."""
    raise NotImplementedError


async def edit_members(
    db: TenantConnection, wanted: Mapping[UUID, Sequence[RoleAssignment]], act: Act
) -> dict[UUID, Decision]:
    """Edit roles of members, by group id; what was decided for each group that exists and is not archived."""
    raise NotImplementedError


async def remove_members(
    db: TenantConnection, wanted: Mapping[UUID, Sequence[UUID | None]], act: Act
) -> dict[UUID, Decision]:
    """Remove members (person ids), by group id; what was decided for each group that exists and is not archived."""
    raise NotImplementedError
