"""Asking for a send, which puts its deliveries into the queue, and cancelling what is still queued there."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from bg_graph.buying_groups.tables import BuyingGroupRow
from bg_graph.email.reads import Addressee, members_as_recipients
from bg_graph.email.rules.deliveries import PENDING, DeliveryStatus
from bg_graph.email.rules.sending import (
    KEY_FORM,
    MAX_RECIPIENTS,
    Fault,
    SkipReason,
    fingerprint,
    key_has_form,
    skip_reasons,
)
from bg_graph.email.tables import DeliveryRow, EmailRow, EmailSendRow, EmailWorkspaceRow
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant
from bg_graph.store.telling import News, tell_listeners
from bg_graph.tenancy.rules import Caller, Right, lacking

TOPIC = "send"
"""What followers of a send are told by: `TenantConnection.announce`."""
SEND_REQUESTED, SEND_CANCELLED = "SEND_REQUESTED", "SEND_CANCELLED"
"""What listeners are told of a send."""
QUEUE = "queue"
"""What workers are told by that a send has put something into the queue."""

_group, _workspace, _email = table_of(BuyingGroupRow), table_of(EmailWorkspaceRow), table_of(EmailRow)
_send, _delivery = table_of(EmailSendRow), table_of(DeliveryRow)
_TOKEN_BYTES = 24
NEEDS_SEND = lacking(Right.SEND)


@dataclass(frozen=True, slots=True)
class SendWish:
    """What a call of `sendEmail` asks for. None: the id that was given names nothing of that kind."""

    group_id: UUID | None
    member_ids: Sequence[UUID | None]
    workspace_id: UUID | None
    email_id: UUID | None
    idempotency_key: str

    @property
    def fingerprint(self) -> str:
        """What tells this request from another with the same key."""
        return fingerprint(self.group_id, self.member_ids, self.workspace_id, self.email_id)


@dataclass(frozen=True, slots=True)
class Connected:
    """The provider that sends now, and the catalog whose e-mails it can send (`EmailRow.provider`)."""

    provider: str
    catalog: str


@dataclass(frozen=True, slots=True)
class Requested:
    """The send that stands for the request; `repeated`: an earlier call had asked for it."""

    send_id: UUID
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was done; every fault of the call."""

    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class _Terms:
    """What a send is written with: the e-mail, by which provider, who asks, and when."""

    email: Row[Any]
    provider: str
    by: str
    now: datetime


@dataclass(frozen=True, slots=True)
class _Found:
    """What the store holds of that which a request names."""

    group: Row[Any] | None
    addressees: Mapping[UUID, Addressee]
    workspace: Row[Any] | None
    email: Row[Any] | None


async def request_send(
    db: TenantConnection, caller: Caller, wish: SendWish, through: Connected, *, now: datetime
) -> Requested | Refused:
    """Write a send with one delivery a person, or find the send that the same request wrote before.

    The key is looked up before anything else is checked: a repeat finds its send whatever has changed since.
    Source: domain.md, "E-mail"; issue "The Members tab acts", section 4.
    """
    if not caller.may(Right.SEND):
        return Refused((Fault("FORBIDDEN", NEEDS_SEND),))
    if key_has_form(wish.idempotency_key):
        earlier = await _earlier(db, wish)
        if earlier is not None:
            return earlier
    found = await _find(db, wish)
    faults = _faults(wish, found, through)
    if faults or found.email is None:
        return Refused(tuple(faults))
    return await _write(db, wish, found, _Terms(found.email, through.provider, caller.name, now))


async def cancel_send(db: TenantConnection, caller: Caller, send_id: UUID | None, *, now: datetime) -> Refused | None:
    """Cancel what is still queued of a send. What is under way or gone is not touched."""
    if not caller.may(Right.SEND):
        return Refused((Fault("FORBIDDEN", NEEDS_SEND),))
    known = (
        None if send_id is None else await db.value(select(_send.c.id).where(of_tenant(_send), _send.c.id == send_id))
    )
    if known is None:
        return Refused((Fault("NOT_FOUND", "There is no such send.", ("emailSendId",)),))
    if not await _cancel_queued(db, known, now):
        message = "Nothing of this send is queued any more: there is nothing left to cancel."
        return Refused((Fault("NOT_CANCELLABLE", message, ("emailSendId",)),))
    cancelling = update(_send).where(of_tenant(_send), _send.c.id == known)
    await db.execute(cancelling.values(cancelled_at=now, cancelled_by=caller.name))
    await tell_listeners(db, [News(f"{SEND_CANCELLED} {new_id().hex}", SEND_CANCELLED, known, now, caller.name)])
    db.announce(TOPIC, known)
    return None


