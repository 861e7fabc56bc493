"""The six default roles: their ids are the same in every tenant, so that code and plugins can name them."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DefaultRole:
    """A role that every tenant has, and that can't be changed or deleted. Source: domain.md, "Words"."""

    id: UUID
    name: str


DECISION_MAKER = DefaultRole(UUID("00000000-0000-7000-8000-000000000001"), "Decision Maker")
INFLUENCER = DefaultRole(UUID("00000000-0000-7000-8000-000000000002"), "Influencer")
PRACTITIONER = DefaultRole(UUID("00000000-0000-7000-8000-000000000003"), "Practitioner")
STEERING_COMMITTEE = DefaultRole(UUID("00000000-0000-7000-8000-000000000004"), "Executive Steering Committee")
CHAMPION = DefaultRole(UUID("00000000-0000-7000-8000-000000000005"), "Champion")
OTHER = DefaultRole(UUID("00000000-0000-7000-8000-000000000006"), "Other")

DEFAULT_ROLES = (DECISION_MAKER, INFLUENCER, PRACTITIONER, STEERING_COMMITTEE, CHAMPION, OTHER)
