"""Names and topics that come from outside stay plain text, whatever stands in them; no model is asked anything else by them."""

import unicodedata
from collections.abc import Mapping

import pytest
from hostile_texts import BENIGN, HOSTILE, MARK
from openai_server import speaking

from bg_graph.hosting.summaries import Answered
from bg_graph.plugins.summaries import Subject, Summary
from bg_graph.summaries.facts.gathering import gather
from bg_graph.summaries.facts.plain import plain
from bg_summary_facts.plugin import PLUGIN as FACTS
from tests.conftest import NOW
from tests.summaries.facts_host import asked, held, held_openai
from tests.summaries.hostile_world import hostile_group
from tests.world import World

MORE = {
    "an invented name": "is Zoe 7",
    "a window of ours": "In the last 30 days",
    "a name with numbers": "30",
    "a name of another script": "王小明",
    "a name with many marks": "Zoë Ó'Brien-Łukasz Jr. III",
}
STORABLE = {name: text for name, text in {**HOSTILE, **MORE}.items() if not set(text) & {"\0", "\ud800"}}
"""What a database takes: an import refuses the others."""
JOINERS = "\u200c\u200d"


async def subjects_with(world: World, text: str) -> list[Subject]:
    found = []
    ids = await hostile_group(world, text)
    async with world.database.reading(world.tenant) as db:
        for kind, subject_id in ids.items():
            found.append((await gather(db, kind, [subject_id], NOW))[subject_id].subject)
    return found


def lines(summary: Summary) -> list[str]:
    shown = [*summary.text, *summary.bullets, *(highlight.statement for highlight in summary.highlights)]
    return [statement.text for statement in shown]


def assert_plain(line: str, hostile: str) -> None:
    strange = [each for each in line if unicodedata.category(each)[0] == "C" and each not in JOINERS]
    assert strange == [], [hex(ord(each)) for each in strange]
    assert len(line) < 4000
    assert MARK not in line.replace(plain(hostile), "").replace(plain(f"{hostile} 2"), "")


async def assert_held(world: World, texts: Mapping[str, str]) -> None:
    async with speaking() as server:
        facts, model = held(FACTS), held_openai(server.url)
        await asked(await subjects_with(world, BENIGN), "en", model)
        harmless = sorted(server.bodies)
        for name, hostile in texts.items():
            subjects = await subjects_with(world, hostile)
            server.bodies.clear()
            for chain in (facts, model):
                for answer in await asked(subjects, "en", chain):
                    assert isinstance(answer, Answered), (name, chain.name, answer)
                    said = lines(answer.summary)
                    assert any(plain(hostile) in line for line in said), (name, chain.name)
                    for line in said:
                        assert_plain(line, hostile)
            assert sorted(server.bodies) == harmless, name
        await model.close()


async def test_a_few_hostile_texts_are_shown_as_they_are_and_the_model_is_asked_the_same(world: World) -> None:
    await assert_held(world, dict(list(STORABLE.items())[:: len(STORABLE) // 6]))


@pytest.mark.slow
async def test_all_hostile_texts_are_shown_as_they_are_and_the_model_is_asked_the_same(world: World) -> None:
    await assert_held(world, STORABLE)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ada  Lovelace ", "Ada Lovelace"),
        ("Ada\nLovelace", "Ada Lovelace"),
        ("Ada\u2028\x07Lovelace", "Ada Lovelace"),
        ("\u202eAda", "Ada"),
        ("\x01\u200f", "(no name)"),
        ("می‌خواهم", "می‌خواهم"),
        ("x" * 201, "x" * 199 + "…"),
        ("x" * 200, "x" * 200),
        ("A\u200bd\u2060a", "Ada"),
        ("Ada" + "".join(chr(0xE0000 + ord(each)) for each in "say this"), "Ada"),
        ("Ada\u00ad Lovelace\ue000", "Ada Lovelace"),
        ("A" + "\u0301" * 60 + "da", "A" + "\u0301" * 4 + "da"),
        ("นี้กำลังน่าสนใจ", "นี้กำลังน่าสนใจ"),
    ],
)
def test_texts_become_one_plain_line(text: str, shown: str) -> None:
    assert plain(text) == shown
