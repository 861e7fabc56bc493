"""One interleaving: eight callers and the maintenance job at once on the groups of one account, drawn from a seed."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from random import Random
from uuid import UUID

from sqlalchemy import select

from bg_graph.buying_groups.commands.acts import Act
from bg_graph.buying_groups.commands.calls import CallOutcome, MemberEdit, assign_call, edit_call, remove_call
from bg_graph.buying_groups.commands.logged import change
from bg_graph.buying_groups.commands.maintenance import JOB, MaintenanceOutcome, maintain
from bg_graph.buying_groups.commands.membership import assign_members, remove_members
from bg_graph.buying_groups.commands.stored import group, member
from bg_graph.buying_groups.commands.undo import UndoOutcome, undo_change
from bg_graph.buying_groups.rules.conditions import Attribute, AttributeTest, Operator
from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER, INFLUENCER, OTHER
from bg_graph.buying_groups.rules.membership import MembershipSource, RoleAssignment, Terms
from bg_graph.store.connection import TenantConnection
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant
from tests.buying_groups.invariants import InStore, breaches, read_group
from tests.buying_groups.serial import Action, Call, Observed, People, Seen, Standing, Told, unexplained
from tests.world import World, definition

CALLERS = 8
CALLS = 3
"""How many calls each caller makes, one after the other."""

MANUAL, JOURNEY, SYSTEM = MembershipSource.MANUAL, MembershipSource.JOURNEY, MembershipSource.SYSTEM
TITLES = {"Chief": DECISION_MAKER.id, "Engineer": INFLUENCER.id, "Driver": None}
OFFERED = (DECISION_MAKER.id, INFLUENCER.id, OTHER.id)
SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Scene:
    """An account with two groups, its people, and somebody of another account."""

    world: World
    groups: tuple[UUID, ...]
    staff: tuple[UUID, ...]
    people: People


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of an interleaving: how many calls were made, how many of them changed something, what was wrong."""

    seed: int
    calls: int
    changed: int
    violations: tuple[str, ...]


@dataclass(slots=True)
class Stage:
    """Where interleavings are tried one after the other: a tenant whose set-up they share."""

    world: World
    interests: list[UUID] = field(default_factory=list)
    stranger: UUID | None = None

    async def scene(self) -> Scene:
        """A fresh account with two groups."""
        world = self.world
        if not self.interests:
            template = await world.template(
                definition(DECISION_MAKER.id, _title("chief")),
                definition(INFLUENCER.id, _title("engineer"), members_required=2),
                definition(OTHER.id, required=False),
            )
            self.interests = [await world.interest(template=template) for _ in range(2)]
            self.stranger = await world.person(await world.account())
        account = await world.account()
        staff = {title: await world.people(account, 2, job_title=title) for title in TITLES}
        groups = [await world.group(account, interest) for interest in self.interests]
        accounts = {person: account for people in staff.values() for person in people}
        wanted = {person: role for title, role in TITLES.items() if role for person in staff[title]}
        assert self.stranger is not None
        people = People({**accounts, self.stranger: UUID(int=1)}, wanted)
        return Scene(world, tuple(groups), tuple(accounts), people)


async def try_interleaving(stage: Stage, seed: int) -> Tried:
    """Let the callers of a seed loose on a fresh account, and judge what came of it."""
    random, scene = Random(seed), await stage.scene()
    await _begin(scene, random)
    before = [await _in_store(scene, group_id) for group_id in scene.groups]
    callers = _Callers(scene, random, {found.group.id: found.group.version for found in before})
    ended = await asyncio.gather(*(callers.work() for _ in range(CALLERS)), return_exceptions=True)
    after = [await _in_store(scene, group_id) for group_id in scene.groups]
    for group_id in scene.groups:
        await stage.world.archive(group_id)  # so that the next one's job has as little to do
    violations = [f"a caller failed: {fault!r}" for fault in ended if fault is not None]
    violations += [breach for found in after for breach in breaches(found)]
    violations += callers.wrong_jobs(after)
    for first, last in zip(before, after, strict=True):
        violations += unexplained(_standing(first), callers.observed_on(last), last, scene.people)
    changes = sum(each.told.changed for each in callers.observed)
    return Tried(seed, CALLERS * CALLS, changes, tuple(violations))


