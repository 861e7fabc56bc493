"""assignMembers: what the payload shows at once, which faults are told where, and that a refused call changes nothing."""

from uuid import UUID

from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER, INFLUENCER, OTHER
from bg_graph.buying_groups.tables import BuyingGroupRow, RemovalMarkRow
from bg_graph.store.changes import ChangeRow
from bg_graph.store.ids import new_id
from tests.buying_groups.calling import ASSIGN, Calling, faults, key_of, member_of, roles_in, written
from tests.conftest import NOW
from tests.screens.conftest import gid
from tests.world import World


async def test_the_payload_shows_the_group_as_it_is_after_the_call(world: World, calling: Calling):
    group = await world.group()
    account = await world.account_of(group)
    ada, bob = await world.person(account, "Ada Ash"), await world.person(account, "Bob Birch")
    payload = await calling.assign(group, {bob: INFLUENCER.id, ada: DECISION_MAKER.id}, note="met at the fair")
    shown = payload["buyingGroup"]
    assert (shown["version"], shown["memberCount"], shown["completenessScore"]) == (2, 2, 50)
    assert [role["name"] for role in shown["missingRoles"]] == ["Influencer", "Champion"]
    assert [(each["role"]["name"], each["memberCount"], each["score"]) for each in shown["roleCompleteness"]] == [
        ("Decision Maker", 1, 100),
        ("Influencer", 1, 50),
        ("Practitioner", 0, 0),
        ("Champion", 0, 0),
    ]
    assert roles_in(payload) == {"Ada Ash": ("Decision Maker", "MANUAL"), "Bob Birch": ("Influencer", "MANUAL")}
    assert [member["person"]["id"] for member in payload["members"]] == [gid("per", bob), gid("per", ada)]
    assert {member["assignedBy"] for member in payload["members"]} == {"Ann"}
    assert (payload["skipped"], payload["userErrors"]) == ([], [])
    logged = await world.one(ChangeRow, id=key_of(payload["changeId"]))
    assert (logged.kind, logged.by, logged.source, logged.note) == (
        "MEMBERS_ASSIGNED",
        "Ann",
        "MANUAL",
        "met at the fair",
    )
    assert (logged.at, logged.subject_id, logged.version) == (NOW, group, 2)
    await world.check_counts()


async def test_two_mutations_of_one_document_each_show_what_was_then(world: World, calling: Calling):
    group = await world.group()
    account = await world.account_of(group)
    ada, bob = await world.person(account, "Ada Ash"), await world.person(account, "Bob Birch")
    document = """mutation($group: ID!, $role: ID!, $ada: ID!, $bob: ID!) {
        first: assignMembers(input: {buyingGroupId: $group, assignments: [{personId: $ada, roleId: $role}]}) { ...Shown }
        second: assignMembers(input: {buyingGroupId: $group, assignments: [{personId: $bob, roleId: $role}]}) { ...Shown } }
        fragment Shown on AssignMembersPayload { buyingGroup { ...On memberCount } members { ...On } }
        fragment On on Node { __typename id ... on Member { name } ... on BuyingGroup { version members { totalCount } } }"""
    answer = await calling.ask(
        document,
        caller=calling.caller,
        group=gid("grp", group),
        role=gid("rol", CHAMPION.id),
        ada=gid("per", ada),
        bob=gid("per", bob),
    )
    for name, number, person in (("first", 1, "Ada Ash"), ("second", 2, "Bob Birch")):
        payload = answer.data[name]
        assert payload["buyingGroup"] == {
            "__typename": "BuyingGroup",
            "id": gid("grp", group),
            "version": number + 1,
            "members": {"totalCount": number},
            "memberCount": number,
        }
        assert [(member["__typename"], member["name"]) for member in payload["members"]] == [("Member", person)]


async def test_every_faulty_item_is_told_at_once_and_nothing_is_applied(
    world: World, other_world: World, calling: Calling
):
    group = await world.group()
    account = await world.account_of(group)
    good, twice, present = await world.people(account, 3)
    await world.member(group, present)
    elsewhere = await world.person(await world.account())
    foreign = await other_world.person(await other_world.account())
    own_role = await world.role("Sponsor")
    before = await written(world)
    champion = CHAMPION.id
    payload = await calling.assign(
        group,
        [
            (good, champion),
            (new_id(), champion),
            (foreign, champion),
            ("nonsense", champion),
            (gid("mem", good), champion),
            (elsewhere, champion),
            (twice, OTHER.id),
            (twice, champion),
            (present, champion),
            (good, own_role),
            (good, INFLUENCER.id),
            (present, "rol_unknown"),
            (elsewhere, OTHER.id),
        ],
    )
    assert faults(payload) == [
        ("NOT_FOUND", "assignments.1.personId"),
        ("NOT_FOUND", "assignments.2.personId"),
        ("NOT_FOUND", "assignments.3.personId"),
        ("NOT_FOUND", "assignments.4.personId"),
        ("WRONG_ACCOUNT", "assignments.5.personId"),
        ("ROLE_NOT_IN_TEMPLATE", "assignments.6.roleId"),
        ("DUPLICATE_IN_INPUT", "assignments.7.personId"),
        ("ALREADY_MEMBER", "assignments.8.personId"),
        ("ROLE_NOT_IN_TEMPLATE", "assignments.9.roleId"),
        ("DUPLICATE_IN_INPUT", "assignments.10.personId"),
        ("ROLE_NOT_IN_TEMPLATE", "assignments.11.roleId"),
        ("WRONG_ACCOUNT", "assignments.12.personId"),
    ]
    assert await written(world) == before
    assert payload["buyingGroup"]["version"] == 2
    assert "edit the role" in payload["userErrors"][7]["message"]


async def test_somebody_whom_a_user_removed_may_be_assigned_again_by_a_user(world: World, calling: Calling):
    group = await world.group()
    person = await world.member(group)
    await calling.remove(group, [await member_of(world, group, person)])
    assert len(await world.rows(RemovalMarkRow)) == 1
    payload = await calling.assign(group, {person: CHAMPION.id})
    assert payload["userErrors"] == []
    assert await world.people_in(group) == {person: (CHAMPION.id, "MANUAL")}
    assert await world.rows(RemovalMarkRow) == []


async def test_a_member_of_the_job_is_a_member_already_for_a_user(
    world: World, calling: Calling, system_member: tuple[UUID, UUID]
):
    group, person = system_member
    assert faults(await calling.assign(group, {person: CHAMPION.id})) == [("ALREADY_MEMBER", "assignments.0.personId")]
    assert (await world.one(BuyingGroupRow, id=group)).version == 2


async def test_the_number_of_statements_does_not_depend_on_the_number_of_items(world: World, calling: Calling):
    interest = await world.interest()
    counts = {}
    for how_many in (1, 50):
        group = await world.group(await world.account(), interest)
        people = await world.people(await world.account_of(group), how_many)
        answer = await calling.answer(
            ASSIGN,
            buyingGroupId=gid("grp", group),
            assignments=[{"personId": gid("per", person), "roleId": gid("rol", CHAMPION.id)} for person in people],
        )
        assert len(answer.data["assignMembers"]["members"]) == how_many
        counts[how_many] = len(answer.sql)
    assert counts[1] == counts[50] <= 17
