"""Reading a folder of e-mails: `<workspace>/[<program>/]<name>/` with `email.toml`, `body.txt` and maybe `body.html`."""

import os
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePath
from types import MappingProxyType

from bg_graph.email.rules.contents import LONGEST_TEMPLATES, Content, ContentFault, given_faults
from bg_graph.email.rules.templates import Language

HEAD, PLAIN, HTML = "email.toml", "body.txt", "body.html"
KEYS = ("subject", "sender", "reply_to")
"""What `email.toml` may say."""
MOST_EMAILS = 5_000
LONGEST_NAME = 200
_LARGEST_HEAD = 20_000
_FILES = {"plain": PLAIN, "html": HTML}


@dataclass(frozen=True, slots=True)
class FoundEmail:
    """An e-mail of the folder, fit to be approved."""

    workspace: str
    program: str | None
    name: str
    content: Content

    @property
    def path(self) -> str:
        """Where it stands below the folder, by which it is known: `Newsletters/Spring/Welcome`."""
        return "/".join(part for part in (self.workspace, self.program, self.name) if part)


@dataclass(frozen=True, slots=True)
class FileFault:
    """One fault of a file, as editors and terminals link to it."""

    file: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class WrongFolder(Exception):
    """The folder is refused as a whole; every fault of every file is told."""

    def __init__(self, faults: Sequence[FileFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, faults)))


def read_folder(folder: Path, language: Language, *, most: int = MOST_EMAILS) -> list[FoundEmail]:
    """The e-mails of a folder, by path. Raises WrongFolder with all faults of all files."""
    if not folder.is_dir():
        raise WrongFolder([FileFault(folder, 1, "is no folder")])
    faults: list[FileFault] = []
    found = []
    for place in sorted(_email_folders(folder, faults)):
        email = _read_email(folder, place, language, faults)
        if email is not None:
            found.append(email)
    if not found and not faults:
        remedy = f"an e-mail is a folder <workspace>/[<program>/]<name> with {HEAD} and {PLAIN}"
        faults.append(FileFault(folder, 1, f"holds no e-mail; {remedy}"))
    if len(found) > most:
        faults.append(FileFault(folder, 1, f"holds {len(found):,} e-mails; at most {most:,} are taken at once"))
    if faults:
        raise WrongFolder(faults)
    return found


def _email_folders(folder: Path, faults: list[FileFault]) -> Iterator[Path]:
    """The folders that hold a file of an e-mail."""
    for above, below, files in os.walk(folder):
        below[:] = sorted(name for name in below if not name.startswith("."))
        place = Path(above)
        if not {HEAD, PLAIN, HTML} & set(files):
            continue
        depth = len(place.relative_to(folder).parts)
        if depth in (2, 3):
            yield place
        else:
            file = place / min({HEAD, PLAIN, HTML} & set(files))
            faults.append(FileFault(file, 1, "must stand in <workspace>/<name>/ or <workspace>/<program>/<name>/"))


def _read_email(folder: Path, place: Path, language: Language, faults: list[FileFault]) -> FoundEmail | None:
    before = len(faults)
    parts = [unicodedata.normalize("NFC", part) for part in place.relative_to(folder).parts]
    faults += [FileFault(place, 1, f"{fault}, in {part[:60]!r}") for part in parts if (fault := _name_fault(part))]
    strange = sorted(
        each.name for each in place.iterdir() if each.name not in (HEAD, PLAIN, HTML) and each.name[0] != "."
    )
    faults += [
        FileFault(place / name, 1, f"is no part of an e-mail: {HEAD}, {PLAIN} and {HTML} are") for name in strange
    ]
    head_text = _text(place / HEAD, _LARGEST_HEAD, faults)
    given: dict[str, str | None] = {} if head_text is None else _head(place / HEAD, head_text, faults)
    given |= _bodies(place, faults)
    faults += [_located(place, head_text or "", fault) for fault in given_faults(given, language)]
    subject, plain = given.get("subject"), given.get("plain")
    if subject is None or plain is None or len(faults) > before:
        return None
    content = Content(
        subject=subject,
        plain=plain,
        html=given.get("html"),
        sender=given.get("sender"),
        reply_to=given.get("reply_to"),
    )
    return FoundEmail(parts[0], parts[1] if len(parts) == 3 else None, parts[-1], content)


