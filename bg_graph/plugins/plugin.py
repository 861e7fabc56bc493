"""How a plugin presents itself: data that the host can inspect and show without building anything."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """A plugin: its name and version, and for each capability a factory of the provider that serves it."""

    name: str
    """Name of the plugin, such as ``acme-summary``."""
    version: str
    """Version of the plugin, for provenance."""
    title: str
    """What it is, in a few words."""
    provides: Mapping[str, Callable[[], Any]]
    """Capability (such as ``summary``) to a factory of its provider."""
