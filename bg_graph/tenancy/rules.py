"""Who may do what: rights as flags, callers, and the form of tokens and names."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

BEGINNING = "bg_"
"""How every token begins, so that scanners of leaked secrets know one of ours."""
_TENANT_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_LONGEST_NAME = 200


class Right(StrEnum):
    """What a caller may do in its tenant. Source: issue "The Members tab acts", the four mutations."""

    READ = "read"
    """Ask for anything."""
    EDIT = "edit"
    """Change groups and their members."""
    SEND = "send"
    """Send e-mails."""
    APPROVE = "approve"
    """Approve e-mails and intent taxonomies."""
    ADMIN = "admin"
    """Everything, the set-up included."""


def lacking(right: Right) -> str:
    """What a caller is told who lacks a right."""
    return f"This needs the right '{right}', which the caller does not have."


class WrongName(Exception):
    """A name that a tenant or token can't have; the message says what is allowed."""


class UnknownRight(Exception):
    """A word that is no right; the message lists those that there are."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request: the holder of a token, in exactly one tenant."""

    tenant_id: UUID
    tenant_name: str
    token_id: UUID
    name: str
    """The "who" of the change log."""
    rights: frozenset[Right]
    automation: bool = False
    """Acts as source JOURNEY rather than MANUAL."""

    def may(self, right: Right) -> bool:
        """Whether the caller has the right; admin has all."""
        return right in self.rights or Right.ADMIN in self.rights


@dataclass(frozen=True, slots=True)
class Validity:
    """From when to when a token is good."""

    expires_at: datetime
    revoked_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether the token is good now: neither revoked nor at its time of expiry."""
        return self.revoked_at is None and now < self.expires_at


def rights_named(words: Iterable[str]) -> frozenset[Right]:
    """The rights with these names, whatever the case. Raises UnknownRight."""
    found = frozenset(word.strip().casefold() for word in words)
    known = {right.value for right in Right}
    unknown = sorted(found - known)
    if unknown:
        raise UnknownRight(f"there is no right {', '.join(map(repr, unknown))}; there are {', '.join(Right)}")
    if not found:
        raise UnknownRight(f"a token needs at least one right: {', '.join(Right)}")
    return frozenset(map(Right, found))


def token_hash(token: str) -> str:
    """What is stored of a token. It is 32 random bytes, so that a plain hash can't be guessed back."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def checked_tenant_name(name: str) -> str:
    """The name, where a tenant can have it. Raises WrongName."""
    if not _TENANT_NAME.fullmatch(name):
        raise WrongName(
            f"a tenant can't be named {name!r}: "
            "use 1 to 63 small letters, digits and hyphens, beginning with a letter or digit"
        )
    return name


def checked_token_name(name: str) -> str:
    """The name, trimmed, where a token can have it. Raises WrongName."""
    trimmed = name.strip()
    if not trimmed or len(trimmed) > _LONGEST_NAME or not trimmed.isprintable():
        raise WrongName(f"a token can't be named {name[:40]!r}: use 1 to {_LONGEST_NAME} printable characters")
    return trimmed
