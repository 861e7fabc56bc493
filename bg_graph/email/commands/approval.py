"""Approving an e-mail that is kept here, and taking the approval back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from bg_graph.email.composing import content_of
from bg_graph.email.rules.contents import ContentFault, content_faults
from bg_graph.email.rules.sending import Fault
from bg_graph.email.rules.templates import Language
from bg_graph.email.tables import KEPT_HERE, EmailContentRow, EmailRow
from bg_graph.store.changes import Item, LoggedChange, record_changes
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant

EMAIL_APPROVED, EMAIL_WITHDRAWN = "EMAIL_APPROVED", "EMAIL_WITHDRAWN"
"""Kinds of the change log."""

_email, _content = table_of(EmailRow), table_of(EmailContentRow)
_NOT_FOUND = Fault("NOT_FOUND", "There is no such e-mail.", ("emailId",))


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approves which e-mail; with `content_id` only where that is still the content that awaits approval."""

    email_id: UUID | None
    by: str
    now: datetime
    content_id: UUID | None = None


async def approve_email(db: TenantConnection, approval: Approval, language: Language) -> Sequence[Fault]:
    """Approve the content that awaits it: from now on it is listed, and sent. Nothing is changed where there are faults.

    The templates are checked again: the words that they may use may have changed since they came in.
    """
    email = await _locked(db, approval.email_id)
    if email is None:
        return [_NOT_FOUND]
    if email.draft_content_id is None:
        return [Fault("EMAIL_NOT_APPROVED", _nothing_to_approve(email), ("emailId",))]
    if approval.content_id is not None and approval.content_id != email.draft_content_id:
        message = "Another content has come in since the one that you name; look at it, then approve that."
        return [Fault("VERSION_CONFLICT", message, ("contentId",))]
    content = await db.row(select(_content).where(of_tenant(_content), _content.c.id == email.draft_content_id))
    assert content is not None, "a draft points at its content"
    faults = content_faults(content_of(content), language)
    if faults:
        return [Fault("EMAIL_FAULTY", worded(fault), ("emailId",)) for fault in faults]
    await _set(
        db,
        email.id,
        approved_content_id=content.id,
        draft_content_id=None,
        approved_at=approval.now,
        approved_by=approval.by,
        subject=content.subject,
        listed=True,
        updated_at=content.imported_at,
    )
    await _log(db, email, approval, EMAIL_APPROVED, before=email.approved_content_id, after=content.id)
    return []


async def withdraw_email(db: TenantConnection, approval: Approval) -> Sequence[Fault]:
    """Take the approval back: the e-mail is not listed any more, and awaits approval again. What was asked for is still sent."""
    email = await _locked(db, approval.email_id)
    if email is None:
        return [_NOT_FOUND]
    if email.approved_content_id is None:
        message = f"The e-mail {email.name!r} is not approved here."
        return [Fault("EMAIL_NOT_APPROVED", message, ("emailId",))]
    await _set(
        db,
        email.id,
        approved_content_id=None,
        draft_content_id=email.draft_content_id or email.approved_content_id,
        approved_at=None,
        approved_by=None,
        listed=False,
    )
    await _log(db, email, approval, EMAIL_WITHDRAWN, before=email.approved_content_id, after=None)
    return []


def worded(fault: ContentFault) -> str:
    """A fault of a content in one sentence: `html, line 3: ...`."""
    return f"{fault.part}, line {fault.line}: {fault.message}"


def _nothing_to_approve(email: Row[Any]) -> str:
    if email.provider != KEPT_HERE:
        return f"The e-mail {email.name!r} is approved in the system that it belongs to ({email.provider}), not here."
    return f"The e-mail {email.name!r} has nothing that awaits approval."


async def _locked(db: TenantConnection, email_id: UUID | None) -> Row[Any] | None:
    if email_id is None:
        return None
    return await db.row(select(_email).where(of_tenant(_email), _email.c.id == email_id).with_for_update())


async def _set(db: TenantConnection, email_id: UUID, **values: object) -> None:
    await db.execute(_email.update().where(of_tenant(_email), _email.c.id == email_id).values(**values))


async def _log(
    db: TenantConnection, email: Row[Any], approval: Approval, kind: str, *, before: UUID | None, after: UUID | None
) -> None:
    item = Item(before=_state(email, before), after=_state(email, after))
    await record_changes(db, [LoggedChange(email.id, approval.now, approval.by, "MANUAL", kind, [item])])


def _state(email: Row[Any], content_id: UUID | None) -> dict[str, Any] | None:
    return None if content_id is None else {"email": email.external_id, "content": content_id.hex}
