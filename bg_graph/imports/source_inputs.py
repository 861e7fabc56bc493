"""A source of a plugin as an input of an import: its pages in batches, and how far it was read, kept for the tenant."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bg_graph.accounts.rules import text_key
from bg_graph.hosting.hooks.running import Running
from bg_graph.hosting.hosted import PluginFailed
from bg_graph.imports.inputs import BATCH, Batch, InputFailed, columns_of
from bg_graph.imports.intakes.intake import Run
from bg_graph.imports.kinds import KINDS, Kind, KindName
from bg_graph.imports.pages import json_text
from bg_graph.imports.reading import FileFault, SourceRow
from bg_graph.imports.rejects import Rejection
from bg_graph.plugins.context import Storage
from bg_graph.plugins.errors import Misconfigured, ProviderError, Rejected
from bg_graph.plugins.importing import ImporterSpec, ImportPage, ImportRecord, ImportReject, ImportRequest
from bg_graph.plugins.intent import Term
from bg_graph.store.chunks import chunks

CURSOR = "import/"
"""What the keys begin with under which cursors stand in the storage of their plugin."""
BROKEN_OFF = frozenset({"PLUGIN_ERROR", "SOURCE_REJECTED", "SOURCE_MISCONFIGURED", "SOURCE_UNAVAILABLE"})
"""Codes of faults of sources: what they gave until then stays."""
SETTLED_PAGE_BY_PAGE = frozenset({KindName.LEAD, KindName.ACTIVITY, KindName.JOURNEY, KindName.SIGNAL})
"""Kinds of which nothing waits for later records, so that a page is done as soon as its records are stored."""


@dataclass(frozen=True, slots=True)
class Source:
    """A source that a plugin registered, with that plugin's storage."""

    spec: ImporterSpec
    running: Running
    storage: Storage

    @property
    def plugin(self) -> str:
        """Name of the plugin."""
        return self.running.plugin.name

    @property
    def name(self) -> str:
        """By which it is asked for."""
        return f"{self.plugin}.{self.spec.name}"

    @property
    def kind(self) -> Kind:
        """What its records are."""
        return next(kind for kind in KINDS if kind.name.value == self.spec.kind.value)

    @property
    def is_remote(self) -> bool:
        """Whether it is asked without files."""
        return not self.spec.suffixes


def fault_of(source: Source, fault: ProviderError) -> FileFault:
    """What is told where a source could not be read on."""
    if isinstance(fault, PluginFailed):
        return FileFault("PLUGIN_ERROR", f"the source {source.name} failed: {fault}; the log says more")
    if isinstance(fault, Rejected):
        return FileFault("SOURCE_REJECTED", f"{fault.code}: {fault}")
    if isinstance(fault, Misconfigured):
        remedy = f"see [plugins.{source.plugin}] in the settings and `bg-graph plugins doctor {source.plugin}`"
        return FileFault("SOURCE_MISCONFIGURED", f"{fault}; {remedy}")
    return FileFault("SOURCE_UNAVAILABLE", f"{fault}; run the import again later")


@dataclass(slots=True)
class SourceInput:
    """One source, or one file for a source, read for one tenant."""

    source: Source
    tenant: str
    """Name of the tenant."""
    rejects_of: Path
    path: Path | None = None
    """The file; None asks a remote source."""
    anew: bool = False
    """Whether to begin at the beginning, wherever the last run ended."""
    terms: tuple[Term, ...] = ()
    _records: int = 0
    _ended: list[str | None] = field(default_factory=list)

    @property
    def kind(self) -> Kind:
        """See `Input`."""
        return self.source.kind

    @property
    def called(self) -> Path:
        """See `Input`."""
        return self.path or Path(self.source.name)

    @property
    def keeps_rejects(self) -> bool:
        """See `Input`."""
        return self.path is None and self.kind.name in SETTLED_PAGE_BY_PAGE

    @property
    def size(self) -> int:
        """See `Input`."""
        return 0

    async def batches(self, run: Run) -> AsyncGenerator[Batch]:
        """See `Input`."""
        columns = {text_key(column): column for column in columns_of(self.kind, run)}
        cursor = await self._first_cursor()
        while True:
            page = await self._page(cursor)
            for batch in self._batches(page, columns):
                yield batch
            cursor = page.next_cursor
            if self.keeps_rejects:  # that is: what this page gave is done, and no later run reads it again
                await self._keep(cursor)
            if not page.more:
                break
            await asyncio.sleep(page.wait)
        self._ended = [cursor]

    async def settled(self) -> None:
        """See `Input`."""
        for cursor in self._ended if self.path is None else ():
            await self._keep(cursor)

    def _batches(self, page: ImportPage, columns: dict[str, str]) -> Iterator[Batch]:
        rows: list[SourceRow] = []
        rejected: list[tuple[int, Rejection]] = []
        for record in page.records:
            self._records += 1
            line = self._records if record.line is None else record.line
            if isinstance(record, ImportRecord):
                rows.append(SourceRow(line, _values(record, columns, self.kind)))
            else:
                rejected.append((line, _rejection(record)))
        yield Batch((), 0, rejected, page.skipped)
        for some in chunks(rows, BATCH):
            yield Batch(some)

    async def _page(self, cursor: str | None) -> ImportPage:
        path = None if self.path is None else str(self.path.resolve())
        request = ImportRequest(tenant=self.tenant, path=path, cursor=cursor, terms=self.terms)
        try:
            return await self.source.running.read(self.source.spec, request)
        except ProviderError as fault:
            raise InputFailed(fault_of(self.source, fault)) from None

    async def _first_cursor(self) -> str | None:
        if self.path is not None or self.anew:
            return None
        return await self.source.storage.get(self.tenant, CURSOR + self.source.spec.name)

    async def _keep(self, cursor: str | None) -> None:
        await self.source.storage.put(self.tenant, CURSOR + self.source.spec.name, cursor)


def _values(record: ImportRecord, columns: dict[str, str], kind: Kind) -> dict[str, str]:
    """The texts of the columns that are read, as a file's are: trimmed; columns compared without case."""
    given = {text_key(name): json_text(text) for name, text in record.values.items()}
    empty = "null" if kind.null_is_empty else ""
    return {column: "" if given[key] == empty else given[key] for key, column in columns.items() if key in given}


def _rejection(reject: ImportReject) -> Rejection:
    return Rejection(reject.code, json_text(reject.column), json_text(reject.value), json_text(reject.reason))
