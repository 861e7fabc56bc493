"""Listeners are told of each change at least once, in order, whatever fails, and never of what was rolled back."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from bg_graph.hosting.hooks import backlog
from bg_graph.hosting.hooks.backlog import GONE, Backlog
from bg_graph.hosting.hosted import Hosted
from bg_graph.plugins.changes import Change, ChangeTopic
from bg_graph.plugins.errors import Misconfigured, Rejected, Unavailable
from bg_graph.store.connection import table_of
from bg_graph.store.engine import Database
from bg_graph.store.scope import of_tenant
from bg_graph.store.telling import ListenerRow, News, TellingRow, tell_listeners
from tests.hosting.listening import QUICK, Recording, happen, now, telling, until
from tests.world import World

MANY = [f"change {number}" for number in range(50)]


async def backlog_of(world: World, plugin: str = "acme") -> Backlog:
    async with world.database.reading(world.tenant) as db:
        return (await backlog.backlogs(db))[plugin]


async def nothing_waits(world: World) -> Backlog:
    """The backlog once it is written down that everything was told."""
    async with asyncio.timeout(5):
        while (found := await backlog_of(world)).waiting:
            await asyncio.sleep(0.01)
    return found


async def test_what_happens_is_told_once_and_in_order(world: World) -> None:
    acme = Recording()
    held = acme.hosted()
    async with telling(world.database, lambda _: [held]):
        for start in range(0, 50, 10):
            await happen(world.database, world.tenant, *MANY[start : start + 10])
        await acme.hears(*MANY)
        assert await nothing_waits(world) == Backlog()
    assert acme.ids == MANY


async def test_a_change_tells_what_happened_to_what_when_and_by_whom(world: World) -> None:
    acme = Recording()
    held = acme.hosted()
    group, at = world.tenant, now()
    async with telling(world.database, lambda _: [held]):
        async with world.database.writing(world.tenant) as db:
            await tell_listeners(db, [News("chg_1", "MEMBERS_ASSIGNED", group, at, "Ann")])
            await tell_listeners(db, [News("SCORED 1", "SCORED", None, at, "score")])
        await acme.hears("chg_1", "SCORED 1")
    assert acme.told == [
        Change(
            id="chg_1",
            tenant="acme",
            topic=ChangeTopic.GROUP,
            kind="MEMBERS_ASSIGNED",
            subject=f"grp_{group.hex}",
            at=at,
            by="Ann",
        ),
        Change(id="SCORED 1", tenant="acme", topic=ChangeTopic.SCORES, kind="SCORED", subject=None, at=at, by="score"),
    ]


async def test_what_was_rolled_back_is_never_told(world: World) -> None:
    acme = Recording()
    held = acme.hosted()
    async with telling(world.database, lambda _: [held]):
        with pytest.raises(ZeroDivisionError):
            async with world.database.writing(world.tenant) as db:
                await tell_listeners(db, [News("lost", "SCORED", None, now())])
                raise ZeroDivisionError
        async with world.database.writing(world.tenant) as db, db.rehearsal():
            await tell_listeners(db, [News("rehearsed", "SCORED", None, now())])
        await happen(world.database, world.tenant, "kept")
        await acme.hears("kept")
    assert acme.ids == ["kept"]


async def test_a_listener_that_is_newly_enabled_begins_at_now(world: World) -> None:
    acme = Recording()
    held = acme.hosted()
    await happen(world.database, world.tenant, "before")
    async with telling(world.database, lambda _: [held]):
        await happen(world.database, world.tenant, "after")
        await acme.hears("after")
    assert acme.ids == ["after"]


async def test_what_happens_while_nobody_tells_is_told_later(world: World) -> None:
    acme = Recording()
    held = acme.hosted()
    async with telling(world.database, lambda _: [held]):
        pass
    await happen(world.database, world.tenant, *MANY)
    async with telling(world.database, lambda _: [held]):
        await acme.hears(*MANY)
    assert acme.ids == MANY


async def test_a_tenant_is_told_of_to_those_who_are_enabled_for_it_and_to_nobody_else(
    world: World, other_world: World
) -> None:
    ours, theirs = Recording(), Recording()
    by_tenant = {"acme": [ours.hosted("ours")], "other": [theirs.hosted("theirs")]}
    async with telling(world.database, lambda tenant: by_tenant[tenant]):
        await happen(world.database, world.tenant, "a")
        await happen(world.database, other_world.tenant, "b")
        await ours.hears("a")
        await theirs.hears("b")
    assert [(each.tenant, each.id) for each in (*ours.told, *theirs.told)] == [("acme", "a"), ("other", "b")]


async def test_several_processes_tell_each_change_once(world: World) -> None:
    acme = Recording()
    held = acme.hosted()
    async with telling(world.database, lambda _: [held], tellers=3):
        for start in range(0, 50, 5):
            await happen(world.database, world.tenant, *MANY[start : start + 5])
        await acme.hears(*MANY)
        await nothing_waits(world)
    assert acme.ids == MANY


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer at a time
async def test_a_transaction_that_is_committed_late_is_told_though_later_ones_were_told_before(world: World) -> None:
    acme = Recording()
    held = acme.hosted()
    async with telling(world.database, lambda _: [held]):
        async with world.database.writing(world.tenant) as slow:
            await tell_listeners(slow, [News("slow", "SCORED", None, now())])
            await happen(world.database, world.tenant, "quick")
            await acme.hears("quick")
        await acme.hears("slow")
    assert acme.ids == ["quick", "slow"]


async def test_a_listener_that_fails_is_told_again_and_nothing_overtakes(world: World) -> None:
    faults = [ValueError("s3cret"), ValueError("s3cret")]
    acme = Recording(lambda change: faults.pop() if change.id == "b" and faults else None)
    held = acme.hosted()
    async with telling(world.database, lambda _: [held]):
        await happen(world.database, world.tenant, "a", "b", "c")
        await acme.hears("a", "b", "c")
    assert acme.ids == ["a", "b", "c"]
    assert [each.id for each in acme.tried] == ["a", "b", "b", "b", "c"]


async def test_pauses_grow_and_other_listeners_do_not_wait(world: World, other_world: World) -> None:
    away, well = Recording(lambda _: Unavailable("their CRM is away")), Recording()
    both = [away.hosted("away"), well.hosted("well")]
    async with telling(world.database, lambda _: both):
        await happen(world.database, world.tenant, *MANY)
        await happen(world.database, other_world.tenant, "theirs")
        await well.hears(*MANY, "theirs")
        await until(lambda: len(away.tried) >= 8)
        begun = len(away.tried)
        await asyncio.sleep(0.5)
        assert len(away.tried) - begun <= 14, "each of two tenants waits a tenth of a second by now"
        found = await backlog_of(world, "away")
    assert {each.id for each in away.tried} == {MANY[0], "theirs"}
    assert (found.waiting, found.set_aside) == (50, 0), "a system that is away is waited for, however long"


async def test_what_a_listener_never_takes_is_set_aside_and_told_with_its_code(world: World) -> None:
    def fault(change: Change) -> BaseException | None:
        faults = {"bug": ValueError("s3cret"), "refused": Rejected("NO_SUCH_LEAD", "there is no such lead")}
        return faults.get(change.id)

    acme = Recording(fault)
    held = acme.hosted()
    async with telling(world.database, lambda _: [held]):
        await happen(world.database, world.tenant, "bug", "refused", "good")
        await acme.hears("good")
        found = await nothing_waits(world)
    assert [each.id for each in acme.tried] == ["bug", "bug", "bug", "refused", "good"]
    assert (found.waiting, found.set_aside) == (0, 2)
    assert found.codes == ("NO_SUCH_LEAD", "PLUGIN_ERROR")
    assert found.error == "there is no such lead"
    assert "s3cret" not in str(await world.rows(TellingRow))


async def test_what_was_set_aside_can_be_told_again(world: World) -> None:
    faults = [Rejected("NO", "not now")]
    acme = Recording(lambda _: faults.pop() if faults else None)
    held = acme.hosted()
    async with telling(world.database, lambda _: [held]):
        await happen(world.database, world.tenant, "first", "second")
        await acme.hears("second")
        async with world.database.writing(world.tenant) as db:
            assert await backlog.tell_again(db, "acme") == 1
        await acme.hears("first")
        assert await nothing_waits(world) == Backlog()


async def test_wrong_settings_are_waited_for(world: World) -> None:
    faults: list[BaseException] = [Misconfigured("the key is refused")] * 5
    acme = Recording(lambda _: faults.pop() if faults else None)
    held = acme.hosted()
    async with telling(world.database, lambda _: [held]):
        await happen(world.database, world.tenant, "a")
        await acme.hears("a")
    assert len(acme.tried) == 6


class Stuck(Recording):
    async def on_change(self, change: Change) -> None:
        await super().on_change(change)
        await asyncio.Event().wait()


async def test_a_listener_has_its_deadline_and_its_change_is_told_again(world: World) -> None:
    stuck = Stuck()
    held = stuck.hosted(deadline=0.05)
    async with telling(world.database, lambda _: [held]):
        await happen(world.database, world.tenant, "a")
        async with asyncio.timeout(5):
            while (await backlog_of(world)).set_aside == 0:
                await asyncio.sleep(0.02)
    assert [each.id for each in stuck.tried] == ["a"] * QUICK.attempts


async def test_what_a_teller_that_stopped_was_telling_is_told_again_by_the_next(world: World) -> None:
    stuck, acme = Stuck(), Recording()
    held: list[Hosted] = [stuck.hosted()]
    async with telling(world.database, lambda _: held):
        await happen(world.database, world.tenant, "a", "b")
        await until(lambda: bool(stuck.tried))
    held = [acme.hosted()]
    async with telling(world.database, lambda _: held):
        await acme.hears("a", "b")
    assert acme.ids == ["a", "b"]


async def test_a_plugin_that_was_gone_for_long_is_forgotten_with_what_it_was_to_be_told(world: World) -> None:
    held = [Recording().hosted("old")]
    listener = table_of(ListenerRow)
    async with telling(world.database, lambda _: held):
        await until(lambda: True)
    await happen(world.database, world.tenant, *MANY)
    async with world.database.writing(world.tenant) as db:
        long_ago = now() - GONE - timedelta(hours=1)
        await db.execute(update(listener).where(of_tenant(listener)).values(seen_at=long_ago))
    held = []
    async with telling(world.database, lambda _: held):
        pass
    assert await world.rows(ListenerRow) == []
    assert await world.rows(TellingRow) == []


async def test_nothing_is_written_where_nobody_listens(database: Database, tenant: UUID, world: World) -> None:
    await happen(database, tenant, *MANY)
    assert await world.rows(TellingRow) == []
