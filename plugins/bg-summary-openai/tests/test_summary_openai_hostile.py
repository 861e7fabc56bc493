"""Whatever stands in the names, titles, topics and types of others: the model is asked the same, byte for byte, and what is
shown rests on the facts.
"""

import logging
import re
from dataclasses import replace
from typing import Any

import pytest
from hostile_texts import BENIGN, HOSTILE, MARK
from openai_server import asked_slots

from bg_graph.plugins.grounding import faults_in
from bg_graph.plugins.summaries import Fact, FactKind, Subject, SubjectKind, Summary

KEPT = {"about", "level"}
"""Values that are words of the contract."""
OTHERS = (
    Fact(key="trend:9", kind=FactKind.TREND, name="T", values={"activities": 2, "activities_before": 1, "days": 30}),
    Fact(key="shared:1", kind=FactKind.SHARED_TOPICS, name="S", values={"topics": 2, "topic": "T", "days": 30}),
    Fact(key="shared:2", kind=FactKind.SHARED_TOPICS, name="S", values={"topics": 1, "topic": "T", "days": 30}),
    Fact(key="own:1", kind=FactKind.ACTIVITY, name="Own type", values={"activities": 2, "days": 30}),
    Fact(key="group:9", kind=FactKind.GROUP, name="G", values={"role": "R", "engagement_score": 12}),
    Fact(key="person:9", kind=FactKind.PERSON, name="P", values={"job_title": "J", "engagement_score": 12}),
)
KINDS = list(SubjectKind)
UNFIT = re.compile("A statement is not plain text on one line|A statement has [0-9]+ characters")
"""What the host keeps from happening: it hands on names as short plain lines, and refuses all else."""


def subject_of(kind: SubjectKind, group: Subject) -> Subject:
    """A subject of which something of each kind is known."""
    own = {
        SubjectKind.GROUP: group.facts[0],
        SubjectKind.ACCOUNT: Fact(
            key="a", kind=FactKind.ACCOUNT, name="A", values={"industry": "I", "person_count": 3, "group_count": 1}
        ),
        SubjectKind.MEMBER: Fact(
            key="m",
            kind=FactKind.MEMBER,
            name="M",
            values={"role": "R", "group": "G", "job_title": "J", "engagement_score": 8, "activities": 3, "days": 30},
        ),
        SubjectKind.PERSON: Fact(
            key="p",
            kind=FactKind.PERSON,
            name="P",
            values={"account": "A", "job_title": "J", "engagement_score": 8, "group_count": 1, "activities": 3},
        ),
    }[kind]
    return Subject(kind=kind, key="k", facts=(own, *group.facts[1:], *OTHERS))


def saying_everywhere(subject: Subject, text: str) -> Subject:
    """The subject with each text from outside in its facts replaced."""
    return replace(subject, facts=tuple(_saying(fact, text) for fact in subject.facts))


def _saying(fact: Fact, text: str) -> Fact:
    values = {
        name: text if isinstance(value, str) and name not in KEPT else value for name, value in fact.values.items()
    }
    return replace(fact, name=text, values=values)


def lines(summary: Summary) -> list[str]:
    statements = [*summary.text, *summary.bullets, *(each.statement for each in summary.highlights)]
    return [statement.text for statement in statements]


@pytest.mark.parametrize("kind", KINDS)
async def test_the_model_is_asked_the_same_byte_for_byte(write: Any, group: Subject, kind: SubjectKind) -> None:
    subject = subject_of(kind, group)
    async with write(structured="json_schema") as writing:
        await writing.of(saying_everywhere(subject, BENIGN))
        for text in HOSTILE.values():
            await writing.of(saying_everywhere(subject, text), tenant="globex")
        harmless, *hostile = writing.server.bodies
        heads = set(writing.server.heads)
    assert hostile == [harmless] * len(HOSTILE)
    assert len(heads) == 1
    assert BENIGN not in harmless.decode()


async def test_texts_do_reach_the_summary_from_all_those_places(write: Any, group: Subject) -> None:
    """Else that the questions are the same would prove nothing."""
    async with write() as writing:
        for kind in KINDS:
            subject = saying_everywhere(subject_of(kind, group), BENIGN)
            [summary] = await writing.of(subject)
            assert sum(line.count(BENIGN) for line in lines(summary)) >= 4, kind
        assert all(asked_slots(each) for each in writing.server.questions)


async def test_what_is_shown_is_the_same_sentences_with_the_text_in_its_places(
    write: Any, group: Subject, person: Subject, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with write() as writing:
        harmless = await writing.of(*[saying_everywhere(each, BENIGN) for each in (group, person)])
        for name, text in HOSTILE.items():
            subjects = [saying_everywhere(each, text) for each in (group, person)]
            for subject, summary, plain in zip(subjects, await writing.of(*subjects), harmless, strict=True):
                assert [line.replace(BENIGN, text) for line in lines(plain)] == lines(summary), name
                assert [fault for fault in faults_in(subject, summary) if not UNFIT.match(fault)] == [], name
    assert MARK not in caplog.text
