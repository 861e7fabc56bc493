"""Calls the hooks of plugins at the start. A plugin whose hooks are wrong is left out and shown; the others go on."""

import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType, ModuleType
from typing import Any

import pluggy
import structlog
from pydantic import BaseModel

from bg_graph.hosting.fences.options import bug_of
from bg_graph.hosting.hooks.checking import CHECKS, FIELDS, IMPORTERS, ROUTES, Form, faults_of
from bg_graph.hosting.hooks.listener import HOOK as LISTENING
from bg_graph.hosting.hooks.listener import listens
from bg_graph.hosting.hooks.running import Running
from bg_graph.plugins import hooks as contract
from bg_graph.plugins.context import Storage
from bg_graph.plugins.hooks import PROJECT, CheckSpec, FieldSpec, Register, RouteSpec
from bg_graph.plugins.importing import ImporterSpec
from bg_graph.plugins.plugin import Plugin

REGISTERING: Mapping[str, Form] = MappingProxyType(
    {
        "register_fields": FIELDS,
        "register_importers": IMPORTERS,
        "register_checks": CHECKS,
        "register_routes": ROUTES,
    }
)
"""The hooks that are called once, at the start."""
SECONDS = 10.0
"""Within which a plugin has to have registered what it brings."""
log = structlog.get_logger(__name__)


class HookFault(Exception):
    """The hooks of a plugin can't be used; the message may be shown."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A plugin that is enabled, with what it was given."""

    plugin: Plugin
    settings: BaseModel
    storage: Storage
    deadline: float = 5.0
    """Seconds that a call of one of its functions may take, where nothing else is said."""
    concurrency: int = 8


@dataclass(frozen=True, slots=True)
class Registered:
    """What a plugin brings by its hooks."""

    running: Running
    """Calls its functions, behind a fence."""
    fields: tuple[FieldSpec, ...] = ()
    checks: tuple[CheckSpec, ...] = ()
    routes: tuple[RouteSpec, ...] = ()
    importers: tuple[ImporterSpec, ...] = ()
    implemented: tuple[str, ...] = ()
    """The names of its hooks."""
    deprecated: tuple[str, ...] = ()
    """Hooks that will be removed, each with what to do instead."""

    @property
    def name(self) -> str:
        """The plugin's name."""
        return self.running.plugin.name


@dataclass(frozen=True, slots=True)
class PluginHooks:
    """What all plugins bring by their hooks, and why some of them bring nothing."""

    registered: tuple[Registered, ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)
    """By plugin: why its hooks were left out."""

    async def close(self) -> None:
        """End what the functions of plugins run in."""
        for each in self.registered:
            await each.running.close()


NO_HOOKS = PluginHooks()
"""Of an installation whose plugins bring providers alone."""


def register_all(
    loaded: Sequence[Loaded], *, specs: ModuleType | type = contract, seconds: float = SECONDS
) -> PluginHooks:
    """Call the hooks of each plugin that has some, once. `specs` holds the specifications."""
    registered: list[Registered] = []
    faults: dict[str, str] = {}
    for each in loaded:
        if each.plugin.hooks is None:
            continue
        try:
            registered.append(_registered(each, specs, seconds))
        except HookFault as fault:
            faults[each.plugin.name] = str(fault)
            log.error("hooks of a plugin can't be used", plugin=each.plugin.name, why=str(fault))
    return PluginHooks(tuple(registered), MappingProxyType(faults))


def _registered(loaded: Loaded, specs: ModuleType | type, seconds: float) -> Registered:
    manager, deprecated = _managed(loaded.plugin, specs)
    running = Running(loaded.plugin, loaded.settings, loaded.storage, loaded.deadline, loaded.concurrency)
    hooks = [(name, form) for name, form in REGISTERING.items() if _implementations(manager, name)]
    added: dict[str, tuple[Any, ...]] = {}
    faults: list[str] = []
    for name, form in hooks:
        register: Register[Any] = Register(loaded.settings, running.context)
        _within(seconds, loaded.plugin.name, name, partial(getattr(manager.hook, name), register=register))
        added[name] = tuple(register.added)
        faults += [f"{name} {fault}" for fault in faults_of(form, register.added, loaded.plugin.name)]
    if faults:
        raise HookFault(f"The hooks of the plugin {loaded.plugin.name} are left out: {'; '.join(faults)}.")
    for each in deprecated:
        log.warning("plugin uses a hook that will be removed", plugin=loaded.plugin.name, hook=each)
    return Registered(
        running,
        added.get("register_fields", ()),
        added.get("register_checks", ()),
        added.get("register_routes", ()),
        added.get("register_importers", ()),
        implemented=(*(name for name, _ in hooks), *([LISTENING] if listens(loaded.plugin) else ())),
        deprecated=deprecated,
    )


def _managed(plugin: Plugin, specs: ModuleType | type) -> tuple[pluggy.PluginManager, tuple[str, ...]]:
    """A manager with this plugin alone, and what pluggy warns of: so no plugin's fault is another's."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(specs)
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            manager.register(plugin.hooks, name=plugin.name)
        manager.check_pending()
    except pluggy.PluginValidationError as fault:
        said = " ".join(str(fault).split())
        message = f"The hooks of the plugin {plugin.name} are left out: {said}. docs/plugins/hooks.md has them all."
        raise HookFault(message) from None
    if not any(_implementations(manager, name) for name in vars(manager.hook) if not name.startswith("_")):
        raise HookFault(f"The plugin {plugin.name} names hooks, and none of their functions is marked with hookimpl.")
    return manager, tuple(str(each.message) for each in told if issubclass(each.category, DeprecationWarning))


def _implementations(manager: pluggy.PluginManager, hook: str) -> list[pluggy.HookImpl]:
    caller = getattr(manager.hook, hook, None)
    return [] if caller is None else list(caller.get_hookimpls())


def _within(seconds: float, plugin: str, hook: str, work: Callable[[], object]) -> None:
    """Run a hook in a thread that may be left behind: the start waits for no plugin longer than this."""
    faults: list[BaseException] = []

    def caught() -> None:
        try:
            work()
        except BaseException as fault:  # a plugin may do anything, ask to exit included
            faults.append(fault)

    thread = threading.Thread(target=caught, name=f"bg-graph hook {plugin}", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise HookFault(f"The hook {hook} of the plugin {plugin} had not ended after {seconds:g} seconds.")
    for fault in faults:
        log.warning("hook failed", plugin=plugin, hook=hook, cause=bug_of(fault).cause)
        raise HookFault(f"The hook {hook} of the plugin {plugin} failed ({type(fault).__name__}); the log says where.")
