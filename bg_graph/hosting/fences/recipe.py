"""What a fence needs to make a provider, wherever it runs."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from bg_graph.plugins.context import ProviderContext, Storage
from bg_graph.plugins.plugin import Factory

LOGGERS = "bg_graph.plugin"
"""Above the loggers of plugins, which are named after them."""
Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Recipe:
    """The factory of a provider, and what it is given."""

    plugin: str
    factory: Factory
    settings: Any
    storage: Storage

    def made(self, storage: Storage) -> Any:
        """The provider, with a storage that works where it runs."""
        logger = logging.getLogger(f"{LOGGERS}.{self.plugin}")
        return self.factory(self.settings, ProviderContext(plugin=self.plugin, logger=logger, storage=storage))


class BridgedStorage:
    """A storage that belongs to one event loop, used from another."""

    def __init__(self, storage: Storage, loop: asyncio.AbstractEventLoop) -> None:
        self._storage, self._loop = storage, loop

    async def get(self, tenant: str, key: str) -> str | None:
        """See `Storage`."""
        return await self._there(self._storage.get(tenant, key))

    async def put(self, tenant: str, key: str, value: str | None) -> None:
        """See `Storage`."""
        await self._there(self._storage.put(tenant, key, value))

    async def list(self, tenant: str, prefix: str = "") -> Mapping[str, str]:
        """See `Storage`."""
        return await self._there(self._storage.list(tenant, prefix))

    async def _there(self, work: Coroutine[Any, Any, Kept]) -> Kept:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))