@dataclass(frozen=True, slots=True)
class _Job:
    """A run of the maintenance job: it is one step on each group."""

    act: Act
    outcome: MaintenanceOutcome
    started: int
    ended: int


@dataclass(frozen=True, slots=True)
class _Looked:
    """What a caller saw of a group at one moment: version, the id of each person's membership, the latest calls."""

    version: int
    members: Mapping[UUID, UUID]
    log: Sequence[UUID]


class _Callers:
    """Callers that share a scene and a clock that counts; what each was told is noted."""

    def __init__(self, scene: Scene, random: Random, began: Mapping[UUID, int]) -> None:
        self._began = began
        self.observed: list[Observed] = []
        self._jobs: list[_Job] = []
        self._scene = scene
        self._random = random
        self._ticks = count()
        self._times = iter(random.sample(range(600 * SECOND), CALLERS * CALLS))

    async def work(self) -> None:
        """Make some calls, one after the other. Each has a time of its own, by a clock that may be wrong."""
        for _ in range(CALLS):
            now = self._scene.world.now + timedelta(microseconds=next(self._times))
            if self._random.random() < 0.15:
                await self._maintain(now)
            else:
                await self._call(now)

    def observed_on(self, found: InStore) -> list[Observed]:
        """The calls on a group, the job's steps among them. Whether the job changed it, only the log says."""
        logged = {each.change.at for each in found.log}
        steps = [
            Observed(
                Call(Action.MAINTAIN, found.group.id, job.act), Told(job.act.now in logged), job.started, job.ended
            )
            for job in self._jobs
        ]
        return [each for each in self.observed if each.call.group_id == found.group.id] + steps

    def wrong_jobs(self, groups: Sequence[InStore]) -> Iterator[str]:
        """Runs of the job whose outcome is not what the log says they did."""
        for job in self._jobs:
            logged = [each for found in groups for each in found.log if each.change.at == job.act.now]
            items = [item for each in logged for item in each.items]
            begun = sum(_role(item.before) is None for item in items)
            ended = sum(_role(item.after) is None for item in items)
            true = MaintenanceOutcome(0, len(logged), begun, ended, len(items) - begun - ended)
            if job.outcome != true:
                yield f"the job was told {job.outcome}, the log says {true}"

    async def _maintain(self, now: datetime) -> None:
        await self._pause()
        started = next(self._ticks)
        async with self._scene.world.database.writing(self._scene.world.tenant) as db:
            outcome = await maintain(db, now)
            await self._pause()
        self._jobs.append(_Job(Act(JOB, SYSTEM, now), outcome, started, next(self._ticks)))

    async def _call(self, now: datetime) -> None:
        """Look at a group, then ask something of it: what was seen may be long gone."""
        group_id = self._scene.groups[self._random.random() < 0.25]
        seen = await self._look(group_id)
        call = self._drawn(group_id, now, seen)
        await self._pause()
        started = next(self._ticks)
        async with self._scene.world.database.writing(self._scene.world.tenant) as db:
            told = await _made(db, call, seen.members)
            await self._pause()
        self.observed.append(Observed(call, told, started, next(self._ticks)))

    async def _look(self, group_id: UUID) -> _Looked:
        async with self._scene.world.database.reading(self._scene.world.tenant) as db:
            version = await db.value(select(group.c.version).where(of_tenant(group), group.c.id == group_id))
            of_group = (of_tenant(member), member.c.group_id == group_id)
            rows = await db.rows(select(member.c.person_id, member.c.id).where(*of_group))
            logged = (of_tenant(change), change.c.subject_id == group_id, change.c.version > self._began[group_id])
            log = await db.rows(select(change.c.id).where(*logged).order_by(change.c.version.desc()).limit(5))
        return _Looked(version, {row.person_id: row.id for row in rows}, [row.id for row in log])

    def _drawn(self, group_id: UUID, now: datetime, seen: _Looked) -> Call:
        random, version = self._random, seen.version
        source = random.choices([MANUAL, JOURNEY, SYSTEM], [5, 4, 1])[0]
        action = random.choices([Action.ASSIGN, Action.EDIT, Action.REMOVE, Action.UNDO], [4, 3, 3, 2])[0]
        expected = version if random.random() < 0.3 else None
        if action is Action.UNDO and seen.log:
            taken_back = random.choice([seen.log[0], random.choice(seen.log)])
            return Call(action, group_id, Act("Ann", source, now), (), expected, taken_back)
        action = Action.ASSIGN if action is Action.UNDO else action
        how_many = random.choices([0, 1, 2, 3, 51], [2, 50, 30, 16, 2])[0]
        subjects: list[UUID | Seen | None]
        if action is Action.ASSIGN:
            outside = [person for person in self._scene.staff if person not in seen.members]
            everybody = [*self._scene.people.accounts]
            among = outside if outside and random.random() < 0.8 else everybody
            subjects = [None if random.random() < 0.02 else random.choice(among) for _ in range(how_many)]
        else:
            present = [(person, version) for person in seen.members] or [None]
            subjects = [None if random.random() < 0.05 else random.choice(present) for _ in range(how_many)]
        roles = [*OFFERED] * 8 + [CHAMPION.id, None]
        items = tuple((subject, None if action is Action.REMOVE else random.choice(roles)) for subject in subjects)
        return Call(action, group_id, Act("Ann", source, now), items, expected)

    async def _pause(self) -> None:
        await asyncio.sleep(self._random.choice([0, 0, 0.001, 0.003]))


