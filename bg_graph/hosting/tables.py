"""The small storage that plugins have, for each tenant."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from bg_graph.store.rows import TenantOwned, time


class PluginStorageRow(TenantOwned, table=True):
    """A text that a plugin keeps for a tenant."""

    __tablename__ = "plugin_storage"
    __table_args__ = (UniqueConstraint("tenant_id", "plugin", "key"),)

    plugin: str = Field(description="Name of the plugin; no other sees it.")
    key: str = Field(description="By which the plugin finds it.")
    value: str = Field(description="The text.")
    updated_at: datetime = time("When it was last written.")
