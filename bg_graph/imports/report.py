"""What an import did: counts by file, by code and by warning. In each file, read = accepted + rejected."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bg_graph.imports.kinds import KindName
from bg_graph.imports.reading import FileFault
from bg_graph.imports.rejects import Rejection, RejectsFile

COUNTS = ("read", "accepted", "rejected", "added", "changed", "unchanged", "deleted")


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file, or source. `fault` says why a file was refused whole, or why a source could not be read on;
    `rejects` where its rejected rows are listed.

    accepted = added + changed + unchanged. `deleted` counts stored records that the file's rejected rows took away.
    """

    file: str
    kind: KindName | None
    read: int = 0
    accepted: int = 0
    rejected: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    deleted: int = 0
    codes: Mapping[str, int] = field(default_factory=dict)
    warnings: Mapping[str, int] = field(default_factory=dict)
    rejects: str | None = None
    fault: FileFault | None = None


@dataclass(frozen=True, slots=True)
class Consequences:
    """What followed for buying groups after the files: groups made, and what became of all stored contact roles."""

    groups_created: int = 0
    contact_roles: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. `ignored`: files of a folder that are no export."""

    started_at: datetime
    finished_at: datetime
    files: tuple[FileReport, ...]
    ignored: tuple[str, ...]
    consequences: Consequences

    @property
    def is_complete(self) -> bool:
        """Whether no file was refused whole and every source was read to its end (rejected rows apart)."""
        return all(file.fault is None for file in self.files)

    def as_json(self) -> dict[str, Any]:
        """The report as plain data, for `--report` and the run on record."""
        plain = asdict(self)
        plain["started_at"] = self.started_at.isoformat()
        plain["finished_at"] = self.finished_at.isoformat()
        plain["files"] = list(plain["files"])
        plain["totals"] = {name: sum(getattr(file, name) for file in self.files) for name in COUNTS}
        plain["ignored"] = list(self.ignored)
        return plain


class Tally:
    """The counts of a file while it is being imported; rejected rows go to its rejects file at once."""

    def __init__(self, path: Path, kind: KindName, rejects: RejectsFile) -> None:
        self.path = path
        self.kind = kind
        self.read = self.added = self.changed = self.unchanged = self.rejected = self.deleted = 0
        self.codes: Counter[str] = Counter()
        self.warnings: Counter[str] = Counter()
        self.rejects = rejects
        self.fault: FileFault | None = None

    def reject(self, line: int, rejection: Rejection) -> None:
        """Count a rejected row, and write it down."""
        self.rejected += 1
        self.codes[rejection.code] += 1
        self.rejects.add(line, rejection)

    def report(self, rejects: Path | None) -> FileReport:
        """The counts as they stand."""
        return FileReport(
            file=str(self.path),
            kind=self.kind,
            read=self.read,
            accepted=self.added + self.changed + self.unchanged,
            rejected=self.rejected,
            added=self.added,
            changed=self.changed,
            unchanged=self.unchanged,
            deleted=self.deleted,
            codes=dict(sorted(self.codes.items())),
            warnings=dict(sorted(self.warnings.items())),
            rejects=None if rejects is None else str(rejects),
            fault=self.fault,
        )
