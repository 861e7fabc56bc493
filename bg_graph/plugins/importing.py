"""Sources for `bg-graph import`: files in a form that only the plugin knows, or records of another system, page by page.

A source gives records as rows of our own kinds of files; the host judges and stores them as it does rows of a CSV. It
keeps for each tenant how far a remote source was read, and asks on from there.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bg_graph.plugins.intent import Term


class ImportKind(StrEnum):
    """What a source gives records of. The columns of each, and what is refused, stand in docs/import.md."""

    ACCOUNT = "Account"
    """Companies, by their Salesforce id."""
    CONTACT = "Contact"
    """People of accounts."""
    OPPORTUNITY = "Opportunity"
    """Deals of accounts."""
    CONTACT_ROLE = "OpportunityContactRole"
    """Who takes part in which deal."""
    LEAD = "Marketo leads"
    """Which lead of the system of activities is which contact."""
    ACTIVITY = "Marketo activities"
    """What leads did. `attributes` is a JSON object as text."""
    JOURNEY = "AccountJourney"
    """Which account is in which automation."""
    SIGNAL = "IntentSignal"
    """Interests that another system tells of accounts, people or groups."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileHead:
    """What is known of a file before it is read."""

    name: str
    """Its name, without the folder."""
    start: bytes
    """How it begins: 64 KiB at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """Asks for a page of records."""

    tenant: str
    """The tenant whose data it will be."""
    path: str | None = None
    """The file to read; None asks a remote source."""
    cursor: str | None = None
    """Where the page before ended; None at the beginning. Of a remote source it may be from an earlier run."""
    terms: tuple[Term, ...] = ()
    """The tenant's taxonomy in use, a parent before its parts; given to sources of signals alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRecord:
    """A record, as a row of a file of its kind."""

    values: Mapping[str, str]
    """Its texts by the columns of its kind. Absent is not empty: a column that is absent changes nothing that is stored."""
    line: int | None = None
    """Where it stands in its file, by which it is named when it is rejected; None: by its number in the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReject:
    """A record that the source itself can't make a row of. It is counted and listed like any that the host rejects."""

    code: str
    """In capital letters, digits and underscores, such as `SCORE_INVALID`; the plugin's documents explain it."""
    column: str
    """What it is about, as its file calls it."""
    value: str
    """What stands there."""
    reason: str
    """What is wrong with it, and what to do."""
    line: int | None = None
    """Where it stands in its file; None: by its number in the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPage:
    """A part of the records."""

    records: tuple[ImportRecord | ImportReject, ...]
    """In their order; none where there is nothing yet. At most 10,000."""
    next_cursor: str | None = None
    """Where this page ends. Of a remote source it is kept once the records are stored, and the next page, or the next run, is
    asked with it; on the last page None has the next run begin anew."""
    more: bool = False
    """Whether there is another page now."""
    wait: float = 0.0
    """Seconds to wait before it is asked for, such as while an export is being made; 60 at most."""
    skipped: Mapping[str, int] = field(default_factory=dict)
    """How many records were left out on purpose, by code: told as warnings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImporterSpec:
    """A source for `bg-graph import --from <plugin>.<name>`."""

    name: str
    """In small letters, digits and hyphens, such as `activities`."""
    title: str
    """What it is, in a few words: listed where somebody asks for a source that is not there."""
    kind: ImportKind
    """What its records are."""
    read: Callable[[ImportRequest], Awaitable[ImportPage]]
    """A page of records. Raises Rejected for a file, or a cursor, that can't be read, and the other errors of the contract:
    what came before stays stored, and the next run goes on from the cursor kept."""
    suffixes: tuple[str, ...] = ()
    """Of a source of files: the ends of their names in small letters, such as `.acme`. None for a remote source."""
    recognise: Callable[[FileHead], Awaitable[bool]] | None = None
    """Whether a file with such a name is one of its own. None: each is."""
    close: Callable[[], Awaitable[None]] | None = None
    """Called once the import has ended, however it did: gives up what was held from page to page."""
    deadline: float = 60.0
    """Seconds that a page may take, 300 at most."""
