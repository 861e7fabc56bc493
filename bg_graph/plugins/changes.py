"""Changes: what a plugin is told by the hook `on_change`."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ChangeTopic(StrEnum):
    """What a change is about."""

    GROUP = "GROUP"
    """A buying group: made, renamed, archived, its members assigned or removed, their roles edited, its stage moved."""
    SETUP = "SETUP"
    """What a tenant is set up with: templates, stages, weights, the taxonomy, e-mails and their approval."""
    SEND = "SEND"
    """An e-mail to members of a group: asked for, or what was still queued of it cancelled."""
    DELIVERY = "DELIVERY"
    """An e-mail to one person: it left or failed, and what the provider reported of it since."""
    SCORES = "SCORES"
    """All engagement scores were computed anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that has happened and is stored."""

    id: str
    """The same for the same change, however often it is told: by it repeats are dropped."""
    tenant: str
    """Name of the tenant."""
    topic: ChangeTopic
    kind: str
    """What was done, such as `MEMBERS_ASSIGNED`, `SENT`, `OPENED`, `SCORED`; later versions may bring new ones."""
    subject: str | None
    """Id of what changed, as the API gives it; None where it has none there, or is the whole tenant."""
    at: datetime
    """When (aware)."""
    by: str | None = None
    """Who: the caller's name, or the name of the job, import or provider."""
