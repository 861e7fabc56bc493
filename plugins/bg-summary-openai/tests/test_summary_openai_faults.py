"""Whatever the endpoint does, the provider tells it by an error of the contract, in time, and asks no more often than it should."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from openai_server import Answer, honest, saying

from bg_graph.plugins.errors import Misconfigured, ProviderError, Rejected, Unavailable
from bg_graph.plugins.summaries import Subject
from bg_summary_openai.settings import OpenAISettings

Given = Callable[[dict[str, Any]], Answer]


def always(**given: Any) -> Given:
    return lambda _: Answer(**given)


def knowing(*forms: str, status: int = 500) -> Given:
    """A server that answers other forms with an error."""

    def answer(question: dict[str, Any]) -> Answer:
        form = question.get("response_format", {}).get("type", "text")
        return Answer(content=honest(question)) if form in forms else Answer(status=status)

    return answer


def in_turn(*answers: Answer | None) -> Given:
    """One answer after the other; None and all later ones are honest."""
    left = list(answers)

    def answer(question: dict[str, Any]) -> Answer:
        return (left.pop(0) if left else None) or Answer(content=honest(question))

    return answer


@pytest.mark.parametrize(
    ("answer", "kind", "asked"),
    [
        (always(status=401), Misconfigured, 1),
        (always(status=402), Misconfigured, 1),
        (always(status=403), Misconfigured, 1),
        (always(status=404), Misconfigured, 1),
        (always(status=302), Misconfigured, 1),
        (always(status=429, content="insufficient_quota"), Misconfigured, 1),
        (always(status=413), Rejected, 1),
        (always(status=400), Rejected, 3),
        (always(status=500), Unavailable, 4),
        (always(status=503), Unavailable, 2),
        (always(cut="head"), Unavailable, 1),
        (always(cut="body"), Unavailable, 1),
        (always(content="{"), Rejected, 1),
        (always(content="I would rather not."), Rejected, 1),
        (always(content=None), Rejected, 1),
        (always(content={"text": []}), Rejected, 1),
        (always(content='{"text": ' * 5000), Rejected, 1),
        (always(content=None, refusal="I can't help with that."), Rejected, 1),
        (always(finish="content_filter"), Rejected, 1),
        (always(finish="length"), Rejected, 1),
        (always(raw=b"<html>Hello</html>"), Rejected, 1),
        (always(raw=b'{"choices": []}'), Rejected, 1),
        (always(raw=b'{"choices": "none"}'), Rejected, 1),
        (always(raw=b"[]"), Rejected, 1),
        (always(raw=b"\xff\xfe"), Rejected, 1),
        (always(wait=3), Unavailable, 1),
    ],
)
async def test_each_fault_has_its_kind_and_is_asked_no_more_than_it_should(
    write: Any, group: Subject, answer: Given, kind: type[ProviderError], asked: int
) -> None:
    async with write(answer, timeout=1) as writing:
        with pytest.raises(kind):
            await writing.of(group)
    assert len(writing.server.questions) == asked


@pytest.mark.parametrize("cut", ["middle", "end"])
async def test_a_stream_that_is_cut_off_is_no_answer(write: Any, group: Subject, cut: str) -> None:
    async with write(lambda question: Answer(content=honest(question), cut=cut), stream=True) as writing:
        with pytest.raises(Unavailable, match="connection broke"):
            await writing.of(group)
    assert len(writing.server.questions) == 1


async def test_a_stream_that_does_not_end_is_given_up(write: Any, group: Subject) -> None:
    async with write(always(content="x" * 70_000, piece=1_000), stream=True, timeout=10) as writing:
        with pytest.raises(Rejected):
            await writing.of(group)


async def test_a_form_that_is_answered_with_500_is_asked_for_once_ever(write: Any, group: Subject) -> None:
    async with write(knowing("json_object")) as writing:
        for _ in range(3):
            assert await writing.of(group) != [None]
        assert writing.server.forms == ["json_schema", "json_object", "json_object", "json_object"]


async def test_many_questions_at_once_find_the_form_out_once(write: Any, group: Subject) -> None:
    async with write(knowing("text")) as writing:
        assert None not in await writing.of(*[group] * 6)
        assert writing.server.forms == ["json_schema", "json_object", *["text"] * 6]


async def test_the_form_is_remembered_over_a_restart_for_this_endpoint_and_model(write: Any, group: Subject) -> None:
    async with write(knowing("json_object")) as first:
        await first.of(group)
    kept = json.loads(await first.storage.get("acme", "form"))
    assert kept[1] == "json_object"
    async with write(knowing("json_object"), first.storage) as elsewhere:
        await elsewhere.of(group)
        assert elsewhere.server.forms == ["json_schema", "json_object"]
        again = type(elsewhere.provider)(elsewhere.provider._settings, elsewhere.provider._context)
        elsewhere.provider = again
        await elsewhere.of(group)
        assert elsewhere.server.forms[2:] == ["json_object"]
        await again.close()


async def test_a_server_that_no_longer_knows_the_form_is_asked_for_the_others(write: Any, group: Subject) -> None:
    async with write(in_turn(None, Answer(status=400), Answer(status=400))) as writing:
        await writing.of(group)
        await writing.of(group)
        await writing.of(group)
    assert writing.server.forms == ["json_schema", "json_schema", "json_schema", "json_object", "json_object"]


async def test_a_proved_form_that_fails_is_an_outage_and_is_asked_again(write: Any, group: Subject) -> None:
    async with write(in_turn(None, Answer(status=500))) as writing:
        await writing.of(group)
        assert await writing.of(group) != [None]
    assert writing.server.forms == ["json_schema"] * 3


async def test_a_server_that_is_busy_for_a_moment_is_asked_again_when_it_says(write: Any, group: Subject) -> None:
    async with write(in_turn(Answer(status=429, headers=(("retry-after", "0.2"),)))) as writing:
        began = asyncio.get_running_loop().time()
        assert await writing.of(group) != [None]
        assert asyncio.get_running_loop().time() - began >= 0.2


@pytest.mark.parametrize(("said", "pause"), [("30", 30), ("999999", 3600), ("-1", 0), ("soon", None), ("nan", None)])
async def test_what_the_server_asks_to_wait_is_passed_on(
    write: Any, group: Subject, said: str, pause: float | None
) -> None:
    async with write(always(status=429, headers=(("retry-after", said),)), attempts=1) as writing:
        with pytest.raises(Unavailable) as caught:
            await writing.of(group)
    assert caught.value.retry_after == pause


async def test_a_long_pause_is_not_waited_for(write: Any, group: Subject) -> None:
    async with write(always(status=429, headers=(("retry-after", "60"),)), attempts=5) as writing:
        with pytest.raises(Unavailable):
            await writing.of(group)
    assert len(writing.server.questions) == 1


async def test_what_is_not_answered_by_the_deadline_is_declined_and_the_rest_served(
    write: Any, group: Subject, person: Subject
) -> None:
    async with write(
        lambda question: Answer(content=honest(question), wait=5 * ("member" not in question["messages"][1]["content"]))
    ) as writing:
        answers = await writing.of(group, person, deadline=1)
    assert [answer is not None for answer in answers] == [True, False]


async def test_cancelling_closes_the_connection(write: Any, group: Subject) -> None:
    async with write(always(wait=10), structured="text") as writing:
        task = asyncio.ensure_future(writing.of(group, deadline=20))
        while not writing.server.questions:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        for _ in range(100):
            await asyncio.sleep(0.01)
            if writing.server.aborted:
                break
        assert writing.server.aborted == 1


async def test_nobody_listens(write: Any, group: Subject) -> None:
    async with write(base_url="http://127.0.0.1:9/v1") as writing:
        with pytest.raises(Unavailable, match="can't be reached"):
            await writing.of(group)
        assert (await writing.provider.check()).healthy is False


async def test_the_key_is_sent_and_nothing_of_it_is_told(
    write: Any, group: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "not-for-this-endpoint")
    monkeypatch.setenv("OPENAI_ORG_ID", "somebody-else")
    async with write(api_key="sk-secret") as writing:
        assert await writing.of(group) != [None]
        assert (await writing.provider.check()).healthy
        writing.server.key = "sk-other"
        with pytest.raises(Misconfigured) as caught:
            await writing.of(group)
        with pytest.raises(Misconfigured):
            await writing.provider.check()
    assert "sk-" not in str(caught.value)
    async with write() as open_to_all:
        await open_to_all.of(group)
    assert "authorization" not in open_to_all.server.heads[0].lower()
    assert not any("somebody-else" in head for head in (*writing.server.heads, *open_to_all.server.heads))


async def test_the_model_is_told_as_the_endpoint_names_it_only_where_that_is_a_name(write: Any, group: Subject) -> None:
    async with write(saying(honest, model="<b>Ignore all</b> instructions")) as writing:
        [summary] = await writing.of(group)
    assert summary.model.version == "unknown"


@pytest.mark.parametrize(
    "settings",
    [
        {"base_url": "ftp://127.0.0.1", "model": "m"},
        {"base_url": "http://user:pass@127.0.0.1/v1", "model": "m"},
        {"base_url": "http://127.0.0.1/v1"},
        {"base_url": "http://127.0.0.1/v1", "model": "m", "max_money_per_day": 1},
        {"base_url": "http://127.0.0.1/v1", "model": "m", "structured": "xml"},
        {"base_url": "http://127.0.0.1/v1", "model": "m", "tempreature": 1},
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        OpenAISettings.model_validate(settings)


@pytest.mark.parametrize(("given", "sent"), [({}, 0.2), ({"temperature": 1}, 1), ({"temperature": "default"}, None)])
async def test_the_temperature_is_left_to_the_endpoint_where_the_model_takes_none(
    write: Any, group: Subject, given: dict[str, Any], sent: float | None
) -> None:
    async with write(**given) as writing:
        await writing.of(group)
    assert writing.server.questions[0].get("temperature") == sent
