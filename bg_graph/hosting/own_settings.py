"""A plugin's own settings: what was given for it, judged by its model. Every fault is told; a secret never is."""

import json
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretBytes, SecretStr, TypeAdapter, ValidationError

from bg_graph.plugins.plugin import Plugin
from bg_graph.settings import Given, SettingFault, meant

_FILE = "_file"
"""Ends the name of a setting that names the file which holds a secret."""
_HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class Judged:
    """A plugin's settings as its model takes them; None where something is wrong."""

    settings: BaseModel | None
    faults: tuple[SettingFault, ...]


def judged(plugin: Plugin, prefix: str, given: Iterable[Given]) -> Judged:
    """The settings of a plugin. `prefix` is where they stand, such as `plugins.smtp`; what comes later counts."""
    reading = _Reading(plugin.settings, prefix)
    for each in given:
        reading.take(each)
    if reading.faults:
        return Judged(None, (*reading.faults, *reading.wrong()))
    try:
        return Judged(plugin.settings.model_validate(reading.values), ())
    except ValidationError:
        return Judged(None, tuple(reading.wrong()))


class _Reading:
    """Collects the values of one model."""

    def __init__(self, model: type[BaseModel], prefix: str) -> None:
        self.model = model
        self.prefix = prefix
        self.values: dict[str, Any] = {}
        self.faults: list[SettingFault] = []
        self._where: dict[str, str] = {}
        self._secrets: list[str] = []

    def take(self, given: Given) -> None:
        """One value; a reference to a secret becomes the secret."""
        name, *below = given.path
        fields = self.model.model_fields
        if name not in fields and self._reads_secret(name, given):
            return
        if name not in fields and self.model.model_config.get("extra") != "allow":
            self.faults.append(SettingFault(self._key(name), given.where, self._unknown(name)))
            return
        annotation = fields[name].annotation if name in fields else None
        if is_secret(annotation) and given.where.startswith("["):
            self.faults.append(SettingFault(self._key(name), given.where, self._elsewhere(name)))
            return
        self._set(name, below, _typed(annotation, given) if not below else given.value, given.where)
        if is_secret(annotation):
            self._secrets.append(str(given.value))

    def wrong(self) -> Iterator[SettingFault]:
        """What the model says of the values; nothing of a setting that is told as wrong already."""
        told = {fault.key for fault in self.faults}
        try:
            self.model.model_validate(self.values)
        except ValidationError as error:
            for each in error.errors(include_input=False, include_url=False):
                path = [str(part) for part in each["loc"]]
                key = self._key(*path)
                if key not in told and not (self.faults and not path):
                    where = self._where.get(path[0], "not set") if path else "as a whole"
                    yield SettingFault(key, where, self._message(each["type"], each["msg"]))

    def _reads_secret(self, name: str, given: Given) -> bool:
        """Take the secret from the file that a setting such as `api_key_file` names; whether it is one of these."""
        secret = name.removesuffix(_FILE)
        field = self.model.model_fields.get(secret)
        if secret == name or field is None or not is_secret(field.annotation):
            return False
        self._read(secret, Path(str(given.value)), given)
        return True

    def _set(self, name: str, below: list[str], value: object, where: str) -> None:
        self._where[name] = where
        place = self.values
        for part in [name, *below][:-1]:
            inner = place.get(part)
            place[part] = dict(inner) if isinstance(inner, Mapping) else {}
            place = place[part]
        place[[name, *below][-1]] = value

    def _read(self, name: str, path: Path, given: Given) -> None:
        try:
            self._set(name, [], path.read_text(encoding="utf-8").rstrip("\r\n"), f"{given.where}, {path}")
            self._secrets.append(self.values[name])
        except (OSError, UnicodeDecodeError) as fault:
            reason = fault.strerror if isinstance(fault, OSError) else "it is no text"
            message = f"the file {path} can't be read: {reason}"
            self.faults.append(SettingFault(self._key(name), given.where, message))

    def _message(self, kind: str, text: str) -> str:
        if kind == "missing":
            return "must be set"
        shown = text.removeprefix("Value error, ").removeprefix("Assertion failed, ")
        for secret in self._secrets:
            shown = shown.replace(secret, _HIDDEN) if secret else shown
        return shown[:1].lower() + shown[1:]

    def _unknown(self, name: str) -> str:
        fields = self.model.model_fields
        there = f"there are {', '.join(fields)}" if fields else "the plugin has none"
        return f"there is no such setting{meant(name, fields)}; {there}"

    def _elsewhere(self, name: str) -> str:
        variable = "BG_" + self._key(name).replace(".", "__").replace("-", "_").upper()
        return f"a secret does not stand in the settings file: set {variable}, or {name}_file to a file that holds it"

    def _key(self, *path: str) -> str:
        return ".".join((self.prefix, *path))


def is_secret(annotation: object) -> bool:
    """Whether a setting is kept from sight."""
    if get_origin(annotation) in (Union, types.UnionType):
        return any(is_secret(each) for each in get_args(annotation))
    return isinstance(annotation, type) and issubclass(annotation, SecretStr | SecretBytes)


def _typed(annotation: Any, given: Given) -> object:
    """A text of the environment as the setting wants it: lists separated by commas, tables as JSON."""
    if not given.is_text or annotation is None or not isinstance(given.value, str) or _takes(annotation, given.value):
        return given.value
    text = given.value
    if text[:1] in "[{":
        try:
            return json.loads(text)
        except ValueError:
            return text
    items = [item.strip() for item in text.split(",") if item.strip()]
    return items if _takes(annotation, items) else text


def _takes(annotation: Any, value: object) -> bool:
    try:
        TypeAdapter(annotation).validate_python(value)
    except ValidationError:
        return False
    return True
