"""What a transaction announces is heard once it is committed: by followers of that subject, in whichever process."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import text

from bg_graph.live.hearing import APPLICATION, Pauses, hearing
from bg_graph.live.hub import Following, Hub
from bg_graph.store.announcements import (
    MOST_NAMED,
    Announcement,
    WrongPayload,
    announcements,
    payloads,
    read_payload,
)
from bg_graph.store.engine import Database, open_database
from bg_graph.store.ids import new_id
from tests.conftest import add_tenant

SOON = 10.0  # seconds within which news must come on a busy machine
SHORT = 0.3  # seconds after which none are expected any more
PAUSES = Pauses(shortest=0.02, longest=0.2, check=0.2)


@pytest.fixture
async def hub(database: Database) -> AsyncIterator[Hub]:
    """A hub that hears this database, its listening connection made."""
    async with hearing(database, Hub(), pauses=PAUSES) as hub:
        if database.tells_processes:
            with hub.following("anything") as following:
                assert await following.news(SOON)
        yield hub


async def change(database: Database, tenant: UUID, *subjects: UUID, topic: str = "group") -> None:
    async with database.writing(tenant) as db:
        for each in subjects:
            db.announce(topic, each)


async def test_a_follower_hears_of_its_subject_after_the_commit_and_not_before(
    database: Database, tenant: UUID, hub: Hub
) -> None:
    group = new_id()
    with hub.following("group", tenant, group) as following:
        async with database.writing(tenant) as db:
            db.announce("group", group)
            assert not await following.news(SHORT)
        assert await following.news(SOON)


async def test_news_of_a_whole_topic_reach_the_followers_of_each_of_its_subjects(
    database: Database, tenant: UUID, hub: Hub
) -> None:
    group = new_id()
    with hub.following("group", tenant, group) as following:
        async with database.writing(tenant) as db:
            db.announce("group", new_id())
            db.announce("group", None)
        assert await following.news(SOON)


async def test_what_was_rolled_back_is_not_heard(database: Database, tenant: UUID, hub: Hub) -> None:
    group = new_id()
    with hub.following("group", tenant, group) as following:
        with pytest.raises(ZeroDivisionError):
            async with database.writing(tenant) as db:
                db.announce("group", group)
                raise ZeroDivisionError
        async with database.writing(tenant) as db, db.rehearsal():
            db.announce("group", group)
        assert not await following.news(SHORT)


async def test_nobody_hears_of_another_subject_topic_or_tenant(database: Database, tenant: UUID, hub: Hub) -> None:
    group, other = new_id(), await add_tenant(database, "other")
    with hub.following("group", tenant, group) as following:
        await change(database, tenant, new_id())
        await change(database, tenant, group, topic="send")
        await change(database, other, group)
        assert not await following.news(SHORT)


async def test_a_worker_follows_a_topic_of_all_tenants(database: Database, tenant: UUID, hub: Hub) -> None:
    with hub.following("send") as everywhere, hub.following("send", tenant) as here:
        await change(database, await add_tenant(database, "other"), new_id(), topic="send")
        assert await everywhere.news(SOON)
        assert not await here.news(SHORT)
        await change(database, tenant, new_id(), topic="send")
        assert await everywhere.news(SOON)
        assert await here.news(SOON)


async def test_many_changes_while_a_follower_is_busy_are_news_once(database: Database, tenant: UUID, hub: Hub) -> None:
    group = new_id()
    with hub.following("group", tenant, group) as following:
        for _ in range(5):
            await change(database, tenant, group)
        assert await following.news(SOON)
        while await following.news(SHORT):  # PostgreSQL may take a moment to tell all five
            pass
        assert not await following.news(SHORT)


async def test_more_subjects_than_one_notification_holds_are_all_heard(
    database: Database, tenant: UUID, hub: Hub
) -> None:
    groups = [new_id() for _ in range(1_000)]
    with hub.following("group", tenant, groups[0]) as first, hub.following("group", tenant, groups[-1]) as last:
        await change(database, tenant, *groups)
        assert await first.news(SOON)
        assert await last.news(SOON)


async def test_beyond_a_number_one_announcement_stands_for_all_of_the_tenant(
    database: Database, tenant: UUID, hub: Hub
) -> None:
    with hub.following("group", tenant, new_id()) as ours, hub.following("send", tenant, new_id()) as other_topic:
        await change(database, tenant, *(new_id() for _ in range(MOST_NAMED + 1)))
        assert await ours.news(SOON)
        assert not await other_topic.news(SHORT)


async def test_nothing_is_kept_of_a_follower_who_has_left(database: Database, tenant: UUID, hub: Hub) -> None:
    with hub.following("group", tenant, new_id()), hub.following("group"):
        assert len(hub) == 2
    assert len(hub) == 0
    assert not hub._followers


async def test_news_are_told_from_another_thread(tenant: UUID) -> None:
    hub, group = Hub(), new_id()
    with hub.following("group", tenant, group) as following:
        await asyncio.to_thread(hub.tell, [Announcement(tenant, "group", group)])
        assert await following.news(SOON)


async def test_news_that_came_before_the_follower_looked_are_not_lost() -> None:
    following = Following()
    following.tell()
    assert await following.news(0)
    assert not await following.news(0)


async def test_another_process_is_heard(postgres_database: str) -> None:
    here, there = open_database(postgres_database), open_database(postgres_database)
    tenant, group = await add_tenant(there, "acme"), new_id()
    async with hearing(here, Hub(), pauses=PAUSES) as hub:
        with hub.following("group", tenant, group) as following:
            assert await following.news(SOON)  # the connection was made
            await change(there, tenant, group)
            assert await following.news(SOON)
    await here.close()
    await there.close()


async def test_a_lost_connection_is_made_anew_and_everybody_is_woken(postgres_database: str) -> None:
    database = open_database(postgres_database)
    tenant, group = await add_tenant(database, "acme"), new_id()
    async with hearing(database, Hub(), pauses=PAUSES) as hub:
        with hub.following("group", tenant, group) as following:
            assert await following.news(SOON)
            await end_listeners(database)
            assert await following.news(SOON)  # something may have been missed meanwhile
            await change(database, tenant, group)
            assert await following.news(SOON)
    await database.close()


async def test_a_fault_that_nobody_thought_of_does_not_end_the_listening(postgres_database: str) -> None:
    class Stumbling(Hub):
        stumbled = False

        def tell_all(self) -> None:
            if not self.stumbled:
                self.stumbled = True
                raise LookupError("once")
            super().tell_all()

    database = open_database(postgres_database)
    async with hearing(database, Stumbling(), pauses=PAUSES) as hub:
        with hub.following("group", new_id(), new_id()) as following:
            assert await following.news(SOON)
    await database.close()


async def test_words_of_another_version_wake_everybody(postgres_database: str) -> None:
    database = open_database(postgres_database)
    async with hearing(database, Hub(), pauses=PAUSES) as hub:
        with hub.following("group", new_id(), new_id()) as following:
            assert await following.news(SOON)
            async with database.engine.begin() as connection:
                await connection.execute(text("SELECT pg_notify('bg_graph', 'gibberish')"))
            assert await following.news(SOON)
    await database.close()


async def end_listeners(database: Database) -> None:
    """As when the server restarts, or a network ends idle connections."""
    ending = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = :name"
    )
    async with database.engine.begin() as connection:
        ended = (await connection.execute(ending, {"name": APPLICATION})).all()
    assert [row[0] for row in ended] == [True]


def test_each_notification_is_shorter_than_postgresql_takes() -> None:
    tenant = new_id()
    told = announcements(tenant, [("group", new_id()) for _ in range(1_000)] * 2)
    texts = payloads(told)
    assert max(map(len, texts)) < 8_000
    assert [each for payload in texts for each in read_payload(payload)] == told
    assert len(told) == 1_000


@pytest.mark.parametrize("payload", ["", "x", "group", "0" * 32 + " group", "0" * 32 + " group x"])
def test_other_notifications_are_told_apart(payload: str) -> None:
    with pytest.raises(WrongPayload):
        read_payload(payload)
