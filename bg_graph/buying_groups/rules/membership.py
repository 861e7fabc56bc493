"""Who may come into a buying group, leave it or change role there, by which source: decisions, not their storage."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol, TypeVar
from uuid import UUID

from bg_graph.tenancy.rules import Right, lacking

Entry = TypeVar("Entry")

MAX_BATCH = 50
"""How many items one call may carry. Source: domain.md, "Members tab"."""

LONGEST_NOTE = 2000
"""Characters that the reason given with a call may have."""


class MembershipSource(StrEnum):
    """How a member came in: a user, an automation, the maintenance job; the higher first."""

    MANUAL = "MANUAL"
    JOURNEY = "JOURNEY"
    SYSTEM = "SYSTEM"

    def outranks(self, other: "MembershipSource") -> bool:
        """Whether the other source must not undo what this one did: MANUAL > JOURNEY > SYSTEM."""
        order = list(MembershipSource)
        return order.index(self) < order.index(other)


class ItemCode(StrEnum):
    """Why one item of a call is refused (users) or skipped (lower sources)."""

    NOT_FOUND = "NOT_FOUND"
    WRONG_ACCOUNT = "WRONG_ACCOUNT"
    ROLE_NOT_IN_TEMPLATE = "ROLE_NOT_IN_TEMPLATE"
    ALREADY_MEMBER = "ALREADY_MEMBER"
    NOT_A_MEMBER = "NOT_A_MEMBER"
    DUPLICATE_IN_INPUT = "DUPLICATE_IN_INPUT"
    REMOVED_BY_HIGHER = "REMOVED_BY_HIGHER"
    ADDED_BY_HIGHER = "ADDED_BY_HIGHER"


class CallCode(StrEnum):
    """Why a call is refused as a whole, whoever makes it."""

    NOT_FOUND = "NOT_FOUND"
    BATCH_SIZE = "BATCH_SIZE"
    GROUP_ARCHIVED = "GROUP_ARCHIVED"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    FORBIDDEN = "FORBIDDEN"
    INVALID_INPUT = "INVALID_INPUT"


ITEM_MESSAGES: Mapping[ItemCode, str] = MappingProxyType(
    {
        ItemCode.NOT_FOUND: "There is no such person.",
        ItemCode.WRONG_ACCOUNT: "This person belongs to another account than the buying group.",
        ItemCode.ROLE_NOT_IN_TEMPLATE: "The group's roles template does not offer this role; choose one that it offers.",
        ItemCode.ALREADY_MEMBER: "This person is a member already; edit the role to change it.",
        ItemCode.NOT_A_MEMBER: "This is no member of the buying group.",
        ItemCode.DUPLICATE_IN_INPUT: "An earlier item of this call names the same person; name each person once.",
        ItemCode.REMOVED_BY_HIGHER: "A higher source removed this person; only that source or a higher one may bring "
        "the person back.",
        ItemCode.ADDED_BY_HIGHER: "A higher source added this member; only that source or a higher one may change it.",
    }
)
"""What to tell of a refused or skipped item: what is wrong and what can be done."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A member's role and source."""

    role_id: UUID
    source: MembershipSource


@dataclass(frozen=True, slots=True)
class GroupState:
    """What the rules need to know of a group: members and removal marks by person id, the roles offered."""

    account_id: UUID
    members: Mapping[UUID, Membership]
    marks: Mapping[UUID, MembershipSource]
    offered_roles: frozenset[UUID]
    archived: bool = False
    version: int = 1


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """A person and the role to have, in an assign or an edit. None: the id that was given names nobody, or no role."""

    person_id: UUID | None
    role_id: UUID | None


@dataclass(frozen=True, slots=True)
class MembershipChange:
    """What a decision does to one person: membership and removal mark, before and after; None is "none"."""

    person_id: UUID
    before: Membership | None
    after: Membership | None
    mark_before: MembershipSource | None = None
    mark_after: MembershipSource | None = None

    def inverse(self) -> "MembershipChange":
        """The change that takes this one back, mark included. Source: domain.md, "Rules of membership" (undo)."""
        return MembershipChange(self.person_id, self.after, self.before, self.mark_after, self.mark_before)


@dataclass(frozen=True, slots=True)
class ItemFault:
    """One faulty item: its place in the call (from 0), code and message."""

    index: int
    code: ItemCode
    message: str


