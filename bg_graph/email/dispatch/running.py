"""A worker made of the settings, and its life in a process: woken by what is announced, stopped in good order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version

import structlog

from bg_graph.email.commands.sends import QUEUE
from bg_graph.email.composing import Renderer
from bg_graph.email.dispatch.letters import UnsubscribeLink, Writer
from bg_graph.email.dispatch.worker import Count, Options, Worker
from bg_graph.email.provider import email_provider
from bg_graph.hosting.email import EmailHost
from bg_graph.hosting.fences.options import FenceOptions, Isolation
from bg_graph.hosting.hosted import Hosted
from bg_graph.hosting.storage import PassingStorage
from bg_graph.live.hub import Following, Hub
from bg_graph.plugins.plugin import NoSettings, Plugin
from bg_graph.settings import Settings
from bg_graph.store.clock import Clock, system_clock
from bg_graph.store.engine import Database

SPARE = 2
"""Calls of the provider besides those that send what is queued: tests, lists, checks."""
log = structlog.get_logger(__name__)


def connected_host(settings: Settings) -> EmailHost:
    """The host of the provider that the settings choose."""
    email, provider = settings.email, email_provider(settings)
    plugin = Plugin(
        name=email.provider,
        version=version("bg-graph"),
        title=_TITLES[email.provider],
        provides={"email": lambda *_: provider},
    )
    fence = FenceOptions(Isolation.INLINE, email.deadline, email.concurrency + SPARE)
    hosted = Hosted(plugin, "email", NoSettings(), fence=fence, storage=PassingStorage())
    with suppress(StopIteration):  # without a fence it is built at once
        hosted.start().send(None)
    return EmailHost(hosted)


_TITLES = {
    "outbox": "Outbox: keeps each message as a file, sends nothing",
    "smtp": "SMTP: hands messages to a mail server",
}


def worker_of(
    settings: Settings,
    database: Database,
    host: EmailHost,
    *,
    clock: Clock = system_clock,
    count: Count = lambda _: None,
) -> Worker:
    """A worker as the settings want it."""
    email = settings.email
    options = Options(rate=email.rate, attempts=email.attempts, lease=email.lease, concurrency=email.concurrency)
    writer = Writer(host.abilities, unsubscribe_link(settings), Renderer())
    return Worker(database, host, writer, options, clock=clock, count=count)


def unsubscribe_link(settings: Settings) -> UnsubscribeLink:
    """Where somebody ends e-mails: below the address under which people reach the server."""
    server = settings.server
    base = server.base_url or f"http://{server.host}:{server.port}"
    return lambda token: f"{base}/unsubscribe/{token}"


@asynccontextmanager
async def working(worker: Worker, hub: Hub, *, grace: float) -> AsyncIterator[asyncio.Task[None]]:
    """Have the worker work for as long as the `with` lasts. At its end, what is under way has its grace (seconds)."""
    with hub.following(QUEUE) as following:
        tasks = (asyncio.create_task(worker.run()), asyncio.create_task(_waking(worker, following)))
        try:
            yield tasks[0]
        finally:
            worker.stop()
            _, late = await asyncio.wait(tasks[:1], timeout=grace)
            if late:
                log.warning("calls of the provider are broken off; their deliveries will be unknown")
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


async def _waking(worker: Worker, following: Following) -> None:
    while True:
        await following.news()
        worker.wake()
