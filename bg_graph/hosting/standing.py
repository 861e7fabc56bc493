"""How each installed plugin does: what became of it at the start, and what is known of its providers since."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bg_graph.hosting.choosing import Plugins
from bg_graph.hosting.discovery import Discovered, Loading
from bg_graph.hosting.fences.options import Isolation
from bg_graph.hosting.hooks.backlog import Backlog
from bg_graph.hosting.hooks.listener import HOOK
from bg_graph.hosting.hooks.registering import NO_HOOKS, PluginHooks, Registered
from bg_graph.hosting.hosted import Hosted, State
from bg_graph.plugins.plugin import Capability


class PluginState(StrEnum):
    """How a plugin does."""

    HEALTHY = "HEALTHY"
    """It is in use, and its last call or check was answered."""
    RESTING = "RESTING"
    """It failed several times in a row and is left alone for a moment."""
    DOWN = "DOWN"
    """Its last call or check failed."""
    MISCONFIGURED = "MISCONFIGURED"
    """It says that its settings or credentials are wrong."""
    INCOMPATIBLE = "INCOMPATIBLE"
    """It was made for a version of the contract that is not run here."""
    FAILED = "FAILED"
    """It could not be imported, is no plugin, or its hooks are wrong."""
    NOT_ENABLED = "NOT_ENABLED"
    """It is installed, and no configuration makes use of it."""


_WORST = (State.MISCONFIGURED, State.DOWN, State.RESTING, State.HEALTHY)
_AT_START = {Loading.FAILED: PluginState.FAILED, Loading.INCOMPATIBLE: PluginState.INCOMPATIBLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A plugin, or one capability of it."""

    name: str
    title: str
    version: str
    api: str | None
    """Version of the contract that it was made for; None where it was not imported."""
    distribution: str
    capabilities: tuple[str, ...]
    """All that it serves; nothing is known where it was not imported."""
    hooks: tuple[str, ...]
    capability: str | None
    """The capability that this line is about; None where it is about the plugin."""
    state: PluginState
    deprecated: str | None = None
    """What to do before the host no longer runs it."""
    tenants: tuple[str, ...] = ()
    """Names of the tenants that it serves; the empty one stands for all without a choice of their own."""
    last_error: str | None = None
    last_error_at: datetime | None = None
    p95: float | None = None
    """Seconds within which 95 of 100 of the last calls were answered."""
    calls: int = 0
    failures: int = 0
    restarts: int = 0
    isolation: Isolation | None = None
    backlog: Backlog | None = None
    """What a plugin that listens was not told yet; None where it does not listen, or where that is not known."""


def standings(plugins: Plugins, hooks: PluginHooks = NO_HOOKS, *, tenant: str | None = None) -> list[Standing]:
    """A line for each installed plugin and capability, in their order; with a tenant (by name), as it is for that one."""
    brought = {each.name: each for each in hooks.registered}
    lines = [line for each in plugins.discovered for line in _of_plugin(plugins, each, brought, hooks, tenant)]
    return sorted(lines, key=lambda line: (line.name, line.capability or ""))


def _of_plugin(
    plugins: Plugins, found: Discovered, brought: dict[str, Registered], hooks: PluginHooks, tenant: str | None
) -> Iterator[Standing]:
    plugin, registered = found.plugin, brought.get(found.name)
    capabilities = tuple(str(each) for each in plugin.provides) if found.is_loaded and plugin else ()
    deprecated = _deprecations(found, registered)

    def line(capability: str | None, state: PluginState, why: str | None, hosted: Sequence[Hosted]) -> Standing:
        return _line(plugins, found, (capability, state, why, hosted), capabilities, registered, deprecated)

    if not found.is_loaded:
        yield line(None, _AT_START.get(found.loading, PluginState.NOT_ENABLED), found.why, ())
        return
    for capability in capabilities:
        hosted = _serving(plugins, found.name, capability, tenant)
        yield line(capability, _state_of(hosted), None, hosted)
    called = _called(plugins, found.name, registered, tenant)
    if found.name in hooks.faults:
        yield line(None, PluginState.FAILED, hooks.faults[found.name], ())
    elif called:
        yield line(None, _state_of(called), None, called)
    elif not capabilities:
        yield line(None, PluginState.NOT_ENABLED, "It brings nothing: neither a provider nor a hook.", ())


def _called(plugins: Plugins, name: str, registered: Registered | None, tenant: str | None) -> list[Hosted]:
    """What calls the hooks of a plugin: its registered functions, and its listener."""
    functions = [] if registered is None else [registered.running.hosted]
    listeners = plugins.listeners_of(name) if tenant is None else plugins.listening(tenant)
    return [*functions, *(each for each in listeners if each.name == name)]


def _deprecations(found: Discovered, registered: Registered | None) -> list[str]:
    """What of a plugin that runs will not be run for ever."""
    of_plugin = [found.why] if found.is_loaded and found.why else []
    return [*of_plugin, *(registered.deprecated if registered else ())]


def _line(
    plugins: Plugins,
    found: Discovered,
    about: tuple[str | None, PluginState, str | None, Sequence[Hosted]],
    capabilities: tuple[str, ...],
    registered: Registered | None,
    deprecated: Sequence[str],
) -> Standing:
    capability, state, why, hosted = about
    statuses = [each.status for each in hosted]
    failed = max(
        (each for each in statuses if each.last_error_at), key=lambda each: each.last_error_at or 0, default=None
    )
    plugin = found.plugin
    return Standing(
        name=found.name,
        title=plugin.title if plugin else found.name,
        version=plugin.version if plugin else found.version,
        api=".".join(str(part) for part in plugin.api) if plugin else None,
        distribution=found.distribution,
        capabilities=capabilities,
        hooks=_hooks(registered, hosted),
        capability=capability,
        state=state,
        deprecated=" ".join(deprecated) or None,
        tenants=tuple(sorted({name for each in hosted for name in plugins.tenants_of(each)})),
        last_error=why or (failed.last_error if failed else None),
        last_error_at=failed.last_error_at if failed else None,
        p95=max((each.p95 for each in statuses if each.p95 is not None), default=None),
        calls=sum(each.calls for each in statuses),
        failures=sum(each.failures for each in statuses),
        restarts=sum(each.restarts for each in statuses),
        isolation=hosted[0].options.isolation if hosted else None,
    )


def _hooks(registered: Registered | None, hosted: Sequence[Hosted]) -> tuple[str, ...]:
    """The hooks of a plugin; one that is set for single tenants alone has nothing registered, and listens to those."""
    if registered is not None:
        return registered.implemented
    return (HOOK,) if any(each.capability == HOOK for each in hosted) else ()


def _serving(plugins: Plugins, name: str, capability: str, tenant: str | None) -> list[Hosted]:
    """The providers of a plugin that serve somebody, or this tenant."""
    if tenant is not None:
        return [each for each in plugins.chain(Capability(capability), tenant) if each.name == name]
    return [each for each in plugins.hosted if (each.name, str(each.capability)) == (name, capability)]


def _state_of(hosted: Sequence[Hosted]) -> PluginState:
    states = {each.status.state for each in hosted}
    worst = next((state for state in _WORST if state in states), None)
    return PluginState.NOT_ENABLED if worst is None else PluginState(worst.value)
