"""Queued deliveries reach the provider: each once, at its pace, and only whom may still be written to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from bg_graph.email.composing import Renderer
from bg_graph.email.dispatch.letters import Writer
from bg_graph.email.dispatch.worker import Options, Worker
from bg_graph.hosting.email import EmailHost
from bg_graph.store.engine import Database
from tests.email.recording import RecordingProvider
from tests.email.sending_world import PROVIDER, Sending, sending
from tests.world import World


def link(token: str) -> str:
    return f"https://bg.test/unsubscribe/{token}"


def worker_of(database: Database, provider: RecordingProvider, **different: Any) -> Worker:
    options = {"rate": 1000.0, "attempts": 3, "lease": 20.0, "poll": 0.02, **different}
    host = EmailHost(
        PROVIDER, provider, deadline=options.pop("deadline", 5.0), concurrency=options.pop("concurrency", 4)
    )
    writer = Writer(host.abilities, link, Renderer())
    return Worker(database, host, writer, Options(**options))


@asynccontextmanager
async def at_work(*workers: Worker) -> AsyncIterator[None]:
    """The workers work as long as the `with` lasts, and are stopped in good order."""
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    try:
        yield
    finally:
        for worker in workers:
            worker.stop()
        async with asyncio.timeout(20):
            await asyncio.gather(*tasks)


async def until(holds: Callable[[], Any], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.02)


async def settled(given: Sending, send_id: Any) -> list[Any]:
    async def holds() -> bool:
        return all(row.status not in ("QUEUED", "SENDING") for row in await given.deliveries(send_id))

    await until(holds)
    return await given.deliveries(send_id)


async def test_each_queued_delivery_reaches_the_provider_once_and_is_sent(world: World) -> None:
    given = await sending(world, members=7)
    send_id = await given.send()
    provider = RecordingProvider()
    async with at_work(worker_of(world.database, provider)):
        rows = await settled(given, send_id)
    assert sorted(provider.sent) == sorted(row.id.hex for row in rows)
    assert {(row.status, row.attempt) for row in rows} == {("SENT", 1)}
    assert [row.provider_message_id for row in rows] == [f"<{row.id.hex}@test>" for row in rows]
    assert all(row.sent_at and row.worker is None and row.lease_until is None for row in rows)
