"""The approved e-mails of a subscription, as the classic asset API gives them, and the programs that they lie in."""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bg_email_marketo.activities import moment_of
from bg_email_marketo.api import Api, Call
from bg_email_marketo.settings import MarketoSettings
from bg_graph.plugins.errors import Rejected

FRESH_FOR = 60.0
"""Seconds for which the list is not read again."""
MOST_PAGES = 1_000
"""Pages that are followed; more is taken for a list that never ends."""
DEEPEST = 30
"""Folders that are walked upwards to find a program."""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder or program."""

    id: int
    type: str


@dataclass(frozen=True, slots=True)
class Program:
    """A program."""

    id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An approved e-mail."""

    id: str
    name: str
    workspace: str
    subject: str | None = None
    place: Place | None = None
    program: Program | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Programs:
    """Finds the program that a folder lies in. What was found is kept: programs rarely move."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: dict[Place, Program | None] = {}

    async def of(self, place: Place | None) -> Program | None:
        """The program that a place is, or lies in; None where it lies in none. Raises ProviderError."""
        way: list[Place] = []
        while place is not None and place not in self._known and place not in way and len(way) < DEEPEST:
            way.append(place)
            if place.type == "Program":
                self._known[place] = await self._program(place.id)
                break
            place = await self._parent(place)
        found = self._known.get(place) if place is not None else None
        self._known |= dict.fromkeys(way, found)
        return found

    def forget(self) -> None:
        """Ask again from now on."""
        self._known.clear()

    async def _program(self, program_id: int) -> Program | None:
        record = await self._one(Call(path=f"/rest/asset/v1/program/{program_id}.json"))
        name = record.get("name")
        return Program(program_id, name) if isinstance(name, str) else None

    async def _parent(self, place: Place) -> Place | None:
        query = {"type": place.type}
        record = await self._one(Call(path=f"/rest/asset/v1/folder/{place.id}.json", query=query))
        return place_of(record.get("parent"))

    async def _one(self, call: Call) -> Mapping[str, Any]:
        try:
            answer = await self._api.ask(call)
        except Rejected:
            return {}  # a folder that the API user does not see
        return answer.result[0] if answer.result else {}


class Catalog:
    """The approved e-mails. Read whole, since Marketo has no filter for workspaces and no search by name."""

    def __init__(self, api: Api, settings: MarketoSettings) -> None:
        self._api, self._settings = api, settings
        self._programs = Programs(api)
        self._read: list[Listed] = []
        self._until = 0.0
        self._reading = asyncio.Lock()

    async def emails(self) -> list[Listed]:
        """All approved e-mails by their id, read again when too old. Raises ProviderError."""
        loop = asyncio.get_running_loop()
        async with self._reading:
            if loop.time() >= self._until:
                found: dict[str, Listed] = {}
                for folder in self._settings.folders or (None,):
                    where = None if folder is None else Place(folder.id, folder.type)
                    found |= {each.id: each for each in await self._pages(where)}
                self._read = sorted(found.values(), key=lambda each: int(each.id))
                self._until = loop.time() + FRESH_FOR
            return self._read

    async def one(self, email_id: str) -> Listed | None:
        """An approved e-mail; None where there is no such one. Raises ProviderError."""
        call = Call(path=f"/rest/asset/v1/email/{int(email_id)}.json", query={"status": "approved"})
        try:
            answer = await self._api.ask(call)
        except Rejected as refused:
            if refused.code == "702":
                return None
            raise
        return next((listed for each in answer.result if (listed := _listed(each)) is not None), None)

    async def program_of(self, email: Listed) -> Program | None:
        """The program that an e-mail lies in. Raises ProviderError."""
        return email.program or await self._programs.of(email.place)

    async def alone(self) -> set[int]:
        """The programs that have one approved e-mail. Raises ProviderError."""
        programs = [await self.program_of(each) for each in await self.emails()]
        counts = Counter(each.id for each in programs if each is not None)
        return {program for program, count in counts.items() if count == 1}

    async def _pages(self, place: Place | None) -> list[Listed]:
        size, found = self._settings.page_size, list[Listed]()
        for page in range(MOST_PAGES):
            query: dict[str, str | int] = {"status": "approved", "maxReturn": size, "offset": page * size}
            if place is not None:
                query["folder"] = json.dumps({"id": place.id, "type": place.type}, separators=(",", ":"))
            answer = await self._api.ask(Call(path="/rest/asset/v1/emails.json", query=query))
            found += [listed for each in answer.result if (listed := _listed(each)) is not None]
            if len(answer.result) < size:
                break
        return found


def place_of(record: object) -> Place | None:
    """A folder reference of an answer."""
    match record:
        case {"id": int(found), "type": "Folder" | "Program" as kind}:
            return Place(found, str(kind))
    return None


def _listed(record: Mapping[str, Any]) -> Listed | None:
    """An e-mail of an answer; None where it lacks an id, or is not approved."""
    found = record.get("id")
    if not isinstance(found, int) or isinstance(found, bool) or record.get("status") not in (None, "approved"):
        return None
    subject = record.get("subject")
    return Listed(
        id=str(found),
        name=str(record.get("name") or found),
        workspace=str(record.get("workspace") or "Default"),
        subject=str(subject["value"]) if isinstance(subject, Mapping) and subject.get("value") else None,
        place=place_of(record.get("folder")),
        created_at=moment_of(record.get("createdAt")),
        updated_at=moment_of(record.get("updatedAt")),
    )