async def _cancel_queued(db: TenantConnection, send_id: UUID, now: datetime) -> int:
    """Cancel the deliveries that are still queued; how many. Locked in the order of ids, as workers do.

    Those under way are locked too: of one whose attempt comes to nothing, either that is written first, and it is queued
    here, or what is written finds the send cancelled.
    """
    of_send = (of_tenant(_delivery), _delivery.c.send_id == send_id)
    pending = _delivery.c.status.in_((*PENDING, DeliveryStatus.UNKNOWN))
    await db.rows(select(_delivery.c.id).where(*of_send, pending).order_by(_delivery.c.id).with_for_update())
    queued = (*of_send, _delivery.c.status == DeliveryStatus.QUEUED)
    ended = {"status": DeliveryStatus.CANCELLED, "worker": None, "lease_until": None, "updated_at": now}
    return await db.execute(update(_delivery).where(*queued).values(ended))


async def _earlier(db: TenantConnection, wish: SendWish) -> Requested | Refused | None:
    """What the key stands for already: the same request, another one, or nothing yet."""
    statement = select(_send.c.id, _send.c.fingerprint, _send.c.requested_at).where(
        of_tenant(_send), _send.c.idempotency_key == wish.idempotency_key
    )
    row = await db.row(statement)
    if row is None:
        return None
    if row.fingerprint == wish.fingerprint:
        return Requested(row.id, repeated=True)
    message = (
        f"This key was used at {row.requested_at:%Y-%m-%d %H:%M} UTC for a send with another group, members, workspace "
        "or e-mail; make a new key for a new send."
    )
    return Refused((Fault("KEY_USED_FOR_OTHER", message, ("idempotencyKey",)),))


async def _find(db: TenantConnection, wish: SendWish) -> _Found:
    group = await _by_id(db, _group, wish.group_id, "archived_at")
    named = [] if group is None else [member_id for member_id in wish.member_ids if member_id is not None]
    return _Found(
        group,
        {} if group is None else await members_as_recipients(db, group.id, named),
        await _by_id(db, _workspace, wish.workspace_id),
        await _by_id(db, _email, wish.email_id, "workspace_id", "provider", "name", "listed", "sendable",
                     "not_sendable_reason", "approved_content_id"),
    )  # fmt: skip


async def _by_id(db: TenantConnection, table: Any, row_id: UUID | None, *columns: str) -> Row[Any] | None:
    if row_id is None:
        return None
    wanted = (table.c[name] for name in ("id", *columns))
    return await db.row(select(*wanted).where(of_tenant(table), table.c.id == row_id))


def _faults(wish: SendWish, found: _Found, through: Connected) -> list[Fault]:
    """Every fault of a request: of the call, of each member, of workspace and e-mail."""
    faults = []
    count = len(wish.member_ids)
    if not 1 <= count <= MAX_RECIPIENTS:
        message = f"A call names 1 to {MAX_RECIPIENTS} members, got {count}."
        faults.append(Fault("BATCH_SIZE", message, ("memberIds",)))
    if not key_has_form(wish.idempotency_key):
        faults.append(Fault("INVALID_INPUT", KEY_FORM, ("idempotencyKey",)))
    if found.group is None:
        faults.append(Fault("NOT_FOUND", "There is no such buying group.", ("buyingGroupId",)))
    elif found.group.archived_at is not None:
        message = "The group is archived and read-only; unarchive it first."
        faults.append(Fault("GROUP_ARCHIVED", message, ("buyingGroupId",)))
    return [*faults, *_member_faults(wish, found), *_email_faults(found, through)]


