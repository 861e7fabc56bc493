"""Asking for a send: what is written at once, what a repeat finds, what is refused; cancelling what is queued."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from bg_graph.accounts.tables import AddressMarkRow, PersonRow
from bg_graph.email.commands.sends import Connected, Refused, Requested, cancel_send, request_send
from bg_graph.email.tables import KEPT_HERE, DeliveryRow, EmailRow, EmailSendRow, EmailWorkspaceRow
from bg_graph.store.ids import new_id
from bg_graph.tenancy.rules import Right
from tests.conftest import statements
from tests.email.sending_world import OUTBOX, PROVIDER, Sending, approved_email, sender, sending
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
    assert counts[0] == counts[1] <= 10, counts  # the tenth asks who listens


async def test_who_may_not_be_sent_to_is_skipped_with_the_reason(world: World) -> None:
    addresses = (None, "no address", "c@acme.test", "d@acme.test", "e@acme.test", "F@acme.test", "f@acme.test")
    acme = await sending(world, *addresses)
    await world.change(PersonRow, acme.people[2], email_suspended=True)
    await world.change(PersonRow, acme.people[3], unsubscribed=True)
    await world.add(AddressMarkRow(address_key="e@acme.test", kind="UNSUBSCRIBED", at=world.now))
    reasons = ["NO_ADDRESS", "INVALID", "SUSPENDED", "UNSUBSCRIBED", "UNSUBSCRIBED", None, "SAME_ADDRESS"]
    expected = [("QUEUED" if reason is None else "SKIPPED", reason) for reason in reasons]
    assert await acme.statuses(await acme.send()) == expected


async def test_a_repeat_finds_the_same_send_whatever_changed_since(world: World) -> None:
    acme = await sending(world)
    send_id = await acme.send()
    await world.change(EmailRow, acme.email, listed=False)
    await world.remove(acme.group, acme.people[0])
    await world.archive(acme.group)
    again = await acme.ask(list(reversed(acme.members)))
    assert again == Requested(send_id, repeated=True)
    assert len(await world.rows(DeliveryRow)) == 3


@pytest.mark.parametrize("what", ["fewer members", "another e-mail", "no group"])
async def test_a_key_used_for_another_request_is_refused(world: World, what: str) -> None:
    acme = await sending(world)
    await acme.send()
    other, _ = await approved_email(world, acme.workspace, "Other")
    different: dict[str, dict[str, Any]] = {
        "fewer members": {"members": acme.members[1:]},
        "another e-mail": {"email_id": other},
        "no group": {"group_id": None},
    }
    assert await acme.refused(**different[what]) == [("KEY_USED_FOR_OTHER", "idempotencyKey")]
    assert len(await world.rows(EmailSendRow)) == 1


async def test_calls_with_one_key_that_race_make_one_send(world: World) -> None:
    acme = await sending(world)
    answers = await asyncio.gather(*(acme.ask() for _ in range(6)))
    sends = {answer.send_id for answer in answers if isinstance(answer, Requested)}
    assert len(sends) == 1
    assert all(isinstance(answer, Requested) for answer in answers)
    assert sorted(answer.repeated for answer in answers if isinstance(answer, Requested)) == [False] + [True] * 5
    assert len(await world.rows(DeliveryRow)) == 3


async def test_of_different_calls_with_one_key_that_race_one_is_sent(world: World) -> None:
    acme = await sending(world)
    answers = await asyncio.gather(*(acme.ask([member]) for member in acme.members))
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert [fault.code for each in refused for fault in each.faults] == ["KEY_USED_FOR_OTHER"] * 2
    assert len(await world.rows(DeliveryRow)) == 1


async def test_a_key_belongs_to_its_tenant(world: World, other_world: World) -> None:
    here, there = await sending(world), await sending(other_world)
    assert await here.send() != await there.send()


async def test_a_send_keeps_the_content_that_was_approved_when_it_was_asked_for(world: World) -> None:
    acme = await sending(world)
    await acme.send()
    await world.change(EmailRow, acme.email, approved_content_id=None)
    assert (await world.one(EmailSendRow)).content_id == acme.content


async def test_without_the_right_to_send_nothing_else_is_told(world: World) -> None:
    acme = await sending(world)
    reader = sender(world.tenant, Right.READ, Right.EDIT)
    assert await acme.refused([], caller=reader) == [("FORBIDDEN", "")]
    await acme.send()
    assert await acme.refused(caller=reader) == [("FORBIDDEN", "")]


async def test_every_fault_of_a_call_is_told_at_once(world: World) -> None:
    acme = await sending(world)
    await world.archive(acme.group)
    gone, never = acme.members[0], new_id()
    await world.change(EmailRow, acme.email, sendable=False, not_sendable_reason="no campaign")
    faults = await acme.refused([gone, None, gone, never], idempotency_key="")
    assert faults == [
        ("INVALID_INPUT", "idempotencyKey"),
        ("GROUP_ARCHIVED", "buyingGroupId"),
        ("NOT_A_MEMBER", "memberIds.1"),
        ("DUPLICATE_IN_INPUT", "memberIds.2"),
        ("NOT_A_MEMBER", "memberIds.3"),
        ("EMAIL_NOT_SENDABLE", "emailId"),
    ]
    assert await world.rows(EmailSendRow) == []


@pytest.mark.parametrize("count", [0, 51])
async def test_a_call_takes_1_to_50_members(world: World, count: int) -> None:
    acme = await sending(world, members=51)
    assert await acme.refused(acme.members[:count]) == [("BATCH_SIZE", "memberIds")]


async def test_fifty_members_are_taken(world: World) -> None:
    acme = await sending(world, members=50)
    assert len(await acme.deliveries(await acme.send())) == 50


async def test_a_member_of_another_group_refuses_the_call(world: World) -> None:
    acme, other = await sending(world), await sending(world)
    assert await acme.refused([acme.members[0], other.members[0]]) == [("NOT_A_MEMBER", "memberIds.1")]


async def test_what_is_another_tenants_is_not_found(world: World, other_world: World) -> None:
    here, there = await sending(world), await sending(other_world)
    faults = await here.refused(there.members, group_id=there.group, workspace_id=there.workspace, email_id=there.email)
    assert faults == [("NOT_FOUND", "buyingGroupId"), ("NOT_FOUND", "workspaceId"), ("NOT_FOUND", "emailId")]


async def test_an_email_of_another_workspace_is_not_found_there(world: World) -> None:
    acme = await sending(world)
    other = EmailWorkspaceRow(provider=KEPT_HERE, external_id="other", name="Other", name_key="other")
    assert await acme.refused(workspace_id=await world.add(other)) == [("NOT_FOUND", "emailId")]


async def test_an_email_that_is_not_approved_is_not_sent(world: World) -> None:
    acme = await sending(world)
    await world.change(EmailRow, acme.email, listed=False)
    assert await acme.refused() == [("EMAIL_NOT_APPROVED", "emailId")]


async def test_an_email_of_another_system_than_the_connected_one_is_not_sent(world: World) -> None:
    acme = await sending(world)
    async with world.database.writing(world.tenant) as db:
        far = Connected("marketo", "marketo")
        answer = await request_send(db, sender(world.tenant), acme.wish(), far, now=world.now)
    assert isinstance(answer, Refused)
    assert [fault.code for fault in answer.faults] == ["EMAIL_NOT_SENDABLE"]


async def cancel(acme: Sending, send_id: UUID | None, *rights: Right) -> list[tuple[str, str]]:
    world = acme.world
    async with world.database.writing(world.tenant) as db:
        later = world.now + timedelta(minutes=1)
        refused = await cancel_send(db, sender(world.tenant, *rights), send_id, now=later)
    return [(fault.code, ".".join(map(str, fault.path))) for fault in (refused.faults if refused else ())]


async def test_cancelling_ends_what_is_queued_and_leaves_the_rest(world: World) -> None:
    acme = await sending(world, members=5)
    send_id = await acme.send()
    deliveries = await acme.deliveries(send_id)
    for row, status in zip(deliveries, ("SENDING", "SENT", "UNKNOWN"), strict=False):
        await acme.put(row.id, status)
    assert await cancel(acme, send_id) == []
    assert [status for status, _ in await acme.statuses(send_id)] == ["SENDING", "SENT", "UNKNOWN"] + ["CANCELLED"] * 2
    assert (await world.one(EmailSendRow)).cancelled_by == "Maria"


async def test_a_send_of_which_nothing_is_queued_cannot_be_cancelled(world: World) -> None:
    acme = await sending(world)
    send_id = await acme.send()
    assert await cancel(acme, send_id) == []
    assert await cancel(acme, send_id) == [("NOT_CANCELLABLE", "emailSendId")]


async def test_cancelling_needs_a_send_and_the_right_to_send(world: World, other_world: World) -> None:
    here, there = await sending(world), await sending(other_world)
    theirs = await there.send()
    assert await cancel(here, None) == [("NOT_FOUND", "emailSendId")]
    assert await cancel(here, theirs) == [("NOT_FOUND", "emailSendId")]
    assert await cancel(there, theirs, Right.READ, Right.EDIT) == [("FORBIDDEN", "")]
