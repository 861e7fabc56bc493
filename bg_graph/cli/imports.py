"""`bg-graph import`: files of a CRM and of activities, and sources of plugins, with a summary of what became of every row."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from bg_graph.cli.faults import FAILED, misuse
from bg_graph.cli.installation import migrated, settings_of, tenant_named
from bg_graph.cli.progress import Bar
from bg_graph.cli.tables import show_table
from bg_graph.hosting.choosing import Plugins
from bg_graph.hosting.storage import PluginStorage
from bg_graph.imports.recognition import UnusablePath
from bg_graph.imports.report import FileReport, ImportReport
from bg_graph.imports.run import import_files
from bg_graph.imports.source_inputs import BROKEN_OFF
from bg_graph.imports.sources import Asked, NoSuchSource, import_from, sources_of
from bg_graph.settings import Settings
from bg_graph.tenancy.names import TenantNames

app = typer.Typer(add_completion=False)


@app.command("import")
def import_paths(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files, or folders with files; the order does not matter.")
    ] = None,
    tenant: Annotated[str | None, typer.Option(help="Tenant; not needed where there is only one.")] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write the counts by file, code and warning as JSON here.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from", help="A plugin's source, PLUGIN or PLUGIN.SOURCE: for files of its own, or in their stead."
        ),
    ] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="With --from: read from the beginning, not from where the last run ended.")
    ] = False,
    rejects: Annotated[
        Path,
        typer.Option(
            exists=True, file_okay=False, help="With --from and no files: the folder for the lists of rejects."
        ),
    ] = Path(),
) -> None:
    """Load exports: Salesforce accounts, contacts, opportunities and contact roles, Marketo leads and activities.

    Rejected rows are told in a CSV beside their file: line, code, column, value, reason. A second import of the same
    file changes nothing. With --from a plugin reads files that only it knows, or asks another system, from where the
    last run ended. Exit code 1 where a file was refused whole, or a source failed.
    """
    if source is not None:
        settings = settings_of(context, with_plugins=True)
        work = _import_from(settings, tenant, source, paths or [], rejects, anew)
    elif paths:
        work = _import(settings_of(context), tenant, paths)
    else:
        raise misuse("there is nothing to import", "Name files or folders, or a plugin's source: --from PLUGIN")
    done = asyncio.run(work)
    if report is not None:
        _write(report, done)
    _tell(done)
    if not done.is_complete:
        raise typer.Exit(FAILED)


async def _import(settings: Settings, tenant: str | None, paths: list[Path]) -> ImportReport:
    async with migrated(settings) as database:
        found = await tenant_named(database, tenant)
        with Bar() as bar:
            try:
                return await import_files(database, found.id, paths, progress=bar)
            except UnusablePath as fault:
                raise misuse(str(fault)) from None


async def _import_from(
    settings: Settings, tenant: str | None, name: str, paths: list[Path], rejects: Path, anew: bool
) -> ImportReport:
    async with migrated(settings) as database:
        found = await tenant_named(database, tenant)
        names = TenantNames(database)
        plugins = Plugins(settings, lambda plugin: PluginStorage(database, plugin, names.id_of))
        async with sources_of(plugins, found.name) as sources:
            with Bar() as bar:
                try:
                    asked = Asked(sources.named(name, of_files=bool(paths)), paths, rejects, anew)
                    return await import_from(database, found.id, found.name, asked, progress=bar)
                except (NoSuchSource, UnusablePath) as fault:
                    raise misuse(str(fault)) from None


def _write(file: Path, report: ImportReport) -> None:
    try:
        file.write_text(json.dumps(report.as_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as fault:
        raise misuse(f"the import is done, but its report can't be written to {file}: {fault.strerror}") from None


def _tell(report: ImportReport) -> None:
    columns = ("file", "read", "accepted", "rejected", "added", "changed", "unchanged")
    show_table(columns, map(_row, report.files))
    for line in _details(report.files):
        typer.echo(line)
    for name in report.ignored:
        typer.echo(f"{name}: ignored, since it is no export")
    seconds = (report.finished_at - report.started_at).total_seconds()
    rows = sum(file.read for file in report.files)
    followed = _counted(report.as_json()["consequences"])
    typer.echo(f"{rows:,} rows in {seconds:.1f} s" + (f"; then {followed}" if followed else ""))


def _row(file: FileReport) -> tuple[str, ...]:
    counts = (file.read, file.accepted, file.rejected, file.added, file.changed, file.unchanged)
    return (Path(file.file).name, *(f"{count:,}" for count in counts))


def _details(files: Iterable[FileReport]) -> Iterable[str]:
    """What each file's warnings and rejects are, and why a file was refused."""
    for file in files:
        if file.fault is not None:
            place = f":{file.fault.line}" if file.fault.line else ""
            yield f"{file.file}{place}: {_fate(file)}, {file.fault.code}: {file.fault.message}"
        if file.warnings:
            yield f"{file.file}: accepted with warnings: {_counted(file.warnings)}"
        if file.rejected:
            yield f"{file.rejects}: {file.rejected:,} rejected: {_counted(file.codes)}"


def _fate(file: FileReport) -> str:
    """A file is refused whole; a source has given some of its records."""
    return "BROKE OFF" if file.fault is not None and file.fault.code in BROKEN_OFF else "REFUSED"


def _counted(counts: Mapping[str, object]) -> str:
    """Counts in words, those of nothing left out; a count may hold counts."""
    flat = {key: value for name, inner in counts.items() for key, value in _flat(name, inner)}
    return ", ".join(f"{name} {count:,}" for name, count in flat.items() if count)


def _flat(name: str, value: object) -> Iterable[tuple[str, int]]:
    words = name.replace("_", " ") if name.islower() else name
    if isinstance(value, Mapping):
        return [(f"{words} {key.replace('_', ' ').lower()}", count) for key, count in value.items()]
    return [(words, value)] if isinstance(value, int) else []
