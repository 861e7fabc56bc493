"""Making ready what is handed to the provider: who is written to, and the message where the host has to make it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, select

from bg_graph.accounts.tables import PersonRow
from bg_graph.buying_groups.tables import BuyingGroupRow
from bg_graph.email.composing import Ask, Faulty, Renderer, compose
from bg_graph.email.rules.attempts import Reason, Result
from bg_graph.email.rules.deliveries import DeliveryStatus
from bg_graph.email.tables import DeliveryRow, EmailRow, EmailSendRow
from bg_graph.plugins.email import EmailAbility, Message, Recipient
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant

UnsubscribeLink = Callable[[str], str]
"""The address by which somebody ends e-mails, made of the delivery's unsubscribe token."""

_delivery, _send, _email = table_of(DeliveryRow), table_of(EmailSendRow), table_of(EmailRow)
_person, _group = table_of(PersonRow), table_of(BuyingGroupRow)


@dataclass(frozen=True, slots=True)
class Letter:
    """A delivery made ready: the e-mail's id at the provider and the recipient; or why there is nothing to hand over."""

    delivery_id: UUID
    email_id: str
    recipient: Recipient
    fault: Result | None = None


@dataclass(frozen=True, slots=True)
class Writer:
    """How letters are written: with which link."""

    link: UnsubscribeLink
    renderer: Renderer

    async def letters(
        self, db: TenantConnection, delivery_ids: Sequence[UUID], abilities: frozenset[EmailAbility]
    ) -> list[Letter]:
        """The letters of these deliveries, of those that still exist, for a provider with these abilities."""
        rows = await db.rows(_facts(delivery_ids))
        messages = await self._messages(db, rows) if EmailAbility.HOST_CONTENT in abilities else {}
        return [_letter(row, messages.get(row.id)) for row in rows]

    async def _messages(self, db: TenantConnection, rows: Sequence[Row[Any]]) -> Mapping[UUID, Message | Faulty]:
        asks = [
            Ask(row.id.hex, row.content_id, row.group_id, row.person_id, self.link(row.unsubscribe_token))
            for row in rows
            if row.content_id is not None
        ]
        made = await compose(db, asks, self.renderer)
        missing = Faulty("the e-mail has no content here, but the provider needs one")
        return {row.id: made.get(row.id.hex, missing) for row in rows}


def _facts(delivery_ids: Sequence[UUID]) -> Select[Any]:
    return (
        select(
            _delivery.c.id,
            _delivery.c.address,
            _delivery.c.person_id,
            _delivery.c.unsubscribe_token,
            _send.c.content_id,
            _send.c.group_id,
            _email.c.external_id.label("email_id"),
            _person.c.name.label("person_name"),
            _person.c.external_id.label("person_external_id"),
            _group.c.id.label("present_group"),
        )
        .join(_send, and_(_send.c.id == _delivery.c.send_id, of_tenant(_send)))
        .join(_email, and_(_email.c.id == _send.c.email_id, of_tenant(_email)))
        .outerjoin(_person, and_(_person.c.id == _delivery.c.person_id, of_tenant(_person)))
        .outerjoin(_group, and_(_group.c.id == _send.c.group_id, of_tenant(_group)))
        .where(of_tenant(_delivery), _delivery.c.id.in_(delivery_ids))
        .order_by(_delivery.c.id)
    )


def _letter(row: Row[Any], message: Message | Faulty | None) -> Letter:
    fault = None
    if row.present_group is None:
        fault = Result(DeliveryStatus.FAILED, Reason.GROUP_GONE)
    elif isinstance(message, Faulty):
        fault = Result(DeliveryStatus.FAILED, Reason.NO_MESSAGE, message.reason)
    recipient = Recipient(
        key=row.id.hex,
        address=row.address or "",
        name=row.person_name,
        external_id=row.person_external_id,
        message=None if isinstance(message, Faulty) else message,
    )
    return Letter(row.id, row.email_id, recipient, fault)
