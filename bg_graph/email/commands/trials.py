"""Looking at an e-mail before it is sent: filled in for a member, or with sample values; and sending it as a test."""

from collections import defaultdict, deque
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from bg_graph.accounts.rules import is_valid_email
from bg_graph.buying_groups.tables import MemberRow
from bg_graph.email.composing import Ask, Faulty, Renderer, compose, content_of, message_of
from bg_graph.email.rules.merge_fields import samples
from bg_graph.email.rules.sending import Fault
from bg_graph.email.rules.templates import RenderFault
from bg_graph.email.service import catalog_of
from bg_graph.email.tables import KEPT_HERE, EmailContentRow, EmailRow
from bg_graph.hosting.email import EmailHost
from bg_graph.hosting.email_hosts import Carrier
from bg_graph.plugins.email import Accepted, EmailAbility, Message, Recipient, Refused, SendAnswer, SendRequest
from bg_graph.plugins.errors import ProviderError
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant

TRIAL_LINK = "https://unsubscribe.invalid/this-is-a-trial"
"""Stands for the link that ends e-mails: a trial is no delivery, so that there is nothing to end."""
MOST_TESTS, WITHIN = 20, timedelta(minutes=1)
"""How many tests a tenant may send in a time: a test goes to any address, and must not become a way to send in bulk."""
LONGEST_ADDRESS = 254
_NOT_IN_ADDRESS = frozenset('<>()[]\\,;:"')

_email, _content, _member = table_of(EmailRow), table_of(EmailContentRow), table_of(MemberRow)


@dataclass(frozen=True, slots=True)
class TrialWish:
    """Which e-mail, for which member (None: sample values), approved or as it awaits approval."""

    email_id: UUID | None
    member_id: UUID | None = None
    with_sample_values: bool = False
    draft: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """An e-mail as it would arrive, or why it can't; of one that is not kept here there is no message."""

    email: Row[Any]
    content_id: UUID | None
    message: Message | Faulty | None


class TestSends:
    """Counts the tests of each tenant, so that they stay few. One for each process."""

    __test__ = False  # the name is one of the domain; pytest would take it for its own

    def __init__(self, *, most: int = MOST_TESTS, within: timedelta = WITHIN) -> None:
        self._most, self._within = most, within
        self._sent: defaultdict[UUID, deque[datetime]] = defaultdict(deque)

    def take(self, tenant_id: UUID, now: datetime) -> bool:
        """Count one more test, where one more may be sent."""
        sent = self._sent[tenant_id]
        while sent and now - sent[0] >= self._within:
            sent.popleft()
        if len(sent) >= self._most:
            return False
        sent.append(now)
        return True


async def trial_of(db: TenantConnection, wish: TrialWish, renderer: Renderer) -> Trial | Fault:
    """The e-mail filled in for the member, or why there is nothing to show."""
    email = await _by_id(db, wish.email_id)
    if email is None:
        return Fault("NOT_FOUND", "There is no such e-mail.", ("emailId",))
    if email.provider != KEPT_HERE:
        return Trial(email, None, None)
    content_id = email.draft_content_id if wish.draft else email.approved_content_id
    if content_id is None:
        message = "has no content that awaits approval" if wish.draft else "is not approved; ask for its draft"
        return Fault("EMAIL_NOT_APPROVED", f"The e-mail {email.name!r} {message}.", ("emailId",))
    if wish.with_sample_values:
        return Trial(email, content_id, await _sample(db, content_id, renderer))
    member = await _member_by_id(db, wish.member_id)
    if member is None:
        return Fault("NOT_FOUND", "There is no such member.", ("memberId",))
    ask = Ask("", content_id, member.group_id, member.person_id, TRIAL_LINK)
    return Trial(email, content_id, (await compose(db, [ask], renderer))[ask.key])


async def send_test(carrier: Carrier, trial: Trial, address: str) -> Fault | None:
    """Send the e-mail to an address as a test, which is no delivery. None: it went out."""
    host = carrier.host
    fault = address_fault(address) or _sending_fault(host, trial)
    if fault is not None:
        return fault
    message = as_test(trial.message) if isinstance(trial.message, Message) else None
    recipient = Recipient(key=new_id().hex, address=address.strip(), message=message)
    request = SendRequest(tenant=carrier.tenant, email_id=trial.email.external_id, recipients=(recipient,), test=True)
    try:
        answers = await host.send(request)
    except ProviderError as failed:
        return Fault("PROVIDER_FAILED", f"The e-mail provider {host.name} did not send it: {failed}", ())
    return _outcome(host, answers)


def as_test(message: Message) -> Message:
    """The message without the header by which mail programs offer to end e-mails. Its provider marks it as a test."""
    return replace(message, headers={})


def address_fault(address: str) -> Fault | None:
    """What is wrong with an address that somebody typed in."""
    given = address.strip()
    odd = not given.isprintable() or _NOT_IN_ADDRESS & set(given)
    if odd or len(given) > LONGEST_ADDRESS or not is_valid_email(given):
        return Fault("INVALID_INPUT", f"{given[:60]!r} is no e-mail address.", ("address",))
    return None


def _sending_fault(host: EmailHost, trial: Trial) -> Fault | None:
    email = trial.email
    if isinstance(trial.message, Faulty):
        return Fault("EMAIL_FAULTY", f"The e-mail {email.name!r} can't be made: {trial.message.reason}.", ("emailId",))
    if email.provider != catalog_of(host):
        message = f"The e-mail {email.name!r} belongs to {email.provider}; connected is {host.name}."
        return Fault("EMAIL_NOT_SENDABLE", message, ("emailId",))
    if not host.can(EmailAbility.TEST_SEND):
        return Fault("PROVIDER_FAILED", f"The e-mail provider {host.name} can't send tests.", ())
    return None


def _outcome(host: EmailHost, answers: list[SendAnswer]) -> Fault | None:
    match answers:
        case [Accepted()]:
            return None
        case [Refused(code=code, message=message)]:
            return Fault("PROVIDER_FAILED", f"The e-mail provider {host.name} refused it: {code} {message}", ())
    return Fault("PROVIDER_FAILED", f"The e-mail provider {host.name} did not say whether it went out.", ())


async def _sample(db: TenantConnection, content_id: UUID, renderer: Renderer) -> Message | Faulty:
    row = await db.row(select(_content).where(of_tenant(_content), _content.c.id == content_id))
    assert row is not None, "an e-mail points at its contents"
    compiled = renderer.hold(db.tenant_id, content_id, content_of(row))
    if isinstance(compiled, Faulty):
        return compiled
    try:
        return message_of(compiled.render({**samples(), "unsubscribe_url": TRIAL_LINK}), compiled.content, TRIAL_LINK)
    except RenderFault as fault:
        return Faulty(str(fault))


async def _by_id(db: TenantConnection, email_id: UUID | None) -> Row[Any] | None:
    if email_id is None:
        return None
    return await db.row(select(_email).where(of_tenant(_email), _email.c.id == email_id))


async def _member_by_id(db: TenantConnection, member_id: UUID | None) -> Row[Any] | None:
    if member_id is None:
        return None
    statement = select(_member.c.group_id, _member.c.person_id)
    return await db.row(statement.where(of_tenant(_member), _member.c.id == member_id))
