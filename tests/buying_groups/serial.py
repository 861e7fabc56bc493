"""Whether some serial order explains what concurrent callers of one group were told and what they left behind.

The order of the calls that changed something is witnessed by the versions in the change log; each call that changed
nothing must fit somewhere between the calls that ended before it began and those that began after it had ended. A group
is one object: where each group has such an order, all of them together have one (linearizability is local).
"""

from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from functools import cached_property
from typing import TypeVar
from uuid import UUID

from bg_graph.buying_groups.commands.acts import Act
from bg_graph.buying_groups.commands.stored import StoredMark, StoredMember, StoredState
from bg_graph.buying_groups.commands.writing import membership_data
from bg_graph.buying_groups.rules import membership as rules
from bg_graph.buying_groups.rules.maintenance import maintain_roles
from bg_graph.buying_groups.rules.membership import (
    CallCode,
    GroupState,
    ItemCode,
    Membership,
    MembershipChange,
    MembershipSource,
    RoleAssignment,
    Terms,
    call_faults,
    group_faults,
)
from bg_graph.buying_groups.rules.undo import LaterCall, LoggedCall, undo_fault, undone
from tests.buying_groups.invariants import InStore, States

Entry = TypeVar("Entry")


class Action(Enum):
    """What a caller does."""

    ASSIGN = auto()
    EDIT = auto()
    REMOVE = auto()
    MAINTAIN = auto()
    UNDO = auto()


Seen = tuple[UUID, int]
"""A membership as a caller saw it: whose, and at which version of the group."""


@dataclass(frozen=True, slots=True)
class Call:
    """What one caller asks of one group.

    An assign names people, an edit and a removal memberships as the caller saw them (None: an id that is nobody's), an undo
    the call that it takes back.
    """

    action: Action
    group_id: UUID
    act: Act
    items: tuple[tuple[UUID | Seen | None, UUID | None], ...] = ()
    expected_version: int | None = None
    takes_back: UUID | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What a caller is told of a call: faults of the call, of items (place and code), and who was not skipped.

    An undo that is refused tells the later call in place of an item.
    """

    changed: bool
    faults: tuple[str, ...] = ()
    refused: tuple[tuple[int | UUID | None, str], ...] = ()
    skipped: tuple[tuple[int, ItemCode], ...] = ()
    people: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Observed:
    """A call as it went: what the caller was told, and between which ticks of the common clock it ran."""

    call: Call
    told: Told
    started: int
    ended: int


@dataclass(frozen=True, slots=True)
class People:
    """Who there is: the account of each person, and the role that auto-assignment gives to whom."""

    accounts: Mapping[UUID, UUID]
    wanted: Mapping[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Deed:
    """What a call of the log did: by which source, and what had been there, with the versions that memberships began."""

    source: MembershipSource
    changes: Sequence[MembershipChange]
    before: Mapping[UUID, tuple[StoredState, int]]


@dataclass(frozen=True)
class Standing:
    """A group after one of its versions, as the rules make it. `touched`: the latest call on a person."""

    account_id: UUID
    offered: frozenset[UUID]
    version: int
    members: Mapping[UUID, StoredMember]
    marks: Mapping[UUID, StoredMark]
    began: Mapping[UUID, int]
    deeds: Mapping[UUID, Deed] = field(default_factory=dict)
    touched: Mapping[UUID, UUID] = field(default_factory=dict)

    @cached_property
    def state(self) -> GroupState:
        """The group as the rules take it."""
        return GroupState(
            account_id=self.account_id,
            members={person: Membership(each.role_id, each.source) for person, each in self.members.items()},
            marks={person: each.source for person, each in self.marks.items()},
            offered_roles=self.offered,
            version=self.version,
        )

    @property
    def states(self) -> States:
        """Membership and mark of each person, in the form of the change log."""
        return said_of(self.members, self.marks)

    def after(self, changes: Sequence[MembershipChange], call: Call, change_id: UUID) -> "Standing":
        """The group after a call's changes, which the log keeps under this id."""
        members, marks, began = dict(self.members), dict(self.marks), dict(self.began)
        for change in changes:
            state, since = self._left_by(change, call)
            _put(members, change.person_id, state.member)
            _put(marks, change.person_id, state.mark)
            began[change.person_id] = since
        before = {change.person_id: self._of(change.person_id) for change in changes}
        deed = Deed(call.act.source, changes, before)
        return replace(
            self,
            version=self.version + 1,
            members=members,
            marks=marks,
            began=began,
            deeds={**self.deeds, change_id: deed},
            touched={**self.touched, **dict.fromkeys(before, change_id)},
        )

    def _left_by(self, change: MembershipChange, call: Call) -> tuple[StoredState, int]:
        """What a change leaves of a person, and with which version the membership began."""
        if call.takes_back is not None:
            return self.deeds[call.takes_back].before[change.person_id]
        act, (before, began) = call.act, self._of(change.person_id)
        mark = StoredMark(change.mark_after, act.now, act.by) if change.mark_after else None
        if change.after is None:
            return StoredState(None, mark), 0
        if before.member:
            return StoredState(replace(before.member, role_id=change.after.role_id, source=change.after.source)), began
        member = StoredMember(change.after.role_id, change.after.source, act.now, act.by)
        return StoredState(member, mark), self.version + 1

    def _of(self, person: UUID) -> tuple[StoredState, int]:
        return StoredState(self.members.get(person), self.marks.get(person)), self.began.get(person, 0)


