"""A Marketo provider at work for one tenant, for the tests of the plugin."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from bg_email_marketo.plugin import PLUGIN
from bg_email_marketo.provider import MarketoProvider
from bg_email_marketo.settings import MarketoSettings
from bg_graph.plugins.email import ApprovedEmail, FindRequest, ListRequest, Recipient, SendRequest
from tests.email.marketo_server import Marketo, settings_for
from tests.plugins.lent import lent


class Desk:
    """A provider at work for one tenant, with an e-mail that a campaign sends."""

    def __init__(self, marketo: Marketo, **settings: Any) -> None:
        self.marketo = marketo
        self.email = marketo.email("Spring offer")
        self.campaign = marketo.campaign("Send Spring offer", sends=self.email)
        self.settings = MarketoSettings(**settings_for(marketo, **settings))
        self.context = lent(PLUGIN.name)
        self.later = timedelta()
        self.provider = self._built()

    def _built(self) -> MarketoProvider:
        return MarketoProvider(self.settings, self.context, clock=lambda: datetime.now(UTC) + self.later)

    def crashed(self) -> "Desk":
        """The same after the process was killed: a new provider with the same storage."""
        self.provider = self._built()
        return self

    def request(self, *recipients: Recipient, test: bool = False) -> SendRequest:
        return SendRequest(tenant="acme", email_id=self.email, recipients=recipients, test=test)

    async def send(self, *recipients: Recipient, test: bool = False) -> dict[str, Any]:
        return {each.key: each for each in await self.provider.send(self.request(*recipients, test=test))}

    async def found(self, *recipients: Recipient) -> dict[str, Any] | None:
        asked = FindRequest(tenant="acme", keys=tuple(each.key for each in recipients))
        answers = await self.provider.find_send(asked)
        return None if answers is None else {each.key: each for each in answers}

    async def emails(self, workspace: str | None = None) -> list[ApprovedEmail]:
        """All pages of the list."""
        found: list[ApprovedEmail] = []
        cursor: str | None = None
        while True:
            asked = ListRequest(tenant="acme", cursor=cursor, workspace_id=workspace)
            page = await self.provider.list_emails(asked)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                return found


@asynccontextmanager
async def at(marketo: Marketo, **settings: Any) -> AsyncIterator[Desk]:
    desk = Desk(marketo, **settings)
    try:
        yield desk
    finally:
        await desk.provider.close()


def person(number: int, **more: Any) -> Recipient:
    return Recipient(**{"key": f"{number:032x}", "address": f"person{number}@example.com"} | more)
