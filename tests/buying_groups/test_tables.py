"""What the database itself refuses, whoever writes: the last wall behind the commands."""

import pytest
from sqlalchemy.exc import IntegrityError

from bg_graph.accounts.tables import PersonRow
from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER, OTHER
from bg_graph.buying_groups.tables import BuyingGroupRow, MemberRow, RoleRow
from bg_graph.store.ids import new_id
from tests.conftest import NOW
from tests.world import World


async def membership(world: World, group_id, person_id, **other) -> MemberRow:
    group = await world.one(BuyingGroupRow, id=group_id)
    values = {"account_id": group.account_id, "role_id": DECISION_MAKER.id, **other}
    return MemberRow(
        group_id=group_id,
        template_id=group.template_id,
        person_id=person_id,
        source="MANUAL",
        assigned_at=NOW,
        **values,
    )


async def test_a_person_is_in_a_group_at_most_once(world: World):
    group = await world.group()
    person = await world.member(group)
    with pytest.raises(IntegrityError, match=r"(?i)unique"):
        await world.add(await membership(world, group, person, role_id=CHAMPION.id))


async def test_a_member_is_a_person_of_the_groups_account(world: World):
    group = await world.group()
    stranger_account = await world.account()
    stranger = await world.person(stranger_account)
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        await world.add(await membership(world, group, stranger))
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        await world.add(await membership(world, group, stranger, account_id=stranger_account))


async def test_a_members_role_is_one_of_the_template(world: World):
    group = await world.group()
    person = await world.person(await world.account_of(group))
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        await world.add(await membership(world, group, person, role_id=OTHER.id))


async def test_a_member_cannot_change_account(world: World):
    group = await world.group()
    person = await world.member(group)
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        await world.change(PersonRow, person, account_id=await world.account())


async def test_two_roles_of_one_name_are_refused_whatever_their_case(world: World):
    await world.role("Buyer")
    with pytest.raises(IntegrityError, match=r"(?i)unique"):
        await world.add(RoleRow(name="BUYER", name_key="buyer"))


async def test_an_account_has_one_group_for_each_interest(world: World):
    present = await world.one(BuyingGroupRow, id=await world.group())
    twin = {column: getattr(present, column) for column in BuyingGroupRow.model_fields if column != "tenant_id"}
    with pytest.raises(IntegrityError, match=r"(?i)unique"):
        await world.add(BuyingGroupRow(**{**twin, "id": new_id()}))
