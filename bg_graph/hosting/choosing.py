"""Which providers serve a tenant: chosen and set by the configuration, each built once for all that want it alike."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint
from types import MappingProxyType

from pydantic import BaseModel

from bg_graph.hosting.discovery import Discovered, discover, installed_points, to_install
from bg_graph.hosting.fences.options import FenceOptions, Isolation
from bg_graph.hosting.hooks.listener import HOOK, factory_of, listens
from bg_graph.hosting.hooks.registering import Loaded
from bg_graph.hosting.hosted import Hosted, Observe, settings_hash
from bg_graph.hosting.own_settings import judged
from bg_graph.plugins.context import Storage
from bg_graph.plugins.plugin import Capability, Plugin
from bg_graph.settings import (
    FenceSettings,
    Given,
    PluginTable,
    PluginTables,
    ProviderSettings,
    SettingFault,
    Settings,
    TenantTable,
    WrongSettings,
    chain_of,
    meant,
)
from bg_graph.store.clock import Clock, system_clock

DEADLINES: Mapping[str, float] = MappingProxyType({Capability.SUMMARY: 5.0, Capability.INTENT: 600.0})
"""Seconds that a call may take where the fence says nothing; of e-mail: `email.deadline`."""
HOOK_DEADLINE = 5.0
"""Seconds that a call of a hook's function may take where the fence says nothing."""
SPARE = 2
"""Calls of an e-mail provider besides those that send what is queued: tests, lists, checks."""

StorageOf = Callable[[str], Storage]
"""The storage of a plugin, by its name."""
Points = Callable[[], Sequence[EntryPoint]]
_NOBODY = TenantTable("")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the configuration comes to: the plugins that are installed, the settings of those that are loaded, by tenant."""

    discovered: Mapping[str, Discovered]
    settings: Mapping[tuple[str, str], BaseModel]
    """By plugin and tenant; the tenant is empty for all who have no settings of their own."""
    faults: tuple[SettingFault, ...]

    def settings_for(self, plugin: str, tenant: str) -> BaseModel | None:
        """A plugin's settings for a tenant; None where it can't be used."""
        return self.settings.get((plugin, tenant), self.settings.get((plugin, "")))


def choose(providers: ProviderSettings, own: PluginTables, points: Points = installed_points) -> Chosen:
    """Load what the configuration names, and judge what was given for it. Nothing is built yet."""
    named = dict(_named(providers, own))
    discovered = discover(named, points)
    faults = [
        SettingFault(key, own.where.get(key, "not set"), _missing(name, discovered))
        for name, key in named.items()
        if name not in discovered
    ]
    faults += _required(own, discovered)
    faults += _unable(providers, own, discovered)
    settings: dict[tuple[str, str], BaseModel] = {}
    for each in discovered.values():
        if each.is_loaded and each.plugin is not None:
            for tenant, prefix, given in _given(each.name, providers, own):
                result = judged(each.plugin, prefix, given)
                if result.settings is not None:
                    settings[each.name, tenant] = result.settings
                faults += result.faults
            if each.plugin.hooks is not None and (each.name, "") not in settings and each.name in own.plugins:
                # Every tenant that is named has settings of its own: what was given for all serves hooks, where it is enough.
                general = judged(each.plugin, f"plugins.{each.name}", own.plugins[each.name].given).settings
                settings |= {} if general is None else {(each.name, ""): general}
    return Chosen(MappingProxyType(discovered), MappingProxyType(settings), tuple(dict.fromkeys(faults)))


def plugin_faults(providers: ProviderSettings, own: PluginTables) -> tuple[SettingFault, ...]:
    """What is wrong with the choice of providers and with plugins' settings: for `load_settings`."""
    return choose(providers, own).faults


