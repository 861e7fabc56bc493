"""Which files are imported, as what, and in which order: by their columns, and where those do not tell, by their name."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bg_graph.accounts.rules import text_key
from bg_graph.imports.kinds import ACTIVITY, KINDS, Kind
from bg_graph.imports.pages import SUFFIXES as PAGE_SUFFIXES
from bg_graph.imports.pages import check_pages, looks_like_pages
from bg_graph.imports.reading import FileFault, FileRefused, Layout, check_rows, read_layout
from bg_graph.imports.reading import UnusablePath as UnusablePath  # for callers, who catch it
from bg_graph.imports.rejects import SUFFIX as REJECTS_SUFFIX

TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".txt"})
_NO_LETTERS = re.compile(r"[^a-z]+")


@dataclass(frozen=True, slots=True)
class ImportFile:
    """A file to import. `layout` is how its rows are written; None for pages of a REST API."""

    path: Path
    kind: Kind
    layout: Layout | None


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file that can't be imported. `kind` is what it seems to be."""

    path: Path
    kind: Kind | None
    fault: FileFault


@dataclass(frozen=True, slots=True)
class Recognised:
    """The files of a run: to import (in their order), refused whole, and those of folders that are no exports."""

    files: tuple[ImportFile, ...]
    refused: tuple[RefusedFile, ...]
    ignored: tuple[Path, ...]


def recognise(paths: Sequence[Path]) -> Recognised:
    """Look at every file, and read each through once, before anything is imported. Raises UnusablePath."""
    files: list[ImportFile] = []
    refused: list[RefusedFile] = []
    ignored: list[Path] = []
    for path, named in candidates(paths, _may_hold_rows):
        match _read_through(path):
            case ImportFile() as file:
                files.append(file)
            case RefusedFile() as file if named or file.kind is not None:
                refused.append(file)
            case _:
                ignored.append(path)
    if not files and not refused:
        where = ", ".join(str(path) for path in paths)
        raise UnusablePath(f"{where}: no file here is an export that can be imported; see docs/import.md for the kinds")
    files.sort(key=lambda file: KINDS.index(file.kind))
    return Recognised(tuple(files), tuple(refused), tuple(ignored))


def kind_of(header: Iterable[str], path: Path) -> Kind | None:
    """The kind of a file: the one whose required columns it has (the most telling one), else the one that it is named for.

    The name also decides where the columns alone do not tell.
    """
    columns = {text_key(column) for column in header}
    named = _kind_named(path)
    fitting = [kind for kind in KINDS if _fits(kind, columns)]
    telling = [kind for kind in fitting if kind.distinctive]
    if telling:
        return max(telling, key=lambda kind: len(kind.required))
    if named is not None:
        return named
    return max(fitting, key=lambda kind: _known(kind, columns), default=None)


def _fits(kind: Kind, columns: set[str]) -> bool:
    if any(text_key(column) in columns for column in kind.foreign):
        return False
    wanted = kind.required if kind.distinctive else (*kind.required, *kind.telling)
    return all(text_key(column) in columns for column in wanted)


def _known(kind: Kind, columns: set[str]) -> int:
    return sum(text_key(column) in columns for column in kind.columns)


def _kind_named(path: Path) -> Kind | None:
    """The kind whose word stands in a file's name; of several the longest word counts (contactrole before contact)."""
    name = _NO_LETTERS.sub("", path.stem.lower())
    found = [(len(word), kind) for kind in KINDS for word in kind.words if word in name]
    return max(found, key=lambda each: each[0])[1] if found else None


def candidates(paths: Sequence[Path], may_hold_rows: Callable[[Path], bool]) -> Iterator[tuple[Path, bool]]:
    """Each file once, those of folders that may hold rows, and whether it was named itself. Raises UnusablePath."""
    met: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise UnusablePath(f"{path}: there is no such file or folder")
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            if file.resolve() in met or (path.is_dir() and not (_is_visible(file) and may_hold_rows(file))):
                continue
            met.add(file.resolve())
            yield file, not path.is_dir()


def _may_hold_rows(file: Path) -> bool:
    return file.suffix.lower() in TABLE_SUFFIXES | PAGE_SUFFIXES


def _is_visible(file: Path) -> bool:
    name = file.name.lower()
    return file.is_file() and not name.endswith(REJECTS_SUFFIX) and not name.startswith(".")


def _read_through(path: Path) -> ImportFile | RefusedFile:
    try:
        return _look_at(path)
    except OSError as error:
        raise UnusablePath(f"{path}: the file can't be read: {error.strerror}") from error


def _look_at(path: Path) -> ImportFile | RefusedFile:
    if path.suffix.lower() in PAGE_SUFFIXES:
        return _look_at_pages(path)
    kind = None
    try:
        layout = read_layout(path)
        kind = kind_of(layout.header, path)
        check_rows(layout)
    except FileRefused as refused:
        return RefusedFile(path, kind or _kind_named(path), refused.fault)
    if kind is None:
        message = f"its columns ({', '.join(layout.header)[:200]}) are those of no export that can be imported"
        return RefusedFile(path, None, FileFault("UNKNOWN_KIND", message, layout.header_line))
    missing = [column for column in kind.required if text_key(column) not in {text_key(each) for each in layout.header}]
    if missing:
        message = f"a file of kind {kind.name} needs the column {', '.join(missing)}; export it with that column"
        return RefusedFile(path, kind, FileFault("MISSING_COLUMN", message, layout.header_line))
    return ImportFile(path, kind, layout)


def _look_at_pages(path: Path) -> ImportFile | RefusedFile:
    if not looks_like_pages(path):
        message = "it holds no pages of activities ({result: [...]}) as the REST API gives them"
        return RefusedFile(path, None, FileFault("UNKNOWN_KIND", message))
    try:
        check_pages(path)
    except FileRefused as refused:
        return RefusedFile(path, ACTIVITY, refused.fault)
    return ImportFile(path, ACTIVITY, None)
