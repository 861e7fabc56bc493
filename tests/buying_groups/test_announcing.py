"""Every change of a group is announced in the transaction that makes it, whoever makes it: users, jobs, imports."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from bg_graph.accounts.tables import AccountRow
from bg_graph.buying_groups.commands.acts import TOPIC, Act
from bg_graph.buying_groups.commands.archive import archive_group, unarchive_group
from bg_graph.buying_groups.commands.calls import MemberEdit, assign_call, edit_call, remove_call
from bg_graph.buying_groups.commands.groups import accounts_deleted, create_groups
from bg_graph.buying_groups.commands.maintenance import maintain
from bg_graph.buying_groups.commands.names import rename_groups
from bg_graph.buying_groups.commands.people import people_left
from bg_graph.buying_groups.commands.stages import move_stage
from bg_graph.buying_groups.commands.undo import undo_change
from bg_graph.buying_groups.rules.conditions import Attribute, AttributeTest, Operator
from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER
from bg_graph.buying_groups.rules.membership import MembershipSource, RoleAssignment, Terms
from bg_graph.buying_groups.tables import BuyingGroupRow, StageRow
from bg_graph.store.changes import ChangeRow
from bg_graph.store.connection import TenantConnection
from tests.buying_groups.calling import member_of
from tests.conftest import NOW
from tests.world import World, definition

ACT = Act("Ann", MembershipSource.MANUAL, NOW)
TERMS = Terms()


async def announced(world: World, work: Callable[[TenantConnection], Awaitable[object]]) -> set[UUID]:
    """The groups that a transaction announces; those whose version it raised must be the same."""
    before = {row.id: row.version for row in await world.rows(BuyingGroupRow)}
    async with world.database.writing(world.tenant) as db:
        await work(db)
        found = {subject for topic, subject in db.announced if topic == TOPIC}
    after = {row.id: row.version for row in await world.rows(BuyingGroupRow)}
    assert found == {group for group in before.keys() | after if before.get(group) != after.get(group)}
    return found


async def test_calls_on_members(world: World):
    group = await world.group()
    person = await world.person(await world.account_of(group))
    assignment = [RoleAssignment(person, DECISION_MAKER.id)]
    assert await announced(world, lambda db: assign_call(db, group, assignment, ACT, TERMS)) == {group}
    assert await announced(world, lambda db: assign_call(db, group, assignment, ACT, TERMS)) == set()
    member = await member_of(world, group, person)
    edits = [MemberEdit(member, CHAMPION.id)]
    assert await announced(world, lambda db: edit_call(db, group, edits, ACT, TERMS)) == {group}
    assert await announced(world, lambda db: edit_call(db, group, edits, ACT, TERMS)) == set()
    assert await announced(world, lambda db: remove_call(db, group, [member], ACT, TERMS)) == {group}
    (removal,) = await world.rows(ChangeRow, kind="MEMBERS_REMOVED")
    assert await announced(world, lambda db: undo_change(db, removal.id, ACT, TERMS)) == {group}
    assert await announced(world, lambda db: undo_change(db, removal.id, ACT, TERMS)) == set()


async def test_calls_on_a_group(world: World):
    model = await world.stage_model()
    group = await world.group(await world.account(), await world.interest(stage_model_id=model))
    (stage,) = await world.rows(StageRow, name="Discovery")
    assert await announced(world, lambda db: move_stage(db, group, stage.id, ACT, TERMS)) == {group}
    assert await announced(world, lambda db: move_stage(db, group, stage.id, ACT, TERMS)) == set()
    assert await announced(world, lambda db: archive_group(db, group, ACT, TERMS)) == {group}
    assert await announced(world, lambda db: archive_group(db, group, ACT, TERMS)) == set()
    assert await announced(world, lambda db: unarchive_group(db, group, ACT, TERMS)) == {group}


async def test_the_job(world: World):
    everybody = AttributeTest(Attribute.LAST_NAME, Operator.IS_NOT, "nobody")
    template = await world.template(definition(CHAMPION.id, conditions=everybody))
    interest = await world.interest(template=template)
    with_people, _ = [await world.group(await world.account(), interest) for _ in range(2)]
    await world.person(await world.account_of(with_people))
    assert await announced(world, lambda db: maintain(db, NOW, dry_run=True)) == set()
    assert await announced(world, lambda db: maintain(db, NOW)) == {with_people}
    assert await announced(world, lambda db: maintain(db, NOW)) == set()


async def test_what_imports_bring_about(world: World):
    account, interest = await world.account("Acme"), await world.interest()
    by = {"by": "import", "now": NOW}
    (group,) = await announced(
        world, lambda db: create_groups(db, [(account, interest)], source=MembershipSource.SYSTEM, **by)
    )
    person = await world.member(group)
    assert await announced(world, lambda db: people_left(db, [person], **by)) == {group}
    await world.change(AccountRow, account, name="Acme Two")
    assert await announced(world, lambda db: rename_groups(db, [account], **by)) == {group}
    assert await announced(world, lambda db: rename_groups(db, [account], **by)) == set()
    assert await announced(world, lambda db: accounts_deleted(db, [account], **by)) == {group}
