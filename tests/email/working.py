"""What the tests of the dispatch share: workers that send by a recording provider, and waiting for what they do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from bg_graph.email.composing import Renderer
from bg_graph.email.dispatch.claiming import Claimed, Holder, claim
from bg_graph.email.dispatch.letters import Writer
from bg_graph.email.dispatch.worker import Options, Worker
from bg_graph.hosting.email_hosts import EmailHosts
from bg_graph.plugins.email import EmailProvider
from bg_graph.store.clock import Clock, system_clock
from bg_graph.store.engine import Database
from bg_graph.tenancy.names import TenantNames
from tests.email.sending_world import PROVIDER, Sending
from tests.hosting.hosted_providers import One, email_hosts, hosted


def link(token: str) -> str:
    return f"https://bg.test/unsubscribe/{token}"


def hosts_of(provider: EmailProvider, *, deadline: float = 5.0) -> EmailHosts:
    return email_hosts(hosted(provider, "email", PROVIDER, deadline=deadline))


def worker_of(
    database: Database, provider: EmailProvider, *, deadline: float = 5.0, clock: Clock = system_clock, **different: Any
) -> Worker:
    """A worker that is quick to look into the queue."""
    options = {"rate": 1000.0, "attempts": 3, "lease": 20.0, "poll": 0.02, **different}
    held = hosted(provider, "email", PROVIDER, deadline=deadline)
    hosts = EmailHosts(One(held), TenantNames(database).name_of)
    return Worker(database, hosts, PROVIDER, Writer(link, Renderer()), Options(**options), clock=clock)


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


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.02)


async def until_all(given: Sending, send_id: UUID, *statuses: str) -> list[Any]:
    """The deliveries of a send, once each has one of these statuses."""

    async def holds() -> bool:
        return all(row.status in statuses for row in await given.deliveries(send_id))

    await until(holds)
    return await given.deliveries(send_id)


async def claimed_by(database: Database, worker: str, holder_lease: Any, now: Any, limit: int = 50) -> list[Claimed]:
    """What a worker claims, all at once."""
    found = await claim(database, PROVIDER, Holder(worker, holder_lease), limit, rate=1000.0, now=now)
    return list(found.deliveries)
