"""Every setting of an installation, typed, with its default and its meaning; read from a file, the environment and flags.

What belongs to one tenant (roles, templates, weights) is no setting: it stands in the tenant's set-up file.
"""

import ipaddress
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

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


def _database_url(value: str) -> str:
    if not value.startswith(("sqlite:///", "postgresql://", "postgres://")):
        raise ValueError("unknown kind of database")
    return value


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("no address of a server")
    return value.rstrip("/")


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or f"{parts.scheme}://{parts.netloc}" != value:
        raise ValueError("no web origin")
    return value


def _network(value: str) -> str:
    ipaddress.ip_network(value, strict=False)
    return value


def _schedule(value: str) -> str:
    try:
        CronSim(value, datetime(2000, 1, 1, tzinfo=UTC))
    except CronSimError as fault:
        raise ValueError("no schedule") from fault
    return value


def _items(value: object) -> object:
    """A list in one text, as the environment gives it."""
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    return value


_Texts = BeforeValidator(_items)


def _setting(default: object, description: str, *, allowed: str | None = None, **limits: Any) -> Any:
    """A setting; `allowed` says in words what its type alone does not say."""
    return Field(
        default, description=description, json_schema_extra={"allowed": allowed} if allowed else None, **limits
    )


class Section(BaseModel):
    """Settings that belong together: a table of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DatabaseSettings(Section):
    """Where everything is stored."""

    url: Annotated[str, AfterValidator(_database_url)] = _setting(
        "sqlite:///bg-graph.sqlite",
        "The database. SQLite is embedded and needs nothing else; PostgreSQL is for production. "
        "A password in it is never shown.",
        allowed="sqlite:///path/to/file or postgresql://user:password@host:port/name",
        repr=False,
    )
    pool_size: int = _setting(10, "Connections to PostgreSQL kept open by each process.", ge=1, le=200)


class ServerSettings(Section):
    """Where and to whom the product is served."""

    host: str = _setting("127.0.0.1", "Address to listen on; 0.0.0.0 for all.", min_length=1, allowed="an address")
    port: int = _setting(8000, "Port to listen on; 0 takes any free one.", ge=0, le=65535)
    base_url: Annotated[str, AfterValidator(_base_url)] | None = _setting(
        None,
        "Address under which people reach the server, where that is another than host and port say: behind a proxy, "
        "or below a path. Links and the GraphiQL page use it.",
        allowed="an address such as https://example.com/bg-graph",
    )
    allowed_origins: Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], _Texts] = _setting(
        (),
        "Web origins besides our own whose pages may call; none by default.",
        allowed="a list of origins such as https://app.example.com, without a path",
    )
    trusted_proxies: Annotated[tuple[Annotated[str, AfterValidator(_network)], ...], _Texts] = _setting(
        (),
        "Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed; none by default.",
        allowed="a list of addresses or networks such as 10.0.0.0/8",
    )
    introspection: bool = _setting(True, "Whether the schema may be asked for; GraphiQL needs it.")
    shutdown_grace: float = _setting(
        20.0, "Seconds that requests under way are given to end when the server is stopped.", ge=0, le=3600
    )

    @property
    def base_path(self) -> str:
        """The path of the base URL, without a slash at its end; empty where there is none."""
        return urlsplit(self.base_url or "").path


class LimitSettings(Section):
    """How much one request may ask. What goes beyond is refused before anything is executed, with a code of its own."""

    max_body: int = _setting(256_000, "Bytes of a request's body.", ge=1_000, le=100_000_000)
    max_input_depth: int = _setting(64, "Levels of lists and objects in the JSON of a request.", ge=5, le=500)
    max_tokens: int = _setting(4_000, "Tokens of a document; the Overview tab has about 400.", ge=100, le=100_000)
    max_depth: int = _setting(20, "Levels of nested fields; tools' introspection has 15.", ge=3, le=100)
    max_aliases: int = _setting(60, "Renamed fields, those of a fragment counted where it is spread.", ge=0, le=10_000)
    max_cost: int = _setting(25_000, "Objects that one operation could ask for at most.", ge=100, le=10_000_000)
    deadline: float = _setting(30.0, "Seconds that an operation may take before it is cancelled.", gt=0, le=3600)
    body_timeout: float = _setting(10.0, "Seconds within which a request's body must have arrived.", gt=0, le=600)


class LoggingSettings(Section):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = _setting("info", "The least important events to log.")
    format: Literal["console", "json"] = _setting("console", "Lines for people, or one JSON object a line.")


class JobSettings(Section):
    """The daily run of scores and maintenance inside `bg-graph serve`."""

    enabled: bool = _setting(True, "Whether this process runs the jobs by itself.")
    schedule: Annotated[str, AfterValidator(_schedule)] = _setting(
        "0 2 * * *",
        "When the jobs are due, in UTC; a run that was missed is made up for at the start.",
        allowed="a cron expression of five parts, such as 0 2 * * * for 02:00 each day",
    )


class Settings(Section):
    """All settings of an installation; passed to whoever needs them, never imported as a global."""

    database: DatabaseSettings = Field(default=DatabaseSettings())
    server: ServerSettings = Field(default=ServerSettings())
    limits: LimitSettings = Field(default=LimitSettings())
    logging: LoggingSettings = Field(default=LoggingSettings())
    jobs: JobSettings = Field(default=JobSettings())


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


def sections() -> Iterator[tuple[str, type[Section]]]:
    """The name of each section, and what it holds."""
    for name, field in Settings.model_fields.items():
        yield name, type(field.default)


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
    for name, value in sorted(environment.items()):
        if name in keys:
            yield _Given(keys[name], value, f"environment, {name}")
        elif name.startswith(PREFIX) and name not in OTHER_VARIABLES and not name.startswith(_TEST_PREFIX):
            faults.append(SettingFault(name, "environment", f"no setting has this variable{_meant(name, keys)}"))


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
        return Settings.model_validate(nested)
    except ValidationError as error:
        wrong = dict.fromkeys(".".join(map(str, fault["loc"][:2])) for fault in error.errors())
        faults += [_wrong(given[key], known[key]) for key in wrong]
        return None


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
