"""When a logged call on a group's members can be taken back, and what it takes to do so: decisions, not their storage."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from bg_graph.buying_groups.rules.membership import GroupState, MembershipChange, MembershipSource


class UndoCode(StrEnum):
    """Why a call is not taken back."""

    NOT_UNDOABLE = "NOT_UNDOABLE"
    CHANGED_SINCE = "CHANGED_SINCE"
    ADDED_BY_HIGHER = "ADDED_BY_HIGHER"
    REMOVED_BY_HIGHER = "REMOVED_BY_HIGHER"


@dataclass(frozen=True, slots=True)
class LaterCall:
    """The latest call that touched one of the people since: which, by whom, when, and what it did, in words.

    `takes_back`: it took this very call back.
    """

    id: UUID
    by: str
    at: datetime
    did: str
    takes_back: bool = False


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """A call as the log has it. `changes` is None where it was no call on members; `gone`: one of its people is erased."""

    source: MembershipSource
    changes: tuple[MembershipChange, ...] | None
    later: LaterCall | None = None
    gone: bool = False


@dataclass(frozen=True, slots=True)
class UndoFault:
    """Why a call is not taken back: code and message; for CHANGED_SINCE the later call."""

    code: UndoCode
    message: str
    later: LaterCall | None = None


def undo_fault(
    call: LoggedCall, group: GroupState | None, accounts: Mapping[UUID, UUID], by: MembershipSource
) -> UndoFault | None:
    """Why a source may not take a call back, the first reason that applies; None where it may.

    `group` is None where it is gone; `accounts` gives the account of each person of the call who exists. A whole call
    is taken back or nothing of it, whoever asks. Source: domain.md, "Rules of membership" (undo, precedence).
    """
    if call.changes is None:
        message = "Only calls that assigned, removed or edited members can be taken back; this change was another."
        return UndoFault(UndoCode.NOT_UNDOABLE, message)
    if group is None:
        return UndoFault(UndoCode.NOT_UNDOABLE, "The buying group of this change is gone.")
    if call.later is not None:
        return UndoFault(UndoCode.CHANGED_SINCE, _changed_since(call.later), call.later)
    if fault := _restoring_fault(call, group, accounts):
        return UndoFault(UndoCode.NOT_UNDOABLE, fault)
    return _precedence_fault(call, by)


def undone(changes: Iterable[MembershipChange]) -> tuple[MembershipChange, ...]:
    """What takes the changes of a call back. Source: domain.md, "Rules of membership" (undo)."""
    return tuple(change.inverse() for change in changes)


def _changed_since(later: LaterCall) -> str:
    when = f"{later.at:%Y-%m-%d %H:%M} UTC"
    if later.takes_back:
        return f"{later.by} took this change back already, on {when}."
    return f"{later.by} {later.did} on {when}, which touched the same people; take that change back first."


def _restoring_fault(call: LoggedCall, group: GroupState, accounts: Mapping[UUID, UUID]) -> str | None:
    """Why memberships of before can't be again."""
    restored = [(change.person_id, change.before) for change in call.changes or () if change.before]
    if call.gone or any(person_id not in accounts for person_id, _ in restored):
        return "A person of this change no longer exists."
    if any(accounts[person_id] != group.account_id for person_id, _ in restored):
        return "A person of this change belongs to another account by now."
    if any(before.role_id not in group.offered_roles for _, before in restored):
        return "The group's roles template no longer offers a role of before."
    return None


def _precedence_fault(call: LoggedCall, by: MembershipSource) -> UndoFault | None:
    """What a higher source added or removed, a lower one does not undo."""
    if not call.source.outranks(by):
        return None
    if any(change.after for change in call.changes or ()):
        message = "A higher source added or edited these members; only that source or a higher one may take it back."
        return UndoFault(UndoCode.ADDED_BY_HIGHER, message)
    message = "A higher source removed these people; only that source or a higher one may take it back."
    return UndoFault(UndoCode.REMOVED_BY_HIGHER, message)
