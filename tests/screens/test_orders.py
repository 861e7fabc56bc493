"""Orders and pages: whatever the data and the size of a page, the pages together are the list sorted in Python."""

import base64
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

import pytest

from bg_graph.accounts.graphql import PersonOrderField
from bg_graph.accounts.rules import text_key
from bg_graph.buying_groups.graphql.lists import BuyingGroupOrderField
from bg_graph.buying_groups.graphql.members import MemberOrderField
from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER, INFLUENCER, PRACTITIONER
from bg_graph.buying_groups.rules.membership import MembershipSource
from bg_graph.buying_groups.tables import BuyingGroupRow, MemberRow
from tests.conftest import NOW
from tests.screens.conftest import Ask, gid
from tests.world import World, definition

DIRECTIONS = ("ASC", "DESC")
TEXTS = ("a", "A", "á", "Z", "z", "ß", "ss", "Ä b", "ab", "a b", "_", "%", "é", "é", "李", "10", "9", "\U0001f9a4")
SCORES = (0.0, 0.1, 50.0, 50.000000000000007, 49.99999999999999, 100.0, 1 / 3, 66.666666666666667)
TEMPLATE_ORDER = (PRACTITIONER.id, CHAMPION.id, DECISION_MAKER.id, INFLUENCER.id)


@dataclass(frozen=True)
class Item:
    """A listed thing as the test knows it: its id, its key among equals, and its value for each order."""

    id: str
    tie: tuple[Any, ...]
    values: Mapping[str, Any]


def expected(items: Sequence[Item], field: str, direction: str) -> list[str]:
    """The list sorted by its definition: empty values last either way, ties by name and id, both rising."""
    full = [item for item in items if item.values[field] is not None]
    empty = [item for item in items if item.values[field] is None]
    by_tie = attrgetter("tie")
    # Sorting is stable, so that ties stand as `tie` says whichever way the values run; a name that is ordered by is
    # its own first tie and runs with it.
    full = sorted(sorted(full, key=by_tie), key=lambda item: item.values[field], reverse=direction == "DESC")
    return [item.id for item in [*full, *sorted(empty, key=by_tie)]]


async def all_pages(ask: Ask, query: str, path: Sequence[str], size: int, **variables: Any) -> tuple[list[str], int]:
    """Ids of all pages one after the other, and how many pages there were."""
    shown: list[str] = []
    after, pages = None, 0
    while True:
        answer = await ask(query, first=size, after=after, **variables)
        page: Any = answer.data
        for name in path:
            page = page[name]
        ids = [edge["node"]["id"] for edge in page["edges"]]
        assert len(ids) <= size
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        assert page["pageInfo"]["endCursor"] == (page["edges"][-1]["cursor"] if ids else None)
        shown += ids
        pages += 1
        if not page["pageInfo"]["hasNextPage"]:
            return shown, pages
        assert len(ids) == size
        after = page["pageInfo"]["endCursor"]


PAGE = "edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
MEMBERS = f"""query($g: ID!, $first: Int, $after: String, $o: [MemberOrder!]) {{
  buyingGroup(id: $g) {{ members(first: $first, after: $after, orderBy: $o) {{ {PAGE} }} }} }}"""
PEOPLE = f"""query($a: ID!, $first: Int, $after: String, $o: [PersonOrder!]) {{
  account(id: $a) {{ people(first: $first, after: $after, orderBy: $o) {{ {PAGE} }} }} }}"""
ASSIGNABLE = f"""query($g: ID!, $first: Int, $after: String, $o: [PersonOrder!]) {{
  buyingGroup(id: $g) {{ assignableContacts(first: $first, after: $after, orderBy: $o) {{ {PAGE} }} }} }}"""
GROUPS = f"""query($first: Int, $after: String, $o: [BuyingGroupOrder!]) {{
  buyingGroups(first: $first, after: $after, orderBy: $o) {{ {PAGE} }} }}"""


def drawn(chance: random.Random, choices: Sequence[Any]) -> Any:
    """One of the choices, or nothing."""
    return None if chance.random() < 0.25 else chance.choice(choices)


