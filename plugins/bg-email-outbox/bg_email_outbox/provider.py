"""The outbox as e-mail provider: nothing leaves, each message becomes a file, and each key at most one."""

import asyncio
import errno
from collections.abc import Callable
from datetime import UTC, datetime

from bg_email_outbox.files import OutboxFiles
from bg_email_outbox.reading import message_id_of
from bg_email_outbox.settings import OutboxSettings
from bg_graph.plugins.context import ProviderContext
from bg_graph.plugins.email import (
    Accepted,
    ApprovedEmail,
    DeliveryEvent,
    EmailAbility,
    FindRequest,
    Inbound,
    ListRequest,
    Page,
    SendAnswer,
    SendRequest,
    Workspace,
)
from bg_graph.plugins.errors import Misconfigured, ProviderError, Unavailable, Unsupported
from bg_graph.plugins.health import Health
from bg_graph.plugins.mime.addresses import sender_of
from bg_graph.plugins.mime.envelopes import Envelope, Mailing, envelope_of

_FOR_A_WHILE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EINTR, errno.EAGAIN, errno.EIO})


def _utc_now() -> datetime:
    return datetime.now(UTC)


class OutboxProvider:
    """Keeps each message as a file. Asking for the same key twice gives one file; what was kept can be asked for."""

    abilities = frozenset(
        {EmailAbility.HOST_CONTENT, EmailAbility.IDEMPOTENT, EmailAbility.FIND_SEND, EmailAbility.TEST_SEND}
    )
    batch = 50

    def __init__(
        self, settings: OutboxSettings, context: ProviderContext, *, clock: Callable[[], datetime] = _utc_now
    ) -> None:
        self.files = OutboxFiles(settings.folder)
        self._clock = clock
        self._sender = sender_of(settings.sender)

    async def send(self, request: SendRequest) -> list[SendAnswer]:
        """Keep the messages; raises only where none was kept."""
        mailing = Mailing(self._sender, self._clock(), request.test)
        return await asyncio.to_thread(self._keep_all, request, mailing)

    async def find_send(self, request: FindRequest) -> list[SendAnswer]:
        """The keys that there are files of."""
        return await asyncio.to_thread(self._found, request)

    async def list_workspaces(self, request: ListRequest) -> Page[Workspace]:
        """Unsupported: the host keeps the e-mails."""
        raise Unsupported(EmailAbility.HOST_CONTENT)

    async def list_emails(self, request: ListRequest) -> Page[ApprovedEmail]:
        """Unsupported: the host keeps the e-mails."""
        raise Unsupported(EmailAbility.HOST_CONTENT)

    async def read_events(self, inbound: Inbound) -> list[DeliveryEvent]:
        """Unsupported: files report nothing."""
        raise Unsupported(EmailAbility.SIGNED_EVENTS)

    async def check(self) -> Health:
        """Whether the folder can be written to. Raises Misconfigured where somebody has to mend it."""
        try:
            await asyncio.to_thread(self.files.probe)
        except OSError as fault:
            told = self._told(fault)
            if isinstance(told, Misconfigured):
                raise told from None
            return Health(healthy=False, message=str(told))
        return Health(healthy=True, message=f"messages are kept in {self.files.folder}")

    async def close(self) -> None:
        """Nothing is held."""

    def _keep_all(self, request: SendRequest, mailing: Mailing) -> list[SendAnswer]:
        made = [(recipient.key, envelope_of(recipient, mailing)) for recipient in request.recipients]
        answers: list[SendAnswer] = []
        for key, envelope in made:
            if not isinstance(envelope, Envelope):
                answers.append(envelope)
                continue
            try:
                self.files.keep(request.tenant, key, envelope.content)
            except OSError as fault:
                if not answers:
                    raise self._told(fault) from None
                break  # those without an answer are asked for again
            answers.append(Accepted(key=key, message_id=envelope.message_id))
        return answers

    def _found(self, request: FindRequest) -> list[SendAnswer]:
        try:
            contents = [(key, self.files.read(request.tenant, key)) for key in request.keys]
        except OSError as fault:
            raise self._told(fault) from None
        return [
            Accepted(key=key, message_id=message_id_of(content)) for key, content in contents if content is not None
        ]

    def _told(self, fault: OSError) -> ProviderError:
        """The system's error in words of the contract, without the name of a file: that would be a key."""
        what = f"the outbox's folder {self.files.folder} can't be used: {fault.strerror or type(fault).__name__}"
        if fault.errno in _FOR_A_WHILE:
            return Unavailable(what)
        return Misconfigured(
            f"{what}. The setting is plugins.outbox.folder; it must be writable, on a file system with links."
        )
