"""Keeps the texts of plugins in the database: by tenant, so that they go with it, and by plugin, so that no other sees them."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from sqlalchemy import delete, select

from bg_graph.hosting.tables import PluginStorageRow
from bg_graph.plugins.context import LARGEST_VALUE, LONGEST_KEY
from bg_graph.store.clock import Clock, system_clock
from bg_graph.store.connection import table_of
from bg_graph.store.engine import Database
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant

_text = table_of(PluginStorageRow)
TenantNamed = Callable[[str], Awaitable[UUID | None]]
"""The id of the tenant with a name."""


class PluginStorage:
    """The storage of one plugin."""

    def __init__(self, database: Database, plugin: str, tenant_named: TenantNamed, clock: Clock = system_clock) -> None:
        self._database, self._plugin = database, plugin
        self._tenant_named, self._clock = tenant_named, clock

    async def get(self, tenant: str, key: str) -> str | None:
        """See `Storage`."""
        return (await self.list(tenant, key)).get(key)

    async def put(self, tenant: str, key: str, value: str | None) -> None:
        """See `Storage`."""
        _check(key, value)
        async with self._database.writing(await self._id_of(tenant)) as db:
            if value is None:
                mine = (of_tenant(_text), _text.c.plugin == self._plugin, _text.c.key == key)
                await db.execute(delete(_text).where(*mine))
                return
            row = {"plugin": self._plugin, "id": new_id(), "key": key, "value": value, "updated_at": self._clock()}
            await db.upsert(PluginStorageRow, [row], key=("plugin", "key"), update=("value", "updated_at"))

    async def list(self, tenant: str, prefix: str = "") -> Mapping[str, str]:
        """See `Storage`."""
        mine = (of_tenant(_text), _text.c.plugin == self._plugin, _text.c.key.startswith(prefix, autoescape=True))
        async with self._database.reading(await self._id_of(tenant)) as db:
            rows = await db.rows(select(_text.c.key, _text.c.value).where(*mine).order_by(_text.c.key))
        return {row.key: row.value for row in rows if row.key.startswith(prefix)}

    async def _id_of(self, tenant: str) -> UUID:
        found = await self._tenant_named(tenant)
        if found is None:
            raise ValueError(f"there is no tenant {tenant!r}")
        return found


class PassingStorage:
    """The storage of a provider that is only tried: it forgets everything when it is left."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], str] = {}

    async def get(self, tenant: str, key: str) -> str | None:
        """See `Storage`."""
        return self._kept.get((tenant, key))

    async def put(self, tenant: str, key: str, value: str | None) -> None:
        """See `Storage`."""
        _check(key, value)
        if value is None:
            self._kept.pop((tenant, key), None)
        else:
            self._kept[tenant, key] = value

    async def list(self, tenant: str, prefix: str = "") -> Mapping[str, str]:
        """See `Storage`."""
        return {
            key: value for (of, key), value in sorted(self._kept.items()) if of == tenant and key.startswith(prefix)
        }


def _check(key: str, value: str | None) -> None:
    if not 0 < len(key) <= LONGEST_KEY or "\0" in key:
        raise ValueError(f"a key has 1 to {LONGEST_KEY} characters, none of them NUL")
    if value is not None and (len(value) > LARGEST_VALUE or "\0" in value):
        raise ValueError(f"a value has at most {LARGEST_VALUE} characters, none of them NUL")