def _bodies(place: Path, faults: list[FileFault]) -> dict[str, str]:
    """The text and the HTML, as far as they can be read."""
    files = {part: place / name for part, name in _FILES.items() if part == "plain" or (place / name).exists()}
    read = {part: _text(file, 4 * LONGEST_TEMPLATES[part], faults) for part, file in files.items()}
    return {part: text for part, text in read.items() if text is not None}


def _name_fault(name: str) -> str | None:
    if len(name) > LONGEST_NAME:
        return f"the name has more than {LONGEST_NAME} characters"
    if not name.isprintable() or name != name.strip():
        return "the name has characters that can't be shown, or blanks at an end"
    return None


def _text(file: Path, largest: int, faults: list[FileFault]) -> str | None:
    try:
        if file.stat().st_size > largest:
            faults.append(FileFault(file, 1, f"has more than {largest:,} bytes"))
            return None
        data = file.read_bytes()
    except FileNotFoundError:
        faults.append(FileFault(file, 1, _MISSING[file.name]))
        return None
    except OSError as fault:
        faults.append(FileFault(file, 1, f"can't be read: {fault.strerror}"))
        return None
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        faults.append(FileFault(file, line, "is not UTF-8 here; save the file as UTF-8"))
        return None


_MISSING: Mapping[str, str] = MappingProxyType(
    {
        HEAD: 'is missing; it holds at least the subject: subject = "..."',
        PLAIN: "is missing; some readers see only the text, so write it beside the HTML",
    }
)


def _head(file: Path, text: str, faults: list[FileFault]) -> dict[str, str | None]:
    """What `email.toml` says, as far as it is right. That there is no sender is told only where no key is wrong."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        faults.append(FileFault(file, _line_in(str(fault)), f"is not TOML: {fault}"))
        return {}
    for key, value in data.items():
        if key not in KEYS:
            close = get_close_matches(key, KEYS, n=1)
            meant = f"; did you mean {close[0]}?" if close else ""
            faults.append(
                FileFault(file, _line_of(key, text), f"{key}: is no key here; allowed: {', '.join(KEYS)}{meant}")
            )
        elif not isinstance(value, str):
            faults.append(FileFault(file, _line_of(key, text), f"{key}: must be a text in quotes"))
    if "subject" not in data:
        faults.append(FileFault(file, 1, "subject: is missing"))
    given: dict[str, str | None] = {key: data[key] for key in KEYS if isinstance(data.get(key), str)}
    return given if "sender" in data or data.keys() - set(KEYS) else {"sender": None, **given}


def _line_in(message: str) -> int:
    _, _, rest = message.partition("(at line ")
    digits = rest.partition(",")[0]
    return int(digits) if digits.isdigit() else 1


def _line_of(key: str, text: str) -> int:
    """The line on which a key of the file stands; keys are not nested."""
    for number, line in enumerate(text.split("\n"), start=1):
        name, sign, _ = line.partition("=")
        if key in (name.strip().strip("\"'") if sign else "", line.strip().strip("[]").partition(".")[0]):
            return number
    return 1


def _located(place: Path, head: str, fault: ContentFault) -> FileFault:
    if fault.part in _FILES:
        return FileFault(place / _FILES[fault.part], fault.line, fault.message)
    return FileFault(place / HEAD, _line_of(fault.part, head), f"{fault.part}: {fault.message}")


def relative(faults: Sequence[FileFault], folder: PurePath) -> list[str]:
    """The faults as lines, their files named below the folder."""
    return [str(FileFault(_below(fault.file, folder), fault.line, fault.message)) for fault in faults]


def _below(file: Path, folder: PurePath) -> Path:
    return file.relative_to(folder) if file.is_relative_to(folder) and file != folder else file
