"""E-mails as the dialog lists them, their preview, their approval, and tests of them."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy import bindparam as parameter
from strawberry import Private

from bg_graph.accounts.rules import text_key
from bg_graph.email.commands.approval import Approval, approve_email, withdraw_email
from bg_graph.email.commands.catalog import Catalog
from bg_graph.email.commands.trials import TestSends, Trial, TrialWish, send_test, trial_of
from bg_graph.email.composing import Faulty, Renderer
from bg_graph.email.rules.sending import Fault
from bg_graph.email.service import CATALOG, RENDERER, TEST_SENDS, email_carrier
from bg_graph.email.tables import KEPT_HERE, EmailRow, EmailWorkspaceRow
from bg_graph.execution.declarations import VALUE, Filter, Ordering
from bg_graph.execution.fields import DeclaredField, argument
from bg_graph.execution.loading import Access, Loading
from bg_graph.execution.node_ids import key_in, node_id
from bg_graph.graph.connections import Connection
from bg_graph.graph.errors import Coded, ErrorCode
from bg_graph.graph.ordering import by
from bg_graph.graph.payloads import object_of
from bg_graph.graph.search import parts_of
from bg_graph.graph.types import Node, column, many, one, paged, related, type_of
from bg_graph.graph.user_errors import UserError, user_error
from bg_graph.plugins.email import Message
from bg_graph.store.connection import table_of
from bg_graph.store.scope import of_tenant
from bg_graph.tenancy.graphql import Info, RequestContext
from bg_graph.tenancy.rules import Right, lacking

WORKSPACE, EMAIL = table_of(EmailWorkspaceRow), table_of(EmailRow)
_CATALOG = "email_catalog"
_NOWHERE = UUID(int=0)
USER_ERRORS = "What the user can mend; with any of them nothing was changed."


@type_of(EmailWorkspaceRow, prefix="ews", description="A part of an e-mail system in which its e-mails are kept.")
class EmailWorkspace(Node):
    """A part of an e-mail system."""

    name: strawberry.auto


@type_of(EmailRow, prefix="eml", description="An e-mail that can be sent once it is approved.")
class ApprovedEmail(Node):
    """An e-mail."""

    name: strawberry.auto
    program_name: strawberry.auto
    subject: strawberry.auto
    workspace: EmailWorkspace = one(EmailWorkspaceRow, EMAIL.c.workspace_id, "Workspace that holds it.")
    created_at: strawberry.auto
    updated_at: strawberry.auto
    listed: strawberry.auto
    sendable: strawberry.auto
    not_sendable_reason: strawberry.auto
    approved_at: strawberry.auto
    approved_by: strawberry.auto
    awaits_approval: bool = column(
        EMAIL.c.draft_content_id.is_not(None),
        "A newer content waits to be approved, of an e-mail kept here.",
        label="awaits_approval",
    )


class CatalogField(DeclaredField):
    """Rows of the e-mail catalog, which is brought up to date with the provider before it is read.

    It reads by itself: the request's transaction may have begun before the provider was asked, and no connection is
    held while it is.
    """

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: dict[str, Any]) -> Awaitable[Any]:
        """The rows, or Coded where the provider can't tell."""
        return self._up_to_date(info, kwargs)

    async def _up_to_date(self, info: Info, given: Mapping[str, Any]) -> Any:
        context = info.context
        catalog, tenant_id = _catalog(context), context.caller.tenant_id
        carrier = await email_carrier(context.services, context.caller.tenant_name)
        if "workspace_id" in given:
            name = await catalog.refresh_emails(carrier, tenant_id, _workspace_key(given["workspace_id"]))
        else:
            name = await catalog.refresh_workspaces(carrier, tenant_id)

        async def run(statement: Any, values: Mapping[str, Any]) -> Any:
            async with context.database.reading(context.caller.tenant_id) as db:
                return await db.rows(statement, values)

        loading = Loading(Access(run, of_tenant, {_CATALOG: name}))
        return await self.read(None, given, loading, info._raw_info)


def _up_to_date(field: DeclaredField, *arguments: Any) -> Any:
    return CatalogField(field.declaration, description=field.description, arguments=[*field.arguments, *arguments])


def _catalog(context: RequestContext) -> Catalog:
    catalog = context.services[CATALOG]
    assert isinstance(catalog, Catalog)
    return catalog


def _workspace_key(given: str) -> UUID:
    return key_in(given, "ews") or _NOWHERE


