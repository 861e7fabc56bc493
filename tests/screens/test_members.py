"""The Members tab: its columns, filters and search, who may be assigned, and the history of a group."""

from typing import Any
from uuid import UUID

from bg_graph.accounts.tables import AccountRow, PersonRow
from bg_graph.buying_groups.commands.acts import Act, ChangeKind
from bg_graph.buying_groups.commands.membership import edit_members
from bg_graph.buying_groups.commands.names import rename_groups
from bg_graph.buying_groups.graphql.history import Kind
from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER, INFLUENCER, PRACTITIONER
from bg_graph.buying_groups.rules.membership import MembershipSource, RoleAssignment
from tests.conftest import NOW
from tests.screens.conftest import Ask, gid
from tests.world import World, definition


async def group_of(ask: Ask, group: UUID, fields: str, **variables: Any) -> dict[str, Any]:
    kinds = {"filter": "MemberFilter", "first": "Int", "after": "String", "search": "String"}
    wanted = "".join(f", ${name}: {kinds[name]}" for name in variables)
    answer = await ask(
        f"query($g: ID!{wanted}) {{ buyingGroup(id: $g) {{ {fields} }} }}", g=gid("grp", group), **variables
    )
    found: dict[str, Any] = answer.data["buyingGroup"]
    return found


async def found(ask: Ask, group: UUID, **wanted: Any) -> list[str]:
    """Names of the members that a filter leaves, after checking that the total counts the same."""
    shown = await group_of(
        ask, group, "members(filter: $filter, first: 500) { totalCount nodes { name } }", filter=wanted
    )
    names = [each["name"] for each in shown["members"]["nodes"]]
    assert shown["members"]["totalCount"] == len(names)
    return names


async def test_a_row_shows_the_person_role_source_and_assignment(world: World, ask: Ask):
    group = await world.group()
    person = await world.person(
        await world.account_of(group),
        "Ann Lee",
        job_title="CTO",
        email="Ann@acme.example",
        phone="+47 1",
        mobile_phone="+47 2",
        city="Oslo",
        state="Viken",
        country="Norway",
        postal_code="0150",
    )
    await world.score(person, 12.5)
    await world.member(group, person, INFLUENCER.id, MembershipSource.JOURNEY)
    shown = await group_of(
        ask,
        group,
        """members { nodes { name jobTitle email phone engagementScore source role { name isDefault } assignedAt assignedBy
        buyingGroup { name } person { id name firstName lastName jobTitle email phone mobilePhone city state country
        postalCode engagementScore scoredAt unsubscribed emailable account { name }
        memberships { totalCount nodes { buyingGroup { name } role { name } } } } } }""",
    )
    assert shown["members"]["nodes"] == [
        {
            "name": "Ann Lee",
            "jobTitle": "CTO",
            "email": "Ann@acme.example",
            "phone": "+47 1",
            "engagementScore": 13,
            "source": "JOURNEY",
            "role": {"name": "Influencer", "isDefault": True},
            "assignedAt": "2026-11-23T12:00:00+00:00",
            "assignedBy": "Maria",
            "buyingGroup": {"name": "CRM for Account 1"},
            "person": {
                "id": gid("per", person),
                "name": "Ann Lee",
                "firstName": "Ann",
                "lastName": "Lee",
                "jobTitle": "CTO",
                "email": "Ann@acme.example",
                "phone": "+47 1",
                "mobilePhone": "+47 2",
                "city": "Oslo",
                "state": "Viken",
                "country": "Norway",
                "postalCode": "0150",
                "engagementScore": 13,
                "scoredAt": "2026-11-23T12:00:00+00:00",
                "unsubscribed": False,
                "emailable": True,
                "account": {"name": "Account 1"},
                "memberships": {
                    "totalCount": 1,
                    "nodes": [{"buyingGroup": {"name": "CRM for Account 1"}, "role": {"name": "Influencer"}}],
                },
            },
        }
    ]


