"""How a provider tells whether it works."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether the provider works, as far as it can tell without doing its work."""

    healthy: bool
    message: str = ""
    """What was found; no secret, no personal data."""
