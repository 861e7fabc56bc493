"""What a transaction announced, told once it is committed: in this process on SQLite, to every process on PostgreSQL.

An announcement names a subject that changed and nothing of what it became: whoever hears it reads for itself.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

CHANNEL = "bg_graph"
"""PostgreSQL's channel; a database's own, so that several installations on one server do not hear each other."""
MOST_NAMED = 5_000
"""Subjects of one topic that a transaction names; beyond it, one announcement stands for all of the tenant's."""
_IN_ONE_PAYLOAD = 200  # 33 bytes each; PostgreSQL takes payloads below 8,000
_ALL = "*"
_NOTIFY = text("SELECT pg_notify(:channel, payload) FROM unnest(CAST(:payloads AS text[])) AS payload")


@dataclass(frozen=True, slots=True)
class Announcement:
    """A subject of a tenant has changed; None stands for any number of subjects of the topic."""

    tenant_id: UUID
    topic: str
    subject_id: UUID | None


Hearer = Callable[[Sequence[Announcement]], None]
"""Is told what was announced. It must return at once, and not fail."""


class WrongPayload(Exception):
    """A notification that this version did not write."""


class Announcements:
    """Who, in this process, is told when a transaction of this process is committed."""

    def __init__(self) -> None:
        self._hearers: list[Hearer] = []

    @contextmanager
    def heard_by(self, hearer: Hearer) -> Iterator[None]:
        """Tell the hearer for as long as the `with` lasts."""
        self._hearers.append(hearer)
        try:
            yield
        finally:
            self._hearers.remove(hearer)

    def tell(self, announced: Sequence[Announcement]) -> None:
        """Tell every hearer."""
        if announced:
            for hearer in tuple(self._hearers):
                hearer(announced)


def announcements(tenant_id: UUID, announced: Iterable[tuple[str, UUID | None]]) -> list[Announcement]:
    """What to tell of these (topic, subject) pairs, each once."""
    subjects: dict[str, set[UUID | None]] = {}
    for topic, subject in announced:
        subjects.setdefault(topic, set()).add(subject)
    return [each for topic, named in sorted(subjects.items()) for each in _of_topic(tenant_id, topic, named)]


def _of_topic(tenant_id: UUID, topic: str, named: set[UUID | None]) -> list[Announcement]:
    ids = sorted(each for each in named if each is not None)
    if len(ids) < len(named) or len(ids) > MOST_NAMED:
        return [Announcement(tenant_id, topic, None)]
    return [Announcement(tenant_id, topic, subject) for subject in ids]


async def notify(connection: AsyncConnection, announced: Sequence[Announcement]) -> None:
    """Have PostgreSQL tell every process that listens, if and when this transaction is committed. One statement."""
    if announced:
        await connection.execute(_NOTIFY, {"channel": CHANNEL, "payloads": payloads(announced)})


def payloads(announced: Sequence[Announcement]) -> list[str]:
    """Announcements as texts: "tenant topic subject subject ...", each short enough for a notification."""
    texts: list[str] = []
    for (tenant_id, topic), group in groupby(announced, key=lambda each: (each.tenant_id, each.topic)):
        words = [_ALL if each.subject_id is None else each.subject_id.hex for each in group]
        texts += [
            " ".join((tenant_id.hex, topic, *words[start : start + _IN_ONE_PAYLOAD]))
            for start in range(0, len(words), _IN_ONE_PAYLOAD)
        ]
    return texts


def read_payload(payload: str) -> list[Announcement]:
    """The announcements in a notification. Raises WrongPayload where it has another form."""
    tenant, _, rest = payload.partition(" ")
    topic, _, subjects = rest.partition(" ")
    words = subjects.split(" ")
    try:
        tenant_id = UUID(hex=tenant)
        return [Announcement(tenant_id, topic, None if word == _ALL else UUID(hex=word)) for word in words]
    except ValueError:
        raise WrongPayload(f"a notification has another form than expected: {payload[:80]!r}") from None
