"""Bulk extracts: a file of leads or activities is ordered, waited for and fetched piece by piece.

Source: providers.md, section 1, "Bulk extract".
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bg_email_marketo.api import Api, Call
from bg_graph.plugins.errors import Rejected, Unavailable

LONGEST_WINDOW = timedelta(days=31)
"""Span of time that one extract may ask for."""
KEPT_FOR = timedelta(days=6, hours=12)
"""How long an extract is taken up again; Marketo keeps its file for 7 days."""
PIECE = 2 * 2**20
"""Bytes of a file that are fetched at a time."""
LONGEST_RECORD = 16 * 2**20
"""Bytes of a record; more is taken for a quote that is never closed."""


class What(StrEnum):
    """What is extracted."""

    LEADS = "leads"
    ACTIVITIES = "activities"


class Stage(StrEnum):
    """How far an extract is."""

    WAITING = "WAITING"
    READY = "READY"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Status:
    """What Marketo says of an extract."""

    stage: Stage
    size: int = 0
    """Bytes of its file, once it is ready."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole records of a file."""

    records: Sequence[Mapping[str, str]]
    header: Sequence[str]
    end: int
    """Where in the file they end, in bytes."""


class Exports:
    """The extracts of one subscription. All methods raise ProviderError."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def create(self, what: What, body: Mapping[str, Any]) -> str:
        """Order an extract; gives its id. It is not made before it is enqueued."""
        answer = await self._api.ask(Call(path=f"/bulk/v1/{what}/export/create.json", method="POST", body=body))
        for each in answer.result:
            if isinstance(each.get("exportId"), str):
                return str(each["exportId"])
        raise Unavailable("Marketo gave no id for an export")

    async def enqueue(self, what: What, export: str) -> None:
        """Have an extract made."""
        await self._api.ask(Call(path=f"/bulk/v1/{what}/export/{export}/enqueue.json", method="POST"))

    async def status(self, what: What, export: str) -> Status:
        """How far it is."""
        answer = await self._api.ask(Call(path=f"/bulk/v1/{what}/export/{export}/status.json"))
        said = answer.result[0] if answer.result else {}
        match said.get("status"):
            case "Completed":
                size = said.get("fileSize")
                return Status(Stage.READY, size if isinstance(size, int) else 0)
            case "Created" | "Queued" | "Processing":
                return Status(Stage.WAITING)
        return Status(Stage.FAILED)

    async def piece(self, what: What, export: str, *, start: int, size: int, header: Sequence[str], most: int) -> Piece:
        """At most so many records of a file of this size from a place on. Without a header, the file's first line is it."""
        length = PIECE
        while True:
            end = min(start + length, size) - 1
            headers = {"Range": f"bytes={start}-{end}"}
            found = await self._api.file(
                Call(path=f"/bulk/v1/{what}/export/{export}/file.json", headers=headers, plain=True)
            )
            if len(found) != end - start + 1:
                raise Unavailable("Marketo gave another piece of an export's file than was asked for")
            piece = _cut(found, start, header, most, is_last=end + 1 == size)
            if piece is not None:
                return piece
            if length >= LONGEST_RECORD:
                raise Rejected("EXPORT_UNREADABLE", "a record of Marketo's export does not end")
            length *= 4


def window(since: datetime, now: datetime) -> tuple[datetime, bool]:
    """Where the extract that begins at a moment ends, and whether it reaches the present."""
    end = min(since + LONGEST_WINDOW, now)
    return end, end == now


def _cut(text: bytes, start: int, header: Sequence[str], most: int, *, is_last: bool) -> Piece | None:
    """The whole records of a piece; None where not even one is whole."""
    rows: list[list[str]] = []
    at = 0
    for line in _records(text, is_last=is_last):
        if len(rows) > most:
            break
        at += len(line)
        rows += csv.reader([line.decode("utf-8", errors="replace")])
    if not rows:
        return None
    names, rows = (header, rows) if header else (rows[0], rows[1:])
    records = [dict(zip(names, row, strict=False)) for row in rows if row]
    return Piece(records, names, start + at)


def _records(text: bytes, *, is_last: bool) -> Iterator[bytes]:
    """Each record with its line end: a line end within quotes ends none. The last is left out where it may go on."""
    held = b""
    for line in text.splitlines(keepends=True):
        held += line
        if held.endswith(b"\n") and held.count(b'"') % 2 == 0:
            yield held
            held = b""
    if held and is_last:
        yield held
