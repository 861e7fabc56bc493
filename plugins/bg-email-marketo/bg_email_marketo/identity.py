"""Access tokens: asked for when there is none, renewed before they end and when Marketo takes them no more."""

import asyncio
import json
from dataclasses import dataclass

import httpx

from bg_email_marketo.settings import MarketoSettings
from bg_email_marketo.transport import NoAnswer, NotSent, Transport
from bg_graph.plugins.errors import Misconfigured, Unavailable

EARLY = 60.0
"""Seconds before its end at which a token is renewed."""


@dataclass(frozen=True, slots=True, repr=False)
class Token:
    """An access token; how long it lives is kept by the clock of the loop. It is not shown."""

    text: str
    until: float


class Identity:
    """Gives the access token. However many callers need a new one at a time, it is asked for once."""

    def __init__(self, settings: MarketoSettings, transport: Transport) -> None:
        self._settings, self._transport = settings, transport
        self._token: Token | None = None
        self._renewing = asyncio.Lock()

    async def token(self) -> Token:
        """The token to use. Raises Misconfigured where the credentials are refused, Unavailable where none can be had."""
        token = self._token
        return token if token is not None and self._lives(token) else await self.renewed(token)

    async def renewed(self, stale: Token | None) -> Token:
        """A token other than the one that Marketo no longer takes; where somebody has renewed it meanwhile, that one."""
        async with self._renewing:
            if self._token is None or self._token is stale or not self._lives(self._token):
                self._token = await self._fetched()
            return self._token

    async def proved(self) -> None:
        """Ask for a token whatever is known, and use it from now on: so the credentials are known to work. Raises as `token`."""
        async with self._renewing:
            self._token = await self._fetched()

    def _lives(self, token: Token) -> bool:
        return asyncio.get_running_loop().time() < token.until

    async def _fetched(self) -> Token:
        settings = self._settings
        query = {
            "grant_type": "client_credentials",
            "client_id": settings.client_id.get_secret_value(),
            "client_secret": settings.client_secret.get_secret_value(),
        }
        request = httpx.Request("GET", f"{settings.identity_base}/oauth/token", params=query)
        try:
            answer = await self._transport.exchange(request)
        except (NotSent, NoAnswer) as fault:
            raise Unavailable(f"Marketo's identity service gives no token: {fault}") from None
        if 400 <= answer.status < 500 and answer.status != 429:
            raise Misconfigured(
                f"Marketo refuses the client id or secret (HTTP {answer.status}); look at client_id and client_secret"
            )
        if answer.status != 200:
            raise Unavailable(f"Marketo's identity service answers HTTP {answer.status}")
        return _read(answer.body)


def _read(body: bytes) -> Token:
    """The token of an answer. `expires_in` is what remains of a shared token's life."""
    try:
        found = json.loads(body)
        text, seconds = found["access_token"], float(found.get("expires_in", 0))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unavailable("the answer of Marketo's identity service can't be read") from None
    if not isinstance(text, str) or not text or not text.isascii() or not text.isprintable() or seconds != seconds:
        raise Unavailable("the answer of Marketo's identity service holds no token")
    early = min(EARLY, max(0.0, seconds) / 2)
    return Token(text, asyncio.get_running_loop().time() + max(0.0, min(seconds, 3600.0)) - early)
