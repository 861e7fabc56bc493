"""Reads what is given for plugins and for tenants: tables of the file, variables, flags. Each value keeps its place."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from bg_graph.settings.faults import SettingFault, meant
from bg_graph.settings.known import NESTED, PREFIX, SettingInfo, described, fence_settings
from bg_graph.settings.plugins import (
    NAME,
    FenceSettings,
    Given,
    PluginTable,
    PluginTables,
    ProviderSettings,
    TenantTable,
)
from bg_graph.settings.section import Section

SECTIONS = ("plugins", "tenants")
"""The sections that are read here."""
_NAME = re.compile(NAME)
_FENCE = "fence"


class PluginReading:
    """Collects what is given, then makes tables of it. What is wrong is added to the faults."""

    def __init__(self, faults: list[SettingFault]) -> None:
        self._faults = faults
        self._given: dict[tuple[str, ...], Given] = {}
        self._enabled: list[str] = []
        self._enabled_for: dict[str, list[str]] = defaultdict(list)
        self.where: dict[str, str] = {}

    def read_table(self, section: str, values: Mapping[str, object], where: str) -> None:
        """A table of the file, with the tables below it. An empty table of a plugin enables it: it may need no setting."""
        if section == "plugins":
            self._enabled += _named_tables(values)
        else:
            for tenant, table in values.items():
                plugins = table.get("plugins") if isinstance(table, dict) and _NAME.fullmatch(tenant) else None
                self._enabled_for[tenant] += _named_tables(plugins) if isinstance(plugins, dict) else []
        for path, value in _leaves((section,), values, depth=3 if section == "plugins" else 5):
            self._keep(path, value, f"[{_table(path)}] in {where}")

    def read_variable(self, name: str, value: str) -> bool:
        """A variable; whether it is one of these."""
        section, *rest = name.removeprefix(PREFIX).lower().split(NESTED)
        if section not in SECTIONS or not rest:
            return False
        names = 1 if section == "plugins" else 3
        parts = [part.replace("_", "-") if place < names else part for place, part in enumerate(rest)]
        self._keep((section, *parts), value, f"environment, {name}", is_text=True)
        return True

    def read_flag(self, key: str, value: object) -> bool:
        """A flag; whether it is one of these."""
        if not key.startswith(tuple(f"{section}." for section in SECTIONS)):
            return False
        self._keep(tuple(key.split(".")), value, "flag")
        return True

    def tables(self) -> PluginTables:
        """What was collected."""
        plugins: dict[str, list[Given]] = defaultdict(list, {name: [] for name in self._enabled})
        tenants: dict[str, dict[tuple[str, ...], Given]] = defaultdict(dict)
        tenants |= {tenant: {} for tenant, names in self._enabled_for.items() if names}
        for (section, *path), given in self._given.items():
            if section == "plugins" and self._is_named(given, path, 2):
                plugins[path[0]].append(_below(given, path[1:]))
            elif section == "tenants" and self._is_named(given, path, 3):
                tenants[path[0]][tuple(path[1:])] = given
        return PluginTables(
            {name: self._plugin(name, given) for name, given in plugins.items()},
            {name: self._tenant(name, given) for name, given in tenants.items()},
            dict(self.where),
        )

    def _keep(self, path: tuple[str, ...], value: object, where: str, *, is_text: bool = False) -> None:
        self._given.pop(path, None)  # what comes later stands later
        self._given[path] = Given(path, where, value, is_text)

    def _is_named(self, given: Given, path: list[str], parts: int) -> bool:
        """Whether it stands where something may; the name of the plugin or tenant is one that there can be."""
        if len(path) < parts:
            what = "plugins.<name>" if parts == 2 else "tenants.<name>.providers or tenants.<name>.plugins.<plugin>"
            self._fault(given, f"must be a table: [{what}]")
        elif not _NAME.fullmatch(path[0]):
            self._fault(given, "a name has small letters, digits and hyphens")
        else:
            return True
        return False

    def _plugin(self, name: str, given: list[Given]) -> PluginTable:
        fence = {each.path[1]: each for each in given if each.path[0] == _FENCE and len(each.path) == 2}
        own = tuple(each for each in given if each.path[0] != _FENCE)
        prefix = f"plugins.{name}.{_FENCE}"
        values = self._checked(prefix, FenceSettings, fence_settings(), fence)
        return PluginTable(name, own, FenceSettings.model_validate(values))

    def _tenant(self, name: str, given: Mapping[tuple[str, ...], Given]) -> TenantTable:
        chosen: dict[str, Given] = {}
        plugins: dict[str, list[Given]] = defaultdict(list, {each: [] for each in self._enabled_for[name]})
        for (kind, *path), each in given.items():
            if kind == "providers" and len(path) == 1:
                chosen[path[0]] = each
            elif kind == "plugins" and len(path) > 1 and path[1] != _FENCE:
                plugins[path[0]].append(_below(each, path[1:]))
            elif kind == "plugins" and len(path) > 1:
                self._fault(each, f"the fence of a plugin is the same for all tenants: [plugins.{path[0]}.fence]")
            else:
                self._fault(each, f"a tenant has [tenants.{name}.providers] and [tenants.{name}.plugins.<plugin>]")
        prefix = f"tenants.{name}.providers"
        values = self._checked(prefix, ProviderSettings, described("providers", ProviderSettings), chosen)
        settings = ProviderSettings.model_validate(values)
        self.where |= {f"{prefix}.{key}": each.where for key, each in chosen.items()}
        providers = {key: chain_of(settings, key) for key in values}
        return TenantTable(name, providers, {each: PluginTable(each, tuple(own)) for each, own in plugins.items()})

    def _checked(
        self, prefix: str, model: type[Section], known: tuple[SettingInfo, ...], given: Mapping[str, Given]
    ) -> dict[str, Any]:
        """The values that are allowed; a fault for each that is not."""
        infos = {info.name: info for info in known}
        values: dict[str, Any] = {}
        for name, each in given.items():
            if name not in infos:
                there = f"there is no such setting{meant(name, infos)}; there are {', '.join(infos)}"
                self._faults.append(SettingFault(f"{prefix}.{name}", each.where, there))
                continue
            try:
                model.model_validate({name: each.value})
                values[name] = each.value
            except ValidationError:
                message = f"must be {infos[name].allowed}; {each.value!r} is not"
                self._faults.append(SettingFault(f"{prefix}.{name}", each.where, message))
        return values

    def _fault(self, given: Given, message: str) -> None:
        self._faults.append(SettingFault(".".join(given.path), given.where, message))


def chain_of(providers: ProviderSettings, capability: str) -> tuple[str, ...]:
    """The plugins that serve a capability, in their order."""
    chosen: str | tuple[str, ...] = getattr(providers, capability)
    return (chosen,) if isinstance(chosen, str) else chosen


def _named_tables(values: Mapping[str, object]) -> list[str]:
    """The tables whose names are ones of plugins."""
    return [name for name, table in values.items() if isinstance(table, dict) and _NAME.fullmatch(name)]


def _below(given: Given, path: list[str]) -> Given:
    return Given(tuple(path), given.where, given.value, given.is_text)


def _leaves(
    path: tuple[str, ...], values: Mapping[str, object], depth: int
) -> Iterator[tuple[tuple[str, ...], object]]:
    """The values below a table; tables that stand deeper than names and settings do are values themselves."""
    for name, value in values.items():
        here = (*path, name)
        is_fence = len(here) == 3 and here[0] == "plugins" and name == _FENCE
        if isinstance(value, dict) and (len(here) < depth or is_fence):
            yield from _leaves(here, value, depth)
        else:
            yield here, value


def _table(path: tuple[str, ...]) -> str:
    return ".".join(path[:-1])
