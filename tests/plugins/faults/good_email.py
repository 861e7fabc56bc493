"""An e-mail provider that keeps the contract, with the system that it sends by: each fault is a small change of it."""

import asyncio
import hmac
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, Field, SecretStr

from bg_graph.plugins.context import ProviderContext
from bg_graph.plugins.email import (
    Accepted,
    ApprovedEmail,
    DeliveryEvent,
    EmailAbility,
    EventKind,
    FindRequest,
    Inbound,
    ListRequest,
    Page,
    Recipient,
    Refused,
    SendAnswer,
    SendRequest,
    Workspace,
)
from bg_graph.plugins.errors import Forged, Misconfigured, Unavailable, Unsupported
from bg_graph.plugins.health import Health
from bg_graph.plugins.plugin import Plugin
from bg_graph.plugins.testing.email import EmailProviderExam, Report, Sent

API_KEY = "the-key-of-the-exam"
WORDS = {
    "dlvd": EventKind.DELIVERED,
    "bnc": EventKind.BOUNCED,
    "opn": EventKind.OPENED,
    "clk": EventKind.CLICKED,
}
EMAILS = [
    ApprovedEmail(id=f"email-{number}", name=f"E-mail {number}", workspace_id=f"workspace-{number % 3}")
    for number in range(25)
]
SLOW = 10.0


class MailSettings(BaseModel):
    """How the system is reached."""

    url: str = Field(description="Where the system is")
    api_key: SecretStr = Field(description="Key that the system gave us")


@dataclass
class System:
    """A system that sends e-mail, in the memory of the test."""

    seconds: float = 0.0
    mails: list[tuple[str, SendRequest, Recipient]] = field(default_factory=list)
    keys: dict[str, Accepted] = field(default_factory=dict)
    count: int = 0

    async def deliver(self, request: SendRequest, recipient: Recipient) -> SendAnswer:
        await asyncio.sleep(self.seconds)
        if "@" not in recipient.address:
            return Refused(key=recipient.key, code="550", message="no such address", bad_address=True)
        if recipient.key not in self.keys:
            self.count += 1
            self.mails.append((recipient.address, request, recipient))
            self.keys[recipient.key] = Accepted(key=recipient.key, message_id=f"<{self.count}@system>")
        return self.keys[recipient.key]


SYSTEMS: dict[str, System] = {}


class GoodMail:
    """Sends what it is given."""

    abilities = frozenset(set(EmailAbility))
    batch = 10

    def __init__(self, settings: MailSettings, context: ProviderContext) -> None:
        self.settings = settings
        self.context = context

    def system(self) -> System:
        if self.settings.url not in SYSTEMS:
            raise Unavailable("the system can't be reached")
        if self.settings.api_key.get_secret_value() != API_KEY:
            raise Misconfigured("the system does not take our key")
        return SYSTEMS[self.settings.url]

    async def send(self, request: SendRequest) -> list[SendAnswer]:
        system = self.system()
        await asyncio.sleep(0)
        return [await self.deliver(system, request, each) for each in request.recipients]

    async def deliver(self, system: System, request: SendRequest, recipient: Recipient) -> SendAnswer:
        return await system.deliver(request, recipient)

    async def find_send(self, request: FindRequest) -> list[SendAnswer] | None:
        system = self.system()
        await asyncio.sleep(0)
        return [system.keys[key] for key in request.keys if key in system.keys]

    async def list_workspaces(self, request: ListRequest) -> Page[Workspace]:
        raise Unsupported("the host keeps the e-mails")

    async def list_emails(self, request: ListRequest) -> Page[ApprovedEmail]:
        raise Unsupported("the host keeps the e-mails")

    async def read_events(self, inbound: Inbound) -> list[DeliveryEvent]:
        if not self.signed(inbound):
            raise Forged("the signature is not ours")
        reports = json.loads(inbound.body)
        return [self.event(report) for report in reports if report["what"] in WORDS]

    def signed(self, inbound: Inbound) -> bool:
        return hmac.compare_digest(signature(inbound.body), inbound.headers.get("x-signature", ""))

    def event(self, report: dict[str, Any]) -> DeliveryEvent:
        at = datetime.fromtimestamp(report["at"], UTC)
        return DeliveryEvent(id=report["id"], kind=WORDS[report["what"]], at=at, key=report["key"], raw=report["what"])

    async def check(self) -> Health:
        try:
            self.system()
        except Unavailable as fault:
            return Health(healthy=False, message=str(fault))
        return Health(healthy=True, message="the system answers")

    async def close(self) -> None:
        return


class GoodLists(GoodMail):
    """Has e-mails of its own, in pages of ten."""

    abilities = frozenset({EmailAbility.IDEMPOTENT, EmailAbility.FIND_SEND})

    async def list_workspaces(self, request: ListRequest) -> Page[Workspace]:
        self.system()
        return Page(items=tuple(Workspace(id=f"workspace-{number}", name=f"W{number}") for number in range(3)))

    async def list_emails(self, request: ListRequest) -> Page[ApprovedEmail]:
        self.system()
        some = [each for each in EMAILS if request.workspace_id in (None, each.workspace_id)]
        start = int(request.cursor or 0)
        more = str(start + 10) if start + 10 < len(some) else None
        return Page(items=tuple(some[start : start + 10]), next_cursor=more)

    async def read_events(self, inbound: Inbound) -> list[DeliveryEvent]:
        raise Unsupported("the host reads the reports")


def signature(body: bytes) -> str:
    return hmac.new(API_KEY.encode(), body, sha256).hexdigest()


GOOD = Plugin(
    name="good-mail",
    version="1.0.0",
    title="A provider that keeps the contract",
    settings=MailSettings,
    provides=MappingProxyType({"email": GoodMail}),
)


class GoodMailExam(EmailProviderExam):
    """Everything that the exam can be given."""

    plugin = GOOD
    settings = {"url": "system", "api_key": API_KEY}
    down_settings = {"url": "nowhere", "api_key": API_KEY}
    wrong_settings = {"url": "system", "api_key": "another-key-altogether"}
    slow_settings = {"url": "slow", "api_key": API_KEY}
    known_emails = [each.id for each in EMAILS]
    known_workspaces = [f"workspace-{number}" for number in range(3)]
    memory_calls = 300

    @contextmanager
    def surroundings(self) -> Iterator[None]:
        SYSTEMS.update(system=System(), slow=System(seconds=SLOW))
        yield
        SYSTEMS.clear()

    def forget(self) -> None:
        SYSTEMS["system"].mails.clear()
        SYSTEMS["system"].keys.clear()

    def sent(self) -> Sequence[Sent]:
        return [seen(*each) for each in SYSTEMS["system"].mails]

    def inbound(self, reports: Sequence[Report]) -> Inbound:
        words = {kind: word for word, kind in WORDS.items()}
        body = json.dumps(
            [
                {"what": words.get(each.kind, "xyz"), "key": each.key, "at": each.at.timestamp(), "id": each.id}
                for each in reports
            ]
        ).encode()
        return Inbound(headers={"x-signature": signature(body)}, body=body, received_at=datetime.now(UTC))


def seen(address: str, request: SendRequest, recipient: Recipient) -> Sent:
    message = recipient.message
    if message is None:
        return Sent(address=address)
    subject = f"[Test] {message.subject}" if request.test else message.subject
    return Sent(address=address, subject=subject, plain=message.plain, html=message.html, headers=message.headers)
