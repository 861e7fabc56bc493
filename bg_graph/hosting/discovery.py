"""Which plugins are installed, and which of them are loaded: those that the configuration names, no others.

Looked for once, at the start. Whatever a plugin does when it is imported, the product starts without it, and says so.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, metadata

import structlog
from pydantic import BaseModel

from bg_graph.hosting.rules.fitting import Version, fit_of
from bg_graph.plugins.plugin import API, ENTRY_POINTS, Capability, Plugin

PRODUCT = "bg-graph"
"""Our own distribution: it carries some plugins, and has extras for others."""
log = structlog.get_logger(__name__)


class Loading(StrEnum):
    """What became of an installed plugin at the start."""

    LOADED = "LOADED"
    """It is enabled, and can be used."""
    NOT_ENABLED = "NOT_ENABLED"
    """It is installed, and no configuration names it: it was not imported."""
    FAILED = "FAILED"
    """It could not be imported, or is no plugin."""
    INCOMPATIBLE = "INCOMPATIBLE"
    """It was made for a version of the contract that this host does not run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """An installed plugin."""

    name: str
    """Its entry point, by which it is configured."""
    distribution: str
    """The package that brings it."""
    version: str
    """Version of that package."""
    loading: Loading
    plugin: Plugin | None = None
    """What it presents itself as, where it was loaded."""
    why: str | None = None
    """What is wrong, and what to install; of one that is loaded: that it is deprecated."""

    @property
    def is_loaded(self) -> bool:
        """Whether it can be used."""
        return self.loading is Loading.LOADED


def installed_points() -> list[EntryPoint]:
    """The entry points of all that is installed, in no order that means anything."""
    return list(entry_points(group=ENTRY_POINTS))


def discover(
    enabled: Collection[str],
    points: Callable[[], Iterable[EntryPoint]] = installed_points,
    *,
    api: Version = API,
) -> dict[str, Discovered]:
    """Every installed plugin by its name, those loaded that the configuration names. Never raises for what a plugin does."""
    by_name: dict[str, list[EntryPoint]] = defaultdict(list)
    for point in points():
        by_name[point.name].append(point)
    found = {name: _one(name, of_name, name in enabled, api) for name, of_name in sorted(by_name.items())}
    for each in found.values():
        if each.loading in (Loading.FAILED, Loading.INCOMPATIBLE):
            log.error("plugin can't be used", plugin=each.name, distribution=each.distribution, why=each.why)
        elif each.is_loaded and each.why:
            log.warning("plugin is deprecated", plugin=each.name, distribution=each.distribution, why=each.why)
    return found


def to_install(name: str) -> str:
    """What to do where a plugin that is configured is not installed."""
    if name in _extras():
        return f'install it: pip install "{PRODUCT}[{name}]"'
    return f"install the package that brings it (plugins are packages named bg-<kind>-{name}, or as their author says)"


def _extras() -> Collection[str]:
    try:
        return metadata(PRODUCT).get_all("Provides-Extra") or []
    except PackageNotFoundError:  # run from a folder that was never installed
        return []


def _one(name: str, points: list[EntryPoint], enabled: bool, api: Version) -> Discovered:
    """What is to be said of the plugin that some entry points name."""
    point = _own_first(points)
    distribution, version = _brought_by(point)
    about = _Found(name, distribution, version)
    if not enabled:
        return about.state(Loading.NOT_ENABLED)
    if len({each.value for each in points}) > 1:
        brought = " and ".join(sorted(_brought_by(each)[0] for each in points))
        return about.state(Loading.FAILED, f"Several packages bring a plugin {name}: {brought}. Uninstall all but one.")
    try:
        loaded = point.load()
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as fault:  # a plugin may do anything when it is imported, ask to exit included
        what = f"{type(fault).__name__}: {_one_line(fault)}"
        return about.state(
            Loading.FAILED, f"The plugin {name} can't be imported ({what}): install a {distribution} that works here."
        )
    return _judged(about, loaded, api)


@dataclass(frozen=True, slots=True)
class _Found:
    """A plugin of which nothing is known yet but where it comes from."""

    name: str
    distribution: str
    version: str

    def state(self, loading: Loading, why: str | None = None, plugin: Plugin | None = None) -> Discovered:
        return Discovered(
            name=self.name,
            distribution=self.distribution,
            version=self.version,
            loading=loading,
            plugin=plugin,
            why=why,
        )


def _judged(about: _Found, loaded: object, api: Version) -> Discovered:
    """What was loaded, where it is a plugin that fits."""
    if not isinstance(loaded, Plugin):
        what = f"its entry point leads to a {type(loaded).__name__}, not to a Plugin"
        return about.state(Loading.FAILED, f"The plugin {about.name} can't be used: {what}.")
    fit = fit_of(about.name, about.distribution, loaded.api, api)
    if not fit.runs:
        return about.state(Loading.INCOMPATIBLE, fit.sentence, loaded)
    faults = list(_faults_of(about, loaded))
    if faults:
        return about.state(Loading.FAILED, f"The plugin {about.name} can't be used: {'; '.join(faults)}.", loaded)
    return about.state(Loading.LOADED, fit.sentence, loaded)


def _faults_of(about: _Found, plugin: Plugin) -> Iterable[str]:
    """What is wrong with how a plugin presents itself."""
    if plugin.name != about.name:
        yield f"it calls itself {plugin.name!r} and its entry point is {about.name!r}; they must be the same"
    model: object = plugin.settings
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        yield "its settings are no pydantic model"
    elif "fence" in model.model_fields:
        yield "its settings have a field `fence`, which is the host's"
    provides: object = plugin.provides
    if not isinstance(provides, Mapping):
        yield "what it provides is no mapping of capabilities to factories"
        return
    known = ", ".join(Capability)
    for capability, factory in provides.items():
        if capability not in tuple(Capability):
            yield f"it provides {capability!r}, and the capabilities are {known}"
        elif not callable(factory):
            yield f"what it provides for {capability!r} can't be called"


def _own_first(points: list[EntryPoint]) -> EntryPoint:
    """Of those that lead to the same plugin, the one of its own package: ours carries some that exist as packages too."""
    return min(points, key=lambda point: (_brought_by(point)[0] == PRODUCT, *_brought_by(point)))


def _brought_by(point: EntryPoint) -> tuple[str, str]:
    """Name and version of the package that an entry point belongs to."""
    return (point.dist.name, point.dist.version) if point.dist is not None else ("unknown", "")


def _one_line(fault: BaseException) -> str:
    return re.sub(r"\s+", " ", str(fault))[:300]
