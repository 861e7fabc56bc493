"""Who may be sent to, and what makes a request to send well-formed and the same as another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from bg_graph.accounts.rules import INVALID_BY_MARK, UNSUBSCRIBED_BY_MARK, AddressMark, is_valid_email

MAX_RECIPIENTS = 50
"""How many recipients a call may name. Source: domain.md, "E-mail"."""

_LONGEST_KEY = 200
KEY_FORM = f"An idempotency key is 1 to {_LONGEST_KEY} printable characters; a UUID made for this send will do."


class SkipReason(StrEnum):
    """Why somebody is not sent to; of several, the first. Source: domain.md, "E-mail"."""

    NO_ADDRESS = "NO_ADDRESS"
    INVALID = "INVALID"
    SUSPENDED = "SUSPENDED"
    UNSUBSCRIBED = "UNSUBSCRIBED"
    SAME_ADDRESS = "SAME_ADDRESS"


@dataclass(frozen=True, slots=True)
class Recipient:
    """What decides whether a person may be sent to: the address, what is known of the person, the marks of the address."""

    address: str | None
    address_key: str | None
    invalid: bool = False
    suspended: bool = False
    unsubscribed: bool = False
    marks: frozenset[AddressMark] = frozenset()


def skip_reason(recipient: Recipient) -> SkipReason | None:
    """Why this recipient is not sent to, other recipients aside; None where nothing speaks against it.

    *Ours*: an address that bounced for good is invalid, one that complained wants no e-mails.
    """
    if not recipient.address or not recipient.address.strip():
        return SkipReason.NO_ADDRESS
    if recipient.invalid or recipient.marks & INVALID_BY_MARK or not is_valid_email(recipient.address.strip()):
        return SkipReason.INVALID
    if recipient.suspended:
        return SkipReason.SUSPENDED
    if recipient.unsubscribed or recipient.marks & UNSUBSCRIBED_BY_MARK:
        return SkipReason.UNSUBSCRIBED
    return None


def skip_reasons(recipients: Iterable[Recipient]) -> list[SkipReason | None]:
    """Why each recipient of one send is not sent to, in their order.

    An earlier recipient who is skipped does not make a later one the same address. Source: domain.md, "E-mail".
    """
    taken: set[str | None] = set()
    reasons: list[SkipReason | None] = []
    for recipient in recipients:
        reason = skip_reason(recipient)
        mailbox = _mailbox(recipient.address_key)
        if reason is None and mailbox in taken:
            reason = SkipReason.SAME_ADDRESS
        if reason is None:
            taken.add(mailbox)
        reasons.append(reason)
    return reasons


def _mailbox(address_key: str | None) -> str | None:
    """The address with its domain in ASCII: one domain has two spellings, and providers send to the same mailbox."""
    if address_key is None:
        return None
    local, _, domain = address_key.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return address_key


def key_has_form(key: str) -> bool:
    """Whether a text can be an idempotency key: 1 to 200 printable characters, not blanks alone."""
    return 0 < len(key) <= _LONGEST_KEY and key.isprintable() and not key.isspace()


def fingerprint(
    group_id: UUID | None, member_ids: Sequence[UUID | None], workspace_id: UUID | None, email_id: UUID | None
) -> str:
    """What tells one request from another: SHA-256 of group, members (as a set), workspace and e-mail, in hex.

    None stands for an id that names nothing; such a request is never stored, so that it equals none.
    """
    members = sorted({_hex(member_id) for member_id in member_ids})
    parts = (_hex(group_id), _hex(workspace_id), _hex(email_id), *members)
    return sha256("\n".join(parts).encode()).hexdigest()


def _hex(key: UUID | None) -> str:
    return "-" if key is None else key.hex


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a call that its user can mend: a code of `UserErrorCode`, what is wrong, and where in the input."""

    code: str
    message: str
    path: tuple[str | int, ...] = ()
