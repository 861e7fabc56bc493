"""Sends through the API: asking, following, cancelling, settling; every code with its place."""

from typing import Any
from uuid import UUID

import pytest

from bg_graph.accounts.tables import AddressMarkRow
from bg_graph.email.commands.events import apply_events
from bg_graph.plugins.email import DeliveryEvent, EventKind
from bg_graph.store.engine import Database
from bg_graph.store.ids import new_id
from bg_graph.tenancy.rules import Caller, Right
from tests.email.sending_world import PROVIDER, Sending, sending
from tests.screens.conftest import Answer, Ask, ask, caller_of, gid, schema
from tests.world import World

__all__ = ["ask", "schema"]

SEND = """mutation Send($input: SendEmailInput!) { sendEmail(input: $input) {
  repeated userErrors { code path message }
  emailSend { id status requestedBy requestedAt email { name } buyingGroup { id }
    counts { total queued skipped sent }
    deliveries { totalCount nodes { id status reason address attempts person { name } member { id } events { nodes { kind } } } } }
} }"""
CANCEL = """mutation Cancel($id: ID!) { cancelSend(input: {emailSendId: $id}) {
  emailSend { status cancelledBy counts { queued cancelled } } userErrors { code path } } }"""
RESOLVE = """mutation Resolve($id: ID!, $outcome: DeliveryOutcome!) {
  resolveDelivery(input: {deliveryId: $id, outcome: $outcome}) {
    delivery { status reason settledBy emailSend { status } } userErrors { code path } } }"""
SENDER = (Right.SEND,)


def asked(acme: Sending, **different: Any) -> dict[str, Any]:
    return {
        "buyingGroupId": gid("grp", acme.group),
        "memberIds": [gid("mem", member) for member in acme.members],
        "workspaceId": gid("ews", acme.workspace),
        "emailId": gid("eml", acme.email),
        "idempotencyKey": "first",
        **different,
    }


@pytest.fixture
def maria(tenant: UUID) -> Caller:
    return caller_of(tenant, *SENDER)


async def send(ask: Ask, maria: Caller, acme: Sending, **different: Any) -> dict[str, Any]:
    answer = await ask(SEND, caller=maria, input=asked(acme, **different))
    found: dict[str, Any] = answer.data["sendEmail"]
    return found


async def test_a_send_is_given_back_at_once_with_its_deliveries(ask: Ask, maria: Caller, world: World) -> None:
    acme = await sending(world, "a@acme.test", None)
    payload = await send(ask, maria, acme)
    found = payload["emailSend"]
    assert (payload["userErrors"], payload["repeated"]) == ([], False)
    assert (found["status"], found["requestedBy"], found["email"]["name"]) == ("QUEUED", "Maria", "Welcome")
    assert found["counts"] == {"total": 2, "queued": 1, "skipped": 1, "sent": 0}
    assert [
        (node["status"], node["reason"], node["address"], node["member"]["id"]) for node in found["deliveries"]["nodes"]
    ] == [
        ("QUEUED", None, "a@acme.test", gid("mem", acme.members[0])),
        ("SKIPPED", "NO_ADDRESS", None, gid("mem", acme.members[1])),
    ]
    again = await send(ask, maria, acme)
    assert (again["repeated"], again["emailSend"]["id"]) == (True, found["id"])


async def test_sending_to_50_takes_as_many_statements_as_to_one(ask: Ask, maria: Caller, world: World) -> None:
    counts = []
    for members in (1, 50):
        acme = await sending(world, members=members)
        answer: Answer = await ask(SEND, caller=maria, input=asked(acme, idempotencyKey=str(members)))
        assert answer.data["sendEmail"]["userErrors"] == []
        counts.append(len(answer.sql))
    assert counts[0] == counts[1] <= 15, counts


async def test_every_fault_has_its_code_and_its_place(ask: Ask, maria: Caller, world: World) -> None:
    acme = await sending(world)
    wrong = {"memberIds": [gid("per", acme.people[0])], "workspaceId": "nothing", "emailId": gid("eml", new_id())}
    payload = await send(ask, maria, acme, **wrong)
    assert payload["emailSend"] is None
    assert [(each["code"], each["path"]) for each in payload["userErrors"]] == [
        ("NOT_A_MEMBER", ["input", "memberIds", "0"]),
        ("NOT_FOUND", ["input", "workspaceId"]),
        ("NOT_FOUND", ["input", "emailId"]),
    ]


async def test_a_caller_without_the_right_is_told_which_is_missing(ask: Ask, world: World, tenant: UUID) -> None:
    acme = await sending(world)
    (error,) = (await send(ask, caller_of(tenant, Right.EDIT), acme))["userErrors"]
    assert (error["code"], error["path"], "'send'" in error["message"]) == ("FORBIDDEN", ["input"], True)


