"""Each error code of Marketo, as it comes with HTTP 200: what it does to a read, to a trigger, and to the next attempt."""

import logging
from datetime import timedelta
from typing import Any

import pytest

from bg_email_marketo.codes import CODES, HTTP, Meaning, meaning_of, meaning_of_status
from bg_graph.plugins.email import Accepted, ListRequest
from bg_graph.plugins.errors import Misconfigured, OutcomeUnknown, ProviderError, Rejected, Unavailable
from tests.email.marketo_desk import at, person
from tests.email.marketo_server import SECRET, TRIGGER, Fault, Marketo

READ = "leads"
RAISED_BY_READS = {
    Meaning.TOKEN: Misconfigured,
    Meaning.FORBIDDEN: Misconfigured,
    Meaning.UNSURE: Unavailable,
    Meaning.NOTHING_RAN: Unavailable,
    Meaning.QUOTA: Unavailable,
    Meaning.LATER: Unavailable,
    Meaning.WRONG: Rejected,
    Meaning.GONE: Rejected,
}
RAISED_BY_TRIGGERS: dict[Meaning, type[ProviderError]] = RAISED_BY_READS | {Meaning.UNSURE: OutcomeUnknown}
ONCE_MORE = {Meaning.TOKEN, Meaning.NOTHING_RAN}
"""After which a trigger goes out again within the same call: nothing ran."""
OF_DOCUMENTS = {
    "601": "TOKEN", "602": "TOKEN", "603": "FORBIDDEN", "1008": "FORBIDDEN", "604": "UNSURE", "611": "UNSURE",
    "502": "UNSURE", "606": "NOTHING_RAN", "615": "NOTHING_RAN", "608": "NOTHING_RAN", "713": "NOTHING_RAN",
    "614": "NOTHING_RAN", "607": "QUOTA", "609": "WRONG", "612": "WRONG", "610": "WRONG", "701": "WRONG",
    "1001": "WRONG", "1002": "WRONG", "1003": "WRONG", "1006": "WRONG", "1011": "WRONG", "702": "GONE",
    "1004": "GONE", "1013": "GONE", "1029": "LATER", "1016": "LATER",
}  # fmt: skip


def test_each_code_of_the_documents_has_the_meaning_that_they_give_it() -> None:
    assert {code: meaning.value for code, meaning in CODES.items()} == OF_DOCUMENTS


@pytest.mark.parametrize("code", CODES)
async def test_a_code_that_stays_ends_a_read(marketo: Marketo, code: str) -> None:
    marketo.lead("person1@example.com")
    marketo.fails(READ, *(Fault(code) for _ in range(9)))
    async with at(marketo) as desk:
        with pytest.raises(RAISED_BY_READS[CODES[code]]) as raised:
            await desk.send(person(1))
    assert code in str(raised.value)
    assert marketo.triggered == []


@pytest.mark.parametrize("code", CODES)
async def test_a_code_that_comes_once_is_outlived_by_reads_that_may_be_repeated(marketo: Marketo, code: str) -> None:
    marketo.lead("person1@example.com")
    marketo.fails(READ, Fault(code))
    async with at(marketo) as desk:
        if CODES[code] in ONCE_MORE | {Meaning.UNSURE}:
            answers = await desk.send(person(1))
            assert isinstance(answers[person(1).key], Accepted)
        else:
            with pytest.raises(ProviderError):
                await desk.send(person(1))
    assert marketo.count("leads.json") == (2 if CODES[code] in ONCE_MORE | {Meaning.UNSURE} else 1)


@pytest.mark.parametrize("code", CODES)
async def test_a_trigger_is_repeated_only_after_codes_by_which_nothing_ran(marketo: Marketo, code: str) -> None:
    lead = marketo.lead("person1@example.com")
    marketo.fails(TRIGGER, Fault(code))
    async with at(marketo) as desk:
        if CODES[code] in ONCE_MORE:
            answers = await desk.send(person(1))
            assert isinstance(answers[person(1).key], Accepted)
        else:
            with pytest.raises(RAISED_BY_TRIGGERS[CODES[code]]):
                await desk.send(person(1))
    assert marketo.count("trigger.json") == (2 if CODES[code] in ONCE_MORE else 1)
    assert marketo.sent_to(lead) == (1 if CODES[code] in ONCE_MORE else 0)


