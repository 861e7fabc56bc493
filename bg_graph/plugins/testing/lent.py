"""What the host lends a provider, as an exam lends it: storage in memory, which sees whose texts are asked for."""

from collections.abc import Mapping
from contextvars import ContextVar

from bg_graph.plugins.context import LARGEST_VALUE, LONGEST_KEY

CALLER: ContextVar[str | None] = ContextVar("CALLER", default=None)
"""The tenant in whose call the code runs; None outside of calls."""


class KeptTexts:
    """Storage of one plugin that outlives its providers, as the host's does."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], str] = {}
        self.strangers: list[tuple[str, str]] = []
        """Tenants that were asked for in a call of another: whose call it was, and whose texts."""

    async def get(self, tenant: str, key: str) -> str | None:
        """The text that is kept; None where there is none."""
        self._look(tenant)
        return self._kept.get((tenant, key))

    async def put(self, tenant: str, key: str, value: str | None) -> None:
        """Keep a text; None takes it away. Raises ValueError for a key or value that is too long."""
        self._look(tenant)
        if len(key) > LONGEST_KEY or len(value or "") > LARGEST_VALUE:
            raise ValueError(f"a key has at most {LONGEST_KEY} characters, a value at most {LARGEST_VALUE}")
        if value is None:
            self._kept.pop((tenant, key), None)
        else:
            self._kept[tenant, key] = value

    async def list(self, tenant: str, prefix: str = "") -> Mapping[str, str]:
        """All texts whose keys begin so, by key."""
        self._look(tenant)
        return {key: text for (owner, key), text in self._kept.items() if owner == tenant and key.startswith(prefix)}

    def _look(self, tenant: str) -> None:
        caller = CALLER.get()
        if caller is not None and caller != tenant:
            self.strangers.append((caller, tenant))
