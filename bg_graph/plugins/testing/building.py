"""Builds the provider that is examined: inline, or behind the host's own fences."""

import asyncio
import importlib
import logging
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from typing import Any, Protocol

from bg_graph.plugins.context import ProviderContext
from bg_graph.plugins.plugin import Plugin
from bg_graph.plugins.testing.lent import CALLER, KeptTexts

LOGGER = "bg_graph.plugins.exam"
_DEADLINE = 60.0  # seconds: the exam measures by itself
_PLACES = 64
_CLOSES = 2.0  # seconds that a provider has to close at the end of a check


class Fence(StrEnum):
    """Where the provider runs while it is examined."""

    INLINE = "inline"
    """On the loop of the exam."""
    THREAD = "thread"
    """On a loop in a thread of its own, as the host runs it by default."""
    PROCESS = "process"
    """In a process of its own, as the host runs it where the configuration says so."""


class Built(Protocol):
    """A provider that can be called."""

    async def call(self, method: str, *request: Any) -> Any:
        """The answer of a method; raises what the provider raises."""
        ...

    async def close(self) -> None:
        """Have it give up what it holds."""
        ...

    def attribute(self, name: str) -> Any:
        """What it states of itself."""
        ...


def context_of(plugin: Plugin, storage: KeptTexts) -> ProviderContext:
    """What the factory is given in an exam."""
    return ProviderContext(plugin=plugin.name, logger=logging.getLogger(f"{LOGGER}.{plugin.name}"), storage=storage)


def settings_of(plugin: Plugin, given: Mapping[str, Any]) -> Any:
    """The plugin's settings. Raises pydantic's ValidationError."""
    return plugin.settings.model_validate(dict(given))


class Inline:
    """The provider itself, on the loop of the exam."""

    def __init__(self, plugin: Plugin, capability: str, settings: Any, storage: KeptTexts) -> None:
        self.provider = plugin.provides[capability](settings, context_of(plugin, storage))

    async def call(self, method: str, *request: Any) -> Any:
        """The answer of a method; raises what the provider raises."""
        token = CALLER.set(tenant_of(request))
        try:
            return await getattr(self.provider, method)(*request)
        finally:
            CALLER.reset(token)

    async def close(self) -> None:
        """Have it give up what it holds."""
        await self.provider.close()

    def attribute(self, name: str) -> Any:
        """What it states of itself."""
        return getattr(self.provider, name)


def tenant_of(request: tuple[Any, ...]) -> str | None:
    """The tenant that asks; None where the request does not say."""
    inner = getattr(request[0], "request", request[0]) if request else None
    return getattr(inner, "tenant", None)


async def closed(built: Built) -> None:
    """Close at the end of a check; that it can is a check of its own."""
    with suppress(Exception):
        async with asyncio.timeout(_CLOSES):
            await built.close()


class Fenced:
    """The provider behind one of the host's fences, as a server runs it."""

    def __init__(self, plugin: Plugin, capability: str, settings: Any, storage: KeptTexts, fence: Fence) -> None:
        options = _host("fences.options")
        kept_apart = options.FenceOptions(
            isolation=options.Isolation(fence.value), deadline=_DEADLINE, concurrency=_PLACES
        )
        self._hosted = _host("hosted").Hosted(plugin, capability, settings, fence=kept_apart, storage=storage)

    async def start(self) -> None:
        """Build it where it runs."""
        await self._hosted.start()

    async def call(self, method: str, *request: Any) -> Any:
        """The answer of a method; raises what the provider raises, and Rejected where that is no error of the contract."""
        return await self._hosted.call(method, *request, tenant=tenant_of(request) or "", guarded=False)

    async def close(self) -> None:
        """Have it give up what it holds, and end what it runs in."""
        await self._hosted.close()

    def attribute(self, name: str) -> Any:
        """What it states of itself."""
        return self._hosted.attribute(name, object, None)


def _host(name: str) -> Any:
    """A module of the host. The exams know it by name alone: without fences they need nothing but the contract."""
    return importlib.import_module(f"bg_graph.hosting.{name}")
