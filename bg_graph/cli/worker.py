"""`bg-graph worker`: sends queued e-mails, besides `serve` or instead of it."""

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack
from typing import Annotated

import typer

from bg_graph.app import plugins_of, telling
from bg_graph.cli.installation import migrated, settings_of
from bg_graph.email.dispatch.running import workers_of, working
from bg_graph.hosting.watching import watching
from bg_graph.live.hearing import hearing
from bg_graph.live.hub import Hub
from bg_graph.settings import Settings
from bg_graph.web.logs import configure_logs

NICENESS = 10
"""How far a worker gives way to whoever is served on the same machine: an e-mail can wait a moment, a screen can't."""

app = typer.Typer(add_completion=False)


@app.command("worker")
def work(
    context: typer.Context,
    concurrency: Annotated[
        int | None, typer.Option(help="Calls of the provider at one time; else email.concurrency.", min=1, max=100)
    ] = None,
) -> None:
    """Send queued e-mails until stopped. Any number may run at once, on any machines that reach the database.

    Stopped by Ctrl+C or SIGTERM, it takes no more, and gives the calls under way server.shutdown_grace seconds to end.
    """
    settings = settings_of(context, with_plugins=True, email_concurrency=concurrency)
    configure_logs(settings.logging.format, settings.logging.level)
    if sys.platform != "win32":
        os.nice(NICENESS)
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(migrated(settings))
        hub = Hub()
        plugins, hosts = plugins_of(settings, database)
        stack.push_async_callback(plugins.close)
        await stack.enter_async_context(hearing(database, hub))
        await stack.enter_async_context(watching(lambda: plugins.hosted))
        await stack.enter_async_context(telling(plugins, database, hub))
        workers = workers_of(settings, database, hosts)
        work = await stack.enter_async_context(working(workers, hub, grace=settings.server.shutdown_grace))
        waiting = asyncio.create_task(stopped.wait())
        await asyncio.wait({*work, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
