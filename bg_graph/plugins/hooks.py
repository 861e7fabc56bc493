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

from bg_graph.plugins.context import ProviderContext
from bg_graph.plugins.health import Health
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


class ImportKind(StrEnum):
    """What a source gives records of. The columns of each are those of the files in docs/import.md."""

    ACCOUNT = "Account"
    CONTACT = "Contact"
    OPPORTUNITY = "Opportunity"
    CONTACT_ROLE = "OpportunityContactRole"
    LEAD = "Marketo leads"
    ACTIVITY = "Marketo activities"
    JOURNEY = "AccountJourney"
    SIGNAL = "IntentSignal"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileHead:
    """What is known of a file before it is read."""

    name: str
    """Its name, without the folder."""
    start: bytes
    """How it begins: 64 KiB at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """Asks for a page of a file's records."""

    path: str
    """Where the file lies."""
    kind: ImportKind
    """What it was recognised as."""
    cursor: str | None = None
    """Where to begin; None at the beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRecord:
    """A record, as a row of a file of its kind."""

    line: int
    """Where it stands in the file, by which it is named when it is rejected."""
    values: Mapping[str, str]
    """Its texts by the columns of its kind; empty or absent where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPage:
    """A part of a file's records."""

    records: tuple[ImportRecord, ...]
    next_cursor: str | None = None
    """Where the next part begins; None at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImporterSpec:
    """A source for `bg-graph import`: files in a form that only the plugin knows."""

    name: str
    """Of the source, such as `acme-export`: shown in messages."""
    suffixes: tuple[str, ...]
    """Ends of the names of its files, in small letters, such as `.acme`; only such files are shown to it."""
    recognise: Callable[[FileHead], Awaitable[ImportKind | None]]
    """What the file holds; None where it is not one of its own."""
    read: Callable[[ImportRequest], Awaitable[ImportPage]]
    """A page of the records. Raises Rejected for a file that can't be read: it is refused whole."""


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


class ChangeTopic(StrEnum):
    """What a change is about."""

    GROUP = "GROUP"
    """A call of the change log: members assigned, roles edited, groups made, and so on."""
    DELIVERY = "DELIVERY"
    """A report on a delivery of an e-mail: delivered, bounced, opened, clicked, unsubscribed."""
    JOB = "JOB"
    """A job has ended, such as `score`: there are new scores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that has happened and is stored."""

    id: str
    """The same for the same change, however often it is told: by it repeats are dropped."""
    tenant: str
    topic: ChangeTopic
    kind: str
    """What was done, such as `MEMBERS_ASSIGNED`, `OPENED`, `score`."""
    subject: str | None
    """Id of what changed, as the API gives it; None where it is the whole tenant."""
    at: datetime
    """When (aware)."""
    by: str | None = None
    """Who: the caller's name, or the name of the job or import."""


@hookspec
def register_fields(register: Register[FieldSpec]) -> None:
    """Add fields to types of the schema. A name that exists is an error: no plugin changes what there is."""


@hookspec
def register_importers(register: Register[ImporterSpec]) -> None:
    """Add sources for `bg-graph import`."""


@hookspec
def register_checks(register: Register[CheckSpec]) -> None:
    """Add readiness checks for `bg-graph plugins doctor` and `/readyz`."""


@hookspec
def register_routes(register: Register[RouteSpec]) -> None:
    """Answer inbound calls below `/plugins/<plugin>/`."""


@hookspec
def on_change(change: Change, settings: Any, context: ProviderContext) -> Awaitable[None] | None:
    """Something has happened: told after it is stored, at least once, within a deadline.

    Where it raises, it is told again later, with growing pauses; what comes after it waits meanwhile. An
    implementation names only the arguments that it needs.
    """
