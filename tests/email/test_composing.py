"""Messages for many people at once: each by its own values, one's fault never another's, by a fixed number of statements."""

from typing import Any
from uuid import UUID

import pytest

from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER
from bg_graph.email.composing import Ask, Faulty, Renderer, compose
from bg_graph.email.tables import EmailContentRow, EmailRow, EmailWorkspaceRow
from bg_graph.plugins.email import Message
from bg_graph.store.ids import new_id
from tests.conftest import NOW, statements
from tests.world import World


async def content(world: World, **parts: Any) -> UUID:
    workspace = await world.add(EmailWorkspaceRow(provider="store", external_id=new_id().hex, name="W", name_key="w"))
    row = EmailRow(
        workspace_id=workspace, provider="store", external_id=new_id().hex, name="E", name_key="e", listed=True
    )
    email = await world.add(row)
    given = {"subject": "Hi {{ person.first_name|default('there') }}", "plain": "P", "html": None, **parts}
    return await world.add(
        EmailContentRow(email_id=email, digest=new_id().hex, imported_at=NOW, imported_by="Maria", **given)
    )


async def composed(world: World, asks: list[Ask], renderer: Renderer | None = None) -> dict[str, Message | Faulty]:
    async with world.database.reading(world.tenant) as db:
        return await compose(db, asks, renderer or Renderer())


async def people_of(world: World, count: int) -> tuple[UUID, list[UUID]]:
    group = await world.group()
    people = await world.people(await world.account_of(group), count)
    await world.members(group, dict.fromkeys(people, DECISION_MAKER.id))
    return group, people


def asks_for(content_id: UUID, group: UUID, people: list[UUID]) -> list[Ask]:
    return [
        Ask(str(number), content_id, group, person, f"https://x.example/u/{number}")
        for number, person in enumerate(people)
    ]


async def test_each_person_gets_a_message_of_their_own(world: World):
    account = await world.account("Initech")
    group = await world.group(account, await world.interest("Data Platform"))
    ann = await world.person(account, "Ann Smith", job_title="CEO", email="ann@initech.example")
    bob = await world.person(account, "Bob")
    await world.members(group, {ann: DECISION_MAKER.id, bob: CHAMPION.id})
    plain = (
        "{{ person.first_name|default('-') }}|{{ person.last_name }}|{{ person.name }}|{{ person.job_title|default('-') }}|"
        "{{ person.email|default('-') }}|{{ account.name }}|{{ group.name }}|{{ solution_interest.name }}|"
        "{{ role.name|default('-') }}|{{ sender.name }}|{{ sender.email }}|{{ unsubscribe_url }}"
    )
    made = await content(world, plain=plain, sender="Maria Rossi <m@x.example>", reply_to="r@x.example")
    first, second = (await composed(world, asks_for(made, group, [ann, bob]))).values()
    assert isinstance(first, Message)
    assert isinstance(second, Message)
    assert first.plain == (
        "Ann|Smith|Ann Smith|CEO|ann@initech.example|Initech|Data Platform for Initech|Data Platform|Decision Maker|"
        "Maria Rossi|m@x.example|https://x.example/u/0"
    )
    assert second.plain.startswith("-|Bob|Bob|-|-|Initech|Data Platform for Initech|Data Platform|Champion|")
    assert (first.subject, second.subject) == ("Hi Ann", "Hi there")
    assert (first.sender, first.reply_to, first.html) == ("Maria Rossi <m@x.example>", "r@x.example", None)


async def test_each_message_can_be_unsubscribed_from_with_one_click(world: World):
    group, people = await people_of(world, 1)
    (message,) = (await composed(world, asks_for(await content(world), group, people))).values()
    assert isinstance(message, Message)
    assert dict(message.headers) == {
        "List-Unsubscribe": "<https://x.example/u/0>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert "https://x.example/u/0" in message.plain


@pytest.mark.parametrize("count", [1, 50])
async def test_fifty_take_as_many_statements_as_one(world: World, count: int):
    group, people = await people_of(world, count)
    asks, renderer = asks_for(await content(world), group, people), Renderer()
    with statements(world.database) as sql:
        assert len(await composed(world, asks, renderer)) == count
    assert len(sql) == 4
    with statements(world.database) as sql:
        await composed(world, asks, renderer)
    assert len(sql) == 3  # the content is compiled by now


async def test_a_fault_of_one_leaves_the_others_their_messages(world: World):
    group, people = await people_of(world, 3)
    good, bad = await content(world), await content(world, plain="{{ zap }}")
    odd = await content(world, plain="{{ person.name }} {{ account.name|truncate('x') }}")
    empty = await content(world, subject="{{ person.job_title|default('') }}")
    asks = [
        Ask("good", good, group, people[0], "https://x.example/1"),
        Ask("bad", bad, group, people[0], "https://x.example/2"),
        Ask("odd", odd, group, people[0], "https://x.example/3"),
        Ask("empty", empty, group, people[0], "https://x.example/4"),
        Ask("no content", new_id(), group, people[0], "https://x.example/5"),
        Ask("no person", good, group, new_id(), "https://x.example/6"),
        Ask("no group", good, new_id(), people[0], "https://x.example/7"),
    ]
    made = await composed(world, asks)
    assert isinstance(made.pop("good"), Message)
    reasons = {key: each.reason for key, each in made.items() if isinstance(each, Faulty)}
    assert "`zap` is no merge field" in reasons.pop("bad")
    assert "what it does not take" in reasons.pop("odd")
    assert reasons == {
        "empty": "the subject would be empty",
        "no content": "the content of the e-mail is gone",
        "no person": "the person is gone",
        "no group": "the buying group is gone",
    }


async def test_who_is_no_member_any_more_has_no_role(world: World):
    group, (person,) = await people_of(world, 1)
    await world.remove(group, person)
    made = await content(world, plain="{{ role.name|default('none') }}{{ unsubscribe_url }}")
    (message,) = (await composed(world, asks_for(made, group, [person]))).values()
    assert isinstance(message, Message)
    assert message.plain.startswith("none")


async def test_another_tenant_s_content_is_none_even_where_it_is_compiled(world: World, other_world: World):
    group, people = await people_of(world, 1)
    made, renderer = await content(world), Renderer()
    assert isinstance((await composed(world, asks_for(made, group, people), renderer))["0"], Message)
    other_group, others = await people_of(other_world, 1)
    assert (await composed(other_world, asks_for(made, other_group, others), renderer))["0"] == Faulty(
        "the content of the e-mail is gone"
    )
    own = await content(other_world)
    assert (await composed(other_world, asks_for(own, other_group, people), renderer))["0"] == Faulty(
        "the person is gone"
    )
    assert (await composed(other_world, asks_for(own, group, others), renderer))["0"] == Faulty(
        "the buying group is gone"
    )


async def test_no_asks_need_nothing(world: World):
    assert await composed(world, []) == {}


async def test_a_renderer_keeps_few_contents_compiled(world: World):
    group, people = await people_of(world, 1)
    first, second, third = [await content(world) for _ in range(3)]
    renderer = Renderer(most=2)
    for made in (first, second, first, third):
        await composed(world, asks_for(made, group, people), renderer)
    held = [renderer.held(world.tenant, each) is not None for each in (first, second, third)]
    assert held == [True, False, True]
