"""Imports from sources that plugins bring: which there are, which is meant, and which files each of them reads."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from bg_graph.hosting.choosing import Plugins
from bg_graph.hosting.hooks.registering import register_all
from bg_graph.imports.inputs import Input
from bg_graph.imports.intakes.intake import Run
from bg_graph.imports.kinds import SIGNAL
from bg_graph.imports.progress import Progress
from bg_graph.imports.reading import FileFault, UnusablePath
from bg_graph.imports.recognition import RefusedFile, candidates
from bg_graph.imports.report import ImportReport
from bg_graph.imports.run import Found, import_found
from bg_graph.imports.source_inputs import Source, SourceInput, fault_of
from bg_graph.intent.predicting.terms import terms_of
from bg_graph.intent.taxonomy import CategoryStatus, categories_in
from bg_graph.plugins.errors import ProviderError
from bg_graph.plugins.importing import FileHead
from bg_graph.plugins.intent import Term
from bg_graph.store.clock import Clock, system_clock
from bg_graph.store.engine import Database

HEAD = 65_536
"""Bytes of a file's beginning that a source is shown."""


class NoSuchSource(Exception):
    """There is no source of that name; the message lists those that there are."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources of the plugins that are enabled, and why some plugins' hooks were left out."""

    all: tuple[Source, ...]
    faults: Mapping[str, str] = field(default_factory=dict)

    def named(self, name: str, *, of_files: bool) -> tuple[Source, ...]:
        """The source `<plugin>.<source>`, or with a plugin's name alone all of its sources of files, or all remote ones.

        Raises NoSuchSource.
        """
        meant = [each for each in self.all if name in (each.name, each.plugin)]
        if not meant:
            why = self.faults.get(name.split(".")[0], f"there is no source {name!r}")
            raise NoSuchSource(f"{why}; {self._there_are()}")
        fitting = tuple(each for each in meant if each.is_remote != of_files)
        if not fitting and of_files:
            raise NoSuchSource(f"the source {name!r} reads no files: leave the paths out; {self._there_are()}")
        if not fitting:
            raise NoSuchSource(f"the source {name!r} reads files: name them, or their folder; {self._there_are()}")
        return fitting

    def _there_are(self) -> str:
        return f"there are: {'; '.join(map(_described, self.all))}" if self.all else "no plugin that is enabled has one"


def _described(source: Source) -> str:
    reads = "remote" if source.is_remote else f"reads {', '.join(source.spec.suffixes)}"
    return f"{source.name} ({source.spec.title}; {reads})"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be imported: the sources, the files for them, where a remote source's rejects go, from which cursor."""

    sources: Sequence[Source]
    paths: Sequence[Path] = ()
    folder: Path = Path()
    anew: bool = False


@asynccontextmanager
async def sources_of(plugins: Plugins, tenant: str) -> AsyncIterator[Sources]:
    """The sources for a tenant (by name), with that tenant's settings, for as long as the `with` lasts."""
    loaded = {each.plugin.name: each for each in plugins.with_hooks(tenant)}
    hooks = register_all(tuple(loaded.values()))
    found = tuple(
        Source(spec, each.running, loaded[each.name].storage) for each in hooks.registered for spec in each.importers
    )
    try:
        yield Sources(found, hooks.faults)
    finally:
        for source in found:
            await source.running.finish(source.spec)
        await hooks.close()


async def import_from(
    database: Database,
    tenant_id: UUID,
    tenant: str,
    asked: Asked,
    *,
    clock: Clock = system_clock,
    progress: Progress | None = None,
    by: str = "import",
) -> ImportReport:
    """Import from sources of one plugin into a tenant (by id and name), as from files of our own kinds.

    A source that fails is told in the report (`fault`); what it gave until then stays. Raises UnusablePath where a path
    does not exist, or where none of the files is one of the sources' own.
    """
    run = Run(clock(), by, plugin=asked.sources[0].plugin)
    terms = await _terms(database, tenant_id, asked.sources)
    if asked.sources[0].is_remote:
        at = f"{run.now:%Y%m%d-%H%M%S}"  # rejects of one run are not those of the next, which reads on from there
        found = Found(
            [
                SourceInput(source, tenant, asked.folder / f"{source.name}.{at}", anew=asked.anew, terms=terms)
                for source in asked.sources
            ]
        )
    else:
        found = await _files(tenant, asked, terms)
    return await import_found(database, tenant_id, found, run, clock=clock, progress=progress)


async def _terms(database: Database, tenant_id: UUID, sources: Sequence[Source]) -> tuple[Term, ...]:
    if not any(source.kind is SIGNAL for source in sources):
        return ()
    async with database.reading(tenant_id) as db:
        approved = await categories_in(db, CategoryStatus.APPROVED)
    return terms_of([each.category for each in approved]).told


async def _files(tenant: str, asked: Asked, terms: tuple[Term, ...]) -> Found:
    inputs: list[Input] = []
    refused: list[RefusedFile] = []
    ignored: list[Path] = []
    suffixes = tuple(dict.fromkeys(_suffixes(asked.sources)))
    names = ", ".join(source.name for source in asked.sources)
    for path, named in candidates(asked.paths, lambda file: file.name.lower().endswith(suffixes)):
        match await _source_of(path, asked.sources):
            case Source() as source:
                inputs.append(SourceInput(source, tenant, path, path, terms=terms))
            case FileFault() as fault:
                refused.append(RefusedFile(path, None, fault))
            case None if named:
                message = f"it is none of the files that {names} reads ({', '.join(suffixes)})"
                refused.append(RefusedFile(path, None, FileFault("UNKNOWN_KIND", message)))
            case None:
                ignored.append(path)
    if not inputs and not refused:
        where = ", ".join(str(path) for path in asked.paths)
        raise UnusablePath(f"{where}: no file here is one that {names} reads ({', '.join(suffixes)})")
    return Found(inputs, refused, ignored)


async def _source_of(path: Path, sources: Sequence[Source]) -> Source | FileFault | None:
    """The first source that knows a file as its own; a fault where one of them failed at it."""
    try:
        with path.open("rb") as raw:
            head = FileHead(name=path.name, start=raw.read(HEAD))
    except OSError as error:
        raise UnusablePath(f"{path}: the file can't be read: {error.strerror}") from error
    for source in sources:
        try:
            if await source.running.recognise(source.spec, head):
                return source
        except ProviderError as fault:
            return fault_of(source, fault)
    return None


def _suffixes(sources: Sequence[Source]) -> Iterator[str]:
    for source in sources:
        yield from source.spec.suffixes
