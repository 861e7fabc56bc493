"""One connection to the mail server: hands over one message after the other, and tells what became of each."""

import asyncio
import re
from contextlib import suppress
from typing import cast

from aiosmtplib import SMTP, SMTPException, SMTPResponseException, SMTPServerDisconnected
from aiosmtplib.protocol import SMTPProtocol

from bg_email_smtp.outcomes import Stage, outcome
from bg_graph.plugins.email import Accepted, Refused
from bg_graph.plugins.errors import OutcomeUnknown, Unavailable
from bg_graph.plugins.mime.envelopes import Envelope

_FIRST_DOT = re.compile(rb"(?m)^\.")
_END = b".\r\n"
_GOODBYE_TIMEOUT = 2.0
_LOOK_AGAIN = 0.005


class SmtpConnection:
    """An open connection. After a fault that leaves it in doubt it is closed; `is_open` tells."""

    def __init__(self, smtp: SMTP, timeout: float) -> None:
        self._smtp = smtp
        self._timeout = timeout

    @property
    def is_open(self) -> bool:
        """As far as is known: the server may have closed it without our having noticed."""
        return self._smtp.is_connected

    async def is_ready(self) -> bool:
        """Ask the server whether it is still there, and have it forget any message that was begun."""
        try:
            await self._smtp.rset()
        except (SMTPException, OSError):
            self.abort()
        return self.is_open

    async def deliver(self, key: str, envelope: Envelope) -> Accepted | Refused:
        """Hand a message over. Raises Unavailable while nothing can have been accepted, OutcomeUnknown after that."""
        size = (b"SIZE=%d" % len(envelope.content),) if self._smtp.supports_extension("size") else ()
        commands = (
            (Stage.SENDER, (b"MAIL", b"FROM:<%s>" % envelope.sender.encode("ascii"), *size)),
            (Stage.RECIPIENT, (b"RCPT", b"TO:<%s>" % envelope.recipient.encode("ascii"))),
            (Stage.DATA, (b"DATA",)),
        )
        for stage, words in commands:
            refused = outcome(stage, key, *await self._ask(stage, words))
            if refused is not None:
                return refused
        await self._write_all_but_the_end(envelope.content)
        refused = outcome(Stage.END, key, *await self._end())
        return refused or Accepted(key=key, message_id=envelope.message_id)

    async def quit(self) -> None:
        """Say goodbye and close."""
        with suppress(SMTPException, OSError):
            await self._smtp.quit(timeout=_GOODBYE_TIMEOUT)
        self.abort()

    def abort(self) -> None:
        """Close at once; nothing more leaves."""
        transport = _writing(self._smtp.transport)
        if transport is not None:
            transport.abort()
        self._smtp.close()

    async def _ask(self, stage: Stage, words: tuple[bytes, ...]) -> tuple[int, str]:
        try:
            code, text = await self._smtp.execute_command(*words)
        except (SMTPException, OSError) as fault:
            self.abort()
            raise Unavailable(f"the mail server gave no answer to {stage}: {_reason(fault)}") from None
        return code, text

    async def _write_all_but_the_end(self, content: bytes) -> None:
        """Without its end, a server must not take the message: a connection lost in here has done nothing."""
        try:
            async with asyncio.timeout(self._timeout):
                self._protocol.write(_FIRST_DOT.sub(b"..", content))
                await self._written()
        except (SMTPException, OSError) as fault:
            self.abort()
            raise Unavailable(f"the connection was lost while the message was sent: {_reason(fault)}") from None

    async def _written(self) -> None:
        """Wait until nothing is left to be written, so that the end is not sent behind something that never arrives."""
        while True:
            transport = _writing(self._protocol.transport)
            if transport is None or transport.is_closing():
                raise SMTPServerDisconnected("Connection lost")
            if not transport.get_write_buffer_size():
                return
            await asyncio.sleep(_LOOK_AGAIN)

    async def _end(self) -> tuple[int, str]:
        """Send the end and give the answer: from here on, the message may have been accepted."""
        try:
            self._protocol.write(_END)
        except (SMTPException, OSError) as fault:  # raised before a byte has left
            self.abort()
            raise Unavailable(f"the connection was lost while the message was sent: {_reason(fault)}") from None
        try:
            code, text = await self._protocol.read_response(self._timeout)
        except (SMTPException, OSError) as fault:
            self.abort()
            raise OutcomeUnknown(f"the mail server had the message and gave no answer: {_reason(fault)}") from None
        if code == 421:
            self.abort()
        return code, text

    @property
    def _protocol(self) -> SMTPProtocol:
        if self._smtp.protocol is None:
            raise SMTPServerDisconnected("Connection lost")
        return self._smtp.protocol


def _writing(transport: asyncio.BaseTransport | None) -> asyncio.WriteTransport | None:
    return cast(asyncio.WriteTransport | None, transport)  # uvloop's are of no class of asyncio


def _reason(fault: Exception) -> str:
    if isinstance(fault, SMTPResponseException):
        return "its answer has no form that is known"
    return str(fault) or ("time is over" if isinstance(fault, TimeoutError) else type(fault).__name__)