@strawberry.type(description="An e-mail as it would arrive.")
class EmailPreview:
    """An e-mail as it would arrive."""

    content_id: strawberry.ID | None = strawberry.field(
        description="Content that is shown, for `approveEmail`; null where there is none."
    )
    subject: str | None = strawberry.field(description="Subject line; null where there is a fault.")
    html: str | None = strawberry.field(description="HTML part; null where the e-mail has none, or there is a fault.")
    text: str | None = strawberry.field(description="Text part; null where there is a fault.")
    fault: str | None = strawberry.field(description="Why the e-mail can't be shown; null where it can.")


Id = Annotated[strawberry.ID, strawberry.argument(description="E-mail.")]
MemberId = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Member for whom merge fields are filled in; without it, sample values are."),
]
Draft = Annotated[
    bool, strawberry.argument(description="The content that awaits approval, for which the right `approve` is needed.")
]


async def _preview(info: Info, email_id: Id, member_id: MemberId = None, draft: Draft = False) -> EmailPreview | None:
    context = info.context
    if draft and not context.caller.may(Right.APPROVE):
        raise Coded(ErrorCode.FORBIDDEN, "The draft of an e-mail is shown to those with the right 'approve'.")
    found = await trial_of(await context.db(), _wish(email_id, member_id, draft), _renderer(context))
    if isinstance(found, Fault):
        return None if found.code == "NOT_FOUND" else _nothing_to_show(None, found.message)
    content_id = None if found.content_id is None else strawberry.ID(node_id("emc", found.content_id))
    if found.message is None:
        return _nothing_to_show(content_id, f"Its content is kept in {found.email.provider}; look at it there.")
    if isinstance(found.message, Faulty):
        return _nothing_to_show(content_id, found.message.reason)
    return _shown(content_id, found.message)


def _nothing_to_show(content_id: strawberry.ID | None, fault: str) -> EmailPreview:
    return EmailPreview(content_id=content_id, subject=None, html=None, text=None, fault=fault)


def _shown(content_id: strawberry.ID | None, message: Message) -> EmailPreview:
    return EmailPreview(
        content_id=content_id, subject=message.subject, html=message.html, text=message.plain, fault=None
    )


def _wish(email_id: str, member_id: str | None, draft: bool) -> TrialWish:
    member = None if member_id is None else key_in(member_id, "mem")
    return TrialWish(key_in(email_id, "eml"), member, with_sample_values=member_id is None, draft=draft)


def _renderer(context: RequestContext) -> Renderer:
    renderer = context.services[RENDERER]
    assert isinstance(renderer, Renderer)
    return renderer


@strawberry.type
class EmailQueries:
    """What callers may ask about e-mails."""

    email_workspaces: list[EmailWorkspace] | None = _up_to_date(
        many(
            related(EmailWorkspaceRow, where=(WORKSPACE.c.provider == parameter(_CATALOG)) & WORKSPACE.c.listed),
            by(WORKSPACE.c.name_key, WORKSPACE.c.id),
            "Workspaces of the connected e-mail system, by name; null with an error where it can't be reached.",
        )
    )
    approved_emails: Connection[ApprovedEmail] | None = _up_to_date(
        paged(
            related(EmailRow, where=(EMAIL.c.provider == parameter(_CATALOG)) & EMAIL.c.listed),
            Ordering(by(EMAIL.c.name_key, EMAIL.c.id), ()),
            "Approved e-mails of a workspace, by name; null with an error where the e-mail system can't be reached.",
            filters={
                "workspace_id": Filter(
                    EMAIL.c.workspace_id == VALUE, lambda given: ({"value": _workspace_key(given)},)
                ),
                "search": parts_of(EMAIL.c.name_key, text_key=text_key),
            },
            arguments={"search": (str, "A part of the name.")},
        ),
        argument("workspace_id", strawberry.ID, "Workspace."),
    )
    emails_awaiting_approval: Connection[ApprovedEmail] = paged(
        related(EmailRow, where=(EMAIL.c.provider == KEPT_HERE) & EMAIL.c.draft_content_id.is_not(None)),
        Ordering(by(EMAIL.c.name_key, EMAIL.c.id), ()),
        "E-mails kept here of which a content waits to be approved, by name.",
    )
    email_preview: EmailPreview | None = strawberry.field(
        resolver=_preview,
        description="An e-mail as it would arrive; null where there is no such e-mail or member.",
    )


@strawberry.input(description="Which e-mail is approved.")
class ApproveEmailInput:
    """Which e-mail is approved."""

    email_id: strawberry.ID = strawberry.field(description="E-mail.")
    content_id: strawberry.ID | None = strawberry.field(
        default=None, description="`contentId` of the preview: approve this content only, not one that came in since."
    )


