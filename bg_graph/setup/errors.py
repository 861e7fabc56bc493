"""A set-up file that is wrong: every error with its line, its key, what is wrong and what is allowed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bg_graph.buying_groups.rules.condition_data import KeyPath, key_text


@dataclass(frozen=True, slots=True)
class KeyFault:
    """What is wrong with a key of the file, before its line is known."""

    path: KeyPath
    message: str


@dataclass(frozen=True, slots=True)
class FileError:
    """One error of a set-up file. `key` is empty where the file as a whole is meant."""

    line: int
    key: str
    message: str

    def at(self, path: Path) -> str:
        """The error as editors and terminals link to it: file:line: key: message."""
        what = f"{self.key}: {self.message}" if self.key else self.message
        return f"{path}:{self.line}: {what}"


class SetupFileWrong(Exception):
    """The set-up file is refused as a whole; `errors` are all of its errors, in the order of their lines."""

    def __init__(self, path: Path, errors: Sequence[FileError]) -> None:
        self.path = path
        self.errors = tuple(errors)
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """One line of text for each error."""
        return [error.at(self.path) for error in self.errors]


def file_error(fault: KeyFault, line: int) -> FileError:
    """The error that a fault is, now that its line is known."""
    return FileError(line, key_text(fault.path), fault.message)
