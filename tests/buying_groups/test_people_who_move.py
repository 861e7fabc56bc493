"""Calls on somebody whom an import moves to another account, or takes out, at the same moment."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import delete, update

from bg_graph.accounts.tables import PersonRow
from bg_graph.buying_groups.rules.default_roles import CHAMPION
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant
from tests.buying_groups.calling import Calling, Payload, faults, key_of, member_of
from tests.world import World

PERSON = table_of(PersonRow)


async def while_importing(db: TenantConnection, person: UUID, call: asyncio.Task[Payload], to: UUID | None) -> None:
    """Move or delete the person while the call is under way, which has to wait."""
    which = (of_tenant(PERSON), PERSON.c.id == person)
    await db.execute(delete(PERSON).where(*which) if to is None else update(PERSON).where(*which).values(account_id=to))
    done, _ = await asyncio.wait([call], timeout=0.2)
    assert not done, "the call waits for the import"


@pytest.mark.parametrize(("moves", "code"), [(True, "WRONG_ACCOUNT"), (False, "NOT_FOUND")])
async def test_an_assign_waits_and_is_told_what_is_so_then(world: World, calling: Calling, moves: bool, code: str):
    group, other = await world.group(), await world.account()
    person = await world.person(await world.account_of(group))
    async with world.database.writing(world.tenant) as db:
        call = asyncio.create_task(calling.assign(group, {person: CHAMPION.id}))
        await while_importing(db, person, call, other if moves else None)
    assert faults(await call) == [(code, "assignments.0.personId")]


async def test_an_undo_waits_and_restores_nobody_of_another_account(world: World, calling: Calling):
    group, other = await world.group(), await world.account()
    person = await world.member(group)
    removal = await calling.remove(group, [await member_of(world, group, person)])
    async with world.database.writing(world.tenant) as db:
        call = asyncio.create_task(calling.undo(key_of(removal["changeId"])))
        await while_importing(db, person, call, other)
    assert faults(await call) == [("NOT_UNDOABLE", "changeId")]
