"""Workers made of the settings, and their life in a process: woken by what is announced, stopped in good order."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog

from bg_graph.email.commands.sends import QUEUE
from bg_graph.email.composing import Renderer
from bg_graph.email.dispatch.letters import UnsubscribeLink, Writer
from bg_graph.email.dispatch.worker import Count, Options, Worker
from bg_graph.hosting.email_hosts import EmailHosts
from bg_graph.live.hub import Following, Hub
from bg_graph.settings import Settings
from bg_graph.store.clock import Clock, system_clock
from bg_graph.store.engine import Database

log = structlog.get_logger(__name__)


def workers_of(
    settings: Settings,
    database: Database,
    hosts: EmailHosts,
    *,
    clock: Clock = system_clock,
    count: Count = lambda _: None,
) -> list[Worker]:
    """Workers as the settings want them: one for each plugin that can send, those included that are nobody's choice now, so
    that what was queued for them leaves.
    """
    email = settings.email
    options = Options(rate=email.rate, attempts=email.attempts, lease=email.lease, concurrency=email.concurrency)
    writer = Writer(unsubscribe_link(settings), Renderer())
    return [Worker(database, hosts, plugin, writer, options, clock=clock, count=count) for plugin in hosts.plugins]


def unsubscribe_link(settings: Settings) -> UnsubscribeLink:
    """Where somebody ends e-mails: below the address under which people reach the server."""
    server = settings.server
    base = server.base_url or f"http://{server.host}:{server.port}"
    return lambda token: f"{base}/unsubscribe/{token}"


@asynccontextmanager
async def working(workers: Sequence[Worker], hub: Hub, *, grace: float) -> AsyncIterator[Sequence[asyncio.Task[None]]]:
    """Have workers work for as long as the `with` lasts. At its end, what is under way has its grace (seconds)."""
    with hub.following(QUEUE) as following:
        tasks = [asyncio.create_task(worker.run()) for worker in workers]
        waking = asyncio.create_task(_waking(workers, following))
        try:
            yield tasks
        finally:
            for worker in workers:
                worker.stop()
            if tasks:
                await _ended(tasks, grace)
            waking.cancel()
            await asyncio.wait([waking])


async def _ended(tasks: Sequence[asyncio.Task[None]], grace: float) -> None:
    _, late = await asyncio.wait(tasks, timeout=grace)
    if late:
        log.warning("calls of the provider are broken off; their deliveries will be unknown")
        for task in late:
            task.cancel()
        await asyncio.wait(late)


async def _waking(workers: Sequence[Worker], following: Following) -> None:
    while True:
        await following.news()
        for worker in workers:
            worker.wake()
