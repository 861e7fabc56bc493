"""Reads the settings from flags, the environment and a file; tells every fault with where it stands and what is allowed."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from bg_graph.settings.email import contradictions
from bg_graph.settings.sections import Settings, sections

PREFIX = "BG_"
DEFAULT_FILE = "bg-graph.toml"
OTHER_VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "BG_CONFIG": "Path of the settings file; the flag `--config` goes before it.",
        "BG_TOKEN": "Token that `bg-graph query` sends; the flag `--token` goes before it.",
    }
)
"""Variables with our prefix that are no settings, and what they are for."""
_TEST_PREFIX = "BG_TEST_"


@dataclass(frozen=True, slots=True)
class SettingInfo:
    """What is known of one setting before any value is."""

    section: str
    name: str
    allowed: str
    default: str
    description: str
    secret: bool

    @property
    def key(self) -> str:
        """As messages name it: section.name."""
        return f"{self.section}.{self.name}"

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"{PREFIX}{self.section}_{self.name}".upper()

    @property
    def file_variable(self) -> str | None:
        """The environment variable that names a file which holds the value; only secrets have one."""
        return f"{self.variable}_FILE" if self.secret else None


@dataclass(frozen=True, slots=True)
class SettingFault:
    """One thing wrong with the settings: what, where it stands, what is allowed."""

    key: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.key} ({self.where}): {self.message}"


class WrongSettings(Exception):
    """The settings can't be used; every fault is named."""

    def __init__(self, faults: list[SettingFault]) -> None:
        self.faults = tuple(faults)
        count = "One setting is wrong" if len(faults) == 1 else f"{len(faults)} settings are wrong"
        super().__init__("\n".join([f"{count}:", *(f"  {fault}" for fault in faults)]))


@dataclass(frozen=True, slots=True)
class _Given:
    """One value that somebody gave, and where."""

    key: str
    value: object
    where: str


def known_settings() -> tuple[SettingInfo, ...]:
    """Every setting there is, in the order of the file."""
    return tuple(
        SettingInfo(
            section,
            name,
            _allowed(schema),
            _shown(schema["default"]),
            schema["description"],
            secret=not model.model_fields[name].repr,
        )
        for section, model in sections()
        for name, schema in model.model_json_schema()["properties"].items()
    )


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
) -> Settings:
    """The settings in force: flags go before the environment, that before the file, that before the defaults.

    `flags` are keyed `section.name`; None means that the flag was not given. Raises WrongSettings with every fault.
    """
    faults: list[SettingFault] = []
    known = {info.key: info for info in known_settings()}
    file = settings_file(config, environment)
    given: dict[str, _Given] = {}
    named = (_Given(key, value, "flag") for key, value in flags.items() if value is not None)
    for item in chain(_from_file(file, faults) if file else (), _from_environment(environment, known, faults), named):
        if item.key in known:
            given[item.key] = item
        else:
            faults.append(_unknown(item, known))
    settings = _validated(given, known, faults)
    if faults or settings is None:
        raise WrongSettings(faults)
    return settings


def _from_file(path: Path, faults: list[SettingFault]) -> Iterator[_Given]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else str(fault)
        faults.append(SettingFault("settings file", str(path), f"can't be read: {reason}"))
        return
    for section, values in content.items():
        if isinstance(values, dict):
            yield from (_Given(f"{section}.{name}", value, f"[{section}] in {path}") for name, value in values.items())
        elif isinstance(values, list):
            faults.append(SettingFault(section, str(path), f"must be a table, [{section}], not a list"))
        else:
            yield _Given(section, values, str(path))


def _from_environment(
    environment: Mapping[str, str], known: Mapping[str, SettingInfo], faults: list[SettingFault]
) -> Iterator[_Given]:
    keys = {info.variable: info.key for info in known.values()}
    files = {info.file_variable: info.key for info in known.values() if info.secret}
    for name, value in sorted(environment.items()):
        if name in keys:
            yield _Given(keys[name], value, f"environment, {name}")
        elif name in files:
            yield from _from_secret_file(files[name], Path(value), name, faults)
        elif name.startswith(PREFIX) and name not in OTHER_VARIABLES and not name.startswith(_TEST_PREFIX):
            faults.append(SettingFault(name, "environment", f"no setting has this variable{_meant(name, keys)}"))


def _from_secret_file(key: str, path: Path, variable: str, faults: list[SettingFault]) -> Iterator[_Given]:
    where = f"environment, {variable}"
    try:
        yield _Given(key, path.read_text(encoding="utf-8").rstrip("\r\n"), f"{where}, {path}")
    except (OSError, UnicodeDecodeError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else "it is no text"
        faults.append(SettingFault(key, where, f"the file {path} can't be read: {reason}"))


def _unknown(item: _Given, known: Mapping[str, SettingInfo]) -> SettingFault:
    section = item.key.partition(".")[0]
    names = [info.name for info in known.values() if info.section == section]
    if names:
        return SettingFault(
            item.key,
            item.where,
            f"there is no such setting{_meant(item.key, known)}; [{section}] has {', '.join(names)}",
        )
    there_are = ", ".join(f"[{name}]" for name, _ in sections())
    return SettingFault(item.key, item.where, f"there is no section [{section}]; there are {there_are}")


def _meant(name: str, known: Mapping[str, object]) -> str:
    close = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else ""


def _validated(
    given: Mapping[str, _Given], known: Mapping[str, SettingInfo], faults: list[SettingFault]
) -> Settings | None:
    nested: dict[str, dict[str, object]] = {}
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
        for key, message in contradictions(settings.email, settings.smtp)
    ]


def _wrong(item: _Given, info: SettingInfo) -> SettingFault:
    value = "this" if info.secret else repr(item.value)
    return SettingFault(item.key, item.where, f"must be {info.allowed}; {value} is not")


def _allowed(schema: Mapping[str, Any]) -> str:
    if "allowed" in schema:
        return str(schema["allowed"])
    if "enum" in schema:
        return "one of " + ", ".join(schema["enum"])
    if schema["type"] == "boolean":
        return "true or false"
    kind = "a whole number" if schema["type"] == "integer" else "a number"
    low = f"above {schema['exclusiveMinimum']:g}" if "exclusiveMinimum" in schema else f"from {schema['minimum']}"
    return f"{kind} {low} to {schema['maximum']}"


def _shown(default: object) -> str:
    match default:
        case None | [] | ():
            return "none"
        case bool():
            return f"`{str(default).lower()}`"
        case _:
            return f"`{default}`"
