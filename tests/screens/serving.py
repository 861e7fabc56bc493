"""A real server over a world: what the tests speak to with real clients."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import uvicorn

from bg_graph.app import create_app
from bg_graph.settings import DatabaseSettings, EmailSettings, JobSettings, PluginTables, Section, Settings
from bg_graph.store.engine import Database
from bg_graph.tenancy.commands import create_token
from bg_graph.tenancy.rules import Right
from bg_graph.web.transport import TransportOptions, uvicorn_config
from tests.conftest import NOW


@dataclass(frozen=True)
class Served:
    """Where the product is served, and a token of the world's tenant."""

    url: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@asynccontextmanager
async def serving(
    database: Database, database_url: str, tenant: UUID, *rights: Right, **sections: Section | PluginTables
) -> AsyncIterator[Served]:
    """The whole product on a free port of 127.0.0.1, its clock standing still; nothing is sent unless `email` says so."""
    async with database.writing(tenant) as db:
        token = await create_token(db, "Maria", [Right.READ, *rights], now=NOW, expires_at=NOW + timedelta(days=1))
    quiet = {"jobs": JobSettings(enabled=False), "email": EmailSettings(dispatch=False)}
    settings = Settings(**{"database": DatabaseSettings(url=database_url), **quiet, **sections})
    app = create_app(settings, clock=lambda: NOW)
    server = uvicorn.Server(uvicorn_config(app, TransportOptions(host="127.0.0.1", port=0)))
    task = asyncio.create_task(server.serve())
    while not server.started:
        assert not task.done(), task
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Served(f"http://127.0.0.1:{port}", token.secret)
    finally:
        server.should_exit = True
        await task