@strawberry.input(description="Which e-mail's approval is taken back.")
class WithdrawEmailInput:
    """Which e-mail's approval is taken back."""

    email_id: strawberry.ID = strawberry.field(description="E-mail.")


@strawberry.input(description="Which e-mail is sent as a test, and where to.")
class SendTestEmailInput:
    """Which e-mail is sent as a test."""

    email_id: strawberry.ID = strawberry.field(description="E-mail.")
    address: str = strawberry.field(description="Where the test goes: any address.")
    member_id: strawberry.ID | None = strawberry.field(
        default=None, description="Member for whom merge fields are filled in; without it, sample values are."
    )
    draft: bool = strawberry.field(
        default=False, description="The content that awaits approval, for which the right `approve` is needed too."
    )


@strawberry.type(description="What approving an e-mail, or taking its approval back, did.")
class EmailApprovalPayload:
    """What approving did."""

    email_key: Private[UUID | None]
    email: ApprovedEmail | None = object_of("email_key", "The e-mail as it is now; null where there is none.")
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


@strawberry.type(description="What sending a test did.")
class SendTestEmailPayload:
    """What sending a test did."""

    sent: bool = strawberry.field(description="The provider took it.")
    user_errors: list[UserError] = strawberry.field(
        description="What the user can mend; with any of them nothing was sent."
    )


async def _approve(
    info: Info, given: Annotated[ApproveEmailInput, strawberry.argument(name="input", description="Which e-mail.")]
) -> EmailApprovalPayload:
    return await _decide(info, given.email_id, given.content_id, approve=True)


async def _withdraw(
    info: Info, given: Annotated[WithdrawEmailInput, strawberry.argument(name="input", description="Which e-mail.")]
) -> EmailApprovalPayload:
    return await _decide(info, given.email_id, None, approve=False)


async def _decide(info: Info, email_id: str, content_id: str | None, *, approve: bool) -> EmailApprovalPayload:
    context = info.context
    if not context.caller.may(Right.APPROVE):
        return EmailApprovalPayload(email_key=None, user_errors=[_lacking(Right.APPROVE)])
    content = None if content_id is None else key_in(content_id, "emc") or _NOWHERE
    approval = Approval(key_in(email_id, "eml"), context.caller.name, context.now, content)
    async with context.writing() as db:
        if approve:
            faults = await approve_email(db, approval, _renderer(context).language)
        else:
            faults = await withdraw_email(db, approval)
    return EmailApprovalPayload(email_key=approval.email_id, user_errors=_shown_faults(faults))


async def _send_test(
    info: Info,
    given: Annotated[SendTestEmailInput, strawberry.argument(name="input", description="Which e-mail, and where to.")],
) -> SendTestEmailPayload:
    context, caller = info.context, info.context.caller
    needed = [Right.SEND, *([Right.APPROVE] if given.draft else [])]
    lacking = [_lacking(right) for right in needed if not caller.may(right)]
    if lacking:
        return SendTestEmailPayload(sent=False, user_errors=lacking)
    trial = await trial_of(await context.db(), _wish(given.email_id, given.member_id, given.draft), _renderer(context))
    await context.renew()  # no connection is held while the provider is called
    fault = trial if isinstance(trial, Fault) else await _sent(context, trial, given.address)
    return SendTestEmailPayload(sent=fault is None, user_errors=_shown_faults([] if fault is None else [fault]))


async def _sent(context: RequestContext, trial: Trial, address: str) -> Fault | None:
    tests = context.services[TEST_SENDS]
    assert isinstance(tests, TestSends)
    if not tests.take(context.caller.tenant_id, context.now):
        return Fault("TOO_MANY_TESTS", "Too many tests were sent within a minute; wait a little.")
    carrier = await email_carrier(context.services, context.caller.tenant_name)
    return await send_test(carrier, trial, address)


def _lacking(right: Right) -> UserError:
    return user_error("FORBIDDEN", lacking(right))


def _shown_faults(faults: Sequence[Fault]) -> list[UserError]:
    return [user_error(fault.code, fault.message, *fault.path) for fault in faults]


@strawberry.type
class EmailMutations:
    """What callers may do with e-mails kept here."""

    approve_email: EmailApprovalPayload = strawberry.field(
        resolver=_approve,
        description="Approve the content of an e-mail that awaits it. Needs the right `approve`.",
    )
    withdraw_email: EmailApprovalPayload = strawberry.field(
        resolver=_withdraw,
        description="Take an approval back: the e-mail is not listed any more. Needs the right `approve`.",
    )
    send_test_email: SendTestEmailPayload = strawberry.field(
        resolver=_send_test,
        description="Send an e-mail to any address as a test; it is no delivery. Needs the right `send`.",
    )
