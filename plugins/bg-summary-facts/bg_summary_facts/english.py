"""Small change of English sentences: plurals and lists."""

from collections.abc import Sequence


def counted(number: int, one: str, several: str | None = None) -> str:
    """A number with its noun: 1 member, 2 members; `several` where the plural is not made by an s."""
    return f"{number} {one if number == 1 else several or one + 's'}"


def joined(parts: Sequence[str]) -> str:
    """A list as one says it: a, b and c."""
    return " and ".join((", ".join(parts[:-1]), parts[-1])) if len(parts) > 1 else "".join(parts)
