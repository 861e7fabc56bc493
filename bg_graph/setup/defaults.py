"""What every tenant has before any set-up file: the six default roles and the default weighting model."""

from bg_graph.buying_groups.commands.roles import ensure_default_roles
from bg_graph.engagement.weights import ensure_default_model
from bg_graph.store.connection import TenantConnection


async def ensure_defaults(db: TenantConnection) -> None:
    """Give the tenant what it lacks of the defaults; call it when a tenant is made. A second call changes nothing."""
    await ensure_default_roles(db)
    await ensure_default_model(db)
