"""Reads the settings from flags, the environment and a file; tells every fault with where it stands and what is allowed."""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from bg_graph.settings.email import contradictions
from bg_graph.settings.faults import SettingFault, WrongSettings, meant
from bg_graph.settings.known import PREFIX, SettingInfo, known_settings
from bg_graph.settings.moved import new_key, new_variable
from bg_graph.settings.plugin_reading import SECTIONS, PluginReading
from bg_graph.settings.plugins import PluginTables, ProviderSettings
from bg_graph.settings.sections import Settings, sections

DEFAULT_FILE = "bg-graph.toml"
OTHER_VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "BG_CONFIG": "Path of the settings file; the flag `--config` goes before it.",
        "BG_TOKEN": "Token that `bg-graph query` sends; the flag `--token` goes before it.",
    }
)
"""Variables with our prefix that are no settings, and what they are for."""
Judge = Callable[[ProviderSettings, PluginTables], Iterable[SettingFault]]
"""Finds what is wrong with the choice of providers, and with what was given for plugins."""
_TEST_PREFIX = "BG_TEST_"


@dataclass(frozen=True, slots=True)
class _Given:
    """One value that somebody gave, and where."""

    key: str
    value: object
    where: str


def settings_file(config: Path | None, environment: Mapping[str, str]) -> Path | None:
    """The settings file in use: the one that a flag or BG_CONFIG names, else ./bg-graph.toml where it exists."""
    named = config or (Path(environment["BG_CONFIG"]) if environment.get("BG_CONFIG") else None)
    if named is not None:
        return named
    default = Path(DEFAULT_FILE)
    return default if default.exists() else None


def load_settings(
    *,
    environment: Mapping[str, str],
    config: Path | None = None,
    flags: Mapping[str, object] = MappingProxyType({}),
    judge: Judge = lambda *_: (),
) -> Settings:
    """The settings in force: flags go before the environment, that before the file, that before the defaults.

    `flags` are keyed `section.name`; None means that the flag was not given. Raises WrongSettings with every fault, those
    included that `judge` finds with what was given for plugins.
    """
    faults: list[SettingFault] = []
    known = {info.key: info for info in known_settings()}
    file = settings_file(config, environment)
    given: dict[str, _Given] = {}
    own = PluginReading(faults)
    found = (_from_file(file, own, faults) if file else (), _from_environment(environment, known, own, faults))
    for item in chain(*found, _from_flags(flags, own)):
        if item.key in known:
            given[item.key] = item
        else:
            faults.append(_unknown(item, known))
    own.where.update({item.key: item.where for item in given.values() if item.key.startswith("providers.")})
    tables = own.tables()
    settings = _validated(given, known, tables, faults)
    faults += judge(settings.providers if settings else _chosen(given), tables)
    if faults or settings is None:
        raise WrongSettings(faults)
    return settings


def _chosen(given: Mapping[str, _Given]) -> ProviderSettings:
    """The choice of providers, as far as it is right, where other settings are wrong."""
    found = ProviderSettings()
    for item in given.values():
        section, _, name = item.key.partition(".")
        if section == "providers":
            with suppress(ValidationError):
                found = ProviderSettings.model_validate({**found.model_dump(), name: item.value})
    return found


def _from_flags(flags: Mapping[str, object], own: PluginReading) -> Iterator[_Given]:
    for key, value in flags.items():
        if value is not None and not own.read_flag(key, value):
            yield _Given(key, value, "flag")


def _from_file(path: Path, own: PluginReading, faults: list[SettingFault]) -> Iterator[_Given]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else str(fault)
        faults.append(SettingFault("settings file", str(path), f"can't be read: {reason}"))
        return
    for section, values in content.items():
        if isinstance(values, dict) and section in SECTIONS:
            own.read_table(section, values, str(path))
        elif isinstance(values, dict):
            yield from (_Given(f"{section}.{name}", value, f"[{section}] in {path}") for name, value in values.items())
        elif isinstance(values, list):
            faults.append(SettingFault(section, str(path), f"must be a table, [{section}], not a list"))
        else:
            yield _Given(section, values, str(path))


def _from_environment(
    environment: Mapping[str, str], known: Mapping[str, SettingInfo], own: PluginReading, faults: list[SettingFault]
) -> Iterator[_Given]:
    keys = {info.variable: info.key for info in known.values()}
    files = {info.file_variable: info.key for info in known.values() if info.secret}
    for name, value in sorted(environment.items()):
        if name in keys:
            yield _Given(keys[name], value, f"environment, {name}")
        elif name in files:
            yield from _from_secret_file(files[name], Path(value), name, faults)
        elif not _is_ours(name) or own.read_variable(name, value):
            continue
        else:
            faults.append(SettingFault(name, "environment", _no_variable(name, keys)))


def _is_ours(name: str) -> bool:
    """Whether a variable can only be meant for settings."""
    return name.startswith(PREFIX) and name not in OTHER_VARIABLES and not name.startswith(_TEST_PREFIX)


def _no_variable(name: str, keys: Mapping[str, str]) -> str:
    moved = new_variable(name)
    return f"it is {moved} now" if moved else f"no setting has this variable{meant(name, keys)}"


def _from_secret_file(key: str, path: Path, variable: str, faults: list[SettingFault]) -> Iterator[_Given]:
    where = f"environment, {variable}"
    try:
        yield _Given(key, path.read_text(encoding="utf-8").rstrip("\r\n"), f"{where}, {path}")
    except (OSError, UnicodeDecodeError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else "it is no text"
        faults.append(SettingFault(key, where, f"the file {path} can't be read: {reason}"))


def _unknown(item: _Given, known: Mapping[str, SettingInfo]) -> SettingFault:
    moved = new_key(item.key)
    if moved:
        return SettingFault(item.key, item.where, f"it is {moved} now: see docs/settings.md")
    section = item.key.partition(".")[0]
    names = [info.name for info in known.values() if info.section == section]
    if names:
        return SettingFault(
            item.key,
            item.where,
            f"there is no such setting{meant(item.key, known)}; [{section}] has {', '.join(names)}",
        )
    there_are = ", ".join(f"[{name}]" for name in (*(name for name, _ in sections()), *SECTIONS))
    return SettingFault(item.key, item.where, f"there is no section [{section}]; there are {there_are}")


def _validated(
    given: Mapping[str, _Given], known: Mapping[str, SettingInfo], tables: PluginTables, faults: list[SettingFault]
) -> Settings | None:
    nested: dict[str, Any] = {"own": tables}
    for item in given.values():
        section, _, name = item.key.partition(".")
        nested.setdefault(section, {})[name] = item.value
    try:
        settings = Settings.model_validate(nested)
    except ValidationError as error:
        wrong = dict.fromkeys(".".join(map(str, fault["loc"][:2])) for fault in error.errors())
        faults += [_wrong(given[key], known[key]) for key in wrong]
        return None
    faults += _contradictory(settings, given)
    return settings


def check_together(settings: Settings) -> None:
    """Raise WrongSettings where settings, each allowed by itself, do not go together. Those of `load_settings` do."""
    faults = _contradictory(settings, {})
    if faults:
        raise WrongSettings(faults)


def _contradictory(settings: Settings, given: Mapping[str, _Given]) -> list[SettingFault]:
    return [
        SettingFault(key, given[key].where if key in given else "not set", message)
        for key, message in contradictions(settings.email)
    ]


def _wrong(item: _Given, info: SettingInfo) -> SettingFault:
    value = "this" if info.secret else repr(item.value)
    return SettingFault(item.key, item.where, f"must be {info.allowed}; {value} is not")
