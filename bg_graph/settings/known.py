"""Every setting that there is, described before any value is: its key, its variables, what is allowed, its default."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bg_graph.settings.plugins import FenceSettings
from bg_graph.settings.section import Section
from bg_graph.settings.sections import sections

PREFIX = "BG_"
NESTED = "__"
"""Between the parts of a variable's name where a part may hold an underscore of its own: plugins, tenants, providers."""


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
        between = NESTED if self.section == "providers" else "_"
        return f"{PREFIX}{self.section}{between}{self.name}".upper()

    @property
    def file_variable(self) -> str | None:
        """The environment variable that names a file which holds the value; only secrets have one."""
        return f"{self.variable}_FILE" if self.secret else None


def known_settings() -> tuple[SettingInfo, ...]:
    """Every setting there is, in the order of the file; those of plugins are known to the plugins alone."""
    return tuple(info for section, model in sections() for info in described(section, model))


def fence_settings() -> tuple[SettingInfo, ...]:
    """The settings of each plugin's fence."""
    return described("fence", FenceSettings)


def described(section: str, model: type[Section]) -> tuple[SettingInfo, ...]:
    """The settings of a section."""
    return tuple(
        SettingInfo(
            section,
            name,
            _allowed(schema),
            _shown(schema["default"]),
            schema["description"],
            secret=not model.model_fields[name].repr,
        )
        for name, schema in model.model_json_schema()["properties"].items()
    )


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
        case list() | tuple():
            return f"`{', '.join(map(str, default))}`"
        case _:
            return f"`{default}`"
