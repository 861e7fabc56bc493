"""Names of tenants and their ids, remembered: a tenant keeps both for good."""

from uuid import UUID

from bg_graph.store.engine import Database
from bg_graph.tenancy.reads import list_tenants


class TenantNames:
    """Finds a tenant's name by its id, and the other way round; asks the database only for those it does not know."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._names: dict[UUID, str] = {}
        self._ids: dict[str, UUID] = {}

    async def name_of(self, tenant_id: UUID) -> str | None:
        """The name; None where there is no such tenant."""
        if tenant_id not in self._names:
            await self._read()
        return self._names.get(tenant_id)

    async def id_of(self, name: str) -> UUID | None:
        """The id; None where there is no such tenant."""
        if name not in self._ids:
            await self._read()
        return self._ids.get(name)

    async def _read(self) -> None:
        tenants = await list_tenants(self._database)
        self._names = {tenant.id: tenant.name for tenant in tenants}
        self._ids = {tenant.name: tenant.id for tenant in tenants}
