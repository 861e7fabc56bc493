"""Asking for a send, cancelling one, and settling a delivery by hand."""

from collections.abc import Iterable
from enum import Enum
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import Private

from bg_graph.email.commands.sends import Connected, Refused, Requested, SendWish, cancel_send, request_send
from bg_graph.email.commands.settling import resolve_delivery
from bg_graph.email.graphql.sends import Delivery, EmailSend
from bg_graph.email.rules.deliveries import Outcome
from bg_graph.email.service import catalog_of, email_carrier
from bg_graph.execution.node_ids import key_in
from bg_graph.graph.payloads import object_of
from bg_graph.graph.user_errors import UserError, user_error
from bg_graph.tenancy.graphql import Info

USER_ERRORS = "What the user can mend; with any of them nothing was changed."


@strawberry.input(description="What is sent, and to whom.")
class SendEmailInput:
    """What is sent, and to whom."""

    buying_group_id: strawberry.ID = strawberry.field(description="Buying group.")
    member_ids: list[strawberry.ID] = strawberry.field(description="Members of the group, 1 to 50, each once.")
    workspace_id: strawberry.ID = strawberry.field(description="Workspace of the e-mail.")
    email_id: strawberry.ID = strawberry.field(description="One of `approvedEmails`.")
    idempotency_key: strawberry.ID = strawberry.field(
        description="Made by the caller for this send, 1 to 200 printable characters, such as a UUID. Repeat the call with "
        "the same key where no answer came: the same send is given back, and nobody is written to twice."
    )


@strawberry.input(description="Which send is cancelled.")
class CancelSendInput:
    """Which send is cancelled."""

    email_send_id: strawberry.ID = strawberry.field(description="Send.")


@strawberry.enum(name="DeliveryOutcome", description="What became of a delivery whose outcome was unknown.")
class Settled(Enum):
    """What became of a delivery."""

    SENT = strawberry.enum_value(Outcome.SENT.value, description="It did go out.")
    DROP = strawberry.enum_value(Outcome.DROP.value, description="It did not go out, and is not to.")
    QUEUE_AGAIN = strawberry.enum_value(Outcome.QUEUE_AGAIN.value, description="It did not go out, and is to.")


@strawberry.input(description="Which delivery is settled, and how.")
class ResolveDeliveryInput:
    """Which delivery is settled, and how."""

    delivery_id: strawberry.ID = strawberry.field(description="A delivery whose status is UNKNOWN.")
    outcome: Settled = strawberry.field(description="What became of it.")


@strawberry.type(description="What asking for a send did.")
class SendEmailPayload:
    """What asking for a send did."""

    send_key: Private[UUID | None]
    email_send: EmailSend | None = object_of("send_key", "The send; null with any user error.")
    repeated: bool = strawberry.field(description="An earlier call with this key had asked for it: nothing was added.")
    user_errors: list[UserError] = strawberry.field(
        description="What the user can mend; with any of them nothing is sent."
    )


@strawberry.type(description="What cancelling a send did.")
class CancelSendPayload:
    """What cancelling a send did."""

    send_key: Private[UUID | None]
    email_send: EmailSend | None = object_of("send_key", "The send as it is now; null with any user error.")
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


@strawberry.type(description="What settling a delivery did.")
class ResolveDeliveryPayload:
    """What settling a delivery did."""

    delivery_key: Private[UUID | None]
    delivery: Delivery | None = object_of("delivery_key", "The delivery as it is now; null with any user error.")
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


async def _send(
    info: Info, given: Annotated[SendEmailInput, strawberry.argument(name="input", description="What to send to whom.")]
) -> SendEmailPayload:
    context = info.context
    host = (await email_carrier(context.services, context.caller.tenant_name)).host
    wish = SendWish(
        key_in(given.buying_group_id, "grp"),
        [key_in(each, "mem") for each in given.member_ids],
        key_in(given.workspace_id, "ews"),
        key_in(given.email_id, "eml"),
        given.idempotency_key,
    )
    through = Connected(host.name, catalog_of(host))
    async with context.writing() as db:
        answer = await request_send(db, context.caller, wish, through, now=context.now)
    if isinstance(answer, Requested):
        return SendEmailPayload(send_key=answer.send_id, repeated=answer.repeated, user_errors=[])
    return SendEmailPayload(send_key=None, repeated=False, user_errors=list(_shown(answer)))


async def _cancel(
    info: Info, given: Annotated[CancelSendInput, strawberry.argument(name="input", description="Which send.")]
) -> CancelSendPayload:
    context, send_id = info.context, key_in(given.email_send_id, "snd")
    async with context.writing() as db:
        refused = await cancel_send(db, context.caller, send_id, now=context.now)
    return CancelSendPayload(send_key=None if refused else send_id, user_errors=list(_shown(refused)))


async def _resolve(
    info: Info,
    given: Annotated[
        ResolveDeliveryInput, strawberry.argument(name="input", description="Which delivery, and what became of it.")
    ],
) -> ResolveDeliveryPayload:
    context, delivery_id = info.context, key_in(given.delivery_id, "dlv")
    async with context.writing() as db:
        refused = await resolve_delivery(db, context.caller, delivery_id, Outcome[given.outcome.name], now=context.now)
    return ResolveDeliveryPayload(delivery_key=None if refused else delivery_id, user_errors=list(_shown(refused)))


def _shown(refused: Refused | None) -> Iterable[UserError]:
    faults = () if refused is None else refused.faults
    return (user_error(fault.code, fault.message, *fault.path) for fault in faults)


@strawberry.type
class SendMutations:
    """What callers may do with sends."""

    send_email: SendEmailPayload = strawberry.mutation(
        resolver=_send,
        description="Send an approved e-mail to members of a buying group. The send is written down and given back at "
        "once; it goes out from the queue. Needs the right `send`.",
    )
    cancel_send: CancelSendPayload = strawberry.mutation(
        resolver=_cancel,
        description="Cancel what is still queued of a send; what is under way or gone is not touched. Needs the right "
        "`send`.",
    )
    resolve_delivery: ResolveDeliveryPayload = strawberry.mutation(
        resolver=_resolve,
        description="Settle a delivery of which nobody knows whether it went out. Needs the right `send`.",
    )
