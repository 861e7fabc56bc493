"""An e-mail provider that remembers what it was asked to send, and does with each call what a test tells it to."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

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
from bg_graph.plugins.errors import Unsupported
from bg_graph.plugins.health import Health

Answering = Callable[[SendRequest], Awaitable[Sequence[SendAnswer]]]


async def accepting(request: SendRequest) -> list[SendAnswer]:
    return [Accepted(key=each.key, message_id=f"<{each.key}@test>") for each in request.recipients]


@dataclass
class RecordingProvider:
    """Sends nothing. `sent` are the keys of which it was told to send, in order, each as often as it was told."""

    batch: int = 1
    abilities: frozenset[EmailAbility] = frozenset()
    answering: Answering = accepting
    sent: list[str] = field(default_factory=list)
    requests: list[SendRequest] = field(default_factory=list)
    taken: dict[str, SendAnswer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0

    @property
    def twice(self) -> list[str]:
        """Keys that it was told to send more than once."""
        return [key for key, times in Counter(self.sent).items() if times > 1]

    @property
    def addresses(self) -> list[str]:
        return [each.address for request in self.requests for each in request.recipients]

    async def send(self, request: SendRequest) -> list[SendAnswer]:
        self.requests.append(request)
        self.sent.extend(each.key for each in request.recipients)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            answers = list(await self.answering(request))
        finally:
            self.under_way -= 1
        self.taken |= {answer.key: answer for answer in answers}
        return answers

    async def find_send(self, request: FindRequest) -> list[SendAnswer] | None:
        if EmailAbility.FIND_SEND not in self.abilities:
            return None
        self.asked.extend(request.keys)
        return [self.taken[key] for key in request.keys if key in self.taken]

    async def list_workspaces(self, request: ListRequest) -> Page[Workspace]:
        raise Unsupported("it has no e-mails of its own")

    async def list_emails(self, request: ListRequest) -> Page[ApprovedEmail]:
        raise Unsupported("it has no e-mails of its own")

    async def read_events(self, inbound: Inbound) -> list[DeliveryEvent]:
        raise Unsupported("it reports nothing")

    async def check(self) -> Health:
        return Health(healthy=True)

    async def close(self) -> None:
        await asyncio.sleep(0)