async def test_emailable_is_who_has_a_good_address_and_did_not_refuse(world: World, ask: Ask):
    account = await world.account()
    for columns, emailable in (
        ({"email": "a@b.example"}, True),
        ({}, False),
        ({"email": "not an address"}, False),
        ({"email": "a@b.example", "email_suspended": True}, False),
        ({"email": "a@b.example", "unsubscribed": True}, False),
    ):
        person = await world.person(account, **columns)
        answer = await ask("query($p: ID!) { person(id: $p) { emailable } }", p=gid("per", person))
        assert answer.data["person"] == {"emailable": emailable}, columns


async def test_memberships_are_the_latest_first_and_leave_archived_groups_out(world: World, ask: Ask):
    account = await world.account("Acme")
    person = await world.person(account)
    for name in ("One", "Two", "Three"):
        group = await world.group(account, await world.interest(name))
        await world.member(group, person)
        if name == "Two":
            await world.archive(group)
    answer = await ask(
        "query($p: ID!) { person(id: $p) { memberships { totalCount nodes { buyingGroup { name } } } } }",
        p=gid("per", person),
    )
    assert answer.data["person"]["memberships"] == {
        "totalCount": 2,
        "nodes": [{"buyingGroup": {"name": "Three for Acme"}}, {"buyingGroup": {"name": "One for Acme"}}],
    }


async def test_members_are_filtered_by_role_and_source_together(world: World, ask: Ask):
    group = await world.group()
    account = await world.account_of(group)
    for name, role, source in (
        ("Ada", DECISION_MAKER, MembershipSource.MANUAL),
        ("Bea", DECISION_MAKER, MembershipSource.SYSTEM),
        ("Cid", INFLUENCER, MembershipSource.JOURNEY),
        ("Dan", CHAMPION, MembershipSource.MANUAL),
    ):
        await world.member(group, await world.person(account, name), role.id, source)
    makers, influencers = gid("rol", DECISION_MAKER.id), gid("rol", INFLUENCER.id)
    assert await found(ask, group, roleIds=[makers]) == ["Ada", "Bea"]
    assert await found(ask, group, roleIds=[makers, influencers]) == ["Ada", "Bea", "Cid"]
    assert await found(ask, group, sources=["MANUAL"]) == ["Ada", "Dan"]
    assert await found(ask, group, sources=["SYSTEM", "JOURNEY"], roleIds=[makers]) == ["Bea"]
    assert await found(ask, group) == ["Ada", "Bea", "Cid", "Dan"]
    assert await found(ask, group, roleIds=[]) == []
    assert await found(ask, group, roleIds=None, sources=None, search=None) == ["Ada", "Bea", "Cid", "Dan"]
    assert await found(ask, group, roleIds=["nonsense", gid("grp", group), "rol_" + "0" * 31]) == []


SEARCHES: dict[str, list[str]] = {
    "ann": ["Ann Lee"],
    "NN LE": ["Ann Lee"],
    "  ann  ": ["Ann Lee"],
    "engineer": ["Ann Lee", "Ünal Straße"],
    "acme.example": ["Ann Lee"],
    "STRASSE": ["Ünal Straße"],
    "ünal": ["Ünal Straße"],
    "unal": [],
    "U\u0308nal": ["Ünal Straße"],
    "%": ["100% Sure"],
    "_": ["Snake_Case"],
    "0% s": ["100% Sure"],
    "\\": ["Back\\slash"],
    "k\\s": ["Back\\slash"],
    "e_c": ["Snake_Case"],
    "a_e": [],
    "'; DROP TABLE person; --": [],
    "": ["100% Sure", "Ann Lee", "Back\\slash", "Snake_Case", "Ünal Straße"],
    "   ": ["100% Sure", "Ann Lee", "Back\\slash", "Snake_Case", "Ünal Straße"],
    "+47": [],
}


