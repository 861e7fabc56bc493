"""Asking for a send: what is written at once, what a repeat finds, what is refused; cancelling."""

from bg_graph.email.commands.sends import Requested, request_send
from bg_graph.email.tables import EmailSendRow
from tests.conftest import statements
from tests.email.sending_world import OUTBOX, PROVIDER, sender, sending
from tests.world import World


async def test_a_send_is_written_with_one_queued_delivery_a_person(world: World) -> None:
    acme = await sending(world, "a@acme.test", "b@acme.test")
    send_id = await acme.send()
    send = await world.one(EmailSendRow)
    assert (send.id, send.group_id, send.email_id, send.content_id) == (send_id, acme.group, acme.email, acme.content)
    assert (send.provider, send.requested_by, send.requested_at) == (PROVIDER, "Maria", world.now)
    deliveries = await acme.deliveries(send_id)
    assert [(row.person_id, row.member_id, row.address) for row in deliveries] == [
        (acme.people[0], acme.members[0], "a@acme.test"),
        (acme.people[1], acme.members[1], "b@acme.test"),
    ]
    assert {(row.status, row.reason, row.attempt, row.not_before) for row in deliveries} == {
        ("QUEUED", None, 0, world.now)
    }
    assert len({row.unsubscribe_token for row in deliveries}) == 2


async def test_followers_and_workers_are_told_of_a_send_once(world: World) -> None:
    acme = await sending(world)
    told = []
    for _ in range(2):
        async with world.database.writing(world.tenant) as db:
            answer = await request_send(db, sender(world.tenant), acme.wish(), OUTBOX, now=world.now)
            assert isinstance(answer, Requested)
            told.append(list(db.announced))
    assert told == [[("send", answer.send_id), ("queue", answer.send_id)], []]


async def test_the_number_of_statements_does_not_grow_with_the_recipients(world: World) -> None:
    few, many = await sending(world, members=1), await sending(world, members=50)
    counts = []
    for number, each in enumerate((few, many)):
        with statements(world.database) as sql:
            await each.send(idempotency_key=f"key {number}")
        counts.append(len(sql))
    assert counts[0] == counts[1] <= 9, counts
