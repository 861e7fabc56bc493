"""What the tests of sends share: a group whose members can be written to, and an approved e-mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bg_graph.accounts.rules import text_key
from bg_graph.buying_groups.rules.default_roles import CHAMPION
from bg_graph.buying_groups.tables import MemberRow
from bg_graph.email.commands.sends import Connected, Refused, Requested, SendWish, request_send
from bg_graph.email.tables import KEPT_HERE, DeliveryRow, EmailContentRow, EmailRow, EmailWorkspaceRow
from bg_graph.store.ids import new_id
from bg_graph.tenancy.rules import Caller, Right
from tests.world import World

PROVIDER = "outbox"
OUTBOX = Connected(PROVIDER, KEPT_HERE)
"""A provider that sends what is kept here."""


@dataclass
class Sending:
    """A group with members, and an approved e-mail in a workspace."""

    world: World
    group: UUID
    people: list[UUID]
    members: list[UUID]
    workspace: UUID
    email: UUID
    content: UUID

    def wish(self, members: Sequence[UUID | None] | None = None, **different: Any) -> SendWish:
        """A request to send to all members, or to these; what else differs by name."""
        given: dict[str, Any] = {
            "group_id": self.group,
            "member_ids": self.members if members is None else members,
            "workspace_id": self.workspace,
            "email_id": self.email,
            "idempotency_key": "first",
        }
        return SendWish(**{**given, **different})

    async def ask(
        self, members: Sequence[UUID | None] | None = None, *, caller: Caller | None = None, **different: Any
    ) -> Requested | Refused:
        """Ask for a send in a transaction of its own."""
        async with self.world.database.writing(self.world.tenant) as db:
            who = caller or sender(self.world.tenant)
            return await request_send(db, who, self.wish(members, **different), OUTBOX, now=self.world.now)

    async def send(self, members: Sequence[UUID | None] | None = None, **different: Any) -> UUID:
        """Ask for a send that must be taken; its id."""
        answer = await self.ask(members, **different)
        assert isinstance(answer, Requested), answer
        return answer.send_id

    async def refused(self, members: Sequence[UUID | None] | None = None, **different: Any) -> list[tuple[str, str]]:
        """Ask for a send that must be refused; code and place of each fault."""
        answer = await self.ask(members, **different)
        assert isinstance(answer, Refused), answer
        assert all(fault.message for fault in answer.faults)
        return [(fault.code, ".".join(map(str, fault.path))) for fault in answer.faults]

    async def deliveries(self, send_id: UUID) -> list[Any]:
        """The deliveries of a send, in the order of the request."""
        return await self.world.rows(DeliveryRow, send_id=send_id)

    async def statuses(self, send_id: UUID) -> list[tuple[str, str | None]]:
        """Status and reason of each delivery of a send."""
        return [(row.status, row.reason) for row in await self.deliveries(send_id)]

    async def put(self, delivery_id: UUID, status: str, **columns: Any) -> None:
        """Put a delivery into a status, past the product's commands."""
        await self.world.change(DeliveryRow, delivery_id, status=status, **columns)


async def sending(world: World, *addresses: str | None, members: int = 0) -> Sending:
    """A group whose members have these addresses (or as many as `members` says), and an approved e-mail."""
    account = await world.account()
    group = await world.group(account)
    given = list(addresses) or [f"person{number}@acme.test" for number in range(members or 3)]
    people = [await world.person(account, email=address) for address in given]
    await world.members(group, dict.fromkeys(people, CHAMPION.id))
    by_person = {row.person_id: row.id for row in await world.rows(MemberRow, group_id=group)}
    workspace = await world.add(
        EmailWorkspaceRow(provider=KEPT_HERE, external_id=new_id().hex, name="Default", name_key="default")
    )
    email, content = await approved_email(world, workspace)
    return Sending(world, group, people, [by_person[person] for person in people], workspace, email, content)


async def approved_email(world: World, workspace: UUID, name: str = "Welcome", **columns: Any) -> tuple[UUID, UUID]:
    """An e-mail kept here that is approved and may be sent, and its content."""
    given = {"provider": KEPT_HERE, "listed": True, "subject": "Hello", **columns}
    email = await world.add(
        EmailRow(workspace_id=workspace, external_id=new_id().hex, name=name, name_key=text_key(name), **given)
    )
    content = await world.add(
        EmailContentRow(
            email_id=email,
            digest=new_id().hex,
            subject="Hello",
            plain="Hello.",
            imported_at=world.now,
            imported_by="Maria",
        )
    )
    await world.change(EmailRow, email, approved_content_id=content)
    return email, content


def sender(tenant: UUID, *rights: Right) -> Caller:
    """Somebody who may read and send, or has these rights."""
    return Caller(tenant, "acme", new_id(), "Maria", frozenset(rights or {Right.READ, Right.SEND}))
