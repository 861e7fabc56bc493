"""What the intent job is given from the rooms above: the groups of accounts with their members, and the deals."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Select, Uuid, bindparam

from bg_graph.store.connection import TenantConnection

ACCOUNTS: BindParameter[Any] = bindparam("accounts", expanding=True, type_=Uuid())
"""The ids of a batch's accounts, wherever a statement asks for them."""


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal of an account about a solution interest: its stage in the words of the CRM, and the moment it was closed."""

    account_id: UUID
    interest_id: UUID
    stage: str
    closed_at: datetime | None
    """None while it is open."""


@dataclass(frozen=True, slots=True)
class GroupSource:
    """How the job sees buying groups, which this room does not know.

    `members`: rows of account_id, group_id and person_id (null for a group without members) of the groups in use of
    `ACCOUNTS`. `stamps`: rows of account_id, groups and versions (their sum), of all accounts. `topic`: who follows
    groups is told by it. `deals`: all that can be told to be about a solution interest.
    """

    members: Select[Any]
    stamps: Select[Any]
    topic: str
    deals: Callable[[TenantConnection], Awaitable[Sequence[Deal]]]
