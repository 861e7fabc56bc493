"""The `plugins` query: what is installed, what it serves, and whether it works."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import Enum
from typing import Any, Protocol

import strawberry

from bg_graph.hosting.choosing import Plugins
from bg_graph.hosting.hooks.backlog import Backlog, backlogs
from bg_graph.hosting.hooks.listener import HOOK
from bg_graph.hosting.hooks.registering import PluginHooks
from bg_graph.hosting.standing import PluginState, Standing, standings

SERVICE = "plugins"
"""The service of a request that knows the plugins: a `Known`."""


class Known(Protocol):
    """The plugins of the installation, and what they bring by hooks."""

    @property
    def plugins(self) -> Plugins:
        """Their providers."""
        ...

    @property
    def hooks(self) -> PluginHooks:
        """What else they bring."""
        ...


@strawberry.enum(name="PluginState", description="How a plugin does.")
class ShownState(Enum):
    """How a plugin does."""

    HEALTHY = strawberry.enum_value("HEALTHY", description="In use; its last call or check was answered.")
    RESTING = strawberry.enum_value(
        "RESTING", description="It failed several times in a row and is left alone for a moment."
    )
    DOWN = strawberry.enum_value("DOWN", description="Its last call or check failed.")
    MISCONFIGURED = strawberry.enum_value(
        "MISCONFIGURED", description="It says that its settings or credentials are wrong."
    )
    INCOMPATIBLE = strawberry.enum_value(
        "INCOMPATIBLE", description="Made for a version of the contract that is not run here."
    )
    FAILED = strawberry.enum_value(
        "FAILED", description="It could not be imported, is no plugin, or its hooks are wrong."
    )
    NOT_ENABLED = strawberry.enum_value(
        "NOT_ENABLED", description="Installed; nothing of the configuration uses it for this tenant."
    )


@strawberry.enum(description="Where a plugin runs.")
class PluginIsolation(Enum):
    """Where a plugin runs."""

    INLINE = strawberry.enum_value("inline", description="On the server's own event loop, without protection.")
    THREAD = strawberry.enum_value("thread", description="In a thread of its own.")
    PROCESS = strawberry.enum_value("process", description="In a process of its own.")


@strawberry.type(description="An installed plugin; one that serves several capabilities is listed once for each.")
class Plugin:
    """An installed plugin, or one capability of it."""

    name: str = strawberry.field(description="Name of the plugin, by which it is configured.")
    title: str = strawberry.field(description="What it is, in a few words; its name where it was not imported.")
    version: str = strawberry.field(description="Version of the plugin; of its package where it was not imported.")
    api: str | None = strawberry.field(
        description="Version of the contract that it was made for; null where it was not imported."
    )
    distribution: str = strawberry.field(description="The package that brings it.")
    capabilities: list[str] = strawberry.field(description="All that it serves; empty where it was not imported.")
    hooks: list[str] = strawberry.field(description="The hooks by which it brings something else.")
    capability: str | None = strawberry.field(
        description="The capability that this entry is about, such as `summary`; null where it is about its hooks, or nothing."
    )
    provider: str | None = strawberry.field(description="The provider that serves the capability; null without one.")
    state: ShownState = strawberry.field(description="How it does, for the caller's tenant.")
    healthy: bool = strawberry.field(description="It is in use, and its last call was answered.")
    deprecated: str | None = strawberry.field(
        description="What to do before it can't be run any more; null where nothing is to be done."
    )
    last_error: str | None = strawberry.field(
        description="What went wrong last; null where nothing did, and for callers without the right to administer."
    )
    last_error_at: datetime | None = strawberry.field(description="When that was; null to the same callers.")
    p95_milliseconds: float | None = strawberry.field(
        description="Milliseconds within which 95 of 100 of the last calls were answered; null before the first."
    )
    calls: int = strawberry.field(description="Calls since the start of this server.")
    failures: int = strawberry.field(description="Calls of these that failed.")
    restarts: int = strawberry.field(description="How often it was begun anew since.")
    isolation: PluginIsolation | None = strawberry.field(description="Where it runs; null where it is not in use.")
    changes_waiting: int | None = strawberry.field(
        description="Changes of the tenant that it is still to be told of; null where it does not listen to changes."
    )
    changes_set_aside: int | None = strawberry.field(
        description="Changes that it was not told of, since it failed at them; `bg-graph plugins retell` tells them again."
    )
    set_aside_codes: list[str] = strawberry.field(
        description="Why those were set aside: `PLUGIN_ERROR`, or the plugin's own codes."
    )


async def _plugins(info: strawberry.Info[Any, None]) -> list[Plugin]:
    """Every installed plugin, as it is for the caller's tenant."""
    services: Mapping[str, Any] = info.context.services
    known: Known = services[SERVICE]
    caller = info.context.caller
    lines = standings(known.plugins, known.hooks, tenant=caller.tenant_name)
    listening = any(HOOK in line.hooks for line in lines)
    found = await backlogs(await info.context.db()) if listening else {}
    return [_shown(_with_backlog(line, found), tells=caller.may("admin")) for line in lines]


def _with_backlog(line: Standing, found: Mapping[str, Backlog]) -> Standing:
    """The same, with what the plugin was not told: what went wrong there stands for an error where there is no later one."""
    if line.capability is not None or HOOK not in line.hooks:
        return line
    mine = found.get(line.name, Backlog())
    error = (mine.error, mine.error_at) if line.last_error is None else (line.last_error, line.last_error_at)
    return replace(line, backlog=mine, last_error=error[0], last_error_at=error[1])


def _shown(line: Standing, *, tells: bool) -> Plugin:
    return Plugin(
        name=line.name,
        title=line.title,
        version=line.version,
        api=line.api,
        distribution=line.distribution,
        capabilities=list(line.capabilities),
        hooks=list(line.hooks),
        capability=line.capability,
        provider=line.name if line.isolation is not None and line.capability else None,
        state=ShownState(line.state.value),
        healthy=line.state is PluginState.HEALTHY,
        deprecated=line.deprecated,
        last_error=line.last_error if tells else None,
        last_error_at=line.last_error_at if tells else None,
        p95_milliseconds=None if line.p95 is None else round(line.p95 * 1000, 1),
        calls=line.calls,
        failures=line.failures,
        restarts=line.restarts,
        isolation=None if line.isolation is None else PluginIsolation(line.isolation.value),
        changes_waiting=None if line.backlog is None else line.backlog.waiting,
        changes_set_aside=None if line.backlog is None else line.backlog.set_aside,
        set_aside_codes=[] if line.backlog is None else list(line.backlog.codes),
    )


@strawberry.type
class PluginQueries:
    """What callers may ask about plugins."""

    plugins: list[Plugin] = strawberry.field(
        resolver=_plugins,
        description="What is installed, which capabilities it serves, and whether it works.",
    )
