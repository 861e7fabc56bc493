"""SMTP against a real server: every answer at every stage, and every place at which the connection can be lost."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bg_email_smtp.provider import SmtpProvider
from bg_graph.plugins.email import Accepted, EmailAbility, FindRequest, Inbound, ListRequest, Refused
from bg_graph.plugins.errors import Misconfigured, OutcomeUnknown, Rejected, Unavailable, Unsupported
from tests.email.mail_server import Act, Recorder, answers, answers_once, drops, is_silent, mail_server, scripted
from tests.email.messages import AT, key_of, parsed, recipient, request
from tests.email.smtp_to import smtp_to

LONG = "A line of text that is repeated many times, so that the message fills many packets.\n" * 20_000
BEFORE_THE_END = ["MAIL", "RCPT", "DATA"]


@pytest.fixture
async def server() -> AsyncIterator[Recorder]:
    async with mail_server() as recorder:
        yield recorder


@pytest.fixture
async def provider(server: Recorder) -> AsyncIterator[SmtpProvider]:
    made = smtp_to(server.port)
    yield made
    await made.close()


async def test_a_message_arrives_as_it_was_handed_over(server: Recorder, provider: SmtpProvider):
    answer = await provider.send(request(recipient(plain="First\n.second\n..third\n", html="<p>Grüße</p>")))
    assert answer == [Accepted(key=key_of(1), message_id=f"<{key_of(1)}@example.com>")]
    (taken,) = server.taken
    assert (taken.mail_from, taken.rcpt_tos) == ("news@example.com", ["ann@example.com"])
    email = parsed(taken.content)
    assert (str(email["from"]), str(email["to"])) == ("News <news@example.com>", "Ann Lee <ann@example.com>")
    assert email.get_body(("plain",)).get_content().splitlines() == ["First", ".second", "..third"]
    assert email.get_body(("html",)).get_content() == "<p>Grüße</p>\r\n"


async def test_a_long_message_arrives_whole(server: Recorder, provider: SmtpProvider):
    await provider.send(request(recipient(plain=LONG)))
    assert parsed(server.taken[0].content).get_content() == LONG.replace("\n", "\r\n")


async def test_the_server_is_told_the_size_before_it_gets_the_message(server: Recorder, provider: SmtpProvider):
    await provider.send(request())
    assert server.taken[0].mail_options == [f"SIZE={len(server.taken[0].content)}"]


@pytest.mark.parametrize("stage", BEFORE_THE_END)
@pytest.mark.parametrize("answer", ["421 4.3.2 closing", "450 4.2.0 later", "451 4.7.1 grey", "333 what"])
async def test_an_answer_before_the_end_that_is_no_yes_and_no_lasting_no_may_be_tried_again(
    server: Recorder, provider: SmtpProvider, stage: str, answer: str
):
    server.acts[stage] = answers_once(answer)
    with pytest.raises(Unavailable, match=answer[:3]):
        await provider.send(request())
    assert server.taken == []
    assert isinstance((await provider.send(request()))[0], Accepted)


@pytest.mark.parametrize("stage", [*BEFORE_THE_END, "END"])
async def test_a_lasting_no_refuses_the_recipient(server: Recorder, provider: SmtpProvider, stage: str):
    server.acts[stage] = answers("554 5.7.1 not here")
    (answer,) = await provider.send(request())
    assert isinstance(answer, Refused)
    assert (answer.key, answer.code, answer.bad_address) == (key_of(1), "554 5.7.1", False)
    assert "not here" in answer.message


async def test_after_a_refusal_the_next_message_goes_out_on_the_same_connection(
    server: Recorder, provider: SmtpProvider
):
    server.acts["RCPT"] = answers_once("550 5.1.1 no such user")
    assert isinstance((await provider.send(request(recipient(1))))[0], Refused)
    assert isinstance((await provider.send(request(recipient(2))))[0], Accepted)
    assert len(server.connections) == 1
    assert len(server.taken) == 1


@pytest.mark.parametrize("stage", BEFORE_THE_END)
@pytest.mark.parametrize("act", [drops, is_silent], ids=["dropped", "silent"])
async def test_a_connection_lost_before_the_message_may_be_tried_again(
    server: Recorder, provider: SmtpProvider, stage: str, act: Act
):
    server.acts[stage] = act
    with pytest.raises(Unavailable, match=stage):
        await provider.send(request())
    del server.acts[stage]
    assert isinstance((await provider.send(request()))[0], Accepted)
    assert len(server.connections) == 2


@pytest.mark.parametrize("act", [drops, is_silent], ids=["dropped", "silent"])
async def test_a_connection_lost_while_the_message_is_sent_may_be_tried_again_since_its_end_never_left(
    server: Recorder, provider: SmtpProvider, act: Act
):
    server.acts["CONTENT"] = act
    with pytest.raises(Unavailable, match="while the message was sent"):
        await provider.send(request(recipient(plain=LONG * 10)))
    assert server.taken == []


@pytest.mark.parametrize("act", [drops, is_silent], ids=["dropped", "silent"])
async def test_no_answer_after_the_end_leaves_the_outcome_unknown(server: Recorder, provider: SmtpProvider, act: Act):
    server.acts["END"] = act
    with pytest.raises(OutcomeUnknown, match="had the message and gave no answer"):
        await provider.send(request())
    assert len(server.taken) == 1  # the server has it


@pytest.mark.parametrize("answer", ["451 4.3.0 try later", "421 4.3.2 closing", "354 what"])
async def test_any_other_answer_after_the_end_leaves_the_outcome_unknown(
    server: Recorder, provider: SmtpProvider, answer: str
):
    server.acts["END"] = answers(answer)
    with pytest.raises(OutcomeUnknown, match=f"{answer[:3]}.*as a whole"):
        await provider.send(request())


async def test_garbage_after_the_end_leaves_the_outcome_unknown_and_the_connection_closed(
    server: Recorder, provider: SmtpProvider
):
    server.acts["END"] = answers("what?")
    with pytest.raises(OutcomeUnknown, match="no form that is known"):
        await provider.send(request())
    del server.acts["END"]
    await provider.send(request())
    assert len(server.connections) == 2


async def test_a_call_that_is_broken_off_closes_its_connection(server: Recorder, provider: SmtpProvider):
    slow = smtp_to(server.port, timeout=30)
    await slow.send(request(recipient(1)))
    server.acts["MAIL"] = is_silent
    call = asyncio.create_task(slow.send(request(recipient(2))))
    while server.commands.count("MAIL") < 2:
        await asyncio.sleep(0.01)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    del server.acts["MAIL"]
    async with asyncio.timeout(5):  # it would wait for the old answer
        await slow.send(request(recipient(3)))
    await slow.close()
    assert len(server.connections) == 2
    assert server.connections[0].transport is None


@pytest.mark.parametrize("code", [530, 535])
async def test_a_server_that_wants_a_login_is_a_matter_of_settings(server: Recorder, provider: SmtpProvider, code: int):
    server.acts["MAIL"] = answers(f"{code} 5.7.0 Authentication required")
    with pytest.raises(Misconfigured, match=r"smtp\.user"):
        await provider.send(request())


async def test_answers_are_told_without_the_address_in_them(server: Recorder, provider: SmtpProvider):
    server.acts["RCPT"] = answers("450 4.2.0 <ann@example.com>: try later")
    with pytest.raises(Unavailable) as caught:
        await provider.send(request())
    assert "ann@" not in str(caught.value)
    assert "try later" in str(caught.value)


async def test_nobody_listening_may_be_tried_again():
    async with mail_server() as server:
        port = server.port
    provider = smtp_to(port)
    with pytest.raises(Unavailable, match=f"127.0.0.1:{port} can't be reached"):
        await provider.send(request())
    health = await provider.check()
    assert not health.healthy
    assert str(port) in health.message


@pytest.mark.parametrize("greeting", [b"421 4.3.2 full\r\n", b"450 later\r\n", b"HTTP/1.1 400 Bad Request\r\n", b""])
async def test_a_greeting_that_is_none_may_be_tried_again(greeting: bytes):
    async with scripted(greeting) as port:
        with pytest.raises(Unavailable):
            await smtp_to(port).send(request())


async def test_a_server_that_greets_nobody_is_a_matter_of_settings():
    async with scripted(b"554 5.7.1 not from your network\r\n") as port:
        with pytest.raises(Misconfigured, match="not from your network"):
            await smtp_to(port).send(request())


async def test_a_server_that_says_nothing_at_all_may_be_tried_again():
    async with scripted() as port, asyncio.timeout(5):
        with pytest.raises(Unavailable):
            await smtp_to(port).send(request())


@pytest.mark.parametrize(("answer", "kind"), [("421 4.3.2 full", Unavailable), ("550 5.7.1 no", Misconfigured)])
async def test_a_refused_hello_is_told(server: Recorder, provider: SmtpProvider, answer: str, kind: type[Exception]):
    server.acts["EHLO"] = server.acts["HELO"] = answers(answer)
    with pytest.raises(kind, match=answer[:3]):
        await provider.send(request())


async def test_an_address_that_is_none_is_refused_without_asking_the_server(server: Recorder, provider: SmtpProvider):
    (answer,) = await provider.send(request(recipient(1, "ann@exa mple.com")))
    assert isinstance(answer, Refused)
    assert answer.bad_address
    assert server.connections == []


async def test_the_name_we_give_ourselves_is_the_one_that_is_set(server: Recorder):
    provider = smtp_to(server.port, hello="graph.example.com")
    await provider.send(request())
    assert server.connections[0].session.host_name == "graph.example.com"
    await provider.close()


async def test_what_it_cannot_do_is_said(provider: SmtpProvider):
    assert provider.abilities == {EmailAbility.HOST_CONTENT, EmailAbility.TEST_SEND}
    assert await provider.find_send(FindRequest(tenant="acme", keys=(key_of(1),))) is None
    with pytest.raises(Unsupported):
        await provider.list_workspaces(ListRequest(tenant="acme"))
    with pytest.raises(Unsupported):
        await provider.list_emails(ListRequest(tenant="acme"))
    with pytest.raises(Unsupported):
        await provider.read_events(Inbound(headers={}, body=b"", received_at=AT))
    with pytest.raises(Rejected, match="one recipient a call"):
        await provider.send(request(recipient(1), recipient(2)))
