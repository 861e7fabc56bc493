"""Looks at the plugins of an installation from outside the server: what is wrong with them, and what to do about it."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from bg_graph.cli.doctor import Finding
from bg_graph.hosting.choosing import Plugins, choose
from bg_graph.hosting.discovery import PRODUCT, Discovered, Loading
from bg_graph.hosting.fences.options import Isolation
from bg_graph.hosting.hooks.registering import NO_HOOKS, PluginHooks, Registered, register_all
from bg_graph.hosting.hosted import Hosted
from bg_graph.hosting.standing import PluginState, Standing, standings
from bg_graph.hosting.storage import PassingStorage
from bg_graph.settings import SettingFault, Settings
from bg_graph.summaries.plugin_fields import field_faults

_STATES = {Loading.FAILED: PluginState.FAILED, Loading.INCOMPATIBLE: PluginState.INCOMPATIBLE}


@dataclass(frozen=True, slots=True)
class Examined:
    """The plugins of an installation; none are in use where a setting is wrong."""

    discovered: Sequence[Discovered]
    faults: Sequence[SettingFault]
    plugins: Plugins | None = None
    hooks: PluginHooks = NO_HOOKS

    def lines(self) -> list[Standing]:
        """Each installed plugin, in words of its state."""
        if self.plugins is not None:
            return standings(self.plugins, self.hooks)
        return [self._not_in_use(each) for each in self.discovered]

    def of_ours(self, plugin: str) -> bool:
        """Whether a plugin comes with the product."""
        return any(each.distribution == PRODUCT for each in self.discovered if each.name == plugin)

    def _not_in_use(self, found: Discovered) -> Standing:
        plugin, said = found.plugin, [str(fault) for fault in self.faults if found.name in fault.key.split(".")]
        wrong = PluginState.MISCONFIGURED if said else PluginState.NOT_ENABLED
        return Standing(
            name=found.name,
            title=plugin.title if plugin else found.name,
            version=plugin.version if plugin else found.version,
            api=None,
            distribution=found.distribution,
            capabilities=tuple(plugin.provides) if found.is_loaded and plugin else (),
            hooks=(),
            capability=None,
            state=_STATES.get(found.loading, wrong),
            last_error=None if found.is_loaded else found.why,
        )


@asynccontextmanager
async def examined(settings: Settings) -> AsyncIterator[Examined]:
    """The plugins, for as long as the `with` lasts. Their storage is empty and forgets what they keep."""
    chosen = choose(settings.providers, settings.own)
    found = Examined(tuple(chosen.discovered.values()), chosen.faults)
    if chosen.faults:
        yield found
        return
    plugins = Plugins(settings, lambda _: PassingStorage())
    hooks = register_all(plugins.with_hooks())
    try:
        yield replace(found, plugins=plugins, hooks=hooks)
    finally:
        await plugins.close()
        await hooks.close()


async def findings_of(found: Examined, name: str | None = None) -> AsyncIterator[Finding]:
    """What is to be said of each plugin that is enabled, or of one. Each provider is built, and checks itself."""
    for fault in found.faults:
        yield Finding(f"setting {fault}", False, "docs/settings.md and `bg-graph plugins show NAME` have every setting")
    for each in found.discovered:
        if name in (None, each.name):
            for finding in _of_loading(each, alone=name is not None):
                yield finding
    if found.plugins is None:
        return
    for hosted in found.plugins.every():
        if name in (None, hosted.name):
            yield await _of_provider(found.plugins, hosted)
            for advice in _advice(found, hosted):
                yield advice
    async for finding in _of_hooks(found, name):
        yield finding


def _of_loading(found: Discovered, *, alone: bool) -> Iterator[Finding]:
    what = f"plugin {found.name} of {found.distribution} {found.version}"
    if found.is_loaded:
        yield Finding(f"{what} is loaded", found.why is None, found.why)
    elif found.loading is not Loading.NOT_ENABLED:
        yield Finding(f"{what} can't be used", False, found.why)
    elif alone:
        yield Finding(
            f"{what} is not enabled", True, f"name it under [providers], or give it a table [plugins.{found.name}]"
        )


async def _of_provider(plugins: Plugins, hosted: Hosted) -> Finding:
    health = await hosted.check()
    tenants = plugins.tenants_of(hosted)
    serves = f", for {', '.join(shown_tenants(tenants))}" if tenants else ", chosen by nobody"
    remedy = (
        None
        if health.healthy
        else f"see `bg-graph plugins show {hosted.name}`, then [plugins.{hosted.name}] in the settings"
    )
    what = f"{hosted.capability} by {hosted.name}{serves}: {health.message or 'works'}"
    return Finding(what, health.healthy, remedy)


def _advice(found: Examined, hosted: Hosted) -> Iterator[Finding]:
    """What would be safer, where a plugin is not ours."""
    if found.of_ours(hosted.name) or hosted.options.isolation is Isolation.PROCESS:
        return
    where = "shares the server's event loop" if hosted.options.isolation is Isolation.INLINE else "runs in a thread"
    what = f"{hosted.name} is not ours and {where}: a crash of it, or memory that it fills, would end the server"
    yield Finding(what, True, f'set isolation = "process" under [plugins.{hosted.name}.fence]: docs/plugins/fences.md')


async def _of_hooks(found: Examined, name: str | None) -> AsyncIterator[Finding]:
    for plugin, why in {**found.hooks.faults, **field_faults(found.hooks.registered)}.items():
        if name in (None, plugin):
            yield Finding(why, False, "tell the plugin's author, or install another version of it")
    for each in found.hooks.registered:
        if name in (None, each.name):
            yield Finding(f"hooks of {each.name}: {', '.join(each.implemented)}")
            for source in each.importers:
                reads = ", ".join(source.suffixes) or "remote"
                yield Finding(f"source {each.name}.{source.name}: {source.title} ({source.kind}; {reads})")
            for deprecated in each.deprecated:
                yield Finding(f"{each.name} uses a hook that will be removed", True, deprecated)
            async for finding in _of_checks(each):
                yield finding


async def _of_checks(registered: Registered) -> AsyncIterator[Finding]:
    for spec in registered.checks:
        problem = await registered.running.check(spec)
        what = f"check {registered.name}-{spec.name} ({spec.description}): {problem or 'ok'}"
        yield Finding(
            what, problem is None, None if problem is None else "the server answers /readyz with 503 until it is mended"
        )


def shown_tenants(names: Sequence[str]) -> list[str]:
    """Names of tenants; the empty one stands for all without a choice of their own."""
    return [name or "all tenants" for name in sorted(names)]
