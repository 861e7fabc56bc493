"""E-mail by SMTP: each message is handed to a mail server, which gives no receipt: what is in doubt stays in doubt."""

from collections.abc import Callable
from datetime import UTC, datetime

from bg_email_smtp.pool import Pool
from bg_email_smtp.settings import SmtpSettings
from bg_graph.plugins.context import ProviderContext
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
from bg_graph.plugins.mime.addresses import sender_of
from bg_graph.plugins.mime.envelopes import Mailing, envelope_of


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SmtpProvider:
    """Hands messages to a mail server, one a call."""

    abilities = frozenset({EmailAbility.HOST_CONTENT, EmailAbility.TEST_SEND})
    batch = 1

    def __init__(
        self, settings: SmtpSettings, context: ProviderContext, *, clock: Callable[[], datetime] = _utc_now
    ) -> None:
        self._where = f"{settings.host}:{settings.port}"
        self._clock = clock
        self._pool = Pool(settings)
        self._sender = sender_of(settings.sender)

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
        """Whether the server can be reached and takes our login; nothing is sent. Raises Misconfigured."""
        try:
            async with self._pool.connection():
                return Health(healthy=True, message=f"the mail server {self._where} answers")
        except Misconfigured:
            raise
        except ProviderError as fault:
            return Health(healthy=False, message=str(fault))

    async def close(self) -> None:
        """Say goodbye on all connections."""
        await self._pool.close()
