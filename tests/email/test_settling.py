"""Settling by hand a delivery of which nobody knows whether it went out."""

from datetime import timedelta
from uuid import UUID

import pytest

from bg_graph.email.commands.settling import RESOLVED, resolve_delivery
from bg_graph.email.rules.deliveries import DeliveryStatus, Outcome
from bg_graph.email.tables import DeliveryRow
from bg_graph.store.changes import ChangeItemRow, ChangeRow
from bg_graph.tenancy.rules import Right
from tests.email.sending_world import Sending, sender, sending
from tests.world import World

LATER = timedelta(hours=1)


async def unknown(world: World) -> tuple[Sending, UUID]:
    """A delivery whose outcome is unknown."""
    acme = await sending(world, "ann@acme.test")
    (row,) = await acme.deliveries(await acme.send())
    await acme.put(row.id, "UNKNOWN", reason="NO_ANSWER", attempt=1)
    return acme, row.id


async def resolve(world: World, delivery_id: UUID | None, outcome: Outcome, *rights: Right) -> list[str]:
    async with world.database.writing(world.tenant) as db:
        caller = sender(world.tenant, *rights)
        refused = await resolve_delivery(db, caller, delivery_id, outcome, now=world.now + LATER)
    return [fault.code for fault in (refused.faults if refused else ())]


@pytest.mark.parametrize(
    ("outcome", "status", "reason"),
    [(Outcome.SENT, "SENT", None), (Outcome.DROP, "CANCELLED", "DROPPED"), (Outcome.QUEUE_AGAIN, "QUEUED", None)],
)
async def test_an_unknown_delivery_becomes_what_a_person_says(
    world: World, outcome: Outcome, status: str, reason: str | None
) -> None:
    _, delivery_id = await unknown(world)
    assert await resolve(world, delivery_id, outcome) == []
    row = await world.one(DeliveryRow)
    assert (row.status, row.reason, row.settled_by, row.updated_at) == (status, reason, "Maria", world.now + LATER)
    assert row.sent_at == (world.now + LATER if outcome is Outcome.SENT else None)
    assert row.not_before == (world.now + LATER if outcome is Outcome.QUEUE_AGAIN else world.now)


async def test_who_settled_it_when_and_how_stays_on_record(world: World) -> None:
    acme, delivery_id = await unknown(world)
    await resolve(world, delivery_id, Outcome.DROP)
    send_id = (await world.one(DeliveryRow)).send_id
    change = await world.one(ChangeRow, subject_id=send_id)
    assert (change.kind, change.by, change.at) == (RESOLVED, "Maria", world.now + LATER)
    item = await world.one(ChangeItemRow, change_id=change.id)
    assert (item.person_id, item.before["status"], item.after["outcome"]) == (acme.people[0], "UNKNOWN", "DROP")


@pytest.mark.parametrize("status", [status for status in DeliveryStatus if status is not DeliveryStatus.UNKNOWN])
async def test_only_an_unknown_delivery_is_settled(world: World, status: str) -> None:
    acme, delivery_id = await unknown(world)
    await acme.put(delivery_id, status)
    assert await resolve(world, delivery_id, Outcome.QUEUE_AGAIN) == ["NOT_UNKNOWN"]
    assert (await world.one(DeliveryRow)).status == status


async def test_settling_needs_the_right_to_send_and_a_delivery_of_the_tenant(world: World, other_world: World) -> None:
    _, theirs = await unknown(other_world)
    _, mine = await unknown(world)
    assert await resolve(world, mine, Outcome.SENT, Right.READ, Right.EDIT) == ["FORBIDDEN"]
    assert await resolve(world, theirs, Outcome.SENT) == ["NOT_FOUND"]
    assert await resolve(world, None, Outcome.SENT) == ["NOT_FOUND"]