def _put(entries: MutableMapping[UUID, Entry], key: UUID, value: Entry | None) -> None:
    entries.pop(key, None)
    if value is not None:
        entries[key] = value


def said_of(members: Mapping[UUID, StoredMember], marks: Mapping[UUID, StoredMark]) -> States:
    """Membership and mark of each person in the form of the change log, but for the ids of rows."""
    bare = {person: replace(each, id=None) for person, each in members.items()}
    data = {person: membership_data(bare.get(person), marks.get(person)) for person in bare.keys() | marks.keys()}
    return {person: state for person, state in data.items() if state is not None}


def ruled(call: Call, standing: Standing, people: People) -> tuple[Told, Sequence[MembershipChange]]:
    """What the rules say of a call on a group as it stands: what the caller is told, and what changes."""
    if call.action is Action.MAINTAIN:
        of_account = {person for person, account in people.accounts.items() if account == standing.account_id}
        wanted = {person: role for person, role in people.wanted.items() if person in of_account}
        changes = maintain_roles(wanted, standing.state, among=of_account)
        return Told(bool(changes)), changes
    if call.takes_back is not None:
        return _ruled_undo(call, call.takes_back, standing, people)
    faults = call_faults(Terms(call.expected_version), standing.state, len(call.items))
    codes = tuple(fault.code for fault in faults)
    if CallCode.BATCH_SIZE in codes:
        return Told(False, codes), ()
    named, decision = _decided(call, standing, people)
    refused = tuple((fault.index, fault.code) for fault in decision.refused)
    if faults or refused:
        return Told(False, codes, refused), ()
    skipped = tuple((fault.index, fault.code) for fault in decision.skipped)
    left_out = {index for index, _ in skipped}
    done = tuple(person for index, person in enumerate(named) if index not in left_out and person is not None)
    return Told(bool(decision.changes), skipped=skipped, people=done), decision.changes


def _ruled_undo(
    call: Call, change_id: UUID, standing: Standing, people: People
) -> tuple[Told, Sequence[MembershipChange]]:
    if change_id not in standing.deeds:
        return Told(False, (CallCode.NOT_FOUND,)), ()
    deed, order = standing.deeds[change_id], list(standing.deeds)
    since = {standing.touched[change.person_id] for change in deed.changes} - {change_id}
    latest = max(since, key=order.index, default=None)
    later = None if latest is None else LaterCall(latest, "", call.act.now, "")
    logged = LoggedCall(deed.source, tuple(deed.changes), later)
    faults = tuple(fault.code for fault in group_faults(Terms(call.expected_version), standing.state))
    refused = undo_fault(logged, standing.state, people.accounts, call.act.source)
    if faults or refused:
        return Told(False, faults, ((refused.later and refused.later.id, refused.code),) if refused else ()), ()
    return Told(True, people=tuple(change.person_id for change in deed.changes)), undone(deed.changes)


