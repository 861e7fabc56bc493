"""What the host lends a provider: a logger, and a small storage of its own for each tenant."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

LONGEST_KEY = 200
"""Characters of a key of the storage."""
LARGEST_VALUE = 100_000
"""Characters of a value of the storage."""


class Storage(Protocol):
    """Texts kept for a plugin, by tenant and key: cursors of a synchronisation, a map of ids. No other plugin sees them."""

    async def get(self, tenant: str, key: str) -> str | None:
        """The text that is kept; None where there is none."""
        ...

    async def put(self, tenant: str, key: str, value: str | None) -> None:
        """Keep a text; None takes it away. Raises ValueError for a key or value that is too long."""
        ...

    async def list(self, tenant: str, prefix: str = "") -> Mapping[str, str]:
        """All texts whose keys begin so, by key."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderContext:
    """What a factory is given beside its settings."""

    plugin: str
    """Name of the plugin."""
    logger: logging.Logger
    """Its lines appear in the host's log with the plugin's name. No secret, no personal data."""
    storage: Storage
    """Its own storage; works in every method of the provider, not in the factory."""