async def test_search_finds_parts_of_name_title_and_email(world: World, ask: Ask):
    group = await world.group()
    account = await world.account_of(group)
    people = [
        await world.person(account, "Ann Lee", job_title="Chief Engineer", email="a@Acme.example", phone="+47 1"),
        await world.person(account, "Ünal Straße", job_title="engineering"),
        await world.person(account, "100% Sure"),
        await world.person(account, "Snake_Case"),
        await world.person(account, "Back\\slash"),
    ]
    await world.members(group, dict.fromkeys(people, DECISION_MAKER.id))
    assert {sought: await found(ask, group, search=sought) for sought in SEARCHES} == SEARCHES


async def test_a_search_that_is_too_long_is_refused_with_its_limit(world: World, ask: Ask):
    group = await world.group()
    assert await found(ask, group, search="x" * 300) == []
    answer = await ask(
        "query($g: ID!, $f: MemberFilter) { buyingGroup(id: $g) { name members(filter: $f) { totalCount } } }",
        g=gid("grp", group),
        f={"search": "x" * 301},
        fails=True,
    )
    assert "at most 300 characters, got 301" in answer.errors[0]["message"]


async def test_roles_offered_are_those_of_the_template_in_its_order(world: World, ask: Ask):
    own = await world.role("Legal")
    template = await world.template(definition(PRACTITIONER.id), definition(own), definition(DECISION_MAKER.id))
    group = await world.group(interest_id=await world.interest(template=template))
    shown = await group_of(ask, group, "assignableRoles { name isDefault }")
    assert shown["assignableRoles"] == [
        {"name": "Practitioner", "isDefault": True},
        {"name": "Legal", "isDefault": False},
        {"name": "Decision Maker", "isDefault": True},
    ]