async def people_of(world: World, account: UUID, how_many: int, chance: random.Random) -> dict[UUID, Item]:
    """People with many equal and empty values, as listed things."""
    made = {}
    for _ in range(how_many):
        name, title, email, phone = chance.choice(TEXTS[:6]), *(drawn(chance, TEXTS) for _ in range(3))
        person = await world.person(account, name, job_title=title, email=email, phone=phone)
        score = drawn(chance, SCORES)
        await world.score(person, score)
        values = {
            "NAME": text_key(name).encode(),
            "JOB_TITLE": title and text_key(title).encode(),
            "EMAIL": email and text_key(email).encode(),
            "PHONE": phone and text_key(phone).encode(),
            "ENGAGEMENT_SCORE": score,
        }
        made[person] = Item(gid("per", person), (values["NAME"], person.bytes), values)
    return made


async def members_of(world: World, group: UUID, people: Mapping[UUID, Item], chance: random.Random) -> list[Item]:
    """The people as members with drawn roles, sources and times."""
    for person in people:
        await world.member(group, person, chance.choice(TEMPLATE_ORDER), chance.choice(list(MembershipSource)))
    listed = []
    for row in await world.rows(MemberRow, group_id=group):
        at = NOW + timedelta(microseconds=chance.randrange(3))
        await world.change(MemberRow, row.id, assigned_at=at)
        values = {
            **people[row.person_id].values,
            "ROLE": TEMPLATE_ORDER.index(row.role_id),
            "SOURCE": row.source,
            "ASSIGNED_AT": at,
        }
        listed.append(Item(gid("mem", row.id), people[row.person_id].tie, values))
    return listed


@pytest.mark.slow
async def test_members_and_people_in_each_order_either_way_are_the_same_at_each_size_of_a_page(world: World, ask: Ask):
    chance = random.Random(20261123)
    template = await world.template(*(definition(role_id) for role_id in TEMPLATE_ORDER))
    group = await world.group(interest_id=await world.interest(template=template))
    account = await world.account_of(group)
    people = await people_of(world, account, 10, chance)
    members = await members_of(world, group, people, chance)
    assert {field.name for field in MemberOrderField} == set(members[0].values)
    for field in members[0].values:
        for direction in DIRECTIONS:
            await same_at_each_size(
                ask, MEMBERS, ("buyingGroup", "members"), members, field, direction, g=gid("grp", group)
            )
    listed = list(people.values())
    assert {field.name for field in PersonOrderField} == set(listed[0].values)
    for field in listed[0].values:
        for direction in DIRECTIONS:
            await same_at_each_size(ask, PEOPLE, ("account", "people"), listed, field, direction, a=gid("acc", account))


@pytest.mark.slow
async def test_contacts_that_may_be_assigned_keep_each_order_from_page_to_page(world: World, ask: Ask):
    chance = random.Random(7)
    group = await world.group()
    account = await world.account_of(group)
    await world.member(group)
    people = list((await people_of(world, account, 9, chance)).values())
    for field in PersonOrderField:
        for direction in DIRECTIONS:
            path = ("buyingGroup", "assignableContacts")
            await same_at_each_size(
                ask, ASSIGNABLE, path, people, field.name, direction, sizes=(2, 9), g=gid("grp", group)
            )


@pytest.mark.slow
async def test_groups_in_each_order_either_way_are_the_same_at_each_size_of_a_page(world: World, ask: Ask):
    chance = random.Random(3)
    listed = []
    for _ in range(10):
        name = chance.choice(TEXTS[:6])
        group = await world.group(await world.account(name))
        times = [NOW + timedelta(microseconds=chance.randrange(3)) for _ in range(2)]
        score, complete = drawn(chance, SCORES), drawn(chance, (0, 33, 100))
        await world.group_score(group, score)
        columns = {"completeness_score": complete, "member_count": chance.randrange(3)}
        await world.change(BuyingGroupRow, group, created_at=times[0], updated_at=times[1], **columns)
        key = text_key(f"CRM for {name}").encode()
        values = {
            "NAME": key,
            "ENGAGEMENT_SCORE": score,
            "COMPLETENESS_SCORE": complete,
            "MEMBER_COUNT": columns["member_count"],
            "CREATED_AT": times[0],
            "UPDATED_AT": times[1],
        }
        listed.append(Item(gid("grp", group), (key, group.bytes), values))
    assert {field.name for field in BuyingGroupOrderField} == set(listed[0].values)
    for field in listed[0].values:
        for direction in DIRECTIONS:
            await same_at_each_size(ask, GROUPS, ("buyingGroups",), listed, field, direction)


