"""The history of a group: who did what, when, why and as what; and which of it could be taken back at this moment."""

from random import Random
from typing import Any
from uuid import UUID

import pytest

from bg_graph.buying_groups.commands.acts import Act
from bg_graph.buying_groups.commands.people import people_left
from bg_graph.buying_groups.commands.undo import undo_change
from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER, INFLUENCER
from bg_graph.buying_groups.rules.membership import MembershipSource, Terms
from bg_graph.buying_groups.tables import MemberRow
from bg_graph.store.changes import ChangeRow
from bg_graph.tenancy.rules import Caller, Right
from tests.buying_groups.calling import Calling, key_of, member_of
from tests.conftest import NOW
from tests.screens.conftest import Ask, caller_of, gid
from tests.world import World

HISTORY = """query($group: ID!, $first: Int, $after: String) { buyingGroup(id: $group) {
    history(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes {
    id at by source kind note undoable undoes { id kind } undoneBy { id by }
    items { person { id } roleBefore { name } roleAfter { name } sourceBefore sourceAfter } } } } }"""
ROLES = [role.id for role in (DECISION_MAKER, INFLUENCER, CHAMPION)]


async def history(ask: Ask, group: UUID, caller: Caller, first: int = 100) -> list[dict[str, Any]]:
    answer = await ask(HISTORY, caller=caller, group=gid("grp", group), first=first)
    nodes: list[dict[str, Any]] = answer.data["buyingGroup"]["history"]["nodes"]
    return nodes


async def test_it_tells_who_did_what_when_as_what_and_why(
    world: World, ask: Ask, calling: Calling, automation: Calling
):
    group = await world.group()
    person = await world.person(await world.account_of(group))
    await automation.assign(group, {person: CHAMPION.id}, note="attended the webinar")
    member = await member_of(world, group, person)
    edit = await calling.edit(group, {member: DECISION_MAKER.id}, note="signs the contract")
    undo = await calling.undo(key_of(edit["changeId"]), note="does not")
    undone, edited, assigned, created = await history(ask, group, calling.caller)
    who = gid("per", person)
    assert undone == {
        "id": undo["changeId"],
        "at": NOW.isoformat(),
        "by": "Ann",
        "source": "MANUAL",
        "kind": "CHANGE_UNDONE",
        "note": "does not",
        "undoable": True,
        "undoes": {"id": edit["changeId"], "kind": "ROLES_EDITED"},
        "undoneBy": None,
        "items": [
            {
                "person": {"id": who},
                "roleBefore": {"name": "Decision Maker"},
                "roleAfter": {"name": "Champion"},
                "sourceBefore": "MANUAL",
                "sourceAfter": "JOURNEY",
            }
        ],
    }
    assert (edited["kind"], edited["note"], edited["undoable"]) == ("ROLES_EDITED", "signs the contract", False)
    assert edited["undoneBy"] == {"id": undo["changeId"], "by": "Ann"}
    assert (assigned["by"], assigned["source"], assigned["note"]) == ("Nurture", "JOURNEY", "attended the webinar")
    assert (created["kind"], created["undoable"], created["undoes"]) == ("GROUP_CREATED", False, None)


async def test_it_is_paged_latest_first(world: World, ask: Ask, calling: Calling):
    group = await world.group()
    member = await member_of(world, group, await world.member(group))
    made = [
        (await calling.edit(group, {member: role}))["changeId"] for role in (CHAMPION.id, INFLUENCER.id, CHAMPION.id)
    ]
    found: list[str] = []
    after = None
    while True:
        answer = await ask(HISTORY, caller=calling.caller, group=gid("grp", group), first=2, after=after)
        page = answer.data["buyingGroup"]["history"]
        assert page["totalCount"] == 5
        found += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found[:3] == made[::-1]
    assert len(set(found)) == 5


async def test_who_may_not_edit_can_take_nothing_back(world: World, ask: Ask):
    group = await world.group()
    await world.member(group)
    assert [each["undoable"] for each in await history(ask, group, caller_of(world.tenant))] == [False, False]


async def test_in_an_archived_group_nothing_can_be_taken_back(world: World, ask: Ask, calling: Calling):
    group = await world.group()
    await world.member(group)
    assert any(each["undoable"] for each in await history(ask, group, calling.caller))
    await calling.archive(group)
    assert not any(each["undoable"] for each in await history(ask, group, calling.caller))


async def test_it_takes_as_many_statements_for_many_changes_as_for_few(world: World, ask: Ask, calling: Calling):
    group = await world.group()
    member = await member_of(world, group, await world.member(group))
    counts = {}
    for how_many in (3, 30):
        for number in range(how_many):
            await calling.edit(group, {member: ROLES[number % 3]})
        answer = await ask(HISTORY, caller=calling.caller, group=gid("grp", group), first=500)
        counts[how_many] = len(answer.sql)
    assert counts[3] == counts[30] <= 10


@pytest.mark.parametrize("seed", range(4))
async def test_undoable_is_what_an_undo_would_say_at_that_moment(
    world: World, ask: Ask, calling: Calling, automation: Calling, seed: int
):
    random = Random(seed)
    group = await world.group()
    people = await world.people(await world.account_of(group), 5)
    for _ in range(14):
        await some_call(world, random.choice([calling, calling, automation]), group, people, random)
    if seed == 3:
        await calling.archive(group)
    callers = {
        MembershipSource.MANUAL: calling.caller,
        MembershipSource.JOURNEY: automation.caller,
        None: caller_of(world.tenant, Right.SEND),
    }
    seen = set()
    for source, caller in callers.items():
        told = {key_of(each["id"]): each["undoable"] for each in await history(ask, group, caller)}
        act = Act("somebody", source or MembershipSource.MANUAL, NOW)
        assert told == {change: await would_undo(world, change, act, source is not None) for change in told}
        seen |= set(told.values())
    assert seen == ({False} if seed == 3 else {True, False})
    await world.check_counts()


async def would_undo(world: World, change: UUID, act: Act, may_edit: bool) -> bool:
    """Whether an undo goes through; it is taken back at once."""
    async with world.database.writing(world.tenant) as db, db.rehearsal():
        outcome = await undo_change(db, change, act, Terms(may_edit=may_edit))
    assert (outcome.change_id is None) is bool(outcome.faults or outcome.refused)
    return outcome.change_id is not None


async def some_call(world: World, calling: Calling, group: UUID, people: list[UUID], random: Random) -> None:
    """Any call, sensible or not, on some of the people."""
    members = {row.person_id: row.id for row in await world.rows(MemberRow, group_id=group)}
    chosen = random.sample(people, random.randint(1, 2))
    inside = [members[person] for person in chosen if person in members]
    match random.randrange(6):
        case 0 | 1:
            await calling.assign(group, {person: random.choice(ROLES) for person in chosen})
        case 2:
            await calling.edit(group, {member: random.choice(ROLES) for member in inside})
        case 3:
            await calling.remove(group, inside)
        case 4:
            (change,) = random.sample(await world.rows(ChangeRow, subject_id=group), 1)
            await calling.undo(change.id)
        case _:
            async with world.database.writing(world.tenant) as db:
                await people_left(db, chosen[:1], by="import", now=NOW)
