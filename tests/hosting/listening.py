"""Listeners that a test holds in its hands, and tellers that tell them quickly."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from bg_graph.hosting.hooks.listener import HOOK
from bg_graph.hosting.hooks.teller import Patience, Teller
from bg_graph.hosting.hosted import Hosted
from bg_graph.plugins.changes import Change
from bg_graph.screens.changes import about
from bg_graph.store.engine import Database
from bg_graph.store.ids import new_id
from bg_graph.store.telling import News, tell_listeners
from bg_graph.tenancy.reads import list_tenants
from tests.hosting.hosted_providers import hosted

QUICK = Patience(attempts=3, first_pause=0.02, longest_pause=0.1, spare=0.5, look=0.05, enrol=0.05)


@dataclass
class Recording:
    """A listener that remembers what it was told; `fault` gives what it raises, for each change."""

    fault: Callable[[Change], BaseException | None] = lambda _: None
    told: list[Change] = field(default_factory=list)
    tried: list[Change] = field(default_factory=list)

    async def on_change(self, change: Change) -> None:
        self.tried.append(change)
        fault = self.fault(change)
        if fault is not None:
            raise fault
        self.told.append(change)

    @property
    def ids(self) -> list[str]:
        return [each.id for each in self.told]

    async def hears(self, *ids: str) -> None:
        """Wait until all of these were told."""
        await until(lambda: set(ids) <= set(self.ids))

    def hosted(self, name: str = "acme", deadline: float = 5.0) -> Hosted:
        return hosted(self, HOOK, name, deadline=deadline)


async def until(holds: Callable[[], bool], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.01)


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def telling(
    database: Database, listeners: Callable[[str], Sequence[Hosted]], *, tellers: int = 1, patience: Patience = QUICK
) -> AsyncIterator[None]:
    """Tellers at work; what happens inside the `with` is told."""
    async with AsyncExitStack() as stack:
        for _ in range(tellers):
            teller = Teller(database, listeners, list_tenants, about, patience=patience)
            await teller.enrol()
            task = asyncio.create_task(teller.run())
            stack.push_async_callback(_ended, task)
        yield


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


async def happen(database: Database, tenant: UUID, *ids: str, kind: str = "MEMBERS_ASSIGNED") -> list[str]:
    """News of a tenant, in one transaction."""
    async with database.writing(tenant) as db:
        await tell_listeners(db, [News(each, kind, new_id(), now(), "Ann") for each in ids])
    return list(ids)
