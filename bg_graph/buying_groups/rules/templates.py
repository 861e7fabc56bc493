"""Roles and roles templates: what may be added, edited and published, and why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from uuid import UUID

from bg_graph.accounts.rules import text_key
from bg_graph.buying_groups.rules.conditions import Condition
from bg_graph.buying_groups.rules.default_roles import DEFAULT_ROLES
from bg_graph.buying_groups.rules.publication import PublicationStatus

MAX_ROLES = 20
"""How many roles a tenant may have, the six defaults included. Source: domain.md, "Words" (role)."""


class Weighting(IntEnum):
    """How much a role counts in the group's engagement score. Source: domain.md, "Words"."""

    TRIVIAL = 20
    MINOR = 40
    NORMAL = 60
    IMPORTANT = 80
    VITAL = 100


@dataclass(frozen=True, slots=True)
class RoleDefinition:
    """One role of a template; conditions None: for assignment by hand."""

    role_id: UUID
    weighting: Weighting = Weighting.NORMAL
    conditions: Condition | None = None
    required: bool = True
    members_required: int = 1


@dataclass(frozen=True, slots=True)
class RolesTemplate:
    """A template: its status, and its definitions in the order of priority."""

    status: PublicationStatus
    definitions: tuple[RoleDefinition, ...]


class TemplateCode(StrEnum):
    """Why a roles template can't be edited or published."""

    LIVE_IS_FIXED = "LIVE_IS_FIXED"
    ALREADY_LIVE = "ALREADY_LIVE"
    NO_ROLE = "NO_ROLE"
    ROLE_TWICE = "ROLE_TWICE"
    ROLE_UNKNOWN = "ROLE_UNKNOWN"
    MEMBERS_REQUIRED = "MEMBERS_REQUIRED"


@dataclass(frozen=True, slots=True)
class TemplateFault:
    """One fault of a template: code, message, and the definition's place in the list (None: the template itself)."""

    code: TemplateCode
    message: str
    index: int | None = None


class RoleCode(StrEnum):
    """Why a role can't be added, renamed or deleted."""

    NAME_MISSING = "NAME_MISSING"
    NAME_TAKEN = "NAME_TAKEN"
    TOO_MANY_ROLES = "TOO_MANY_ROLES"
    DEFAULT_IS_FIXED = "DEFAULT_IS_FIXED"


@dataclass(frozen=True, slots=True)
class RoleFault:
    """Why a role is refused."""

    code: RoleCode
    message: str


def definition_faults(definitions: Sequence[RoleDefinition], roles: frozenset[UUID]) -> tuple[TemplateFault, ...]:
    """All faults of a template's definitions, given the tenant's roles; a draft is held to them as well.

    Source: domain.md, "Words" (roles template) and "Rules of membership" (a role at most once).
    """
    faults: list[TemplateFault] = []
    seen: set[UUID] = set()
    for index, definition in enumerate(definitions):
        if definition.role_id not in roles:
            faults.append(TemplateFault(TemplateCode.ROLE_UNKNOWN, "There is no such role.", index))
        if definition.role_id in seen:
            faults.append(TemplateFault(TemplateCode.ROLE_TWICE, "A role stands in a template at most once.", index))
        if definition.members_required < 1:
            message = f"Members required must be at least 1, got {definition.members_required}."
            faults.append(TemplateFault(TemplateCode.MEMBERS_REQUIRED, message, index))
        seen.add(definition.role_id)
    return tuple(faults)


def edit_faults(status: PublicationStatus) -> tuple[TemplateFault, ...]:
    """Why a template can't be edited: a LIVE one is fixed. Source: domain.md, "Words" (roles template)."""
    if status is PublicationStatus.DRAFT:
        return ()
    message = "A live roles template can't be edited; duplicate it and edit the duplicate."
    return (TemplateFault(TemplateCode.LIVE_IS_FIXED, message),)


def publish_faults(template: RolesTemplate, roles: frozenset[UUID]) -> tuple[TemplateFault, ...]:
    """All faults that keep a template from going live, at once. Source: domain.md, "Words" (roles template)."""
    faults: list[TemplateFault] = []
    if template.status is PublicationStatus.LIVE:
        faults.append(TemplateFault(TemplateCode.ALREADY_LIVE, "The roles template is live already."))
    if not template.definitions:
        faults.append(TemplateFault(TemplateCode.NO_ROLE, "A roles template needs at least one role to be published."))
    return (*faults, *definition_faults(template.definitions, roles))


def add_role_faults(name: str, present: Mapping[UUID, str]) -> tuple[RoleFault, ...]:
    """Why a role of this name can't be added to the tenant's roles (id to name, defaults included).

    Source: domain.md, "Words" (role).
    """
    faults = list(_name_faults(name, present))
    if len(present) >= MAX_ROLES:
        message = f"A tenant has at most {MAX_ROLES} roles, the six defaults included."
        faults.append(RoleFault(RoleCode.TOO_MANY_ROLES, message))
    return tuple(faults)


def rename_role_faults(role_id: UUID, name: str, present: Mapping[UUID, str]) -> tuple[RoleFault, ...]:
    """Why a role can't have this name. Source: domain.md, "Words" (role)."""
    others = {other: taken for other, taken in present.items() if other != role_id}
    return (*_default_faults(role_id), *_name_faults(name, others))


def delete_role_faults(role_id: UUID) -> tuple[RoleFault, ...]:
    """Why a role can't be deleted: the six defaults stay. Source: domain.md, "Words" (role)."""
    return _default_faults(role_id)


def _default_faults(role_id: UUID) -> tuple[RoleFault, ...]:
    default = next((role for role in DEFAULT_ROLES if role.id == role_id), None)
    if default is None:
        return ()
    message = f"{default.name} is one of the six default roles, which can't be changed or deleted."
    return (RoleFault(RoleCode.DEFAULT_IS_FIXED, message),)


def _name_faults(name: str, others: Mapping[UUID, str]) -> tuple[RoleFault, ...]:
    key = text_key(name)
    if not key:
        return (RoleFault(RoleCode.NAME_MISSING, "A role needs a name."),)
    if key in {text_key(taken) for taken in others.values()}:
        return (RoleFault(RoleCode.NAME_TAKEN, f"There is a role named {name.strip()} already; case does not count."),)
    return ()
