"""Reading a set-up file: TOML, then the types of its keys. Every error is collected and told with its line."""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bg_graph.buying_groups.rules.condition_data import KeyPath
from bg_graph.setup.document import SECTIONS, SetupDocument
from bg_graph.setup.errors import FileError, KeyFault, SetupFileWrong, file_error
from bg_graph.setup.lines import lines_of, nearest_line

MAX_FILE_SIZE = 5_000_000
"""Bytes; a set-up file is written by hand, so that a larger one is most likely another file."""

_POSITION = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


@dataclass(frozen=True, slots=True)
class SetupFile:
    """A set-up file whose keys are of the right types, and the line of each key."""

    path: Path
    document: SetupDocument
    lines: Mapping[KeyPath, int]

    def line(self, path: KeyPath) -> int:
        """The line of a key, or of the table that lacks it."""
        return nearest_line(self.lines, path)

    def refuse(self, faults: Iterable[KeyFault]) -> None:
        """Raise SetupFileWrong with these faults, if there is one."""
        errors = sorted((file_error(fault, self.line(fault.path)) for fault in faults), key=lambda error: error.line)
        if errors:
            raise SetupFileWrong(self.path, errors)


def read_setup_file(path: Path) -> SetupFile:
    """Read a set-up file; raises SetupFileWrong with all the errors of its form and types."""
    text = _text_of(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SetupFileWrong(path, [_syntax_error(str(error), text)]) from error
    lines = lines_of(text.replace("\r\n", "\n"))
    if faults := list(_zero_faults(data, ())):
        raise SetupFileWrong(path, [file_error(fault, nearest_line(lines, fault.path)) for fault in faults])
    try:
        return SetupFile(path, SetupDocument.model_validate(data), lines)
    except ValidationError as error:
        typed = [_fault(detail) for detail in error.errors(include_url=False)]
        errors = [file_error(fault, nearest_line(lines, fault.path)) for fault in typed]
        raise SetupFileWrong(path, sorted(errors, key=lambda each: each.line)) from error


def _text_of(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SetupFileWrong(path, [FileError(1, "", f"can't be read: {error.strerror}")]) from error
    if len(data) > MAX_FILE_SIZE:
        message = f"has {len(data)} bytes; a set-up file has at most {MAX_FILE_SIZE}"
        raise SetupFileWrong(path, [FileError(1, "", message)])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = "is not UTF-8 here; save the file as UTF-8"
        raise SetupFileWrong(path, [FileError(data.count(b"\n", 0, error.start) + 1, "", message)]) from error


def _syntax_error(message: str, text: str) -> FileError:
    found = _POSITION.search(message)
    line = int(found[1]) if found and found[1] else text.count("\n") + 1
    return FileError(line, "", f"is not TOML: {_POSITION.sub('', message)}")


def _zero_faults(data: object, path: KeyPath) -> Iterator[KeyFault]:
    """Texts that hold the character zero, which no database takes."""
    if isinstance(data, str) and "\0" in data:
        yield KeyFault(path, "holds the character U+0000, which can't be stored")
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from _zero_faults(key, (*path, key))
            yield from _zero_faults(value, (*path, key))
    elif isinstance(data, list):
        for place, value in enumerate(data):
            yield from _zero_faults(value, (*path, place))


def _fault(detail: ErrorDetails) -> KeyFault:
    path = tuple(part for part in detail["loc"] if part != "[key]")
    kind = detail["type"]
    if kind == "extra_forbidden":
        return KeyFault(path, _unknown_key(path))
    if kind in _MESSAGES:
        return KeyFault(path, _MESSAGES[kind](detail))
    return KeyFault(path, f"{detail['msg'][:1].lower()}{detail['msg'][1:]}{_got(detail)}")


def _unknown_key(path: KeyPath) -> str:
    table = tuple(part for part in path[:-1] if isinstance(part, str))
    allowed = list(SECTIONS[table].model_fields)
    close = get_close_matches(str(path[-1]), allowed, n=1)
    meant = f"; did you mean {close[0]}?" if close else ""
    return f"is not a key here; allowed: {', '.join(allowed)}{meant}"


def _got(detail: ErrorDetails) -> str:
    value = detail["input"]
    if isinstance(value, dict | list):
        return ", got a table" if isinstance(value, dict) else ", got a list"
    shown = str(value).lower() if isinstance(value, bool) else repr(value)
    return f", got {shown:.60}"


def _bound(detail: ErrorDetails, name: str) -> Any:
    return detail.get("ctx", {}).get(name)


_MESSAGES: Mapping[str, Callable[[ErrorDetails], str]] = {
    "missing": lambda _: "is missing",
    "string_type": lambda detail: f"must be a text in quotes{_got(detail)}",
    "bool_type": lambda detail: f"must be true or false{_got(detail)}",
    "int_type": lambda detail: f"must be a whole number{_got(detail)}",
    "float_type": lambda detail: f"must be a number{_got(detail)}",
    "list_type": lambda detail: f"must be a list{_got(detail)}",
    "dict_type": lambda detail: f"must be a table{_got(detail)}",
    "model_type": lambda detail: f"must be a table{_got(detail)}",
    "literal_error": lambda detail: f"must be one of {_bound(detail, 'expected')}{_got(detail)}",
    "greater_than_equal": lambda detail: f"must be at least {_bound(detail, 'ge')}{_got(detail)}",
    "less_than_equal": lambda detail: f"must be at most {_bound(detail, 'le')}{_got(detail)}",
    "too_short": lambda _: "needs at least one entry",
    "string_too_short": lambda _: "must not be empty",
    "string_too_long": lambda detail: f"has more than {_bound(detail, 'max_length')} characters",
    "string_pattern_mismatch": lambda detail: (
        f"must be an activity type in capitals, such as VISIT_PAGE or OWN_TYPE{_got(detail)}"
    ),
}
