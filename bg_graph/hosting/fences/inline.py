"""No fence: the provider on the server's own event loop. For tests, and for what certainly never waits."""

import asyncio
from collections.abc import Mapping

from bg_graph.hosting.calls import Calls
from bg_graph.hosting.fences.options import FenceFault, Late, NotBegun
from bg_graph.hosting.fences.recipe import Recipe
from bg_graph.hosting.fences.serving import Serving


class InlineFence:
    """A provider that shares the event loop. A call that waits is left at its deadline; one that blocks, blocks all."""

    restarts = 0

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._serving: Serving | None = None
        self._calls = Calls()

    async def start(self, names: tuple[str, ...]) -> Mapping[str, object]:
        """Build the provider; gives its attributes. Raises ProviderError, FenceFault."""
        return self._provider().attributes(names)

    async def call(self, method: str, request: tuple[object, ...], seconds: float) -> object:
        """The provider's answer. Raises ProviderError, FenceFault."""
        try:
            provider = self._provider()
        except FenceFault as fault:
            raise NotBegun(fault) from None
        task = await self._calls.ended(provider.call, method, *request, seconds=seconds)
        if task is None or task.cancelled():
            raise Late(seconds)
        return task.result()

    async def close(self) -> None:
        """Nobody waits for what is left."""
        self._calls.leave()
        await asyncio.sleep(0)

    def _provider(self) -> Serving:
        if self._serving is None:
            self._serving = Serving(lambda: self._recipe.made(self._recipe.storage))
        return self._serving
