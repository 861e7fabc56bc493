"""What every table of the product has in common: a tenant in the key, time-ordered ids, one naming of constraints."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, MetaData
from sqlmodel import Field, SQLModel

from bg_graph.store.ids import new_id
from bg_graph.store.types import UtcDateTime, json_data, key_text

metadata: MetaData = SQLModel.metadata
metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class TenantOwned(SQLModel):
    """A row that belongs to exactly one tenant; the tenant is the first part of its key."""

    tenant_id: UUID = Field(primary_key=True, foreign_key="tenant.id", description="The tenant that owns the row.")
    id: UUID = Field(primary_key=True, default_factory=new_id, description="Time-ordered id, unique in the tenant.")


def time(description: str, **options: Any) -> Any:
    """A column that holds an aware UTC time."""
    return Field(sa_type=UtcDateTime, description=description, **options)


def key(description: str, **options: Any) -> Any:
    """A column that holds the stored key by which a text is sorted, searched and compared."""
    return Field(sa_type=_any(key_text()), description=description, **options)


def document(description: str, **options: Any) -> Any:
    """A column that holds a JSON document."""
    return Field(sa_type=_any(json_data()), description=description, **options)


def points_at(column: str, table: str, *, ondelete: str | None = None) -> ForeignKeyConstraint:
    """A key to a row of the same tenant, kept by the database."""
    return ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"], ondelete=ondelete)


def _any(value: Any) -> Any:
    """SQLModel types `sa_type` as a class, yet takes an instance too."""
    return value