@dataclass(frozen=True, slots=True)
class CallFault:
    """A fault of the call itself: code and message."""

    code: CallCode
    message: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What a call does: the changes, the faults that refuse it whole (users), the items left out (lower sources).

    Where `refused` has anything there are no changes. An item that changes nothing is in none of the three.
    """

    changes: tuple[MembershipChange, ...] = ()
    refused: tuple[ItemFault, ...] = ()
    skipped: tuple[ItemFault, ...] = ()


class Versioned(Protocol):
    """As much of a group as every call on it asks."""

    @property
    def archived(self) -> bool:
        """Whether it is read-only."""

    @property
    def version(self) -> int:
        """Which rises with each change."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a call on a group is made under.

    `expected_version`: the version that the caller saw (None: whichever it is); `note`: the reason given.
    """

    expected_version: int | None = None
    may_edit: bool = True
    note: str | None = None


def call_faults(terms: Terms, group: Versioned | None, how_many: int) -> tuple[CallFault, ...]:
    """The faults of a call as a whole, every one, in the order of domain.md, "Rules of membership".

    `group` is None where there is none with the id that was given; `how_many` items the call has.
    """
    faults = list(group_faults(terms, group))
    if not 1 <= how_many <= MAX_BATCH:
        fault = CallFault(CallCode.BATCH_SIZE, f"A call takes 1 to {MAX_BATCH} items, got {how_many}.")
        faults.insert(1 if group is None else 0, fault)
    return tuple(faults)


def group_faults(terms: Terms, group: Versioned | None, *, archived_too: bool = False) -> tuple[CallFault, ...]:
    """The faults of a call that has no items; with `archived_too` it may be made on an archived group."""
    faults = []
    if group is None:
        faults.append(CallFault(CallCode.NOT_FOUND, "There is no such buying group."))
    elif group.archived and not archived_too:
        faults.append(CallFault(CallCode.GROUP_ARCHIVED, "The group is archived and read-only; unarchive it first."))
    if group is not None and terms.expected_version not in (None, group.version):
        message = (
            f"The group has version {group.version}, not {terms.expected_version}: read it again, then repeat the call."
        )
        faults.append(CallFault(CallCode.VERSION_CONFLICT, message))
    return (*faults, *terms_faults(terms))


def terms_faults(terms: Terms) -> tuple[CallFault, ...]:
    """The faults of a call that no group is asked for: a missing right, a note that can't be kept."""
    faults = []
    if not terms.may_edit:
        faults.append(CallFault(CallCode.FORBIDDEN, lacking(Right.EDIT)))
    if fault := note_fault(terms.note):
        faults.append(CallFault(CallCode.INVALID_INPUT, fault))
    return tuple(faults)


def note_fault(note: str | None) -> str | None:
    """What is wrong with a note, if anything: what no database can hold, or too much of it."""
    cleaned = cleaned_note(note) or ""
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in cleaned):
        return "A note can't hold the character NUL, nor half of a surrogate pair; remove it."
    if len(cleaned) > LONGEST_NOTE:
        return f"A note has at most {LONGEST_NOTE} characters, this one has {len(cleaned)}; shorten it."
    return None


def cleaned_note(note: str | None) -> str | None:
    """A note as it is kept: trimmed; an empty one is none."""
    return (note or "").strip() or None


def assign(
    group: GroupState, items: Sequence[RoleAssignment], accounts: Mapping[UUID, UUID], by: MembershipSource
) -> Decision:
    """Decide an assign. `accounts` gives the account of each person named that exists in the tenant.

    A journey that assigns a SYSTEM member raises the membership to JOURNEY and sets the role.
    Source: domain.md, "Rules of membership".
    """

    def fault(item: RoleAssignment, duplicate: bool) -> ItemCode | None:
        if item.person_id is None or item.person_id not in accounts:
            return ItemCode.NOT_FOUND
        if accounts[item.person_id] != group.account_id:
            return ItemCode.WRONG_ACCOUNT
        if item.role_id not in group.offered_roles:
            return ItemCode.ROLE_NOT_IN_TEMPLATE
        if _is_settled_member(group.members.get(item.person_id), by):
            return ItemCode.ALREADY_MEMBER
        if duplicate:
            return ItemCode.DUPLICATE_IN_INPUT
        mark = group.marks.get(item.person_id)
        return ItemCode.REMOVED_BY_HIGHER if mark is not None and mark.outranks(by) else None

    return _decide(group, items, fault, by)


