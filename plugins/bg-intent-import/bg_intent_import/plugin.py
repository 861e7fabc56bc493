"""The plugin `intent-import`: a source of intent signals that reads third parties' files of topic scores."""

import asyncio
from pathlib import Path

from bg_graph.plugins.errors import Rejected
from bg_graph.plugins.hooks import Register, hookimpl
from bg_graph.plugins.importing import FileHead, ImporterSpec, ImportKind, ImportPage, ImportRequest
from bg_graph.plugins.plugin import Plugin
from bg_intent_import.columns import find_header
from bg_intent_import.settings import ImportSettings
from bg_intent_import.surge import Surge
from bg_intent_import.tables import WORKBOOK, lines_of

VERSION = "1.0.0"
SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx")
AT_A_TIME = 5_000
"""Rows that one page reads, rejected ones that end it, and signals that one gives: a page may hold 10,000 records."""


class TopicFiles:
    """Files of topic scores, those under way remembered between their pages."""

    def __init__(self, settings: ImportSettings) -> None:
        self._settings = settings
        self._open: dict[tuple[str, str], tuple[str, Surge]] = {}

    async def recognise(self, head: FileHead) -> bool:
        """Whether a file has a header that is understood; a workbook is only looked into when it is read."""
        if head.start.startswith(WORKBOOK):
            return True
        return await asyncio.to_thread(self._has_header, head.start)

    async def read(self, request: ImportRequest) -> ImportPage:
        """A page: rejected rows while the file is read through, then the signals."""
        if request.path is None:
            raise Rejected("NO_FILE", "this source reads files: name them")
        key = (request.tenant, request.path)
        if request.cursor is None:
            surge = await asyncio.to_thread(Surge, Path(request.path), self._settings, request.terms, VERSION)
            return await self._page(key, surge, 0, reading=True)
        under_way = self._open.pop(key, None)
        if under_way is None or under_way[0] != request.cursor:
            raise Rejected("CURSOR_LOST", "this file was being read by a process that is gone: import it again")
        surge = under_way[1]
        phase, _, number = request.cursor.partition(":")
        return await self._page(key, surge, int(number), reading=phase == "read")

    async def close(self) -> None:
        """Forget the files under way."""
        self._open.clear()

    async def _page(self, key: tuple[str, str], surge: Surge, number: int, *, reading: bool) -> ImportPage:
        if reading:
            rejected, more = await asyncio.to_thread(surge.read, AT_A_TIME)
            cursor = f"{'read' if more else 'give'}:{number + 1}"
            self._open[key] = (cursor, surge)
            return ImportPage(records=tuple(rejected), next_cursor=cursor, more=True, skipped=surge.taken_skipped())
        signals = await asyncio.to_thread(surge.signals, AT_A_TIME)
        cursor, more = f"give:{number + 1}", len(signals) == AT_A_TIME
        if more:
            self._open[key] = (cursor, surge)
        return ImportPage(records=tuple(signals), next_cursor=cursor, more=more)

    def _has_header(self, start: bytes) -> bool:
        try:
            return find_header(lines_of(start), self._settings.columns) is not None
        except Rejected:
            return False


class Hooks:
    """What the plugin brings."""

    @hookimpl
    def register_importers(self, register: Register[ImporterSpec]) -> None:
        """The source `intent-import.topics`."""
        files = TopicFiles(register.settings)
        spec = ImporterSpec(
            name="topics",
            title="Topic scores of companies, as third parties hand them out",
            kind=ImportKind.SIGNAL,
            suffixes=SUFFIXES,
            recognise=files.recognise,
            read=files.read,
            close=files.close,
        )
        register.add(spec)


PLUGIN = Plugin(
    name="intent-import",
    version=VERSION,
    title="Third-party intent: files of topic scores by company",
    settings=ImportSettings,
    hooks=Hooks(),
)
"""Its entry point."""
