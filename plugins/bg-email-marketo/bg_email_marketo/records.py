"""What was asked of Marketo under which key, kept before it is asked: Marketo itself keeps no keys and gives no receipts.

A call is one record with its leads; each recipient key points to its call. So the records of a hundred recipients are
written before one trigger, and one write after it tells how that ended.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import uuid4

from bg_graph.plugins.context import Storage


class Stage(StrEnum):
    """How far a call came."""

    PREPARED = "PREPARED"
    """It is written down; nothing has left."""
    ASKED = "ASKED"
    """The trigger is about to leave, or has left without an answer."""
    ACCEPTED = "ACCEPTED"
    """Marketo took it."""
    DROPPED = "DROPPED"
    """Nothing ran, and nothing will."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One call of Marketo that sends something."""

    name: str
    """Its key in the storage: campaign, day, and an id of its own."""
    email: str
    campaign: int
    """0 for a sample."""
    leads: dict[str, int]
    """Lead ids by recipient key."""
    at: datetime
    stage: Stage = Stage.PREPARED
    request: str = ""
    """Marketo's id of the request."""

    def message_id(self, key: str) -> str:
        """Id of the message to a recipient, unique among all."""
        return f"{self.request or self.name.rsplit('/', 1)[-1]}/{self.leads.get(key, 0)}"

    def text(self) -> str:
        """As it is kept."""
        fields = asdict(self) | {"at": self.at.isoformat()}
        return json.dumps({name: value for name, value in fields.items() if name != "name"}, separators=(",", ":"))


class Records:
    """The records of one tenant."""

    def __init__(self, storage: Storage, tenant: str) -> None:
        self._storage, self._tenant = storage, tenant

    async def of(self, key: str) -> Asked | None:
        """The call in which a key was last asked for; None where it never was."""
        name = await self._storage.get(self._tenant, _pointer(key))
        return None if name is None else await self._call(name)

    async def prepare(self, email: str, campaign: int, leads: dict[str, int], now: datetime) -> Asked:
        """Write down what is about to be asked."""
        name = f"call/{campaign}/{now.astimezone(UTC):%Y%m%d}/{uuid4().hex}"
        asked = Asked(name=name, email=email, campaign=campaign, leads=leads, at=now)
        await self._storage.put(self._tenant, name, asked.text())
        for key in leads:
            await self._storage.put(self._tenant, _pointer(key), name)
        return asked

    async def advance(self, asked: Asked, stage: Stage, *, at: datetime | None = None, request: str = "") -> Asked:
        """Write down how far a call has come."""
        asked = replace(asked, stage=stage, at=at or asked.at, request=request or asked.request)
        await self._storage.put(self._tenant, asked.name, asked.text())
        return asked

    async def confirm(self, asked: Asked, key: str, message_id: str) -> None:
        """Write down that Marketo's activities show the e-mail to this recipient, though the call is unknown."""
        await self._storage.put(self._tenant, f"sent/{key}", message_id)

    async def confirmed(self, key: str) -> str | None:
        """The message's id where an activity has shown it."""
        return await self._storage.get(self._tenant, f"sent/{key}")

    async def around(self, asked: Asked, until: datetime) -> list[Asked]:
        """All calls of the campaign from the day before this one on, which share the leads' activities with it."""
        found: list[Asked] = []
        day = asked.at.astimezone(UTC).date() - timedelta(days=1)
        while day <= until.astimezone(UTC).date():
            kept = await self._storage.list(self._tenant, f"call/{asked.campaign}/{day:%Y%m%d}/")
            found += [each for name, text in kept.items() if (each := _read(name, text)) is not None]
            day += timedelta(days=1)
        return sorted(found, key=lambda each: each.at)

    async def _call(self, name: str) -> Asked | None:
        text = await self._storage.get(self._tenant, name)
        return None if text is None else _read(name, text)


def keys_in(calls: Sequence[Asked], lead: int) -> list[tuple[str, Asked]]:
    """The recipient keys under which a lead was asked for, with their calls, in the order of time."""
    return [(key, call) for call in calls for key, each in call.leads.items() if each == lead]


def _pointer(key: str) -> str:
    return f"key/{key}"


def _read(name: str, text: str) -> Asked | None:
    try:
        fields = json.loads(text)
        fields["at"], fields["stage"] = datetime.fromisoformat(fields["at"]), Stage(fields["stage"])
        return Asked(name=name, **fields)
    except (ValueError, KeyError, TypeError):
        return None
