"""Reading the e-mails that are kept here, approved and waiting, for whoever looks after them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, select

from bg_graph.email.tables import KEPT_HERE, EmailContentRow, EmailRow
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant

_email, _content = table_of(EmailRow), table_of(EmailContentRow)


@dataclass(frozen=True, slots=True)
class KeptEmail:
    """An e-mail that is kept here."""

    id: UUID
    path: str
    """Where it stands in the folder that it came from."""
    subject: str
    """Of the content that waits, where one does, else of the approved one."""
    approved_at: datetime | None
    approved_by: str | None
    awaits_approval: bool


async def kept_emails(db: TenantConnection) -> list[KeptEmail]:
    """All e-mails that are kept here, by path."""
    newest = func.coalesce(_email.c.draft_content_id, _email.c.approved_content_id)
    statement = (
        select(_email, _content.c.subject.label("newest_subject"))
        .join(_content, and_(_content.c.id == newest, of_tenant(_content)))
        .where(of_tenant(_email), _email.c.provider == KEPT_HERE)
    )
    found = [
        KeptEmail(
            row.id,
            row.external_id,
            row.newest_subject,
            row.approved_at,
            row.approved_by,
            row.draft_content_id is not None,
        )
        for row in await db.rows(statement)
    ]
    return sorted(found, key=lambda each: each.path)
