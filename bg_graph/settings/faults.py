"""What can be wrong with settings, and how it is told: all at once, each with its place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class SettingFault:
    """One thing wrong with the settings: what, where it stands, what is allowed."""

    key: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.key} ({self.where}): {self.message}"


class WrongSettings(Exception):
    """The settings can't be used; every fault is named."""

    def __init__(self, faults: Sequence[SettingFault]) -> None:
        self.faults = tuple(faults)
        count = "One setting is wrong" if len(faults) == 1 else f"{len(faults)} settings are wrong"
        super().__init__("\n".join([f"{count}:", *(f"  {fault}" for fault in faults)]))


def meant(name: str, known: Iterable[str]) -> str:
    """A question in brackets where a name is close to a known one."""
    close = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else ""
