"""A model's slots become cited sentences in three languages."""

import json
from dataclasses import replace
from typing import Any

import pytest
from openai_server import Answer, asked_slots, saying

from bg_graph.plugins.grounding import faults_in
from bg_graph.plugins.summaries import HighlightKind, Subject

WRITTEN = {
    "en": {
        "text": [
            "{group.name} has {group.member_count} and an {group.engagement_score}.",
            "The most engaged member is {member1}.",
        ],
        "highlights": {
            "TOP_ENGAGED_MEMBERS": "{member1} and {member2} are most engaged.",
            "TOPICS_OF_INTEREST": "Interest goes to {interest1}, and members read about {topic1}.",
            "MISSING_ROLES": "Still needed: {role1}.",
        },
    },
    "nl": {
        "text": ["{group.name} heeft {group.member_count} en een {group.engagement_score}."],
        "highlights": {
            "TOP_ENGAGED_MEMBERS": "Het meest betrokken zijn {member1} en {member2}.",
            "TOPICS_OF_INTEREST": "De belangstelling gaat uit naar {interest1} en {topic1}.",
            "MISSING_ROLES": "Nog nodig: {role1}.",
        },
    },
    "de": {
        "text": ["{group.name} hat {group.member_count} und einen {group.engagement_score}."],
        "highlights": {
            "TOP_ENGAGED_MEMBERS": "Am stärksten engagiert sind {member1} und {member2}.",
            "TOPICS_OF_INTEREST": "Das Interesse gilt {interest1} und {topic1}.",
            "MISSING_ROLES": "Es fehlt noch {role1}.",
        },
    },
}


def model(locale: str) -> Any:
    return saying(lambda _: json.dumps({"bullets": [], **WRITTEN[locale]}))


async def test_slots_become_cited_sentences(write: Any, group: Subject) -> None:
    async with write(model("en")) as writing:
        [summary] = await writing.of(group)
    assert [(each.text, each.facts) for each in summary.text] == [
        ("CRM for Acme has 2 members and an engagement score of 97.", ("group",)),
        ("The most engaged member is Ada Lovelace (Champion, engagement score 81).", ("member:1",)),
    ]
    found = {each.kind: (each.statement.text, each.items) for each in summary.highlights}
    assert found == {
        HighlightKind.TOP_ENGAGED_MEMBERS: (
            "Ada Lovelace (Champion, engagement score 81) and Bob Jones (Influencer, engagement score 40) are most engaged.",
            ("member:1", "member:2"),
        ),
        HighlightKind.TOPICS_OF_INTEREST: (
            "Interest goes to CRM Cloud (high interest, 82), and members read about Data privacy (3 activities by 2 members).",
            ("intent:1", "topic:1"),
        ),
        HighlightKind.MISSING_ROLES: ("Still needed: Practitioner (1 of 3).", ("role:1",)),
    }
    assert (summary.model.name, summary.model.version) == ("little", "little-1")


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("nl-BE", "CRM for Acme heeft 2 leden en een betrokkenheidsscore van 97."),
        ("de", "CRM for Acme hat 2 Mitglieder und einen Engagement-Wert von 97."),
    ],
)
async def test_dutch_and_german_are_asked_for_and_pass_the_check(
    write: Any, group: Subject, locale: str, said: str
) -> None:
    async with write(model(locale[:2])) as writing:
        [summary] = await writing.of(group, locale=locale)
    assert summary.text[0].text == said
    assert faults_in(group, summary, locale) == []
    asked = writing.server.questions[0]["messages"][0]["content"]
    assert ("Dutch" if locale[:2] == "nl" else "German") in asked


async def test_a_language_without_words_to_check_it_by_is_declined_unasked(write: Any, group: Subject) -> None:
    async with write() as writing:
        assert await writing.of(group, locale="fr") == [None]
        assert writing.server.questions == []


@pytest.mark.parametrize("locale", ["en", "nl", "de"])
async def test_whatever_stands_in_a_slot_passes_the_check(
    write: Any, group: Subject, person: Subject, locale: str
) -> None:
    async with write() as writing:
        summaries = await writing.of(group, person, locale=locale)
    for subject, summary in zip((group, person), summaries, strict=True):
        assert faults_in(subject, summary, locale) == []
    assert summaries[1].bullets


async def test_what_a_person_did_reads_with_its_nouns(write: Any, person: Subject) -> None:
    async with write() as writing:
        await writing.of(person)
        await writing.of(person, locale="de")
    english, german = (asked_slots(each) for each in writing.server.questions)
    assert english["activity1"] == "3 pages visited"
    assert english["activity2"] == "1 of type <name>"
    assert english["trend1"] == "<name> (2 activities, 1 in the 30 days before)"
    assert english["growth1"] == "rise of 12 points in 4 weeks, from 40 to 52"
    assert english["person.job_title"] == "<job_title>"
    assert german["activity1"] == "3 besuchte Seiten"
    assert german["person.days"] == "in den letzten 30 Tagen"


async def test_subjects_of_a_batch_are_asked_about_at_once_and_answered_in_order(
    write: Any, group: Subject, person: Subject
) -> None:
    async with write(concurrency=2) as writing:
        summaries = await writing.of(group, person, group)
    assert [bool(each.highlights) for each in summaries] == [True, False, True]


async def test_a_stream_is_put_together(write: Any, group: Subject) -> None:
    async with write(model("en"), stream=True) as writing:
        [summary] = await writing.of(group)
    assert summary.text[1].facts == ("member:1",)
    assert writing.server.questions[0]["stream"] is True


async def test_of_a_person_of_whom_nothing_is_known_nothing_is_asked(write: Any, person: Subject) -> None:
    bare = Subject(kind=person.kind, key="b", facts=(replace(person.facts[0], values={}),))
    async with write() as writing:
        assert await writing.of(bare) == [None]
        assert writing.server.questions == []


@pytest.mark.parametrize("wrap", ["```json\n%s\n```", "Sure! {here} it is: %s Hope this helps.", "%s"])
async def test_json_is_found_in_a_text(write: Any, group: Subject, wrap: str) -> None:
    whole = json.dumps({"bullets": [], **WRITTEN["en"]})
    async with write(lambda _: Answer(content=wrap.replace("%s", whole)), structured="text") as writing:
        [summary] = await writing.of(group)
    assert summary.text
    assert writing.server.forms == ["text"]
