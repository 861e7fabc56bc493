"""The outbox: one durable file for each key, whatever is asked twice, and faults told as what they are."""

import asyncio
import os
import threading
from pathlib import Path

import pytest
from pydantic import ValidationError

from bg_email_outbox.provider import OutboxProvider
from bg_email_outbox.settings import OutboxSettings
from bg_graph.plugins.email import Accepted, EmailAbility, FindRequest, Inbound, ListRequest, Refused
from bg_graph.plugins.errors import Misconfigured, Rejected, Unavailable, Unsupported
from tests.email.messages import AT, key_of, message, parsed, recipient, request
from tests.plugins.lent import lent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


@pytest.fixture
def outbox(folder: Path) -> OutboxProvider:
    return OutboxProvider(OutboxSettings(folder=folder), lent("outbox"), clock=lambda: AT)


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def test_each_recipient_gets_a_file_named_by_the_key_in_the_tenants_folder(outbox: OutboxProvider, folder: Path):
    answers = await outbox.send(request(recipient(1), recipient(2, "bob@example.com")))
    assert answers == [
        Accepted(key=key_of(1), message_id=f"<{key_of(1)}@bg-graph.invalid>"),
        Accepted(key=key_of(2), message_id=f"<{key_of(2)}@bg-graph.invalid>"),
    ]
    assert files(folder) == [f"acme/{key_of(1)}.eml", f"acme/{key_of(2)}.eml"]


async def test_the_same_key_twice_is_one_file_with_what_came_first(outbox: OutboxProvider, folder: Path):
    first = await outbox.send(request(recipient(1, subject="First")))
    second = await outbox.send(request(recipient(1, subject="Second")))
    assert second == first
    assert files(folder) == [f"acme/{key_of(1)}.eml"]
    assert parsed((folder / "acme" / f"{key_of(1)}.eml").read_bytes())["subject"] == "First"


async def test_the_same_key_from_twenty_callers_at_once_is_one_whole_file(outbox: OutboxProvider, folder: Path):
    long = "x" * 200_000
    await asyncio.gather(*(outbox.send(request(recipient(1, plain=long))) for _ in range(20)))
    assert files(folder) == [f"acme/{key_of(1)}.eml"]
    content = parsed((folder / "acme" / f"{key_of(1)}.eml").read_bytes()).get_content()
    assert content.strip() == long


async def test_what_was_kept_can_be_asked_for_and_what_was_not_is_missing_from_the_answer(outbox: OutboxProvider):
    accepted = await outbox.send(request(recipient(1)))
    found = await outbox.find_send(FindRequest(tenant="acme", keys=(key_of(1), key_of(2))))
    assert found == accepted
    assert await outbox.find_send(FindRequest(tenant="other", keys=(key_of(1),))) == []


async def test_a_file_half_written_when_the_process_died_is_not_found_and_is_sent_again(
    outbox: OutboxProvider, folder: Path
):
    (folder / "acme").mkdir(parents=True)
    (folder / "acme" / f".{key_of(1)}.0011223344556677.part").write_bytes(b"Subject: ha")
    assert await outbox.find_send(FindRequest(tenant="acme", keys=(key_of(1),))) == []
    assert isinstance((await outbox.send(request(recipient(1))))[0], Accepted)
    assert outbox.files.keys("acme", 10) == [key_of(1)]


async def test_an_address_that_is_none_is_refused_and_does_not_stop_the_others(outbox: OutboxProvider, folder: Path):
    answers = await outbox.send(request(recipient(1, "nobody"), recipient(2)))
    assert isinstance(answers[0], Refused)
    assert (answers[0].code, answers[0].bad_address) == ("BAD_ADDRESS", True)
    assert isinstance(answers[1], Accepted)
    assert files(folder) == [f"acme/{key_of(2)}.eml"]


async def test_the_newest_keys_come_first_page_by_page(outbox: OutboxProvider):
    await outbox.send(request(*(recipient(number) for number in range(1, 8))))
    first = outbox.files.keys("acme", 3)
    assert first == [key_of(7), key_of(6), key_of(5)]
    assert outbox.files.keys("acme", 3, before=first[-1]) == [key_of(4), key_of(3), key_of(2)]
    assert outbox.files.keys("acme", 3, before=key_of(2)) == [key_of(1)]
    assert outbox.files.keys("other", 3) == []


