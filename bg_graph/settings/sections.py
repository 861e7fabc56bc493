"""The sections of the settings: every setting with its type, its default and its meaning."""

import ipaddress
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, Field, InstanceOf

from bg_graph.settings.email import EmailSettings
from bg_graph.settings.plugins import PluginTables, ProviderSettings
from bg_graph.settings.section import Section, Texts, setting
from bg_graph.settings.summaries import SummarySettings


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


class DatabaseSettings(Section):
    """Where everything is stored."""

    url: Annotated[str, AfterValidator(_database_url)] = setting(
        "sqlite:///bg-graph.sqlite",
        "The database. SQLite is embedded and needs nothing else; PostgreSQL is for production. "
        "A password in it is never shown.",
        allowed="sqlite:///path/to/file or postgresql://user:password@host:port/name",
        repr=False,
    )
    listen_url: Annotated[str, AfterValidator(_database_url)] | None = setting(
        None,
        "The address of the same PostgreSQL database by which each process hears of changes made by others, over one "
        "connection; needed where `database.url` leads to a pooler in transaction mode, such as pgbouncer.",
        allowed="postgresql://user:password@host:port/name",
        repr=False,
    )
    pool_size: int = setting(10, "Connections to PostgreSQL kept open by each process.", ge=1, le=200)


class ServerSettings(Section):
    """Where and to whom the product is served."""

    host: str = setting("127.0.0.1", "Address to listen on; 0.0.0.0 for all.", min_length=1, allowed="an address")
    port: int = setting(8000, "Port to listen on; 0 takes any free one.", ge=0, le=65535)
    base_url: Annotated[str, AfterValidator(_base_url)] | None = setting(
        None,
        "Address under which people reach the server, where that is another than host and port say: behind a proxy, "
        "or below a path. Links and the GraphiQL page use it.",
        allowed="an address such as https://example.com/bg-graph",
    )
    allowed_origins: Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], Texts] = setting(
        (),
        "Web origins besides our own whose pages may call; none by default.",
        allowed="a list of origins such as https://app.example.com, without a path",
    )
    trusted_proxies: Annotated[tuple[Annotated[str, AfterValidator(_network)], ...], Texts] = setting(
        (),
        "Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed; none by default.",
        allowed="a list of addresses or networks such as 10.0.0.0/8",
    )
    introspection: bool = setting(True, "Whether the schema may be asked for; GraphiQL needs it.")
    shutdown_grace: float = setting(
        20.0, "Seconds that requests under way are given to end when the server is stopped.", ge=0, le=3600
    )

    @property
    def base_path(self) -> str:
        """The path of the base URL, without a slash at its end; empty where there is none."""
        return urlsplit(self.base_url or "").path


class LimitSettings(Section):
    """How much one request may ask. What goes beyond is refused before anything is executed, with a code of its own."""

    max_body: int = setting(256_000, "Bytes of a request's body.", ge=1_000, le=100_000_000)
    max_input_depth: int = setting(64, "Levels of lists and objects in the JSON of a request.", ge=5, le=500)
    max_tokens: int = setting(4_000, "Tokens of a document; the Overview tab has about 400.", ge=100, le=100_000)
    max_depth: int = setting(20, "Levels of nested fields; tools' introspection has 15.", ge=3, le=100)
    max_aliases: int = setting(60, "Renamed fields, those of a fragment counted where it is spread.", ge=0, le=10_000)
    max_cost: int = setting(25_000, "Objects that one operation could ask for at most.", ge=100, le=10_000_000)
    deadline: float = setting(30.0, "Seconds that an operation may take before it is cancelled.", gt=0, le=3600)
    body_timeout: float = setting(10.0, "Seconds within which a request's body must have arrived.", gt=0, le=600)


class LoggingSettings(Section):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = setting("info", "The least important events to log.")
    format: Literal["console", "json"] = setting("console", "Lines for people, or one JSON object a line.")


class JobSettings(Section):
    """The daily run of scores and maintenance inside `bg-graph serve`."""

    enabled: bool = setting(True, "Whether this process runs the jobs by itself.")
    schedule: Annotated[str, AfterValidator(_schedule)] = setting(
        "0 2 * * *",
        "When the jobs are due, in UTC; a run that was missed is made up for at the start.",
        allowed="a cron expression of five parts, such as 0 2 * * * for 02:00 each day",
    )


class LiveSettings(Section):
    """Subscriptions: connections that stay open."""

    heartbeat: float = setting(
        20.0,
        "Seconds between two signs of life on an open connection; as long has a client to answer a ping, and as long may a "
        "lost right go unnoticed where no revocation told of it.",
        ge=1,
        le=3600,
    )
    patience: float = setting(
        30.0, "Seconds that a client may leave what it was sent unread before it is dropped.", ge=1, le=3600
    )


class Settings(Section):
    """All settings of an installation; passed to whoever needs them, never imported as a global."""

    database: DatabaseSettings = Field(default=DatabaseSettings())
    server: ServerSettings = Field(default=ServerSettings())
    limits: LimitSettings = Field(default=LimitSettings())
    logging: LoggingSettings = Field(default=LoggingSettings())
    jobs: JobSettings = Field(default=JobSettings())
    live: LiveSettings = Field(default=LiveSettings())
    summaries: SummarySettings = Field(default=SummarySettings())
    email: EmailSettings = Field(default=EmailSettings())
    providers: ProviderSettings = Field(default=ProviderSettings())
    own: InstanceOf[PluginTables] = Field(default=PluginTables(), repr=False)
    """What was given for each plugin and tenant: `[plugins.<name>]`, `[tenants.<name>...]`."""


def sections() -> Iterator[tuple[str, type[Section]]]:
    """The name of each section, and what it holds."""
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, Section):
            yield name, type(field.default)
