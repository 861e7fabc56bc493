"""The host of the e-mail provider: each call ends in time, and in the errors of the contract."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest

from bg_graph.hosting.email import EmailHost
from bg_graph.plugins.email import (
    Accepted,
    EmailAbility,
    FindRequest,
    ListRequest,
    Recipient,
    Refused,
    SendAnswer,
    SendRequest,
)
from bg_graph.plugins.errors import Misconfigured, OutcomeUnknown, ProviderError, Rejected, Unavailable, Unsupported
from bg_graph.plugins.health import Health
from tests.email.recording import RecordingProvider
from tests.hosting.hosted_providers import email_host

KEY, OTHER = "1" * 32, "2" * 32
REQUEST = SendRequest(
    tenant="t", email_id="e", recipients=tuple(Recipient(key=key, address="x@acme.test") for key in (KEY, OTHER))
)


def host_of(answer: Any, *, deadline: float = 1.0, concurrency: int = 8) -> EmailHost:
    """A host whose provider answers each send with this, or raises it."""

    async def answering(_request: SendRequest) -> Sequence[SendAnswer]:
        if isinstance(answer, BaseException):
            raise answer
        return answer() if callable(answer) else answer

    return email_host("told", Raw(answering=answering), deadline=deadline, concurrency=concurrency)


class Raw(RecordingProvider):
    """Hands on what it is told, whatever that is."""

    async def send(self, request: SendRequest) -> Any:
        return await self.answering(request)


@pytest.mark.parametrize(
    "fault",
    [Unavailable("down"), OutcomeUnknown("cut"), Misconfigured("login"), Rejected("x", "no"), Unsupported("no")],
)
async def test_what_the_provider_tells_in_the_errors_of_the_contract_is_passed_on(fault: ProviderError) -> None:
    with pytest.raises(type(fault)) as raised:
        await host_of(fault).send(REQUEST)
    assert raised.value is fault


@pytest.mark.parametrize("fault", [ValueError("x@acme.test"), KeyError(), SystemExit(3), asyncio.CancelledError()])
async def test_whatever_else_a_send_raises_leaves_its_outcome_unknown(fault: BaseException) -> None:
    host = host_of(fault)
    with pytest.raises(OutcomeUnknown) as raised:
        await host.send(REQUEST)
    assert "acme" not in str(raised.value)
    assert not host.installed.healthy


@pytest.mark.parametrize("answer", [None, 7, {"key": KEY}])
async def test_an_answer_that_cannot_be_read_leaves_the_outcome_unknown(answer: Any) -> None:
    with pytest.raises(OutcomeUnknown):
        await host_of(lambda: answer).send(REQUEST)


@pytest.mark.parametrize(
    ("answers", "believed"),
    [
        ([Accepted(key=KEY), Accepted(key=OTHER)], [KEY, OTHER]),
        ([Accepted(key=OTHER)], [OTHER]),
        ([Accepted(key=KEY), Accepted(key="3" * 32)], [KEY]),
        ([Accepted(key=KEY), Refused(key=KEY, code="5", message="no"), Accepted(key=OTHER)], [OTHER]),
        ([Accepted(key=KEY), "yes"], [KEY]),
        ([Accepted(key=KEY, message_id=cast(Any, 7)), Accepted(key=OTHER)], [OTHER]),
        ([Refused(key=KEY, code=cast(Any, 550), message="no"), Accepted(key=OTHER)], [OTHER]),
    ],
)
async def test_only_the_one_answer_to_a_key_that_was_asked_is_believed(answers: Any, believed: list[str]) -> None:
    host = host_of(answers)
    assert [each.key for each in await host.send(REQUEST)] == believed
    assert host.installed.healthy is (len(answers) == len(believed))


async def test_nobody_waits_longer_than_the_deadline_and_the_outcome_is_unknown() -> None:
    async def deaf(_request: SendRequest) -> Sequence[SendAnswer]:
        while True:
            try:
                await asyncio.sleep(0.4)
                return []
            except asyncio.CancelledError:
                continue

    host = email_host("deaf", RecordingProvider(answering=deaf), deadline=0.1)
    start = asyncio.get_running_loop().time()
    with pytest.raises(OutcomeUnknown):
        await host.send(REQUEST)
    assert asyncio.get_running_loop().time() - start < 0.35
    await asyncio.sleep(0.5)


async def test_a_call_for_which_there_is_no_place_in_time_is_not_begun() -> None:
    async def slow(_request: SendRequest) -> Sequence[SendAnswer]:
        await asyncio.sleep(5)
        return []

    provider = RecordingProvider(answering=slow)
    host = email_host("slow", provider, deadline=0.2, concurrency=1)
    outcomes = await asyncio.gather(*(host.send(REQUEST) for _ in range(3)), return_exceptions=True)
    assert [type(each) for each in outcomes] == [OutcomeUnknown, Unavailable, Unavailable]
    assert len(provider.requests) == 1


async def test_a_failure_of_another_call_than_a_send_is_the_plugins_error() -> None:
    class Broken(RecordingProvider):
        async def list_emails(self, request: ListRequest) -> Any:
            return ["no page"]

        async def find_send(self, request: FindRequest) -> Any:
            raise ValueError

        async def check(self) -> Health:
            raise ValueError

    host = email_host("broken", Broken(), deadline=1.0)
    for call in (host.list_emails(ListRequest(tenant="t")), host.find_send(FindRequest(tenant="t", keys=(KEY,)))):
        with pytest.raises(Rejected) as raised:
            await call
        assert raised.value.code == "PLUGIN_ERROR"
    assert not (await host.check()).healthy


async def test_the_host_tells_what_is_installed_and_what_it_can_do() -> None:
    abilities = frozenset({EmailAbility.FIND_SEND})
    host = email_host("acme", RecordingProvider(batch=7, abilities=abilities), deadline=1.0, title="ACME", version="2")
    assert (host.batch, host.can(EmailAbility.FIND_SEND), host.can(EmailAbility.EVENTS)) == (7, True, False)
    installed = host.installed
    assert (installed.plugin, installed.capability, installed.title, installed.version) == (
        "acme",
        "email",
        "ACME",
        "2",
    )
    await host.close()
