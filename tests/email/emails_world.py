"""What the tests of e-mails' contents share: a folder of e-mails on disk, a world that imports and approves it, asking."""

from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

import strawberry

from bg_graph.app import Product
from bg_graph.email.commands.approval import Approval, approve_email
from bg_graph.email.commands.contents import Imported, import_emails
from bg_graph.email.folder import read_folder
from bg_graph.email.rules.templates import Language
from bg_graph.email.tables import EmailRow
from bg_graph.email.wiring import email_services
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
from bg_graph.plugins.health import Health
from bg_graph.settings import Settings
from bg_graph.store.ids import new_id
from bg_graph.tenancy.rules import Caller, Right
from bg_graph.web.faults import shown
from tests.hosting.hosted_providers import email_hosts, hosted
from tests.world import World

SUBJECT = "{{ solution_interest.name }} for {{ account.name }}"
PLAIN = "Hello {{ person.first_name|default('there') }},\n\nsee you.\n"
HTML = "<html><body><p>Hello {{ person.first_name|default('there') }}</p></body></html>\n"


def write_email(
    folder: Path, path: str, *, subject: str = SUBJECT, plain: str = PLAIN, html: str | None = HTML, **head: str
) -> Path:
    """An e-mail in a folder of e-mails, as a marketer would write it."""
    place = folder / path
    place.mkdir(parents=True, exist_ok=True)
    keys = {"subject": subject, **head}
    lines = [f"{key} = '''{value}'''\n" for key, value in keys.items()]
    (place / "email.toml").write_text("".join(lines), encoding="utf-8")
    (place / "body.txt").write_text(plain, encoding="utf-8")
    if html is not None:
        (place / "body.html").write_text(html, encoding="utf-8")
    return place


@dataclass
class ToldProvider:
    """An e-mail provider that has what it is told to have, and remembers what it was asked."""

    abilities: frozenset[EmailAbility] = frozenset({EmailAbility.HOST_CONTENT, EmailAbility.TEST_SEND})
    batch: int = 50
    workspaces: list[Workspace] = field(default_factory=list)
    emails: list[ApprovedEmail] = field(default_factory=list)
    page: int = 2
    raises: Exception | None = None
    answer: list[SendAnswer] | None = None
    listed: list[ListRequest] = field(default_factory=list)
    sent: list[SendRequest] = field(default_factory=list)

    async def list_workspaces(self, request: ListRequest) -> Page[Workspace]:
        return self._page(request, self.workspaces)

    async def list_emails(self, request: ListRequest) -> Page[ApprovedEmail]:
        return self._page(request, [each for each in self.emails if each.workspace_id == request.workspace_id])

    async def send(self, request: SendRequest) -> list[SendAnswer]:
        self.sent.append(request)
        if self.raises is not None:
            raise self.raises
        return [Accepted(key=each.key) for each in request.recipients] if self.answer is None else self.answer

    async def find_send(self, request: FindRequest) -> list[SendAnswer] | None:
        return None

    async def read_events(self, inbound: Inbound) -> list[DeliveryEvent]:
        return []

    async def check(self) -> Health:
        return Health(healthy=True)

    async def close(self) -> None:
        return None

    def _page(self, request: ListRequest, items: list[Any]) -> Page[Any]:
        self.listed.append(request)
        if self.raises is not None:
            raise self.raises
        begin = int(request.cursor or 0)
        end = begin + self.page
        return Page(items=tuple(items[begin:end]), next_cursor=str(end) if end < len(items) else None)


@dataclass
class Emails:
    """A tenant with a folder of e-mails, and a provider that sends them."""

    world: World
    folder: Path
    schema: strawberry.Schema
    provider: ToldProvider
    product: Product

    async def take_in(self, *, by: str = "Maria") -> list[Imported]:
        """Import the folder."""
        found = read_folder(self.folder, Language())
        async with self.world.database.writing(self.world.tenant) as db:
            return await import_emails(db, found, by=by, now=self.world.now)

    async def approved(self, path: str = "Sales/Welcome", **parts: Any) -> UUID:
        """An e-mail, written, imported and approved."""
        write_email(self.folder, path, **parts)
        done = {each.path: each.email_id for each in await self.take_in()}
        async with self.world.database.writing(self.world.tenant) as db:
            faults = await approve_email(db, Approval(done[path], "Ada", self.world.now), Language())
        assert not faults, faults
        return done[path]

    async def row(self, path: str = "Sales/Welcome") -> Any:
        """The row of an e-mail."""
        return await self.world.one(EmailRow, external_id=path)

    async def ask(
        self, query: str, *rights: Right, fails: bool = False, tenant: UUID | None = None, **variables: Any
    ) -> Any:
        """Ask as a caller with these rights (read, where none is named); with `fails`, gives errors too."""
        granted = frozenset({Right.READ, *rights})
        caller = Caller(tenant or self.world.tenant, "acme", new_id(), "Maria", granted)
        async with self.product.context(caller) as context:
            result = await self.schema.execute(query, variables, context)
        errors = [shown(error, "request") for error in result.errors or []]
        if fails:
            return result.data, errors
        assert not errors, [(error, error.original_error) for error in result.errors or []]
        return result.data


def emails_of(world: World, folder: Path, schema: strawberry.Schema, provider: ToldProvider, name: str) -> Emails:
    """A tenant whose e-mails a told provider sends."""
    product = Product(Settings(), world.database, lambda: world.now)
    hosts = email_hosts(hosted(provider, "email", name, deadline=2.0))
    services = {**product.services, **email_services(hosts, world.database, lambda: world.now)}
    product.services = MappingProxyType(services)
    return Emails(world, folder, schema, provider, product)
