"""What providers report: deliveries move, activities and marks are written, each report once; the unsubscribe link."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from bg_graph.accounts.tables import ActivityRow, AddressMarkRow, PersonRow
from bg_graph.email.commands.events import Taken, apply_events, may_unsubscribe, unsubscribe
from bg_graph.email.tables import DeliveryEventRow, DeliveryRow
from bg_graph.plugins.email import DeliveryEvent, EventKind
from bg_graph.store.ids import new_id
from tests.conftest import NOW
from tests.email.sending_world import PROVIDER, Sending, sending
from tests.world import World

EARLIER = NOW - timedelta(minutes=5)


async def sent(world: World, *addresses: str) -> tuple[Sending, list[Any]]:
    """Deliveries that went out."""
    acme = await sending(world, *(addresses or ("ann@acme.test",)))
    rows = await acme.deliveries(await acme.send())
    for row in rows:
        await acme.put(row.id, "SENT")
    return acme, rows


def event(row: Any, kind: str, **different: Any) -> DeliveryEvent:
    given = DeliveryEvent(id=f"{kind} {row.id.hex}", kind=EventKind(kind), at=EARLIER, key=row.id.hex)
    return replace(given, **different)


async def tell(world: World, *events: DeliveryEvent, provider: str = PROVIDER) -> Taken:
    return await apply_events(world.database, provider, events, now=NOW)


async def status(world: World, delivery_id: UUID) -> tuple[str, str | None]:
    row = await world.one(DeliveryRow, id=delivery_id)
    return row.status, row.reason


async def test_each_report_becomes_an_activity_of_the_person(world: World) -> None:
    acme, (row,) = await sent(world)
    kinds = ("DELIVERED", "OPENED", "CLICKED", "BOUNCED", "UNSUBSCRIBED", "COMPLAINED")
    await tell(world, *(event(row, kind, url="https://acme.test/" if kind == "CLICKED" else None) for kind in kinds))
    found = {each.kind: each for each in await world.rows(ActivityRow)}
    assert list(found) == [
        "EMAIL_DELIVERED", "OPEN_EMAIL", "CLICK_EMAIL", "EMAIL_BOUNCED", "UNSUBSCRIBE_EMAIL", "EMAIL_COMPLAINT",
    ]  # fmt: skip
    assert {(each.person_id, each.at, each.source) for each in found.values()} == {(acme.people[0], EARLIER, PROVIDER)}
    assert (found["CLICK_EMAIL"].asset_name, found["CLICK_EMAIL"].asset_url) == ("Welcome", "https://acme.test/")


async def test_reports_one_by_one_in_any_order_end_alike(world: World) -> None:
    orders = list(permutations(("DELIVERED", "CLICKED", "BOUNCED")))
    _, rows = await sent(world, *(f"p{number}@acme.test" for number in range(len(orders))))
    for row, order in zip(rows, orders, strict=True):
        for kind in (*order, order[0]):
            await tell(world, event(row, kind))
    ends = {await status(world, row.id) for row in rows}
    assert ends == {("BOUNCED", "SOFT_BOUNCE")}


async def test_a_report_counts_once_however_often_it_comes(world: World) -> None:
    _, (row,) = await sent(world)
    opened = event(row, "OPENED")
    assert await tell(world, opened, opened) == Taken(accepted=1, repeated=1)
    assert await tell(world, opened) == Taken(repeated=1)
    assert len(await world.rows(DeliveryEventRow)) == len(await world.rows(ActivityRow)) == 1


async def test_a_report_finds_its_delivery_by_the_messages_id(world: World) -> None:
    acme, (row,) = await sent(world)
    await acme.put(row.id, "SENT", provider_message_id="<1@acme.test>")
    taken = await tell(world, event(row, "DELIVERED", key=None, message_id="<1@acme.test>"))
    assert taken == Taken(accepted=1)
    assert await status(world, row.id) == ("DELIVERED", None)


async def test_a_message_id_that_two_deliveries_have_tells_nothing(world: World) -> None:
    acme, rows = await sent(world, "a@acme.test", "b@acme.test")
    for row in rows:
        await acme.put(row.id, "SENT", provider_message_id="same")
    assert await tell(world, event(rows[0], "DELIVERED", key=None, message_id="same")) == Taken(unknown=1)


async def test_reports_of_several_tenants_come_in_one_call(world: World, other_world: World) -> None:
    _, (here,) = await sent(world)
    _, (there,) = await sent(other_world)
    assert await tell(world, event(here, "OPENED"), event(there, "CLICKED")) == Taken(accepted=2)
    assert (await status(world, here.id), await status(other_world, there.id)) == (("OPENED", None), ("CLICKED", None))


async def test_a_report_of_no_delivery_is_counted_and_left_out(world: World) -> None:
    _, (row,) = await sent(world)
    strange = [
        event(row, "OPENED", id=str(number), key=key) for number, key in enumerate((new_id().hex, "no key", None))
    ]
    assert await tell(world, *strange) == Taken(unknown=3)
    assert await tell(world, event(row, "OPENED"), provider="smtp") == Taken(unknown=1)
    assert await world.rows(DeliveryEventRow) == []


async def test_a_report_settles_an_unknown_delivery_and_takes_a_queued_one_out_of_the_queue(world: World) -> None:
    acme, (first, second) = await sent(world, "a@acme.test", "b@acme.test")
    await acme.put(first.id, "UNKNOWN", reason="NO_ANSWER")
    await acme.put(second.id, "QUEUED", worker="w", lease_until=NOW)
    await tell(world, event(first, "DELIVERED"), event(second, "OPENED"))
    rows = await world.rows(DeliveryRow)
    assert [(row.status, row.reason, row.worker, row.sent_at) for row in rows] == [
        ("DELIVERED", None, None, EARLIER),
        ("OPENED", None, None, EARLIER),
    ]


@pytest.mark.parametrize(
    ("kind", "hard", "flags", "mark"),
    [
        ("BOUNCED", True, (True, False), "BOUNCED"),
        ("COMPLAINED", False, (False, True), "COMPLAINED"),
        ("UNSUBSCRIBED", False, (False, True), "UNSUBSCRIBED"),
    ],
)
async def test_a_hard_bounce_a_complaint_and_an_unsubscribe_mark_the_address_whoever_has_it(
    world: World, kind: str, hard: bool, flags: tuple[bool, bool], mark: str
) -> None:
    acme, (row,) = await sent(world)
    elsewhere = await world.person(await world.account(), email="ANN@acme.test")
    somebody_else = await world.person(await world.account(), email="bob@acme.test")
    await tell(world, event(row, kind, hard=hard, raw="their words"))
    people = {each.id: (each.email_invalid, each.unsubscribed) for each in await world.rows(PersonRow)}
    assert people == {acme.people[0]: flags, elsewhere: flags, somebody_else: (False, False)}
    marked = await world.one(AddressMarkRow)
    assert (marked.address_key, marked.kind, marked.at, marked.detail) == (
        "ann@acme.test",
        mark,
        EARLIER,
        "their words",
    )


async def test_a_soft_bounce_ends_the_delivery_and_marks_nobody(world: World) -> None:
    _, (row,) = await sent(world)
    await tell(world, event(row, "BOUNCED", raw="mailbox full"))
    found = await world.one(DeliveryRow)
    assert (found.status, found.reason, found.detail) == ("BOUNCED", "SOFT_BOUNCE", "mailbox full")
    assert await world.rows(AddressMarkRow) == []


async def test_a_mark_holds_in_its_tenant_alone(world: World, other_world: World) -> None:
    _, (row,) = await sent(world)
    there = await sending(other_world, "ann@acme.test")
    await tell(world, event(row, "UNSUBSCRIBED"))
    assert await there.statuses(await there.send()) == [("QUEUED", None)]


async def test_who_unsubscribed_is_skipped_by_the_next_send(world: World) -> None:
    acme, (row,) = await sent(world)
    await tell(world, event(row, "UNSUBSCRIBED"))
    await world.change(PersonRow, acme.people[0], unsubscribed=False)
    assert await acme.statuses(await acme.send(idempotency_key="next")) == [("SKIPPED", "UNSUBSCRIBED")]


async def test_a_report_of_somebody_who_is_gone_moves_the_delivery_alone(world: World) -> None:
    _, (row,) = await sent(world)
    await world.change(DeliveryRow, row.id, person_id=new_id())
    assert await tell(world, event(row, "OPENED")) == Taken(accepted=1)
    assert await status(world, row.id) == ("OPENED", None)
    assert await world.rows(ActivityRow) == []


async def test_a_report_from_the_future_is_an_activity_of_now(world: World) -> None:
    _, (row,) = await sent(world)
    await tell(world, event(row, "OPENED", at=NOW + timedelta(days=400)))
    assert (await world.one(ActivityRow)).at == NOW


async def test_texts_that_a_database_cannot_keep_are_kept_as_far_as_it_can(world: World) -> None:
    _, (row,) = await sent(world)
    await tell(world, event(row, "BOUNCED", id="a\x00b", raw="x\x00\ud800" + "y" * 9_000))
    found = await world.one(DeliveryEventRow)
    assert (found.external_id, found.raw[:4], len(found.raw)) == ("ab", "x?yy", 2_000)


async def test_an_unsubscribe_link_ends_e_mails_however_often_it_is_followed(world: World) -> None:
    acme, (row,) = await sent(world)
    assert await may_unsubscribe(world.database, row.unsubscribe_token)
    assert [await unsubscribe(world.database, row.unsubscribe_token, now=NOW) for _ in range(2)] == [True, True]
    assert await status(world, row.id) == ("UNSUBSCRIBED", None)
    assert len(await world.rows(DeliveryEventRow)) == len(await world.rows(AddressMarkRow)) == 1
    assert (await world.one(PersonRow, id=acme.people[0])).unsubscribed


async def test_an_unsubscribe_link_counts_again_where_the_mark_was_lifted(world: World) -> None:
    acme, (row,) = await sent(world)
    await unsubscribe(world.database, row.unsubscribe_token, now=NOW)
    await world.change(PersonRow, acme.people[0], unsubscribed=False)
    await unsubscribe(world.database, row.unsubscribe_token, now=NOW)
    assert (await world.one(PersonRow, id=acme.people[0])).unsubscribed


async def test_a_link_that_is_not_ours_unsubscribes_nobody(world: World) -> None:
    await sent(world)
    assert not await may_unsubscribe(world.database, "x" * 32)
    assert not await unsubscribe(world.database, "x" * 32, now=NOW)
    assert await world.rows(AddressMarkRow) == []