def _decided(call: Call, standing: Standing, people: People) -> tuple[list[UUID | None], rules.Decision]:
    source = call.act.source
    named = [_person(subject, standing) for subject, _ in call.items]
    items = [RoleAssignment(person, role) for person, (_, role) in zip(named, call.items, strict=True)]
    if call.action is Action.ASSIGN:
        return named, rules.assign(standing.state, items, people.accounts, source)
    if call.action is Action.EDIT:
        return named, rules.edit(standing.state, items, source)
    return named, rules.remove(standing.state, named, source)


def _person(subject: UUID | Seen | None, standing: Standing) -> UUID | None:
    """Whom an item names: a membership that ended names nobody, also where the person came in again since."""
    if not isinstance(subject, tuple):
        return subject
    person, seen = subject
    return person if person in standing.members and standing.began[person] <= seen else None


def unexplained(first: Standing, calls: Sequence[Observed], last: InStore, people: People) -> Iterator[str]:
    """Why no serial order explains the calls on a group; nothing where one does."""
    by_time = {each.call.act.now: each for each in calls}
    log = [logged.change for logged in last.log if logged.change.version > first.version]
    order = [change.at for change in log]
    if unknown := [at for at in order if at not in by_time]:
        yield f"the log has calls that nobody made: {unknown}"
        return
    changing = [by_time[at] for at in order]
    if len(set(order)) != len(order) or {each.call.act.now for each in calls if each.told.changed} != set(order):
        yield f"calls that changed something: {sum(each.told.changed for each in calls)}, in the log: {len(order)}"
        return
    yield from _against_time(changing)
    standings = [first]
    for each, change in zip(changing, log, strict=True):
        told, changes = ruled(each.call, standings[-1], people)
        if told != each.told:
            yield f"{_words(each)}; by the rules, at version {standings[-1].version}: {told}"
            return
        standings.append(standings[-1].after(changes, each.call, change.id))
    stored = said_of(last.group.members, last.group.marks)
    if standings[-1].states != stored:
        yield f"the store has {stored}; by the rules: {standings[-1].states}"
    yield from _without_place([each for each in calls if not each.told.changed], changing, standings, people)


def _against_time(changing: Sequence[Observed]) -> Iterator[str]:
    """A call that had ended before another began must come before it."""
    latest = -1
    for each in changing:
        if each.ended < latest:
            yield f"{_words(each)} ended before a call began that the log has earlier"
        latest = max(latest, each.started)


def _without_place(
    calls: Iterable[Observed], changing: Sequence[Observed], standings: Sequence[Standing], people: People
) -> Iterator[str]:
    """Calls without effect that fit nowhere: not by the rules, or not by time, their own order included."""
    placed: list[tuple[int, int]] = []
    for each in sorted(calls, key=lambda call: call.started):
        earliest = max((place + 1 for place, other in enumerate(changing) if other.ended < each.started), default=0)
        latest = min((place for place, other in enumerate(changing) if other.started > each.ended), default=None)
        earliest = max([earliest, *(place for ended, place in placed if ended < each.started)])
        within = range(earliest, len(standings) if latest is None else latest + 1)
        fits = (place for place in within if ruled(each.call, standings[place], people)[0] == each.told)
        place = next(fits, None)
        if place is None:
            versions = [standings[place].version for place in within]
            yield f"{_words(each)}; by the rules at none of the versions {versions}"
        else:
            placed.append((each.ended, place))


def _words(observed: Observed) -> str:
    return f"{observed.call} was told {observed.told}"
