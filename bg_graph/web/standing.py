"""Whether a caller who stays connected may stay: its token is looked up again and again, never believed for long."""

import asyncio

import structlog

from bg_graph.graph.errors import Coded, ErrorCode
from bg_graph.web.callers import Authenticate

RETRY = 1.0
"""Seconds until a look-up that failed, since the database was away, is tried again."""

log = structlog.get_logger(__name__)


class Ended(Coded):
    """The caller may not go on: the token was revoked, has expired, or has other rights than before."""


class Standing:
    """A caller on a connection that outlives one request."""

    __slots__ = ("_authenticate", "_token", "caller")

    def __init__(self, authenticate: Authenticate, token: str | None, caller: object) -> None:
        self.caller = caller
        self._token = token
        self._authenticate = authenticate

    async def confirm(self) -> None:
        """Look the token up again. Raises Ended where it is not what it was."""
        try:
            present = await self._authenticate(self._token)
        except Coded as error:
            raise Ended(error.code, error.message) from None
        if present is None:
            raise Ended(ErrorCode.UNAUTHENTICATED, "The token was revoked or has expired.")
        if present != self.caller:
            raise Ended(ErrorCode.FORBIDDEN, "The token's rights have changed; connect again.")

    async def confirm_if_possible(self) -> None:
        """The same where the database can be asked; while it is away nothing is told to anybody."""
        try:
            await self.confirm()
        except Ended:
            raise
        except Exception as fault:  # whatever a look-up fails by: it says nothing about the token
            log.warning("a caller can't be looked up", fault=type(fault).__name__)

    async def confirm_before_telling(self) -> None:
        """The same, waiting for a database that is away: nothing is told to a caller who was not looked up."""
        while True:
            try:
                await self.confirm()
            except Ended:
                raise
            except Exception as fault:
                log.warning("a caller can't be looked up, will be tried again", fault=type(fault).__name__)
                await asyncio.sleep(RETRY)
            else:
                return
