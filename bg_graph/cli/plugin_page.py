"""All that a plugin says of itself, in lines for people: what it serves, its settings, its hooks, where it comes from."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from bg_graph.hosting.choosing import choose
from bg_graph.hosting.discovery import discover
from bg_graph.hosting.own_settings import is_secret
from bg_graph.plugins.hooks import PROJECT
from bg_graph.plugins.plugin import API, Plugin
from bg_graph.settings import Given, PluginTable, Settings


def page_of(name: str, settings: Settings) -> Iterator[str]:
    """The lines about an installed plugin. It is imported, also where nothing enables it."""
    found = discover([name])[name]
    chosen = choose(settings.providers, settings.own)
    yield f"{name} {found.plugin.version if found.plugin else found.version}"
    yield f"  package    {found.distribution} {found.version}"
    if found.plugin is None:
        yield f"  problem    {found.why}"
        return
    plugin = found.plugin
    yield f"  title      {plugin.title}"
    yield f"  contract   {_dotted(plugin.api)}; this host runs {_dotted(API)}"
    if found.why:
        yield f"  {'note' if found.is_loaded else 'problem'}       {found.why}"
    yield from _served(plugin)
    hooks = list(_hooks_of(plugin))
    if hooks:
        yield f"  hooks      {', '.join(hooks)}"
    enabled = chosen.discovered[name].is_loaded
    yield f"  enabled    {'yes' if enabled else f'no: name it under [providers], or give it a table [plugins.{name}]'}"
    yield ""
    yield from _settings(plugin, settings.own.plugins.get(name, PluginTable(name)))
    for fault in chosen.faults:
        if name in fault.key.split("."):
            yield f"PROBLEM {fault}"


def _served(plugin: Plugin) -> Iterator[str]:
    for capability, factory in plugin.provides.items():
        yield f"  serves     {capability}, by {getattr(factory, '__module__', '?')}.{getattr(factory, '__qualname__', '?')}"
        abilities = getattr(factory, "abilities", None)
        if isinstance(abilities, frozenset):
            yield f"  abilities  {', '.join(sorted(map(str, abilities))) or 'none'}"


def _settings(plugin: Plugin, table: PluginTable) -> Iterator[str]:
    fields = plugin.settings.model_fields
    if not fields:
        yield "It has no settings."
        return
    given = {each.path[0].removesuffix("_file"): each for each in table.given}
    yield f"Settings, under [plugins.{plugin.name}]:"
    for key, field in fields.items():
        yield f"  {key} = {_value(key, field, given)}"
        yield f"      {field.description or 'without a description'} Default: {_default(field)}."
        yield f"      {_variable(plugin.name, key)}" + (
            " or ..._FILE; never in the settings file" if _secret(field) else ""
        )
    yield f"How it is kept apart stands under [plugins.{plugin.name}.fence]: docs/plugins/operating.md"


def _value(key: str, field: FieldInfo, given: dict[str, Given]) -> str:
    found = given.get(key)
    if _secret(field):
        return f"(set, {found.where})" if found else "(not set)"
    if found is None:
        return "(required)" if field.is_required() else "(default)"
    return f"{found.value} ({found.where})"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "none, it must be set"
    default: Any = field.get_default(call_default_factory=True, validated_data={})
    return "none" if default is None or default is PydanticUndefined or _secret(field) else _plain(default)


def _plain(value: object) -> str:
    return ", ".join(value.model_fields_set) if isinstance(value, BaseModel) else str(value)


def _secret(field: FieldInfo) -> bool:
    return is_secret(field.annotation)


def _variable(plugin: str, key: str) -> str:
    return f"BG_PLUGINS__{plugin}__{key}".replace("-", "_").upper()


def _hooks_of(plugin: Plugin) -> Iterator[str]:
    """The functions that are marked as hooks: nothing is called."""
    for name in dir(plugin.hooks) if plugin.hooks is not None else ():
        if hasattr(getattr(plugin.hooks, name, None), f"{PROJECT}_impl"):
            yield name


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(str(part) for part in version)