async def same_at_each_size(
    ask: Ask,
    query: str,
    path: Sequence[str],
    listed: Sequence[Item],
    field: str,
    direction: str,
    sizes: Sequence[int] | None = None,
    **variables: Any,
) -> None:
    wanted = expected(listed, field, direction)
    order = [{"field": field, "direction": direction}]
    for size in sizes or (1, 2, 4, len(listed)):
        shown, pages = await all_pages(ask, query, path, size, o=order, **variables)
        assert shown == wanted, (field, direction, size)
        assert pages == -(-len(listed) // size)


async def test_several_wishes_order_one_after_the_other(world: World, ask: Ask):
    group = await world.group()
    account = await world.account_of(group)
    for name, title in (("A", "x"), ("B", "y"), ("C", "x"), ("D", None), ("E", "y")):
        await world.member(group, await world.person(account, name, job_title=title))
    order = [{"field": "JOB_TITLE", "direction": "DESC"}, {"field": "NAME", "direction": "DESC"}]
    query = MEMBERS.replace("node { id }", "node { id: name }")
    for size in (1, 2, 5):
        shown, _ = await all_pages(ask, query, ("buyingGroup", "members"), size, g=gid("grp", group), o=order)
        assert shown == ["E", "B", "C", "A", "D"]


async def test_a_wish_said_twice_counts_once_and_an_empty_one_is_no_wish(world: World, ask: Ask):
    group = await world.group()
    account = await world.account_of(group)
    for name in ("B", "A", "C"):
        await world.member(group, await world.person(account, name))
    query = MEMBERS.replace("node { id }", "node { id: name }")
    twice = [{"field": "NAME", "direction": "DESC"}, {"field": "NAME", "direction": "ASC"}]
    for order, wanted in ((twice, ["C", "B", "A"]), ([], ["A", "B", "C"]), ([{"field": "NAME"}], ["A", "B", "C"])):
        shown, _ = await all_pages(ask, query, ("buyingGroup", "members"), 2, g=gid("grp", group), o=order)
        assert shown == wanted


async def test_the_total_is_counted_only_when_asked_and_right_on_each_page(world: World, ask: Ask):
    group = await world.group()
    for _ in range(3):
        await world.member(group)
    query = "query($g: ID!, $first: Int, $after: String) { buyingGroup(id: $g) { members(first: $first, after: $after) { %s } } }"
    plain = await ask(query % "pageInfo { endCursor } nodes { id }", g=gid("grp", group), first=2)
    counted = await ask(query % "totalCount pageInfo { endCursor } nodes { id }", g=gid("grp", group), first=2)
    assert len(plain.sql) == 2
    assert len(counted.sql) == 3
    assert not any("count(" in statement for statement in plain.sql)
    after = plain.data["buyingGroup"]["members"]["pageInfo"]["endCursor"]
    last = await ask(query % "totalCount nodes { id }", g=gid("grp", group), first=2, after=after)
    assert counted.data["buyingGroup"]["members"]["totalCount"] == 3
    assert last.data["buyingGroup"]["members"]["totalCount"] == 3
    only = await ask(query % "totalCount", g=gid("grp", group))
    assert only.data["buyingGroup"]["members"] == {"totalCount": 3}
    assert len(only.sql) == 2


async def test_a_page_of_nothing_still_tells_whether_there_is_more(world: World, ask: Ask):
    group = await world.group()
    query = "query($g: ID!) { buyingGroup(id: $g) { members(first: 0) { totalCount nodes { id } pageInfo { hasNextPage endCursor } } } }"
    for more in (False, True):
        answer = await ask(query, g=gid("grp", group))
        assert answer.data["buyingGroup"]["members"] == {
            "totalCount": int(more),
            "nodes": [],
            "pageInfo": {"hasNextPage": more, "endCursor": None},
        }
        await world.member(group)


@pytest.mark.parametrize("first", [501, -1, 2**31 - 1])
async def test_a_page_outside_0_to_500_is_refused(world: World, ask: Ask, first: int):
    group = await world.group()
    await world.member(group)
    for field in ("members(first: $n) { nodes { id } }", "decisionMakers(first: $n) { id }"):
        answer = await ask(
            f"query($g: ID!, $n: Int) {{ buyingGroup(id: $g) {{ name {field} }} }}",
            g=gid("grp", group),
            n=first,
            fails=True,
        )
        assert answer.errors[0]["extensions"] == {"code": "PAGE_SIZE"}
        assert str(first) in answer.errors[0]["message"]
    answer = await ask("query($n: Int) { buyingGroups(first: $n) { nodes { id } } }", n=first, fails=True)
    assert answer.errors[0]["extensions"] == {"code": "PAGE_SIZE"}


async def test_a_page_of_exactly_500_and_the_default_are_taken(world: World, ask: Ask):
    group = await world.group()
    people = await world.people(await world.account_of(group), 60)
    await world.members(group, dict.fromkeys(people[:30], DECISION_MAKER.id))
    await world.members(group, dict.fromkeys(people[30:], DECISION_MAKER.id))
    query = "query($g: ID!, $n: Int) { buyingGroup(id: $g) { members(first: $n) { nodes { id } } } }"
    for first, length in ((500, 60), (None, 50)):
        answer = await ask(query, g=gid("grp", group), n=first)
        assert len(answer.data["buyingGroup"]["members"]["nodes"]) == length


async def refused(ask: Ask, group: UUID, cursor: str, field: str, direction: str = "ASC") -> bool:
    answer = await ask(
        MEMBERS, g=gid("grp", group), first=1, after=cursor, o=[{"field": field, "direction": direction}], fails=True
    )
    codes = [error["extensions"]["code"] for error in answer.errors]
    assert codes in ([], ["INVALID_CURSOR"]), answer.errors
    return bool(codes)


async def test_a_cursor_goes_on_in_its_own_order_only(world: World, ask: Ask):
    group = await world.group()
    account = await world.account_of(group)
    for name in ("A", "B"):
        await world.score(await world.member(group, await world.person(account, name, job_title=name, email=name)), 5)
    fields = [field.name for field in MemberOrderField]
    for field in fields:
        order = [{"field": field, "direction": "ASC"}]
        answer = await ask(MEMBERS, g=gid("grp", group), first=1, o=order)
        cursor = answer.data["buyingGroup"]["members"]["pageInfo"]["endCursor"]
        assert [each for each in fields if not await refused(ask, group, cursor, each)] == [field]
        assert await refused(ask, group, cursor, field, "DESC")


async def test_a_cursor_that_nobody_made_is_refused(world: World, ask: Ask):
    group = await world.group()
    account = await world.account_of(group)
    for name in ("A", "B"):
        await world.member(group, await world.person(account, name))
    answer = await ask(MEMBERS, g=gid("grp", group), first=1)
    good = answer.data["buyingGroup"]["members"]["pageInfo"]["endCursor"]
    garbage = [
        "",
        " ",
        "x",
        "é",
        "null",
        "W10",
        "W251bGxd",
        good[:-4],
        good + good,
        good[::-1],
        "\x00",
        "=" * 9,
        "A" * 9999,
    ]
    assert [each for each in garbage if not await refused(ask, group, each, "NAME")] == []
    assert not await refused(ask, group, good, "NAME")


@pytest.mark.parametrize("field", BuyingGroupOrderField)
async def test_a_cursor_whose_values_were_tampered_with_is_refused_or_harmless(
    world: World, ask: Ask, field: BuyingGroupOrderField
):
    await world.group_score(await world.group(), 50)
    order = [{"field": field.name, "direction": "ASC"}]
    query = """query($after: String, $o: [BuyingGroupOrder!]) {
        buyingGroups(first: 1, after: $after, orderBy: $o) { nodes { id } pageInfo { endCursor } } }"""
    good = (await ask(query, o=order)).data["buyingGroups"]["pageInfo"]["endCursor"]
    values = json.loads(base64.urlsafe_b64decode(good + "=" * (-len(good) % 4)))
    hostile = (None, True, 0, -1, 1.5, 2**31, -(2**40), 2**64, 1e300, "", "x", "\x00", "g" * 32, [], {}, "0001-01-01")
    for place in range(len(values)):
        for value in hostile:
            content = json.dumps([*values[:place], value, *values[place + 1 :]]).encode()
            cursor = base64.urlsafe_b64encode(content).decode().rstrip("=")
            answer = await ask(query, o=order, after=cursor, fails=True)
            codes = [error.get("extensions") for error in answer.errors]
            assert codes in ([], [{"code": "INVALID_CURSOR"}]), (place, value, answer.errors)
