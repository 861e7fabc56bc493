"""What a provider is lent in tests: a logger of its own, and a storage in memory."""

import logging
from collections.abc import Mapping

from bg_graph.plugins.context import ProviderContext


class StorageInMemory:
    """Texts by tenant and key, gone with the test."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    async def get(self, tenant: str, key: str) -> str | None:
        return self.kept.get((tenant, key))

    async def put(self, tenant: str, key: str, value: str | None) -> None:
        if value is None:
            self.kept.pop((tenant, key), None)
        else:
            self.kept[tenant, key] = value

    async def list(self, tenant: str, prefix: str = "") -> Mapping[str, str]:
        return {key: value for (of, key), value in self.kept.items() if of == tenant and key.startswith(prefix)}


def lent(plugin: str) -> ProviderContext:
    return ProviderContext(plugin=plugin, logger=logging.getLogger(f"test.{plugin}"), storage=StorageInMemory())