async def test_a_send_is_followed_and_found_in_its_group(
    ask: Ask, maria: Caller, world: World, database: Database
) -> None:
    acme = await sending(world, "a@acme.test", "b@acme.test")
    send_id = (await send(ask, maria, acme))["emailSend"]["id"]
    first, second = await acme.deliveries(UUID(send_id[4:]))
    query = """query Follow($id: ID!, $group: ID!) {
      emailSend(id: $id) { status counts { total queued sent clicked unknown }
        deliveries(statuses: [CLICKED]) { totalCount nodes { events { nodes { kind url hard } } } } }
      node(id: $group) { ... on BuyingGroup { emailSends { totalCount nodes { id status } } } } }"""

    async def follow() -> dict[str, Any]:
        found: dict[str, Any] = (await ask(query, id=send_id, group=gid("grp", acme.group))).data
        assert found["node"]["emailSends"]["nodes"] == [{"id": send_id, "status": found["emailSend"]["status"]}]
        return found["emailSend"]

    assert (await follow())["status"] == "QUEUED"
    await acme.put(first.id, "SENT", attempt=1)
    assert (await follow())["status"] == "SENDING"
    await acme.put(second.id, "UNKNOWN", attempt=1)
    clicked = DeliveryEvent(id="1", kind=EventKind.CLICKED, at=world.now, key=first.id.hex, url="https://acme.test/")
    await apply_events(database, PROVIDER, [clicked], now=world.now)
    found = await follow()
    assert (found["status"], found["counts"]) == (
        "DONE",
        {"total": 2, "queued": 0, "sent": 0, "clicked": 1, "unknown": 1},
    )
    assert found["deliveries"] == {
        "totalCount": 1,
        "nodes": [{"events": {"nodes": [{"kind": "CLICKED", "url": "https://acme.test/", "hard": False}]}}],
    }


async def test_a_send_is_cancelled_once(ask: Ask, maria: Caller, world: World) -> None:
    acme = await sending(world, members=2)
    send_id = (await send(ask, maria, acme))["emailSend"]["id"]
    payload = (await ask(CANCEL, caller=maria, id=send_id)).data["cancelSend"]
    assert payload == {
        "emailSend": {"status": "CANCELLED", "cancelledBy": "Maria", "counts": {"queued": 0, "cancelled": 2}},
        "userErrors": [],
    }
    again = (await ask(CANCEL, caller=maria, id=send_id)).data["cancelSend"]
    assert again == {"emailSend": None, "userErrors": [{"code": "NOT_CANCELLABLE", "path": ["input", "emailSendId"]}]}


async def test_an_unknown_delivery_is_settled_once(ask: Ask, maria: Caller, world: World) -> None:
    acme = await sending(world, members=1)
    send_id = (await send(ask, maria, acme))["emailSend"]["id"]
    (row,) = await acme.deliveries(UUID(send_id[4:]))
    await acme.put(row.id, "UNKNOWN", attempt=1)
    settled = {"caller": maria, "id": gid("dlv", row.id), "outcome": "DROP"}
    payload = (await ask(RESOLVE, **settled)).data["resolveDelivery"]
    assert payload == {
        "delivery": {"status": "CANCELLED", "reason": "DROPPED", "settledBy": "Maria", "emailSend": {"status": "DONE"}},
        "userErrors": [],
    }
    again = (await ask(RESOLVE, **settled)).data["resolveDelivery"]
    assert again["userErrors"] == [{"code": "NOT_UNKNOWN", "path": ["input", "deliveryId"]}]


async def test_another_tenants_send_and_deliveries_are_not_found(
    ask: Ask, maria: Caller, world: World, other_world: World
) -> None:
    there = await sending(other_world)
    send_id = await there.send()
    row = (await there.deliveries(send_id))[0]
    assert (await ask("query Q($id: ID!) { emailSend(id: $id) { id } }", id=gid("snd", send_id))).data[
        "emailSend"
    ] is None
    payload = (await ask(CANCEL, caller=maria, id=gid("snd", send_id))).data["cancelSend"]
    assert payload["userErrors"] == [{"code": "NOT_FOUND", "path": ["input", "emailSendId"]}]
    payload = (await ask(RESOLVE, caller=maria, id=gid("dlv", row.id), outcome="SENT")).data["resolveDelivery"]
    assert payload["userErrors"] == [{"code": "NOT_FOUND", "path": ["input", "deliveryId"]}]


async def test_nobody_is_emailable_at_an_address_that_is_marked_whatever_the_person_says(
    ask: Ask, world: World
) -> None:
    account = await world.account()
    marked = await world.person(account, email="Ann@acme.test")
    free = await world.person(account, email="bob@acme.test")
    await world.add(AddressMarkRow(address_key="ann@acme.test", kind="BOUNCED", at=world.now))
    query = "query Q($ids: [ID!]!) { nodes(ids: $ids) { ... on Person { emailable unsubscribed } } }"
    found = (await ask(query, ids=[gid("per", marked), gid("per", free)])).data["nodes"]
    assert [person["emailable"] for person in found] == [False, True]


async def test_deliveries_of_all_sends_are_found_by_how_they_stand(ask: Ask, maria: Caller, world: World) -> None:
    acme = await sending(world, "a@acme.test", None)
    for key in ("first", "second"):
        await send(ask, maria, acme, idempotencyKey=key)
    listing = "query ($of: [DeliveryStatus!]) { emailDeliveries(statuses: $of) { totalCount nodes { address } } }"
    everything = (await ask(listing)).data["emailDeliveries"]
    skipped = (await ask(listing, of=["SKIPPED"])).data["emailDeliveries"]
    assert everything["totalCount"] == 4
    assert (skipped["totalCount"], skipped["nodes"]) == (2, [{"address": None}] * 2)
    assert (await ask(listing, of=["UNKNOWN"])).data["emailDeliveries"]["nodes"] == []
