"""E-mail by SMTP: each message is handed to a mail server, which gives no receipt: what is in doubt stays in doubt."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.headerregistry import Address

from bg_graph.email.built_in.addresses import UnusableAddress, sender_of
from bg_graph.email.built_in.mime import Mailing, envelope_of
from bg_graph.email.built_in.smtp.options import SmtpOptions
from bg_graph.email.built_in.smtp.pool import Pool
from bg_graph.plugins.email import (
    ApprovedEmail,
    DeliveryEvent,
    EmailAbility,
    FindRequest,
    Inbound,
    ListRequest,
    Page,
    Refused,
    SendAnswer,
    SendRequest,
    Workspace,
)
from bg_graph.plugins.errors import Misconfigured, ProviderError, Rejected, Unsupported
from bg_graph.plugins.health import Health

NAME = "smtp"


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SmtpProvider:
    """Hands messages to a mail server, one a call."""

    abilities = frozenset({EmailAbility.HOST_CONTENT, EmailAbility.TEST_SEND})
    batch = 1

    def __init__(self, options: SmtpOptions, *, clock: Callable[[], datetime] = _utc_now) -> None:
        self._where = f"{options.host}:{options.port}"
        self._clock = clock
        self._pool = Pool(options)
        try:
            self._sender: Address = sender_of(options.sender)
        except UnusableAddress as fault:
            raise Misconfigured(f"the sender can't be used: {fault.reason}") from None

    async def send(self, request: SendRequest) -> list[SendAnswer]:
        """Hand one message over."""
        if len(request.recipients) != 1:
            raise Rejected("BATCH_SIZE", f"one recipient a call, not {len(request.recipients)}")
        (recipient,) = request.recipients
        envelope = envelope_of(recipient, Mailing(self._sender, self._clock(), request.test))
        if isinstance(envelope, Refused):
            return [envelope]
        async with self._pool.connection() as connection:
            return [await connection.deliver(recipient.key, envelope)]

    async def find_send(self, request: FindRequest) -> None:
        """None: a mail server can't be asked."""

    async def list_workspaces(self, request: ListRequest) -> Page[Workspace]:
        """Unsupported: the host keeps the e-mails."""
        raise Unsupported(EmailAbility.HOST_CONTENT)

    async def list_emails(self, request: ListRequest) -> Page[ApprovedEmail]:
        """Unsupported: the host keeps the e-mails."""
        raise Unsupported(EmailAbility.HOST_CONTENT)

    async def read_events(self, inbound: Inbound) -> list[DeliveryEvent]:
        """Unsupported: a mail server reports nothing by itself."""
        raise Unsupported(EmailAbility.SIGNED_EVENTS)

    async def check(self) -> Health:
        """Whether the server can be reached and takes our login; nothing is sent."""
        try:
            async with self._pool.connection():
                return Health(healthy=True, message=f"the mail server {self._where} answers")
        except ProviderError as fault:
            return Health(healthy=False, message=str(fault))

    async def close(self) -> None:
        """Say goodbye on all connections."""
        await self._pool.close()
