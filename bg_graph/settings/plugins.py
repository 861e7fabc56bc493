"""Settings of plugins: which provider serves what, how each is fenced, and what was given for each, by installation and tenant.

A plugin's own settings are kept as they were given, with the place: only its model, which is not known here, can judge them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BeforeValidator, StringConstraints

from bg_graph.settings.section import Section, Texts, setting

NAME = r"[a-z0-9][a-z0-9-]{0,62}"
"""What names of plugins and of tenants look like."""
Name = Annotated[str, StringConstraints(pattern=rf"^{NAME}$")]
_CHAIN = "a list of plugins, such as openai, facts"


def _only_one(value: object) -> object:
    """The one name in a list of exactly one."""
    return value[0] if isinstance(value, list | tuple) and len(value) == 1 else value


class ProviderSettings(Section):
    """Which plugin serves which capability. For single tenants: `[tenants.<name>.providers]`, in the same words."""

    summary: Annotated[tuple[Name, ...], Texts] = setting(
        ("facts",), "Who writes summaries: the first that answers.", allowed=_CHAIN
    )
    intent: Annotated[tuple[Name, ...], Texts] = setting(
        ("activities",), "Who predicts interests: the first that answers.", allowed=_CHAIN
    )
    email: Annotated[Name, BeforeValidator(_only_one)] = setting(
        "outbox",
        "Who sends e-mails, exactly one: `outbox` writes each message to a file and shows it at `/plugins/outbox/`, so that "
        "nobody is written to while you try things; `smtp` hands them to a mail server.",
        allowed="the name of a plugin",
    )


class FenceSettings(Section):
    """How a plugin is kept apart from the server: `[plugins.<name>.fence]`."""

    isolation: Literal["thread", "process", "inline"] = setting(
        "thread",
        "Where it runs: in a `thread` of its own, so that the server answers whatever it does; in a `process` of its own, "
        "so that a crash or memory that runs full ends that alone; `inline` gives no protection, and is for tests.",
    )
    deadline: float | None = setting(
        None,
        "Seconds that one call may take. None: 5 for summaries, 600 for intent, `email.deadline` for e-mails.",
        gt=0,
        le=86_400,
        allowed="a number above 0 to 86400",
    )
    concurrency: int = setting(
        8, "Calls at one time; of an e-mail provider, `email.concurrency` and a few more at least.", ge=1, le=1000
    )
    memory: int = setting(2048, "MiB that a process of its own may hold.", ge=64, le=1_048_576)
    required: bool = setting(
        False, "Whether the start stops where the plugin can't be loaded; without it the product goes on without it."
    )


@dataclass(frozen=True, slots=True)
class Given:
    """One value that somebody gave for a plugin, and where. It may be a secret."""

    path: tuple[str, ...]
    """The setting below the plugin's table; several parts where it stands in a table of its own."""
    where: str
    value: object = field(repr=False)
    is_text: bool = False
    """It came from the environment, which knows texts only."""


@dataclass(frozen=True, slots=True)
class PluginTable:
    """What was given for one plugin."""

    name: str
    given: tuple[Given, ...] = ()
    """In the order in which one goes before the other: what comes later counts."""
    fence: FenceSettings = field(default_factory=FenceSettings)


@dataclass(frozen=True, slots=True)
class TenantTable:
    """What was given for one tenant alone."""

    name: str
    providers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By capability, for those that differ."""
    plugins: Mapping[str, PluginTable] = field(default_factory=dict)
    """By plugin, what goes before the installation's settings."""


@dataclass(frozen=True, slots=True)
class PluginTables:
    """All that was given for plugins and for tenants."""

    plugins: Mapping[str, PluginTable] = field(default_factory=dict)
    tenants: Mapping[str, TenantTable] = field(default_factory=dict)
    where: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Where a choice of providers stands, by its key: `providers.email`, `tenants.contoso.providers.email`."""


def plugin_tables(
    plugins: Mapping[str, Mapping[str, object]] = MappingProxyType({}),
    tenants: Mapping[str, Mapping[str, Sequence[str]]] = MappingProxyType({}),
) -> PluginTables:
    """Tables made in code: settings by plugin, and chosen providers by tenant and capability."""
    given = {
        name: PluginTable(name, tuple(Given((key,), "in code", value) for key, value in values.items()))
        for name, values in plugins.items()
    }
    chosen = {
        name: TenantTable(name, {capability: tuple(names) for capability, names in providers.items()})
        for name, providers in tenants.items()
    }
    return PluginTables(given, chosen)