@pytest.mark.parametrize("code", [each for each in CODES if CODES[each] not in (Meaning.UNSURE, Meaning.QUOTA)])
async def test_after_a_code_by_which_nothing_ran_the_same_key_may_be_sent_later(marketo: Marketo, code: str) -> None:
    lead = marketo.lead("person1@example.com")
    marketo.fails(TRIGGER, *(Fault(code) for _ in range(3)))
    async with at(marketo) as desk:
        with pytest.raises(ProviderError):
            await desk.send(person(1))
        marketo.faults.clear()
        assert await desk.found(person(1)) == {}, "it did not go out"
        answers = await desk.send(person(1))
    assert isinstance(answers[person(1).key], Accepted)
    assert marketo.sent_to(lead) == 1


@pytest.mark.parametrize("code", [each for each in CODES if CODES[each] is Meaning.UNSURE] + ["9999"])
async def test_a_code_that_leaves_it_open_is_settled_from_the_activities(marketo: Marketo, code: str) -> None:
    lead = marketo.lead("person1@example.com")
    marketo.fails(TRIGGER, Fault(code, does_it=True))
    async with at(marketo) as desk:
        with pytest.raises(OutcomeUnknown):
            await desk.send(person(1))
        found = await desk.crashed().found(person(1))
        assert found is not None
        assert isinstance(found[person(1).key], Accepted)
        assert await desk.send(person(1)) == found
    assert marketo.sent_to(lead) == 1


async def test_the_quota_of_the_day_stops_all_calls_until_midnight(marketo: Marketo) -> None:
    marketo.lead("person1@example.com")
    marketo.fails(READ, Fault("607"))
    async with at(marketo) as desk:
        with pytest.raises(Unavailable) as raised:
            await desk.send(person(1))
        assert 0 < (raised.value.retry_after or 0) <= 86_400
        before = len(marketo.calls)
        with pytest.raises(Unavailable):
            await desk.send(person(1))
        assert len(marketo.calls) == before, "it is not even asked"
        assert not (await desk.provider.check()).healthy
        desk.later = timedelta(seconds=(raised.value.retry_after or 0) + 1)
        answers = await desk.send(person(1))
    assert isinstance(answers[person(1).key], Accepted)


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (401, "TOKEN"),
        (429, "NOTHING_RAN"),
        (413, "WRONG"),
        (414, "WRONG"),
        (302, "WRONG"),
        (500, "UNSURE"),
        (503, "UNSURE"),
    ],
)
def test_an_http_status_has_a_meaning(status: int, meaning: str) -> None:
    assert meaning_of_status(status).value == meaning


def test_every_status_with_a_meaning_of_its_own_is_tried() -> None:
    assert set(HTTP) == {401, 429}


def test_a_code_that_nobody_knows_leaves_it_open() -> None:
    assert meaning_of("9999") is Meaning.UNSURE


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500, does_it=True), Fault(status=502, does_it=True), Fault(body=b"<html>", does_it=True),
        Fault(body=b'{"success": "yes"}', does_it=True), Fault(body=b"[" * 100_000, does_it=True),
        Fault(cut=True, does_it=True), Fault("611", silent=3.0, does_it=True),
    ],
    ids=["500", "502", "html", "no boolean", "deep", "cut off", "silent"],
)  # fmt: skip
async def test_an_answer_to_a_trigger_that_tells_nothing_is_unknown_and_found(marketo: Marketo, fault: Fault) -> None:
    lead = marketo.lead("person1@example.com")
    marketo.fails(TRIGGER, fault)
    async with at(marketo, timeout=0.5, connect_timeout=0.5) as desk:
        with pytest.raises(OutcomeUnknown):
            await desk.send(person(1))
        found = await desk.found(person(1))
    assert found is not None
    assert isinstance(found[person(1).key], Accepted)
    assert marketo.sent_to(lead) == 1


async def test_neither_secrets_nor_addresses_are_in_errors_logs_or_reprs(
    marketo: Marketo, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    marketo.lead("person1@example.com")
    said: list[Any] = []
    async with at(marketo) as desk:
        said += [desk.provider, desk.settings]
        await desk.emails()
        for code in ("603", "611", "1003", "1004"):
            marketo.fails(TRIGGER, Fault(code))
            with pytest.raises(ProviderError) as raised:
                await desk.send(person(int(code), address="person1@example.com"))
            said += [raised.value, raised.value.__cause__, raised.value.__context__]
    async with at(marketo, client_secret="another secret of ours") as desk:
        with pytest.raises(Misconfigured) as refused:
            await desk.provider.list_workspaces(ListRequest(tenant="acme"))
        said += [refused.value, desk.settings]
    shown = caplog.text + "".join(f"{each!s} {each!r}" for each in said)
    for hidden in (SECRET, "another secret of ours", "token-1:sj", "person1", "ann@example.com", "SAID-BY-MARKETO"):
        assert hidden not in shown
