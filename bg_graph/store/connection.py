"""The one connection type that runs the product's statements. It knows its tenant, and refuses a statement that does not."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import Delete, Executable, Insert, Row, Select, Table, Update, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.selectable import CompoundSelect
from sqlmodel import SQLModel

from bg_graph.store.scope import TENANT_PARAMETER, ScopeChecks


def table_of(row: type[SQLModel]) -> Table:
    """The table behind a row class."""
    table = row.__dict__["__table__"]
    assert isinstance(table, Table)
    return table


class TenantConnection:
    """A transaction of one tenant. Statements of concurrent callers are run one after the other."""

    def __init__(self, connection: AsyncConnection, tenant_id: UUID, scopes: ScopeChecks | None = None) -> None:
        self._connection = connection
        self._busy = asyncio.Lock()
        self._scopes = scopes or ScopeChecks()
        self.tenant_id = tenant_id
        self.announced: dict[tuple[str, UUID | None], None] = {}

    def announce(self, topic: str, subject_id: UUID | None) -> None:
        """Tell whoever follows this subject that it has changed, once the transaction is committed; never before.

        None stands for any number of the topic's subjects: all its followers in the tenant look again.
        """
        self.announced[topic, subject_id] = None

    @property
    def dialect(self) -> str:
        """Name of the database's dialect: sqlite or postgresql."""
        return self._connection.dialect.name

    async def rows(
        self, statement: Select[Any] | CompoundSelect[Any], parameters: Mapping[str, Any] | None = None
    ) -> Sequence[Row[Any]]:
        """Read rows. Raises UnscopedStatement where a table is not held to the tenant (`of_tenant`)."""
        self._scopes.check(statement)
        async with self._busy:
            result = await self._connection.execute(statement, self._with_tenant(parameters))
            found: Sequence[Row[Any]] = result.all()
            return found

    async def pages(
        self, statement: Select[Any] | CompoundSelect[Any], parameters: Mapping[str, Any] | None = None, *, size: int
    ) -> AsyncIterator[Sequence[Row[Any]]]:
        """Read many rows by one statement, so many at a time: memory does not grow with them, nor does the loop stand still.

        Until the last page is read, or the iterator closed, other statements of the transaction wait.
        """
        self._scopes.check(statement)
        async with (
            self._busy,
            self._connection.stream(
                statement, self._with_tenant(parameters), execution_options={"yield_per": size}
            ) as result,
        ):
            async for page in result.partitions():
                yield page

    async def row(self, statement: Select[Any], parameters: Mapping[str, Any] | None = None) -> Row[Any] | None:
        """Read the first row, or None where there is none."""
        found = await self.rows(statement, parameters)
        return found[0] if found else None

    async def value(self, statement: Select[Any], parameters: Mapping[str, Any] | None = None) -> Any:
        """Read the first column of the first row, or None where there is no row."""
        found = await self.row(statement, parameters)
        return None if found is None else found[0]

    async def execute(self, statement: Insert | Update | Delete, parameters: Mapping[str, Any] | None = None) -> int:
        """Run a set-based change; gives the number of rows it touched."""
        self._scopes.check(statement)
        async with self._busy:
            result = await self._connection.execute(statement, self._with_tenant(parameters))
            return result.rowcount

    async def execute_each(self, statement: Update | Delete, parameters: Sequence[Mapping[str, Any]]) -> None:
        """Run one change for each set of parameters, in one round trip."""
        if not parameters:
            return
        self._scopes.check(statement)
        async with self._busy:
            await self._connection.execute(statement, [self._with_tenant(each) for each in parameters])

    async def insert(self, row: type[SQLModel], values: Iterable[Mapping[str, Any]]) -> None:
        """Add rows; the tenant is put into each. All mappings must have the same keys."""
        rows = self._owned(values)
        if rows:
            async with self._busy:
                await self._connection.execute(insert(table_of(row)), rows)

    async def upsert(
        self, row: type[SQLModel], values: Iterable[Mapping[str, Any]], *, key: Sequence[str], update: Sequence[str]
    ) -> None:
        """Add rows; where the unique `key` (the tenant aside) is taken, set the columns `update` (none: leave the row)."""
        rows = self._owned(values)
        if not rows:
            return
        table = table_of(row)
        make = postgresql.insert if self.dialect == "postgresql" else sqlite.insert
        adding = make(table)
        index = [table.c.tenant_id, *(table.c[name] for name in key)]
        if update:
            statement = adding.on_conflict_do_update(
                index_elements=index, set_={name: adding.excluded[name] for name in update}
            )
        else:
            statement = adding.on_conflict_do_nothing(index_elements=index)
        async with self._busy:
            await self._connection.execute(statement, rows)

    @asynccontextmanager
    async def rehearsal(self) -> AsyncIterator[None]:
        """Whatever is changed inside the `with` is taken back at its end: to learn what a change would do."""
        async with self._busy:
            savepoint = await self._connection.begin_nested()
        announced = dict(self.announced)
        try:
            yield
        finally:
            self.announced = announced
            async with self._busy:
                await savepoint.rollback()

    def _owned(self, values: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [{**value, "tenant_id": self.tenant_id} for value in values]

    def _with_tenant(self, parameters: Mapping[str, Any] | None) -> dict[str, Any]:
        return {**(parameters or {}), TENANT_PARAMETER: self.tenant_id}


class SystemConnection:
    """A transaction that may look across tenants: token look-up, tenants themselves, claiming due jobs, migrations.

    Its few call sites are listed by a test.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> str:
        """Name of the database's dialect: sqlite or postgresql."""
        return self._connection.dialect.name

    async def rows(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        """Read rows of any tenant."""
        result = await self._connection.execute(statement, parameters or {})
        return result.all()

    async def execute(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> int:
        """Change rows of any tenant; gives the number of rows touched."""
        result = await self._connection.execute(statement, parameters or {})
        return result.rowcount