async def test_messages_are_for_the_owner_of_the_process_alone(outbox: OutboxProvider, folder: Path):
    await outbox.send(request())
    assert (folder / "acme" / f"{key_of(1)}.eml").stat().st_mode & 0o077 == 0
    assert (folder / "acme").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("tenant", ["", "..", "a/b", "/etc", ".hidden", "a\\b", "a\x00b"])
async def test_a_tenant_that_could_lead_out_of_the_folder_is_rejected(
    outbox: OutboxProvider, tenant: str, folder: Path
):
    with pytest.raises(Rejected, match="folder"):
        await outbox.send(request(tenant=tenant))
    assert not folder.exists()


@pytest.mark.parametrize("key", ["", "x" * 32, "../" + "0" * 29, "A" * 32])
async def test_a_key_that_is_none_is_rejected(outbox: OutboxProvider, key: str):
    with pytest.raises(Rejected, match="key"):
        await outbox.find_send(FindRequest(tenant="acme", keys=(key,)))


async def test_a_folder_that_is_a_file_is_a_matter_of_settings(folder: Path, outbox: OutboxProvider):
    folder.write_text("in the way")
    with pytest.raises(Misconfigured, match=r"outbox.folder"):
        await outbox.send(request())
    with pytest.raises(Misconfigured, match=str(folder)):
        await outbox.check()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
async def test_a_full_disk_is_a_matter_of_time(outbox: OutboxProvider, monkeypatch: pytest.MonkeyPatch):
    on_disk = os.open
    monkeypatch.setattr(  # every new file is the full device
        os, "open", lambda path, flags, *mode: on_disk("/dev/full", os.O_WRONLY) if mode else on_disk(path, flags)
    )
    with pytest.raises(Unavailable, match="No space left"):
        await outbox.send(request())


async def test_the_loop_is_not_held_up(outbox: OutboxProvider, monkeypatch: pytest.MonkeyPatch):
    threads: set[int] = set()
    on_disk = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (threads.add(threading.get_ident()), on_disk(file)))
    await outbox.send(request())
    assert threads
    assert threading.get_ident() not in threads


async def test_a_healthy_outbox_says_where_messages_lie(outbox: OutboxProvider, folder: Path):
    health = await outbox.check()
    assert health.healthy
    assert str(folder) in health.message
    assert not folder.exists()
    assert list(folder.parent.iterdir()) == []


async def test_what_it_cannot_do_is_said(outbox: OutboxProvider):
    assert EmailAbility.EVENTS not in outbox.abilities
    with pytest.raises(Unsupported):
        await outbox.list_workspaces(ListRequest(tenant="acme"))
    with pytest.raises(Unsupported):
        await outbox.list_emails(ListRequest(tenant="acme"))
    with pytest.raises(Unsupported):
        await outbox.read_events(Inbound(headers={}, body=b"", received_at=AT))
    await outbox.close()
    await outbox.close()


async def test_a_message_that_is_wrong_is_refused_and_does_not_stop_the_others(outbox: OutboxProvider, folder: Path):
    wrong = recipient(2, headers={"Bcc": "eve@example.com"})
    answers = await outbox.send(request(wrong, recipient(1)))
    assert isinstance(answers[0], Refused)
    assert (answers[0].code, answers[0].bad_address) == ("BAD_HEADER", False)
    assert isinstance(answers[1], Accepted)
    assert files(folder) == [f"acme/{key_of(1)}.eml"]


def test_a_sender_that_is_no_address_stops_the_start(folder: Path):
    with pytest.raises(ValidationError, match="sender can't be used: the address has not the form"):
        OutboxSettings(folder=folder, sender="nobody")


async def test_a_test_says_so_in_its_subject(outbox: OutboxProvider, folder: Path):
    await outbox.send(request(test=True))
    assert parsed((folder / "acme" / f"{key_of(1)}.eml").read_bytes())["subject"] == f"[Test] {message().subject}"