async def _made(db: TenantConnection, call: Call, ids: Mapping[UUID, UUID]) -> Told:
    """Make a call through the command that the mutations use."""
    terms = Terms(call.expected_version)
    if call.action is Action.UNDO:
        return _undo_told(await undo_change(db, call.takes_back, call.act, terms))
    return _told(await _members_call(db, call, ids, terms))


async def _members_call(db: TenantConnection, call: Call, ids: Mapping[UUID, UUID], terms: Terms) -> CallOutcome:
    if call.action is Action.ASSIGN:
        items = [RoleAssignment(subject, role) for subject, role in call.items if not isinstance(subject, tuple)]
        return await assign_call(db, call.group_id, items, call.act, terms)
    members = [ids[subject[0]] if isinstance(subject, tuple) else new_id() for subject, _ in call.items]
    if call.action is Action.EDIT:
        edits = [MemberEdit(each, role) for each, (_, role) in zip(members, call.items, strict=True)]
        return await edit_call(db, call.group_id, edits, call.act, terms)
    return await remove_call(db, call.group_id, members, call.act, terms)


def _told(outcome: CallOutcome) -> Told:
    return Told(
        changed=outcome.change_id is not None,
        faults=tuple(fault.code for fault in outcome.faults),
        refused=tuple((fault.index, fault.code) for fault in outcome.refused),
        skipped=tuple((fault.index, fault.code) for fault in outcome.skipped),
        people=outcome.people,
    )


def _undo_told(outcome: UndoOutcome) -> Told:
    refused = outcome.refused
    return Told(
        changed=outcome.change_id is not None,
        faults=tuple(fault.code for fault in outcome.faults),
        refused=((refused.later and refused.later.id, refused.code),) if refused else (),
        people=outcome.people,
    )


async def _begin(scene: Scene, random: Random) -> None:
    """Members and marks of every source, so that precedence has something to say from the first call on."""
    for group_id in scene.groups:
        for source in (SYSTEM, JOURNEY, MANUAL):
            chosen = random.sample(scene.staff, 2)
            items = [RoleAssignment(person, random.choice(OFFERED)) for person in chosen]
            act = Act("Bob", source, scene.world.now - timedelta(hours=1))
            async with scene.world.database.writing(scene.world.tenant) as db:
                await assign_members(db, {group_id: items}, replace(act, source=JOURNEY))
                await remove_members(db, {group_id: [random.choice(chosen)]}, act)


def _standing(found: InStore) -> Standing:
    return Standing(
        account_id=found.group.account_id,
        offered=frozenset(role.role_id for role in found.group.roles),
        version=found.group.version,
        members=found.group.members,
        marks=found.group.marks,
        began=dict.fromkeys(found.group.members, found.group.version),
    )


async def _in_store(scene: Scene, group_id: UUID) -> InStore:
    return await read_group(scene.world.database, scene.world.tenant, group_id)


def _title(part: str) -> AttributeTest:
    return AttributeTest(Attribute.JOB_TITLE, Operator.CONTAINS, part)


def _role(state: dict[str, str] | None) -> str | None:
    return (state or {}).get("role_id")
