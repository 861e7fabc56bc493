"""Tenants and the tokens by which callers of a tenant are known."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from bg_graph.store.ids import new_id
from bg_graph.store.rows import TenantOwned, document, time


class TenantRow(SQLModel, table=True):
    """One customer's isolated data set."""

    __tablename__ = "tenant"

    id: UUID = Field(primary_key=True, default_factory=new_id, description="Id of the tenant.")
    name: str = Field(unique=True, description="Short name, used on the command line.")
    created_at: datetime = time("When the tenant was made.")


class TokenRow(TenantOwned, table=True):
    """A caller's token; only its hash is kept."""

    __tablename__ = "token"
    __table_args__ = (UniqueConstraint("secret_hash"),)

    name: str = Field(description='Who the caller is: the "who" of the change log.')
    secret_hash: str = Field(description="SHA-256 of the token, in hex.")
    rights: list[str] = document("Rights: read, edit, send, approve, admin.")
    automation: bool = Field(default=False, description="Acts as source JOURNEY rather than as a user.")
    created_at: datetime = time("When the token was made.")
    expires_at: datetime = time("From when on the token is refused.")
    revoked_at: datetime | None = time("When the token was revoked; empty while it is good.", default=None)