async def test_people_of_the_account_who_are_no_members_can_be_assigned(world: World, ask: Ask):
    account = await world.account()
    group = await world.group(account)
    for name in ("Dora", "Adam", "Carl", "Bill"):
        await world.person(account, name, job_title=f"{name}'s title")
    await world.member(group, await world.person(account, "Member"))
    left = await world.member(group, await world.person(account, "Was Member"))
    await world.remove(group, left)
    await world.person(await world.account(), "Of another account")
    other = await world.group(account, await world.interest("Other"))
    await world.member(other, await world.person(account, "Elsewhere"))
    fields = """assignableContacts(first: $first, after: $after, search: $search) {
        totalCount pageInfo { hasNextPage endCursor } nodes { name } }"""
    shown: list[str] = []
    after = None
    for _ in range(3):
        page = (await group_of(ask, group, fields, first=2, after=after, search=None))["assignableContacts"]
        assert page["totalCount"] == 6
        shown += [each["name"] for each in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert shown == ["Adam", "Bill", "Carl", "Dora", "Elsewhere", "Was Member"]
    assert page["pageInfo"]["hasNextPage"] is False
    page = (await group_of(ask, group, fields, first=9, after=None, search="R"))["assignableContacts"]
    assert [each["name"] for each in page["nodes"]] == ["Carl", "Dora", "Elsewhere", "Was Member"]
    assert page["totalCount"] == 4


async def test_people_of_an_account_are_searched_and_ordered(world: World, ask: Ask):
    account = await world.account()
    for name, score in (("Adam", 1), ("Bert", None), ("Carl", 3)):
        await world.score(await world.person(account, name), score)
    answer = await ask(
        """query($a: ID!) { account(id: $a) {
        people(orderBy: [{field: ENGAGEMENT_SCORE, direction: DESC}]) { totalCount nodes { name } }
        some: people(search: "AR") { totalCount nodes { name } } } }""",
        a=gid("acc", account),
    )
    assert [each["name"] for each in answer.data["account"]["people"]["nodes"]] == ["Carl", "Adam", "Bert"]
    assert answer.data["account"]["some"] == {"totalCount": 1, "nodes": [{"name": "Carl"}]}


async def test_activities_are_filtered_by_kind(world: World, ask: Ask):
    person = await world.person(await world.account())
    for kind in ("VISIT_PAGE", "OPEN_EMAIL", "WEBINAR", "DOWNLOAD"):
        await world.activity(person, kind)
    for kinds, shown in (
        (["VISIT_PAGE"], ["VISIT_PAGE"]),
        (["OTHER"], ["DOWNLOAD", "WEBINAR"]),
        (["OTHER", "OPEN_EMAIL"], ["DOWNLOAD", "WEBINAR", "OPEN_EMAIL"]),
        ([], []),
        (None, ["DOWNLOAD", "WEBINAR", "OPEN_EMAIL", "VISIT_PAGE"]),
    ):
        answer = await ask(
            """query($p: ID!, $kinds: [ActivityKind!]) { person(id: $p) {
            activities(kinds: $kinds) { totalCount nodes { type person { name } } } } }""",
            p=gid("per", person),
            kinds=kinds,
        )
        page = answer.data["person"]["activities"]
        assert [each["type"] for each in page["nodes"]] == shown, kinds
        assert page["totalCount"] == len(shown)


async def test_history_tells_each_call_person_by_person_latest_first(world: World, ask: Ask):
    account = await world.account("Acme")
    group = await world.group(account)
    person = await world.person(account, "Ann Lee")
    await world.member(group, person, DECISION_MAKER.id, MembershipSource.SYSTEM)
    async with world.database.writing(world.tenant) as db:
        edit = {group: [RoleAssignment(person, INFLUENCER.id)]}
        await edit_members(db, edit, Act("Paul", MembershipSource.MANUAL, NOW, note="Knows the product"))
    await world.remove(group, person)
    await world.change(AccountRow, account, name="Acme Ltd")
    async with world.database.writing(world.tenant) as db:
        await rename_groups(db, [account], by="import", now=NOW)
    shown = await group_of(
        ask,
        group,
        """history { totalCount nodes { kind by source note at
        items { person { name } roleBefore { name } roleAfter { name } sourceBefore sourceAfter } } }""",
    )
    assert shown["history"]["totalCount"] == 5
    told = [
        (each["kind"], each["by"], each["source"], each["note"], [tuple(item.values()) for item in each["items"]])
        for each in shown["history"]["nodes"]
    ]
    ann, maker, influencer = {"name": "Ann Lee"}, {"name": "Decision Maker"}, {"name": "Influencer"}
    assert told == [
        ("GROUP_RENAMED", "import", "SYSTEM", None, [(None, None, None, None, None)]),
        ("MEMBERS_REMOVED", "Maria", "MANUAL", None, [(ann, influencer, None, "MANUAL", None)]),
        ("ROLES_EDITED", "Paul", "MANUAL", "Knows the product", [(ann, maker, influencer, "SYSTEM", "MANUAL")]),
        ("MEMBERS_ASSIGNED", "Maria", "SYSTEM", None, [(ann, None, maker, None, "SYSTEM")]),
        ("GROUP_CREATED", "Maria", "MANUAL", None, [(None, None, None, None, None)]),
    ]


def test_every_kind_of_change_in_the_log_can_be_shown():
    assert {kind.value for kind in ChangeKind} == {kind.name for kind in Kind}


async def test_the_version_rises_with_each_change_of_the_membership(world: World, ask: Ask):
    group = await world.group()
    before = (await group_of(ask, group, "version"))["version"]
    person = await world.member(group)
    assert (await group_of(ask, group, "version"))["version"] == before + 1
    await world.remove(group, person)
    assert (await group_of(ask, group, "version memberCount")) == {"version": before + 2, "memberCount": 0}


async def test_names_are_shown_as_they_were_written_whatever_their_script(world: World, ask: Ask):
    group = await world.group()
    account = await world.account_of(group)
    for name in ("李 明", "Ñandú 🦤", 'Quote " Back \\ Slash', "O'Hara"):
        await world.member(group, await world.person(account, name))
    shown = await group_of(ask, group, "members { nodes { name } }")
    assert {each["name"] for each in shown["members"]["nodes"]} == {
        "李 明",
        "Ñandú 🦤",
        'Quote " Back \\ Slash',
        "O'Hara",
    }
    assert len(await world.rows(PersonRow)) == 4
