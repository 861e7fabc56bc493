"""The hooks: what a plugin can bring besides providers. Each is called once, at the start, and only registers data;
`on_change` is called for what happens later.

Functions that are registered run on an event loop of the plugin's own, each within a deadline. A plugin names its hooks
in `Plugin.hooks`: a module or an object whose functions are marked with `hookimpl`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

import pluggy

from bg_graph.plugins.changes import Change
from bg_graph.plugins.context import ProviderContext
from bg_graph.plugins.health import Health
from bg_graph.plugins.importing import ImporterSpec
from bg_graph.plugins.summaries import Subject

PROJECT = "bg_graph"
"""The name under which pluggy keeps the hooks."""
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

Spec = TypeVar("Spec")


class Register(Generic[Spec]):
    """What a hook is given: the plugin's settings and context, and `add`."""

    def __init__(self, settings: Any, context: ProviderContext) -> None:
        self.settings = settings
        """The plugin's own settings, of its own model."""
        self.context = context
        """Name, logger and storage."""
        self.added: list[Spec] = []
        """What was registered so far."""

    def add(self, spec: Spec) -> None:
        """Register something. It is checked when the hook has returned."""
        self.added.append(spec)


class FieldOwner(StrEnum):
    """The types of the schema that can be given a field."""

    BUYING_GROUP = "BuyingGroup"
    ACCOUNT = "Account"
    PERSON = "Person"
    MEMBER = "Member"


class FieldReturns(StrEnum):
    """What a field can return. Every one may be null."""

    STRING = "String"
    INT = "Int"
    FLOAT = "Float"
    BOOLEAN = "Boolean"
    STRINGS = "[String!]"
    INTS = "[Int!]"
    FLOATS = "[Float!]"


FieldValue = str | int | float | bool | Sequence[str] | Sequence[int] | Sequence[float] | None
"""A value of a field; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRequest:
    """Asks for a field of some subjects at once."""

    tenant: str
    """The tenant that asks."""
    subjects: tuple[Subject, ...]
    """The groups, accounts, persons or members, each with its facts."""
    deadline: float
    """Seconds after which nobody waits for the answer any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """A field that the plugin adds to a type of the schema."""

    type: FieldOwner
    """The type that it is added to."""
    name: str
    """In camel case, with the plugin's name in front: `acmeHealth` of the plugin `acme`, `acmeMailOpenRate` of `acme-mail`."""
    returns: FieldReturns
    """What it returns."""
    description: str
    """What it means: shown in the schema."""
    compute: Callable[[FieldRequest], Awaitable[Sequence[FieldValue]]]
    """Gives a value for each subject, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSpec:
    """A readiness check: a server whose check fails is sent no requests."""

    name: str
    """In small letters, digits and hyphens; shown with the plugin's name in front."""
    description: str
    """What it looks at."""
    check: Callable[[], Awaitable[Health]]
    """Whether all is well; the message may be read by anybody who reaches `/readyz`."""


class RouteMethod(StrEnum):
    """How a route is called."""

    GET = "GET"
    POST = "POST"


class RouteAccess(StrEnum):
    """Who may call a route."""

    ANYBODY = "ANYBODY"
    """Whoever reaches the server: the plugin proves the caller by itself, such as by a signature."""
    READ = "READ"
    """Callers with a token and the right to read; the request names their tenant."""
    ADMIN = "ADMIN"
    """Callers with a token and the right to administer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRequest:
    """A call that came in."""

    method: RouteMethod
    path: str
    """What was called, below `/plugins/<plugin>/`."""
    parameters: Mapping[str, str]
    """The parts of the path that stand in braces in `RouteSpec.path`."""
    query: Mapping[str, str]
    """The query's parameters; of one that comes several times the last."""
    headers: Mapping[str, str]
    """Names in small letters. The caller's token is not among them."""
    body: bytes
    tenant: str | None
    """The caller's tenant; None with ANYBODY."""
    received_at: datetime
    """Aware."""
    settings: Any = None
    """The plugin's settings for that tenant; those of the installation with ANYBODY."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteResponse:
    """The answer to a call."""

    status: int = 200
    body: bytes = b""
    media_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    """Further header fields. Those that guard the page (such as Content-Security-Policy) are the host's where not named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSpec:
    """Inbound calls that the plugin answers, at `/plugins/<plugin>/<path>`."""

    path: str
    """Without a slash in front; a part in braces stands for any text: `messages/{key}`. Empty for the plugin's own page."""
    handle: Callable[[RouteRequest], Awaitable[RouteResponse]]
    """The answer. Raises Rejected (told with 400) and Forged (401)."""
    method: RouteMethod = RouteMethod.GET
    access: RouteAccess = RouteAccess.READ
    max_body: int = 256_000
    """Bytes of a body; a larger one is refused before the plugin sees it."""
    deadline: float = 5.0
    """Seconds that the answer may take, 30 at most."""


@hookspec
def register_fields(register: Register[FieldSpec]) -> None:
    """Add fields to types of the schema. A name that exists is an error: no plugin changes what there is."""


@hookspec
def register_importers(register: Register[ImporterSpec]) -> None:
    """Add sources for `bg-graph import`; see `bg_graph.plugins.importing`."""


@hookspec
def register_checks(register: Register[CheckSpec]) -> None:
    """Add readiness checks for `bg-graph plugins doctor` and `/readyz`."""


@hookspec
def register_routes(register: Register[RouteSpec]) -> None:
    """Answer inbound calls below `/plugins/<plugin>/`."""


@hookspec
def on_change(change: Change, settings: Any, context: ProviderContext) -> Awaitable[None] | None:
    """Something has happened: told after it is stored, at least once, within a deadline.

    The settings are those of the change's tenant. Where it raises, it is told again later, with growing pauses, and what
    comes after it waits meanwhile; after some attempts, or at once by Rejected, the change is set aside. An
    implementation names only the arguments that it needs.
    """
