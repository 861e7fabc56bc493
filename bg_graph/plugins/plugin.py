"""How a plugin presents itself: data that the host can inspect and show without building anything."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

ENTRY_POINTS = "bg_graph.plugins"
"""The group of entry points in which a package names its plugin."""
API = (1, 0)
"""The version of this contract: major, minor. A minor only adds; see docs/plugins/versions.md."""


class Capability(StrEnum):
    """What a provider can serve."""

    SUMMARY = "summary"
    """Writes summaries: `bg_graph.plugins.summaries`."""
    INTENT = "intent"
    """Predicts interests: `bg_graph.plugins.intent`."""
    EMAIL = "email"
    """Sends e-mails: `bg_graph.plugins.email`."""


class NoSettings(BaseModel):
    """The settings of a plugin that needs none."""


Factory = Callable[[Any, Any], Any]
"""Makes a provider of the plugin's settings (its own model) and a `ProviderContext`; a provider's class is one.

It must not wait for anything: connections are opened by the first call. It has to be importable by name
(a class or function at the top of a module), so that it can be called in another process.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """A plugin: its name and version, what it was written for, its settings, and what it brings."""

    name: str
    """By which it is configured, the same as its entry point: small letters, digits and hyphens, such as ``acme-mail``."""
    version: str
    """Version of the plugin, for provenance."""
    title: str
    """What it is, in a few words."""
    api: tuple[int, int] = (1, 0)
    """The version of the contract that it was written for: major, and the least minor that it needs."""
    settings: type[BaseModel] = NoSettings
    """Its settings: every field with a description, every secret a `SecretStr`. The name `fence` is the host's."""
    provides: Mapping[str, Factory] = field(default_factory=lambda: MappingProxyType({}))
    """Capability (see `Capability`) to the factory of its provider."""
    hooks: object | None = None
    """A module or object with functions marked `hookimpl`: what else it brings; see `bg_graph.plugins.hooks`."""
