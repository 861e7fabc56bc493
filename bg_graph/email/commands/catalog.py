"""Keeping workspaces and approved e-mails as the provider has them, for a short time without asking it again.

A provider that keeps no e-mails is not asked: of those the store itself is the truth.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import select

from bg_graph.accounts.rules import text_key
from bg_graph.email.service import catalog_of
from bg_graph.email.tables import KEPT_HERE, EmailRow, EmailWorkspaceRow
from bg_graph.graph.errors import Coded, ErrorCode
from bg_graph.hosting.email_hosts import Carrier
from bg_graph.plugins.email import ApprovedEmail, ListRequest, Page, Workspace
from bg_graph.plugins.errors import OutcomeUnknown, ProviderError, Unavailable
from bg_graph.store.chunks import chunks
from bg_graph.store.clock import Clock
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.engine import Database
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant

FRESH_FOR = timedelta(seconds=60)
"""How long the provider is not asked again."""
MOST_PAGES = 1_000
"""Pages that a provider is asked for; more is taken for a list that never ends."""

Listed = TypeVar("Listed")
_workspace, _email = table_of(EmailWorkspaceRow), table_of(EmailRow)
_UNSTORABLE = str.maketrans({"\0": None})
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the catalog that is brought up to date as a whole: the workspaces, or the e-mails of one."""

    tenant_id: UUID
    provider: str
    workspace_id: UUID | None = None


