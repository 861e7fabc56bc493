"""The life cycle that roles templates and stage models share: DRAFT until published, then LIVE and fixed."""

from enum import StrEnum


class PublicationStatus(StrEnum):
    """Whether something may still be edited (DRAFT) or is in use and fixed (LIVE)."""

    DRAFT = "DRAFT"
    LIVE = "LIVE"
