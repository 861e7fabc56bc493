"""What every resolver is given: the caller, the present time, and the one reading of the store that the request makes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import strawberry
from sqlalchemy.exc import DBAPIError

from bg_graph.execution.loading import Access, Loading
from bg_graph.graph.errors import Coded, ErrorCode
from bg_graph.store.clock import Clock
from bg_graph.store.conflicts import is_conflict
from bg_graph.store.connection import TenantConnection
from bg_graph.store.engine import Database
from bg_graph.store.scope import of_tenant
from bg_graph.tenancy.rules import Caller, Right


class Reader:
    """The request's read-only transaction, begun with its first statement: all statements see one snapshot."""

    def __init__(self, database: Database, caller: Caller) -> None:
        self._database = database
        self._caller = caller
        self._stack = AsyncExitStack()
        self._opened: TenantConnection | None = None
        self._opening = asyncio.Lock()

    async def connection(self) -> TenantConnection:
        """The transaction of the caller's tenant."""
        async with self._opening:
            if self._opened is None:
                self._opened = await self._stack.enter_async_context(self._database.reading(self._caller.tenant_id))
        return self._opened

    async def close(self) -> None:
        """End the transaction; the next statement begins another, which sees what was changed meanwhile."""
        async with self._opening:
            self._opened = None
            await self._stack.aclose()


@dataclass(slots=True)
class RequestContext:
    """`info.context` of every resolver."""

    caller: Caller
    clock: Clock
    now: datetime
    loading: Loading
    reader: Reader
    database: Database
    services: Mapping[str, Any]

    async def db(self) -> TenantConnection:
        """The request's read-only transaction."""
        return await self.reader.connection()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[TenantConnection]:
        """A transaction that may change rows. Whatever is read after it sees what it changed.

        Raises Coded with CONFLICT where another transaction was in its way; then nothing was changed.
        """
        await self.reader.close()
        try:
            async with self.database.writing(self.caller.tenant_id) as db:
                yield db
        except DBAPIError as fault:
            if not is_conflict(fault):
                raise
            message = "Another change was in the way of this one, of which nothing was stored. Repeat the call."
            raise Coded(ErrorCode.CONFLICT, message) from fault
        await self.renew()

    async def renew(self) -> None:
        """Read everything anew from here on, at another present time; until then, no connection is held."""
        await self.reader.close()
        self.loading.forget()
        self.now = self.clock()


Info = strawberry.Info[RequestContext, None]


@asynccontextmanager
async def request_context(
    database: Database,
    caller: Caller,
    clock: Clock,
    *,
    parameters: Callable[[datetime], Mapping[str, Any]],
    services: Mapping[str, Any],
) -> AsyncIterator[RequestContext]:
    """The context of one operation. Raises Coded with FORBIDDEN where the caller may not read.

    `parameters` are values that declared expressions speak of, at a time; `services` are what rooms above put there for
    themselves.
    """
    if not caller.may(Right.READ):
        raise Coded(ErrorCode.FORBIDDEN, "The token lacks the right 'read'; make one with `bg-graph token create`.")
    reader = Reader(database, caller)

    async def run(statement: Any, values: Mapping[str, Any]) -> Any:
        return await (await reader.connection()).rows(statement, {**values, **parameters(context.now)})

    try:
        loading = Loading(Access(run, of_tenant, {}))
        context = RequestContext(caller, clock, clock(), loading, reader, database, services)
        yield context
    finally:
        await reader.close()
