"""What every fence can do, and the choice among them."""

from collections.abc import Mapping
from typing import Protocol

from bg_graph.hosting.fences.inline import InlineFence
from bg_graph.hosting.fences.options import FenceOptions, Isolation
from bg_graph.hosting.fences.process import ProcessFence
from bg_graph.hosting.fences.recipe import Recipe
from bg_graph.hosting.fences.thread import ThreadFence


class Fence(Protocol):
    """Keeps a provider apart from the server."""

    @property
    def restarts(self) -> int:
        """How often the provider was begun anew."""
        ...

    async def start(self, names: tuple[str, ...]) -> Mapping[str, object]:
        """Build the provider; gives those of the attributes that it has. Raises ProviderError, FenceFault."""
        ...

    async def call(self, method: str, request: tuple[object, ...], seconds: float) -> object:
        """The answer of a method. Raises ProviderError, FenceFault."""
        ...

    async def close(self) -> None:
        """End what the provider runs in."""
        ...


def fence_of(recipe: Recipe, options: FenceOptions) -> Fence:
    """The fence that the options ask for."""
    match options.isolation:
        case Isolation.INLINE:
            return InlineFence(recipe)
        case Isolation.THREAD:
            return ThreadFence(recipe)
        case Isolation.PROCESS:
            return ProcessFence(recipe, memory=options.memory)