class Plugins:
    """The plugins of an installation, and their providers in use. Raises WrongSettings where it is made of wrong ones."""

    def __init__(
        self,
        settings: Settings,
        storage_of: StorageOf,
        *,
        observe: Observe = lambda *_: None,
        clock: Clock = system_clock,
        points: Points = installed_points,
    ) -> None:
        self._settings, self._own = settings, settings.own
        self._chosen = choose(settings.providers, settings.own, points)
        if self._chosen.faults:
            raise WrongSettings(self._chosen.faults)
        self._storage_of, self._observe, self._clock = storage_of, observe, clock
        self._built: dict[tuple[str, str, str], Hosted] = {}
        loaded = [each.plugin for each in self.discovered if each.is_loaded and each.plugin is not None]
        self._listens = tuple(plugin for plugin in loaded if listens(plugin))
        self._listening: dict[tuple[str, str], Hosted] = {}
        tenants = ("", *settings.own.tenants)
        self._chains = {
            (capability, tenant): tuple(self._chain(capability, tenant))
            for capability in Capability
            for tenant in tenants
        }

    @property
    def discovered(self) -> Sequence[Discovered]:
        """Every plugin that is installed, by name."""
        return tuple(self._chosen.discovered.values())

    @property
    def hosted(self) -> Sequence[Hosted]:
        """Every provider in use."""
        return tuple(self._built.values())

    def settings_of(self, plugin: str, tenant: str = "") -> BaseModel | None:
        """A plugin's settings of the installation, or for a tenant (by its name); None where it is not loaded for it."""
        return self._chosen.settings_for(plugin, tenant)

    def fence_of(self, plugin: str) -> FenceSettings:
        """How a plugin is kept apart."""
        return self._own.plugins.get(plugin, PluginTable(plugin)).fence

    def chain(self, capability: str, tenant: str) -> tuple[Hosted, ...]:
        """The providers that serve a tenant (by its name), in the order in which they are asked; those that failed to load
        are left out.
        """
        kind = Capability(capability)
        return self._chains[kind, tenant if tenant in self._own.tenants else ""]

    def tenants_of(self, hosted: Hosted) -> tuple[str, ...]:
        """The tenants (by name) that a provider serves by a choice of their own; empty: whoever has none."""
        return tuple(tenant for (_, tenant), chain in self._chains.items() if hosted in chain)

    @property
    def email_plugins(self) -> Sequence[str]:
        """The plugins that can send e-mails, those included that are nobody's choice now."""
        return [
            name
            for name, each in self._chosen.discovered.items()
            if each.is_loaded and each.plugin is not None and Capability.EMAIL in each.plugin.provides
        ]

    def email(self, tenant: str) -> Hosted | None:
        """Who sends e-mails for a tenant (by its name): exactly one, or nobody where that one can't be used."""
        return next(iter(self.chain(Capability.EMAIL, tenant)), None)

    def carrying(self, plugin: str, tenant: str) -> Hosted | None:
        """The e-mail provider of a plugin with the settings of a tenant, whoever is the tenant's choice now."""
        return self._in_use(plugin, Capability.EMAIL, tenant) if plugin in self.email_plugins else None

    def hosted_of(self, plugin: str) -> Sequence[Hosted]:
        """Every e-mail provider of a plugin that is in use."""
        for tenant in ("", *self._own.tenants):
            self.carrying(plugin, tenant)
        return [each for each in self.hosted if each.name == plugin and each.capability == Capability.EMAIL]

    def every(self) -> Sequence[Hosted]:
        """Every provider that could be used, those included that are nobody's choice: for whoever examines them."""
        for each in self.discovered:
            for capability in each.plugin.provides if each.is_loaded and each.plugin is not None else ():
                for tenant in ("", *self._own.tenants):
                    self._in_use(each.name, Capability(capability), tenant)
        return self.hosted

    def with_hooks(self, tenant: str = "") -> list[Loaded]:
        """The plugins that bring something by hooks, with the installation's settings, or those of a tenant (by name)."""
        found = []
        for each in self.discovered:
            settings, fence = self._chosen.settings_for(each.name, tenant), self.fence_of(each.name)
            if each.is_loaded and each.plugin is not None and each.plugin.hooks is not None and settings is not None:
                deadline = fence.deadline or HOOK_DEADLINE
                storage = self._storage_of(each.name)
                found.append(Loaded(each.plugin, settings, storage, deadline, fence.concurrency))
        return found

    @property
    def listens(self) -> bool:
        """Whether a plugin that is enabled for somebody is to be told of changes."""
        return bool(self._listens)

    def listening(self, tenant: str) -> list[Hosted]:
        """The plugins that are told of a tenant's changes (by its name): those that it has settings for, its own or all tenants'."""
        chosen = ((plugin, self._chosen.settings_for(plugin.name, tenant)) for plugin in self._listens)
        return [self._listener(plugin, settings) for plugin, settings in chosen if settings is not None]

    def listeners_of(self, plugin: str) -> Sequence[Hosted]:
        """What tells a plugin of changes: once for all tenants with the same settings."""
        for tenant in ("", *self._own.tenants):
            self.listening(tenant)
        return [each for (name, _), each in self._listening.items() if name == plugin]

    async def start(self) -> None:
        """Build every provider in use; one that can't be built is told by its status."""
        for hosted in self.hosted:
            await hosted.start()

    async def close(self) -> None:
        """Have every provider give up what it holds."""
        for hosted in (*self.hosted, *self._listening.values()):
            await hosted.close()

    def _listener(self, plugin: Plugin, settings: BaseModel) -> Hosted:
        key = (plugin.name, settings_hash(settings))
        if key not in self._listening:
            fence = self.fence_of(plugin.name)
            deadline = fence.deadline or HOOK_DEADLINE
            self._listening[key] = Hosted(
                replace(plugin, provides={HOOK: factory_of(plugin)}),
                HOOK,
                settings,
                fence=FenceOptions(Isolation(fence.isolation), deadline, fence.concurrency, fence.memory),
                storage=self._storage_of(plugin.name),
                observe=self._observe,
                clock=self._clock,
            )
        return self._listening[key]

    def _chain(self, capability: Capability, tenant: str) -> Iterator[Hosted]:
        for name in _chosen_by(capability, self._settings.providers, self._own.tenants.get(tenant, _NOBODY)):
            hosted = self._in_use(name, capability, tenant)
            if hosted is not None:
                yield hosted

    def _in_use(self, name: str, capability: Capability, tenant: str) -> Hosted | None:
        """The provider, built once for all tenants with the same settings; None where it can't be used."""
        settings = self._chosen.settings_for(name, tenant)
        plugin = self._chosen.discovered[name].plugin
        if settings is None or plugin is None:
            return None
        key = (name, str(capability), settings_hash(settings))
        if key not in self._built:
            self._built[key] = Hosted(
                plugin,
                capability,
                settings,
                fence=self._fence(name, capability),
                storage=self._storage_of(name),
                observe=self._observe,
                clock=self._clock,
            )
        return self._built[key]

    def _fence(self, plugin: str, capability: Capability) -> FenceOptions:
        fence, email = self.fence_of(plugin), self._settings.email
        deadline, concurrency = fence.deadline or DEADLINES.get(capability, email.deadline), fence.concurrency
        if capability is Capability.EMAIL:
            concurrency = max(concurrency, email.concurrency + SPARE)
        return FenceOptions(Isolation(fence.isolation), deadline, concurrency, fence.memory)