class Catalog:
    """The workspaces and e-mails of each tenant's provider, in our tables. One for each process."""

    def __init__(self, database: Database, clock: Clock, *, fresh_for: timedelta = FRESH_FOR) -> None:
        self._database, self._clock, self._fresh_for = database, clock, fresh_for
        self._read: dict[_Part, datetime] = {}
        self._turns: defaultdict[_Part, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def refresh_workspaces(self, carrier: Carrier, tenant_id: UUID) -> str:
        """See that the workspaces are as the provider has them; gives what `provider` holds in their rows.

        Raises Coded where that can't be told.
        """
        name = catalog_of(carrier.host)
        if name != KEPT_HERE:
            await self._refresh(_Part(tenant_id, name), carrier, lambda: self._workspaces(carrier, tenant_id))
        return name

    async def refresh_emails(self, carrier: Carrier, tenant_id: UUID, workspace_id: UUID) -> str:
        """See that a workspace's e-mails are as the provider has them; gives what `provider` holds in their rows.

        Raises Coded where that can't be told. An id that is no workspace of this provider asks for nothing.
        """
        name = catalog_of(carrier.host)
        if name != KEPT_HERE:
            part = _Part(tenant_id, name, workspace_id)
            await self._refresh(part, carrier, lambda: self._emails(carrier, tenant_id, workspace_id))
        return name

    async def _refresh(self, part: _Part, carrier: Carrier, read: Callable[[], Awaitable[bool]]) -> None:
        """Read a part again where it is too old. Whoever comes meanwhile waits, and finds it fresh."""
        if self._is_fresh(part):
            return
        async with self._turns[part]:
            if self._is_fresh(part):
                return
            try:
                known = await read()
            except (Unavailable, OutcomeUnknown) as fault:
                raise _coded(carrier, ErrorCode.PROVIDER_UNAVAILABLE, "can't be reached", fault) from fault
            except ProviderError as fault:
                raise _coded(carrier, ErrorCode.PLUGIN_ERROR, "failed", fault) from fault
            if known:
                self._read[part] = self._clock()
        if not known:
            self._turns.pop(part, None)

    def _is_fresh(self, part: _Part) -> bool:
        read_at = self._read.get(part)
        return read_at is not None and self._clock() - read_at < self._fresh_for

    async def _workspaces(self, carrier: Carrier, tenant_id: UUID) -> bool:
        request = ListRequest(tenant=carrier.tenant)
        found = {each.id: each async for each in _all(carrier.host.list_workspaces, request)}
        async with self._database.writing(tenant_id) as db:
            await _store_workspaces(db, carrier.host.name, found)
        return True

    async def _emails(self, carrier: Carrier, tenant_id: UUID, workspace_id: UUID) -> bool:
        name = carrier.host.name
        async with self._database.reading(tenant_id) as db:
            external_id = await db.value(
                select(_workspace.c.external_id).where(
                    of_tenant(_workspace), _workspace.c.id == workspace_id, _workspace.c.provider == name
                )
            )
        if external_id is None:
            return False
        request = ListRequest(tenant=carrier.tenant, workspace_id=external_id)
        found = {each.id: each async for each in _all(carrier.host.list_emails, request)}
        async with self._database.writing(tenant_id) as db:
            await _store_emails(db, name, workspace_id, found)
            synced = _workspace.update().where(of_tenant(_workspace), _workspace.c.id == workspace_id)
            await db.execute(synced.values(synced_at=self._clock()))
        return True


def _coded(carrier: Carrier, code: ErrorCode, what: str, fault: ProviderError) -> Coded:
    name = carrier.host.name
    log.warning("e-mail catalog not read", plugin=name, code=code.value, reason=str(fault))
    return Coded(code, f"The e-mail provider {name} {what}: {fault}. The rest of the answer is not affected.")


async def _all(
    list_page: Callable[[ListRequest], Awaitable[Page[Listed]]], request: ListRequest
) -> AsyncIterator[Listed]:
    """The items of all pages. Raises ProviderError, also where the list never ends."""
    cursor, seen = None, 0
    while seen < MOST_PAGES:
        page = await list_page(ListRequest(tenant=request.tenant, cursor=cursor, workspace_id=request.workspace_id))
        for item in page.items:
            yield item
        if page.next_cursor is None:
            return
        cursor, seen = page.next_cursor, seen + 1
    raise ProviderError(f"its list has more than {MOST_PAGES} pages")


async def _store_workspaces(db: TenantConnection, provider: str, found: Mapping[str, Workspace]) -> None:
    rows = [
        {
            "id": new_id(),
            "provider": provider,
            "external_id": each.id,
            "name": _stored(each.name),
            "name_key": text_key(_stored(each.name)),
            "listed": True,
        }
        for each in sorted(found.values(), key=lambda each: each.id)
    ]
    for some in chunks(rows):
        await db.upsert(EmailWorkspaceRow, some, key=("provider", "external_id"), update=("name", "name_key", "listed"))
    await _forget_others(db, provider, found)


async def _forget_others(db: TenantConnection, provider: str, found: Container[str]) -> None:
    """Workspaces that the provider has no more are not listed, nor are their e-mails; the rows stay, since sends name them."""
    listed = select(_workspace.c.id, _workspace.c.external_id).where(
        of_tenant(_workspace), _workspace.c.provider == provider, _workspace.c.listed.is_(True)
    )
    gone = [row.id for row in await db.rows(listed) if row.external_id not in found]
    for some in chunks(gone):
        workspaces = _workspace.update().where(of_tenant(_workspace), _workspace.c.id.in_(some))
        await db.execute(workspaces.values(listed=False))
        emails = _email.update().where(of_tenant(_email), _email.c.workspace_id.in_(some))
        await db.execute(emails.values(listed=False))


async def _store_emails(
    db: TenantConnection, provider: str, workspace_id: UUID, found: Mapping[str, ApprovedEmail]
) -> None:
    rows = [_email_row(provider, workspace_id, each) for each in sorted(found.values(), key=lambda each: each.id)]
    update = tuple(name for name in (rows[0] if rows else {}) if name not in ("id", "provider", "external_id"))
    for some in chunks(rows):
        await db.upsert(EmailRow, some, key=("provider", "external_id"), update=update)
    listed = select(_email.c.id, _email.c.external_id).where(
        of_tenant(_email), _email.c.workspace_id == workspace_id, _email.c.listed.is_(True)
    )
    gone = [row.id for row in await db.rows(listed) if row.external_id not in found]
    for some in chunks(gone):
        unlisting = _email.update().where(of_tenant(_email), _email.c.id.in_(some))
        await db.execute(unlisting.values(listed=False))


def _email_row(provider: str, workspace_id: UUID, email: ApprovedEmail) -> dict[str, Any]:
    name = _stored(email.name)
    return {
        "id": new_id(),
        "workspace_id": workspace_id,
        "provider": provider,
        "external_id": email.id,
        "name": name,
        "name_key": text_key(name),
        "program_name": _stored_or_none(email.program_name),
        "subject": _stored_or_none(email.subject),
        "listed": True,
        "sendable": email.not_sendable_reason is None,
        "not_sendable_reason": _stored_or_none(email.not_sendable_reason),
        "created_at": email.created_at,
        "updated_at": email.updated_at,
    }


def _stored(text: str) -> str:
    """The text without the one character that no database takes."""
    return text.translate(_UNSTORABLE)


def _stored_or_none(text: str | None) -> str | None:
    return None if text is None else _stored(text)