def edit(group: GroupState, items: Sequence[RoleAssignment], by: MembershipSource) -> Decision:
    """Decide an edit of roles. The membership takes the source of whoever edits it, even where the role stays.

    Source: domain.md, "Rules of membership".
    """

    def fault(item: RoleAssignment, duplicate: bool) -> ItemCode | None:
        member = group.members.get(item.person_id) if item.person_id else None
        if member is None:
            return ItemCode.NOT_A_MEMBER
        if item.role_id not in group.offered_roles:
            return ItemCode.ROLE_NOT_IN_TEMPLATE
        return _duplicate_or_added_by_higher(member, duplicate, by)

    return _decide(group, items, fault, by)


def remove(group: GroupState, person_ids: Sequence[UUID | None], by: MembershipSource) -> Decision:
    """Decide a removal; each person removed leaves a mark of the source that did it.

    Source: domain.md, "Rules of membership".
    """

    def fault(item: RoleAssignment, duplicate: bool) -> ItemCode | None:
        member = group.members.get(item.person_id) if item.person_id else None
        return ItemCode.NOT_A_MEMBER if member is None else _duplicate_or_added_by_higher(member, duplicate, by)

    return _decide(group, [RoleAssignment(person_id, None) for person_id in person_ids], fault, by)


def leave(group: GroupState, person_ids: Iterable[UUID]) -> tuple[MembershipChange, ...]:
    """What follows for this group when persons leave its account: they go whatever their source, marked SYSTEM.

    Source: domain.md, "Rules of membership" (a person who changes account, is deleted or merged away).
    """
    return tuple(
        change_of(group, person_id, None, MembershipSource.SYSTEM)
        for person_id in dict.fromkeys(person_ids)
        if person_id in group.members
    )


def change_of(group: GroupState, person_id: UUID, role_id: UUID | None, by: MembershipSource) -> MembershipChange:
    """The change that gives a person a role, or takes the person out (no role), by a source.

    Adding clears the removal mark; removing a member leaves one. Source: domain.md, "Rules of membership".
    """
    before, mark = group.members.get(person_id), group.marks.get(person_id)
    if role_id is not None:
        return MembershipChange(person_id, before, Membership(role_id, by), mark, None)
    return MembershipChange(person_id, before, None, mark, mark if before is None else by)


def applied(group: GroupState, changes: Iterable[MembershipChange]) -> GroupState:
    """The group after the changes; its version and the rest stay as they are."""
    members, marks = dict(group.members), dict(group.marks)
    for change in changes:
        _put(members, change.person_id, change.after)
        _put(marks, change.person_id, change.mark_after)
    return replace(group, members=members, marks=marks)


def _put(entries: dict[UUID, Entry], key: UUID, value: Entry | None) -> None:
    if value is None:
        entries.pop(key, None)
    else:
        entries[key] = value


def _is_settled_member(member: Membership | None, by: MembershipSource) -> bool:
    """Whether an assign finds the person a member already: always, but for a journey that raises a SYSTEM member."""
    if member is None:
        return False
    raises = by is MembershipSource.JOURNEY and member.source is MembershipSource.SYSTEM
    return not raises


def _duplicate_or_added_by_higher(member: Membership, duplicate: bool, by: MembershipSource) -> ItemCode | None:
    if duplicate:
        return ItemCode.DUPLICATE_IN_INPUT
    return ItemCode.ADDED_BY_HIGHER if member.source.outranks(by) else None


def _decide(
    group: GroupState,
    items: Sequence[RoleAssignment],
    fault: Callable[[RoleAssignment, bool], ItemCode | None],
    by: MembershipSource,
) -> Decision:
    """Judge each item by the state before the call: all or nothing for users, item by item for lower sources."""
    faults: list[ItemFault] = []
    changes: list[MembershipChange] = []
    named: set[UUID | None] = set()
    for index, item in enumerate(items):
        code = fault(item, item.person_id in named)
        named.add(item.person_id)
        if code is not None:
            faults.append(ItemFault(index, code, ITEM_MESSAGES[code]))
        elif item.person_id is not None:
            change = change_of(group, item.person_id, item.role_id, by)
            if change.before != change.after:
                changes.append(change)
    if by is not MembershipSource.MANUAL:
        return Decision(changes=tuple(changes), skipped=tuple(faults))
    return Decision(refused=tuple(faults)) if faults else Decision(changes=tuple(changes))