def _chosen_by(capability: str, providers: ProviderSettings, tenant: TenantTable) -> tuple[str, ...]:
    return tenant.providers.get(capability) or chain_of(providers, capability)


def _choices(providers: ProviderSettings, own: PluginTables) -> Iterator[tuple[str, Capability, str]]:
    """Each choice of a provider: where it stands, the capability, the plugin."""
    for capability in Capability:
        for name in chain_of(providers, capability):
            yield f"providers.{capability}", capability, name
        for tenant in own.tenants.values():
            for name in tenant.providers.get(capability, ()):
                yield f"tenants.{tenant.name}.providers.{capability}", capability, name


def _named(providers: ProviderSettings, own: PluginTables) -> Iterator[tuple[str, str]]:
    """The plugins that the configuration names, each with a key where it does."""
    for tenant in own.tenants.values():
        yield from ((name, f"tenants.{tenant.name}.plugins.{name}") for name in tenant.plugins)
    yield from ((name, f"plugins.{name}") for name in own.plugins)
    yield from ((name, key) for key, _, name in _choices(providers, own))


def _missing(name: str, discovered: Mapping[str, Discovered]) -> str:
    return f"the plugin {name} is not installed{meant(name, discovered)}: {to_install(name)}"


def _required(own: PluginTables, discovered: Mapping[str, Discovered]) -> Iterator[SettingFault]:
    """Plugins without which the start is to stop, and that can't be used."""
    for table in own.plugins.values():
        found = discovered.get(table.name)
        if table.fence.required and found is not None and not found.is_loaded:
            yield SettingFault(f"plugins.{table.name}.fence.required", "is true", found.why or "it can't be used")


def _unable(
    providers: ProviderSettings, own: PluginTables, discovered: Mapping[str, Discovered]
) -> Iterator[SettingFault]:
    """Choices of a plugin for what it does not serve."""
    for key, capability, name in _choices(providers, own):
        found = discovered.get(name)
        if (
            found is not None
            and found.is_loaded
            and found.plugin is not None
            and capability not in found.plugin.provides
        ):
            serves = ", ".join(found.plugin.provides) or "no capability"
            message = f"the plugin {name} does not serve {capability}; it serves {serves}"
            yield SettingFault(key, own.where.get(key, "not set"), message)


def _given(plugin: str, providers: ProviderSettings, own: PluginTables) -> Iterator[tuple[str, str, tuple[Given, ...]]]:
    """What was given for a plugin: for all, then for each tenant with settings of its own, which go before those.

    Where only tenants with settings of their own use it, what was given for all need not be enough by itself.
    """
    general = own.plugins.get(plugin, PluginTable(plugin)).given
    apart = [tenant for tenant in own.tenants.values() if plugin in tenant.plugins]
    others = [
        tenant
        for tenant in own.tenants.values()
        if tenant not in apart and any(plugin in chain for chain in tenant.providers.values())
    ]
    if not apart or others or any(plugin in chain_of(providers, capability) for capability in Capability):
        yield "", f"plugins.{plugin}", general
    for tenant in apart:
        yield tenant.name, f"tenants.{tenant.name}.plugins.{plugin}", (*general, *tenant.plugins[plugin].given)
