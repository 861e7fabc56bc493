"""Taking e-mails in that are kept here: a content that is new waits for its approval, what is approved stays in use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from bg_graph.accounts.rules import text_key
from bg_graph.email.folder import FoundEmail
from bg_graph.email.tables import KEPT_HERE, EmailContentRow, EmailRow, EmailWorkspaceRow
from bg_graph.store.changes import Item, LoggedChange, record_changes
from bg_graph.store.chunks import chunks
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant

EMAIL_IMPORTED = "EMAIL_IMPORTED"
"""Kind of the change log."""

_workspace, _email, _content = table_of(EmailWorkspaceRow), table_of(EmailRow), table_of(EmailContentRow)


class Effect(StrEnum):
    """What an import did to an e-mail."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one e-mail of the folder."""

    email_id: UUID
    path: str
    effect: Effect
    awaits_approval: bool


async def import_emails(db: TenantConnection, found: Sequence[FoundEmail], *, by: str, now: datetime) -> list[Imported]:
    """Take these e-mails in, in their order. What is not among them stays as it is.

    The same content again changes nothing. Another content becomes the draft; the approved one stays in use until the
    draft is approved. A content that is the approved one again takes the draft's place.
    """
    workspaces = await _workspaces(db, sorted({each.workspace for each in found}))
    present = await _present(db, [each.path for each in found])
    contents = await _contents(db, [row.id for row in present.values()])
    intake = _Intake(by, now)
    done = [intake.take(each, workspaces[each.workspace], present.get(each.path), contents) for each in found]
    await intake.write(db)
    return done


class _Intake:
    """The rows that one import writes."""

    def __init__(self, by: str, now: datetime) -> None:
        self._by, self._now = by, now
        self._emails: list[dict[str, Any]] = []
        self._contents: list[dict[str, Any]] = []
        self._drafts: list[tuple[UUID, UUID | None]] = []
        self._logged: list[LoggedChange] = []

    def take(
        self,
        found: FoundEmail,
        workspace_id: UUID,
        row: Row[Any] | None,
        contents: Mapping[tuple[UUID, str], UUID],
    ) -> Imported:
        digest = found.content.digest
        if row is None:
            return self._add(found, workspace_id, digest)
        content_id = contents.get((row.id, digest))
        if content_id is not None and content_id == row.draft_content_id:
            return Imported(row.id, found.path, Effect.UNCHANGED, awaits_approval=True)
        if content_id is not None and content_id == row.approved_content_id:
            if row.draft_content_id is None:
                return Imported(row.id, found.path, Effect.UNCHANGED, awaits_approval=False)
            self._drafts.append((row.id, None))
            self._log(row.id, found, digest)
            return Imported(row.id, found.path, Effect.CHANGED, awaits_approval=False)
        self._drafts.append((row.id, content_id or self._add_content(row.id, found, digest)))
        self._log(row.id, found, digest)
        return Imported(row.id, found.path, Effect.CHANGED, awaits_approval=True)

    def _add(self, found: FoundEmail, workspace_id: UUID, digest: str) -> Imported:
        email_id = new_id()
        content_id = self._add_content(email_id, found, digest)
        self._emails.append(
            {
                "id": email_id,
                "workspace_id": workspace_id,
                "provider": KEPT_HERE,
                "external_id": found.path,
                "name": found.name,
                "name_key": text_key(found.name),
                "program_name": found.program,
                "listed": False,
                "sendable": True,
                "draft_content_id": content_id,
                "created_at": self._now,
                "updated_at": self._now,
            }
        )
        self._log(email_id, found, digest)
        return Imported(email_id, found.path, Effect.ADDED, awaits_approval=True)

    def _add_content(self, email_id: UUID, found: FoundEmail, digest: str) -> UUID:
        content, content_id = found.content, new_id()
        self._contents.append(
            {
                "id": content_id,
                "email_id": email_id,
                "digest": digest,
                "subject": content.subject,
                "html": content.html,
                "plain": content.plain,
                "sender": content.sender,
                "reply_to": content.reply_to,
                "imported_at": self._now,
                "imported_by": self._by,
            }
        )
        return content_id

    def _log(self, email_id: UUID, found: FoundEmail, digest: str) -> None:
        item = Item(before=None, after={"email": found.path, "content": digest})
        self._logged.append(LoggedChange(email_id, self._now, self._by, "MANUAL", EMAIL_IMPORTED, [item]))

    async def write(self, db: TenantConnection) -> None:
        for emails in chunks(self._emails):
            await db.insert(EmailRow, emails)
        for contents in chunks(self._contents):
            await db.insert(EmailContentRow, contents)
        for email_id, draft in self._drafts:
            changing = _email.update().where(of_tenant(_email), _email.c.id == email_id)
            await db.execute(changing.values(draft_content_id=draft))
        for logged in chunks(self._logged):
            await record_changes(db, logged)


async def _workspaces(db: TenantConnection, names: Sequence[str]) -> dict[str, UUID]:
    """The workspaces of these names, made where they are missing, and held until the end of the transaction."""
    rows = [
        {
            "id": new_id(),
            "provider": KEPT_HERE,
            "external_id": name,
            "name": name,
            "name_key": text_key(name),
            "listed": True,
        }
        for name in names
    ]
    # The update holds the row even where it changes nothing: of two imports the second waits, and then finds the first's.
    await db.upsert(EmailWorkspaceRow, rows, key=("provider", "external_id"), update=("name",))
    statement = select(_workspace.c.external_id, _workspace.c.id).where(
        of_tenant(_workspace), _workspace.c.provider == KEPT_HERE
    )
    return {row.external_id: row.id for row in await db.rows(statement)}


async def _present(db: TenantConnection, paths: Sequence[str]) -> dict[str, Row[Any]]:
    found: dict[str, Row[Any]] = {}
    for some in chunks(paths):
        statement = (
            select(_email.c.id, _email.c.external_id, _email.c.draft_content_id, _email.c.approved_content_id)
            .where(of_tenant(_email), _email.c.provider == KEPT_HERE, _email.c.external_id.in_(some))
            .order_by(_email.c.id)
            .with_for_update()
        )
        found |= {row.external_id: row for row in await db.rows(statement)}
    return found


async def _contents(db: TenantConnection, emails: Sequence[UUID]) -> dict[tuple[UUID, str], UUID]:
    found: dict[tuple[UUID, str], UUID] = {}
    for some in chunks(emails):
        statement = select(_content.c.id, _content.c.email_id, _content.c.digest).where(
            of_tenant(_content), _content.c.email_id.in_(some)
        )
        found |= {(row.email_id, row.digest): row.id for row in await db.rows(statement)}
    return found