def _member_faults(wish: SendWish, found: _Found) -> list[Fault]:
    faults = []
    seen: set[UUID] = set()
    for index, member_id in enumerate(wish.member_ids):
        place = ("memberIds", index)
        if found.group is not None and member_id not in found.addressees:
            faults.append(Fault("NOT_A_MEMBER", "This is no member of the buying group.", place))
        elif member_id in seen:
            message = "An earlier item of this call names the same member; name each once."
            faults.append(Fault("DUPLICATE_IN_INPUT", message, place))
        if member_id is not None:
            seen.add(member_id)
    return faults


def _email_faults(found: _Found, through: Connected) -> list[Fault]:
    workspace, email = found.workspace, found.email
    faults = []
    if workspace is None:
        faults.append(Fault("NOT_FOUND", "There is no such workspace.", ("workspaceId",)))
    if email is None:
        faults.append(Fault("NOT_FOUND", "There is no such e-mail.", ("emailId",)))
        return faults
    if workspace is not None and email.workspace_id != workspace.id:
        faults.append(Fault("NOT_FOUND", "There is no such e-mail in this workspace.", ("emailId",)))
    elif not email.listed:
        message = f"The e-mail {email.name!r} is not approved; choose one of `approvedEmails`, or have it approved."
        faults.append(Fault("EMAIL_NOT_APPROVED", message, ("emailId",)))
    elif not email.sendable:
        message = f"The provider cannot send {email.name!r}: {email.not_sendable_reason or 'it does not say why'}."
        faults.append(Fault("EMAIL_NOT_SENDABLE", message, ("emailId",)))
    elif email.provider != through.catalog:
        message = f"{email.name!r} is of another e-mail system than {through.provider!r}, which is connected now."
        faults.append(Fault("EMAIL_NOT_SENDABLE", message, ("emailId",)))
    return faults


async def _write(db: TenantConnection, wish: SendWish, found: _Found, terms: _Terms) -> Requested | Refused:
    """Write the send first: of two calls with one key that race, the second waits there, and then finds the first's."""
    send_id = new_id()
    await db.upsert(EmailSendRow, [_send_row(send_id, wish, terms)], key=("idempotency_key",), update=())
    standing = await _earlier(db, wish)
    assert standing is not None, "the send was written above, or by somebody else before"
    if not isinstance(standing, Requested) or standing.send_id != send_id:
        return standing
    members = [(each, found.addressees[each]) for each in wish.member_ids if each is not None]
    reasons = skip_reasons(addressee.recipient for _, addressee in members)
    rows = [
        _delivery_row(send_id, member_id, addressee, reason, terms)
        for (member_id, addressee), reason in zip(members, reasons, strict=True)
    ]
    await db.insert(DeliveryRow, rows)
    await tell_listeners(db, [News(f"{SEND_REQUESTED} {send_id.hex}", SEND_REQUESTED, send_id, terms.now, terms.by)])
    db.announce(TOPIC, send_id)
    db.announce(QUEUE, send_id)
    return Requested(send_id)


def _send_row(send_id: UUID, wish: SendWish, terms: _Terms) -> dict[str, Any]:
    return {
        "id": send_id,
        "group_id": wish.group_id,
        "email_id": terms.email.id,
        "content_id": terms.email.approved_content_id,
        "provider": terms.provider,
        "idempotency_key": wish.idempotency_key,
        "fingerprint": wish.fingerprint,
        "requested_by": terms.by,
        "requested_at": terms.now,
    }


def _delivery_row(
    send_id: UUID, member_id: UUID, addressee: Addressee, reason: SkipReason | None, terms: _Terms
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "send_id": send_id,
        "provider": terms.provider,
        "person_id": addressee.person_id,
        "member_id": member_id,
        "address": addressee.recipient.address,
        "address_key": addressee.recipient.address_key,
        "status": DeliveryStatus.QUEUED if reason is None else DeliveryStatus.SKIPPED,
        "reason": reason,
        "not_before": terms.now,
        "unsubscribe_token": secrets.token_urlsafe(_TOKEN_BYTES),
        "created_at": terms.now,
        "updated_at": terms.now,
    }
