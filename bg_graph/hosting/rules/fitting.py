"""Whether a plugin fits the version of the contract that this host has. Source: plugins.md, "Versions"."""

from dataclasses import dataclass
from typing import TypeGuard

Version = tuple[int, int]
"""Of the contract: major, minor."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether a plugin can run here; a sentence where somebody has to do something, now or soon."""

    runs: bool
    sentence: str | None = None
    """What is wrong and which to install; of one that runs: ahead of the removal of what it was written for."""

    @property
    def is_deprecated(self) -> bool:
        """It runs, but will not for long."""
        return self.runs and self.sentence is not None


def fit_of(name: str, package: str, made_for: object, host: Version) -> Fit:
    """Whether the plugin (of a package) that was made for a version of the contract runs on the host's.

    The host runs its own major, whose minors only add, and the major before; that one is deprecated.
    """
    if not _is_version(made_for):
        return Fit(False, f"The plugin {name} states {made_for!r} as api: it must be two numbers, major and minor.")
    major, minor = made_for
    here, needs = f"{host[0]}.{host[1]}", f"{major}.{minor}"
    if major > host[0] or (major == host[0] and minor > host[1]):
        return Fit(
            False,
            f"The plugin {name} needs version {needs} of the plugin API, and this bg-graph has {here}: "
            f"install a newer bg-graph, or an older {package}.",
        )
    if major == host[0]:
        return Fit(True)
    if major == host[0] - 1:
        return Fit(
            True,
            f"The plugin {name} was made for version {needs} of the plugin API, which bg-graph stops running with version "
            f"{host[0] + 1}: install a {package} that is made for {host[0]}.0 or later.",
        )
    return Fit(
        False,
        f"The plugin {name} was made for version {needs} of the plugin API, and this bg-graph runs {host[0] - 1} and "
        f"{host[0]}: install a newer {package}.",
    )


def _is_version(given: object) -> TypeGuard[Version]:
    return (
        isinstance(given, tuple)
        and len(given) == 2
        and all(isinstance(part, int) and not isinstance(part, bool) and part >= 0 for part in given)
    )
