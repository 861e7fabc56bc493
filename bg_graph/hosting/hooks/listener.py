"""Runs a plugin's `on_change` behind a fence, as a provider runs: with the settings of a tenant, on a thread or in a process."""

import inspect
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

import pluggy
from pydantic import BaseModel

from bg_graph.plugins import hooks as contract
from bg_graph.plugins.changes import Change
from bg_graph.plugins.context import ProviderContext
from bg_graph.plugins.health import Health
from bg_graph.plugins.hooks import PROJECT
from bg_graph.plugins.plugin import Plugin

HOOK = "on_change"
"""The hook, and as what its listener is listed among what a plugin runs."""


def listens(plugin: Plugin) -> bool:
    """Whether a plugin marks a function as the hook, and its hooks can be used. Nothing of it is called."""
    if not hasattr(getattr(plugin.hooks, HOOK, None), f"{PROJECT}_impl"):
        return False
    try:
        _managed(plugin.name, plugin.hooks).check_pending()
    except pluggy.PluginValidationError:
        return False  # it is told where the hooks are registered
    return True


def _managed(plugin: str, hooks: object) -> pluggy.PluginManager:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(contract)
    manager.register(hooks, name=plugin)
    return manager


@dataclass(frozen=True, slots=True)
class ListenerFactory:
    """Makes the listener of a plugin, here or in another process."""

    plugin: str
    hooks: Any
    """What holds the hooks; the name of a module stands for it, since modules can't be sent to another process."""

    def __call__(self, settings: BaseModel, context: ProviderContext) -> "Listener":
        """See `Factory`."""
        hooks = import_module(self.hooks) if isinstance(self.hooks, str) else self.hooks
        return Listener(_managed(self.plugin, hooks), settings, context)


def factory_of(plugin: Plugin) -> ListenerFactory:
    """What makes a plugin's listener."""
    hooks = plugin.hooks.__name__ if isinstance(plugin.hooks, ModuleType) else plugin.hooks
    return ListenerFactory(plugin.name, hooks)


class Listener:
    """A plugin that listens, with its settings for some tenants."""

    def __init__(self, manager: pluggy.PluginManager, settings: BaseModel, context: ProviderContext) -> None:
        self._manager, self._settings, self._context = manager, settings, context

    async def on_change(self, change: Change) -> None:
        """Tell the plugin; whatever it raises is raised here."""
        given = {"change": change, "settings": self._settings, "context": self._context}
        for answer in self._manager.hook.on_change(**given):
            if inspect.isawaitable(answer):
                await answer

    async def check(self) -> Health:
        """A listener has no check of its own: it shows by what it does with changes."""
        return Health(healthy=True)

    async def close(self) -> None:
        """Nothing is held."""
