"""How complete a buying group is: each role's share, the mean of the required ones, and which roles are missing."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID

from bg_graph.accounts.rules import half_up


@dataclass(frozen=True, slots=True)
class RoleNeed:
    """One role of a group's template: how many members it has, needs, and whether it counts for completeness."""

    role_id: UUID
    members: int
    members_required: int
    required: bool

    @property
    def missing(self) -> bool:
        """Whether the role is required and has fewer members than required."""
        return self.required and self.members < self.members_required


def role_completeness(members: int, required: int) -> Fraction:
    """Share of a role's required members that the group has, 0 to 1; more than required counts as all.

    Source: domain.md, "Completeness score".
    """
    if required < 1:
        raise ValueError(f"members required must be at least 1, got {required}")
    if members < 0:
        raise ValueError(f"members in a role can't be fewer than 0, got {members}")
    return min(Fraction(members, required), Fraction(1))


def group_completeness(roles: Iterable[RoleNeed]) -> Fraction | None:
    """Mean of the role completeness of the required roles, 0 to 1; None where no role is required.

    Source: domain.md, "Completeness score".
    """
    shares = [role_completeness(role.members, role.members_required) for role in roles if role.required]
    return sum(shares, Fraction(0)) / len(shares) if shares else None


def shown(completeness: Fraction) -> int:
    """Completeness (0 to 1) in whole percent, half up, exactly. Source: domain.md, "Completeness score"."""
    return half_up(completeness * 100)


def missing_roles(roles: Iterable[RoleNeed]) -> tuple[UUID, ...]:
    """The required roles with fewer members than required, in the order given (the template's).

    Source: domain.md, "Completeness score".
    """
    return tuple(role.role_id for role in roles if role.missing)
