"""The messages of the outbox as files: a folder for each tenant, in it one file for each key, written once and for good.

Everything here blocks: it is called from a thread.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from heapq import nlargest
from pathlib import Path

from bg_graph.plugins.errors import Rejected

_KEY = re.compile(r"[0-9a-f]{32}")
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_ENDING = ".eml"
_MADE = 0o600  # messages hold personal data
_FOLDER_MADE = 0o700


@dataclass(frozen=True, slots=True)
class OutboxFiles:
    """Where the messages lie."""

    folder: Path

    def keep(self, tenant: str, key: str, content: bytes) -> bool:
        """Write a message durably, whole or not at all; False where there is one of this key already, which stays."""
        place = self._place(tenant, key)
        self._make_folder(place.parent)
        with _written_beside(place, content) as written:
            try:
                os.link(written, place)
                new = True
            except FileExistsError:
                new = False
        sync_folder(place.parent)  # also for a file that was there: a crash may have come before its name was safe
        return new

    def read(self, tenant: str, key: str) -> bytes | None:
        """A message; None where there is none."""
        try:
            return self._place(tenant, key).read_bytes()
        except FileNotFoundError:
            return None

    def keys(self, tenant: str, first: int, before: str | None = None) -> list[str]:
        """Keys of messages, the newest first: `first` of them, those before `before` alone. Keys rise with time."""
        return nlargest(first, (key for key in self._all(tenant) if before is None or key < before))

    def probe(self) -> None:
        """Raise OSError where the folder can't be written to, or be made; it is not made yet."""
        there = next(folder for folder in (self.folder, *self.folder.absolute().parents) if folder.exists())
        with _written_beside(there / "probe", b""):
            pass

    def _all(self, tenant: str) -> Iterator[str]:
        try:
            entries = os.scandir(self.folder / _tenant_folder(tenant))
        except FileNotFoundError:
            return
        with entries:
            for entry in entries:
                key, ending = os.path.splitext(entry.name)
                if ending == _ENDING and _KEY.fullmatch(key):
                    yield key

    def _place(self, tenant: str, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise Rejected("BAD_KEY", "a key must be 32 hex digits in small letters")
        return self.folder / _tenant_folder(tenant) / f"{key}{_ENDING}"

    def _make_folder(self, folder: Path) -> None:
        if folder.is_dir():
            return
        missing = [folder, *(parent for parent in folder.parents if not parent.exists())]
        folder.mkdir(_FOLDER_MADE, parents=True, exist_ok=True)
        for made in missing:
            sync_folder(made.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder survive a loss of power."""
    if os.name == "nt":
        return  # folders can't be opened there
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _tenant_folder(tenant: str) -> str:
    if not _TENANT.fullmatch(tenant):
        raise Rejected(
            "BAD_TENANT", "a tenant must be letters, digits and . _ - for the outbox to have a folder for it"
        )
    return tenant


@contextmanager
def _written_beside(place: Path, content: bytes) -> Iterator[Path]:
    """A file with this content, on disk, in the folder of `place`; it is gone afterwards."""
    written = place.with_name(f".{place.stem}.{os.urandom(8).hex()}.part")
    try:
        opened = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MADE)
        with open(opened, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield written
    finally:
        with suppress(OSError):
            written.unlink(missing_ok=True)
