"""What is installed: which plugin's provider serves which capability, and whether it works."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Installed:
    """A provider that serves a capability."""

    plugin: str
    version: str
    title: str
    capability: str
    provider: str
    healthy: bool


@runtime_checkable
class Host(Protocol):
    """The host of a capability: holds the chosen provider and calls it."""

    @property
    def installed(self) -> Installed:
        """What serves the capability."""
        ...
