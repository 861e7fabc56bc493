"""Whatever a model writes: what does not rest on slots is dropped; where too little is left, the summary is declined."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from adversaries import ANSWERS, LIES, NO_SENTENCES, only_lie, with_lie
from openai_server import Answer, honest, saying

from bg_graph.plugins.errors import Rejected, Unavailable
from bg_graph.plugins.summaries import FactKind, Subject, Summary
from bg_summary_openai.settings import Form

SENTENCES = {**LIES, **{name: (lie, "NO_TEXT") for name, lie in NO_SENTENCES.items()}}
LONGEST_STREAM = 60_000
"""Beyond, a stream is cut off and refused as too long."""
EVENT = (
    b'data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":%s}]}\n\n'
)


def always(**given: Any) -> Callable[[dict[str, Any]], Answer]:
    return lambda _: Answer(**given)


def without_bullet(number: int) -> Callable[[dict[str, Any]], Answer]:
    """An honest model but for one bullet; the first three are of a kind each."""

    def answer(question: dict[str, Any]) -> Answer:
        draft = json.loads(honest(question))
        del draft["bullets"][3:], draft["bullets"][number]
        return Answer(content=json.dumps(draft))

    return answer


def texts(summary: Summary) -> list[str]:
    return [each.text for each in (*summary.text, *summary.bullets)]


async def test_a_lie_is_dropped_and_the_rest_served(
    write: Any, group: Subject, person: Subject, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with write() as writing:
        for subject, places in ((group, 1), (person, 2)):
            writing.server.answer = saying(honest)
            [truth] = await writing.of(subject)
            for name, (lie, reason) in SENTENCES.items():
                caplog.clear()
                writing.server.answer = with_lie(lie)
                assert await writing.of(subject) == [truth], name
                assert f"sentences dropped: {reason} {places}" in caplog.text, name


async def test_of_a_group_no_bullets_are_asked_for_or_shown(write: Any, group: Subject) -> None:
    async with write(with_lie("{name} {value}.")) as writing:
        [summary] = await writing.of(group)
    assert summary.bullets == ()
    assert "bullet" not in writing.server.bodies[0].decode().lower()


@pytest.mark.parametrize("place", ["text", "highlights"])
async def test_a_summary_whose_text_or_highlights_are_a_lie_is_declined(write: Any, group: Subject, place: str) -> None:
    async with write() as writing:
        for name, (lie, _) in SENTENCES.items():
            writing.server.answer = only_lie(lie, place)
            assert await writing.of(group) == [None], name


async def test_a_person_of_whom_a_kind_of_bullet_is_left_out_is_declined(write: Any, person: Subject) -> None:
    async with write() as writing:
        [summary] = await writing.of(person)
        told = {fact.kind for bullet in summary.bullets for fact in person.facts if fact.key in bullet.facts}
        assert {FactKind.ACTIVITY, FactKind.TREND, FactKind.GROWTH} <= told
        for number in range(3):
            writing.server.answer = without_bullet(number)
            assert await writing.of(person) == [None]


async def test_what_is_said_twice_is_shown_once(write: Any, group: Subject) -> None:
    def twice(question: dict[str, Any]) -> Answer:
        draft = json.loads(honest(question))
        return Answer(content=json.dumps({**draft, "text": draft["text"] * 2, "bullets": draft["bullets"] * 2}))

    async with write() as writing:
        [once] = await writing.of(group)
    async with write(twice) as writing:
        [summary] = await writing.of(group)
    assert texts(summary) == texts(once)


@pytest.mark.parametrize(
    "highlights",
    [
        {"TOP_ENGAGED_MEMBERS": "{member2} {member1}."},
        {"TOP_ENGAGED_MEMBERS": "{member1}."},
        {"TOP_ENGAGED_MEMBERS": "{role1}."},
        {"TOPICS_OF_INTEREST": "{topic1} {interest1}."},
        {"MISSING_ROLES": "{member1} {member2}."},
        {"MISSING_ROLES": "{group.missing_roles}."},
        {"MISSING_ROLES": None},
    ],
)
async def test_a_highlight_with_others_than_its_own_or_in_another_order_is_declined(
    write: Any, group: Subject, highlights: dict[str, Any]
) -> None:
    def swapped(question: dict[str, Any]) -> Answer:
        draft = json.loads(honest(question))
        return Answer(content=json.dumps({**draft, "highlights": {**draft["highlights"], **highlights}}))

    async with write(swapped) as writing:
        assert await writing.of(group) == [None]


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_that_is_no_draft_is_refused_and_an_empty_one_declined(
    write: Any, group: Subject, form: Form, stream: bool
) -> None:
    async with write(structured=form.value, stream=stream) as writing:
        for name, (content, code) in ANSWERS.items():
            writing.server.answer = always(content=content[:LONGEST_STREAM] if stream else content, piece=900)
            if code is None:
                assert await writing.of(group) == [None], name
                continue
            with pytest.raises(Rejected) as caught:
                await writing.of(group)
            assert caught.value.code == code, name
            assert "99" not in str(caught.value)


@pytest.mark.parametrize(
    ("events", "kind"),
    [
        (EVENT % b'{"content":"{"}' + b"data: [DONE]\n\n", Unavailable),
        (EVENT % b'{"content":"{"}' + b'data: {"error":{"message":"sk-secret overloaded","code":500}}\n\n', Rejected),
        (b"data: {broken\n\n", Rejected),
        (b"data: null\n\n", Rejected),
        (b'data: {"choices":[{}]}\n\n', Rejected),
        (b"", Unavailable),
        (b"\xff\xfe\x00", Rejected),
        (b"event: error\ndata: {}\n\n", Rejected),
    ],
)
async def test_a_stream_that_goes_wrong_is_no_answer(write: Any, group: Subject, events: bytes, kind: type) -> None:
    head = (("content-type", "text/event-stream"),)
    async with write(lambda _: Answer(raw=events, headers=head), stream=True, structured="text") as writing:
        with pytest.raises(kind) as caught:
            await writing.of(group)
    assert "sk-" not in str(caught.value)
