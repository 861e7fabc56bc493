"""Over generated groups: how much of what summaries say is grounded, whether they bring out what they must, and what comes of
lying models and hostile texts.

    .venv/bin/python benchmarks/summaries/run.py [--groups 520] [--seed 1]

Prints Markdown, and ends with 1 where anything that is shown is not grounded, or something required is missing.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import structlog

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(sys.path[0]) / "plugins" / "bg-summary-openai" / "tests"))

from checker import Judged, catches, falsified, judge, statements
from hostile_texts import BENIGN, HOSTILE, MARK
from models import HOW_MANY_WAYS, badly, good
from openai_server import speaking

from bg_graph.buying_groups.tables import MemberRow
from bg_graph.hosting.summaries import Answered
from bg_graph.plugins.summaries import Subject, SubjectKind
from bg_graph.store.engine import open_database
from bg_graph.store.schema import upgrade
from bg_graph.summaries.facts.gathering import gather
from bg_graph.summaries.facts.plain import plain
from bg_summary_facts.plugin import PLUGIN as FACTS
from tests.conftest import NOW, add_tenant
from tests.summaries.facts_host import asked, held, held_openai
from tests.summaries.hostile_world import hostile_group
from tests.summaries.random_worlds import random_groups
from tests.world import World

LOCALES = ("en", "nl", "de")
AT_ONCE = 50
HEADER = (
    "| writer | language | asked for | by it | by `facts` | statements | names | grounded | numbers | grounded "
    "| highlights | present | bullets | present | seconds |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--groups", type=int, default=520)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with TemporaryDirectory(prefix="bg-summaries-") as place:
        wrong = asyncio.run(measured(f"sqlite:///{place}/summaries.sqlite", given.groups, given.seed))
    for each in wrong[:20]:
        print(each, file=sys.stderr)
    return 1 if wrong else 0


async def measured(url: str, groups: int, seed: int) -> list[str]:
    """Make the worlds, print the tables; what is wrong."""
    database = open_database(url)
    await upgrade(database)
    world = World(database, await add_tenant(database, "acme"), NOW)
    subjects = await all_subjects(world, await random_groups(world, Random(seed), groups))
    kinds = Counter(each.kind.value.lower() for each in subjects)
    print(f"Subjects: {', '.join(f'{number} {kind}s' for kind, number in kinds.items())}; seed {seed}\n\n{HEADER}")
    wrong: list[str] = []
    for locale in LOCALES:
        wrong += await measured_in(locale, subjects)
    wrong += await judged_by_lies(subjects)
    hostile = World(database, await add_tenant(database, "hostile"), NOW)
    wrong += await measured_hostile(hostile)
    await database.close()
    return wrong


async def all_subjects(world: World, groups: Sequence[Any]) -> list[Subject]:
    """The groups, their accounts, and as many members."""
    accounts = [await world.account_of(group) for group in groups]
    members = [row.id for row in await world.rows(MemberRow)][: len(groups)]
    found: list[Subject] = []
    asked_for = {SubjectKind.GROUP: list(groups), SubjectKind.ACCOUNT: accounts, SubjectKind.MEMBER: members}
    for kind, ids in asked_for.items():
        async with world.database.reading(world.tenant) as db:
            gathered = await gather(db, kind, ids, NOW)
        found += [gathered[each].subject for each in ids]
    return found


async def measured_in(locale: str, subjects: Sequence[Subject]) -> list[str]:
    """The rows of a language; what is wrong."""
    facts = held(FACTS)
    true, wrong = await row("facts", locale, subjects, facts)
    async with speaking(good) as server:
        model = held_openai(server.url)
        more, faults = await row("openai, a good model", locale, subjects, model, facts)
        await model.close()
    async with speaking(badly()) as server:
        model = held_openai(server.url)
        shown, more_faults = await row("openai, a bad model", locale, subjects, model, facts)
        await model.close()
    strange = [text for said, *honest in zip(shown, true, more, strict=True) for text in said - honest[0] - honest[1]]
    return [*wrong, *faults, *more_faults, *(f"said by the bad model alone: {each}" for each in strange)]


async def judged_by_lies(subjects: Sequence[Subject]) -> list[str]:
    """Whether the judge sees what is false: statements of `facts`, falsified."""
    tried = caught = 0
    for subject, answer in zip(subjects, await asked(subjects, "en", held(FACTS)), strict=True):
        for statement in statements(answer.summary):
            for false in falsified(statement):
                tried, caught = tried + 1, caught + catches(subject, false)
    print(f"\nThe judge itself: of {tried:,} falsified statements it caught {caught:,}.", flush=True)
    return [] if tried == caught else ["the judge let falsified statements pass"]


async def row(writer: str, locale: str, subjects: Sequence[Subject], *chain: Any) -> tuple[list[set[str]], list[str]]:
    """Ask for all summaries, print what is found in them; what each says, and what is wrong."""
    judged, by, said, began = Judged(), Counter[str](), list[set[str]](), perf_counter()
    for at in range(0, len(subjects), AT_ONCE):
        some = subjects[at : at + AT_ONCE]
        for subject, answer in zip(some, await asked(some, locale, *chain), strict=True):
            if not isinstance(answer, Answered):
                judged.wrong.append(f"no summary of {subject.key}: {answer}")
                continue
            by[answer.plugin] += 1
            judge(subject, answer.summary, judged)
            said.append({each.text for each in statements(answer.summary)})
    cells: list[Any] = [writer, locale, len(subjects), by[chain[0].name], by["facts"] if len(chain) > 1 else "-"]
    cells.append(judged.counts["statements"])
    for each in ("names", "numbers", "highlights", "bullets"):
        cells += [judged.counts[each], judged.share(f"good {each}", each)]
    cells.append(f"{perf_counter() - began:.0f}")
    print(f"| {' | '.join(f'{each:,}' if isinstance(each, int) else each for each in cells)} |", flush=True)
    return said, judged.wrong


async def measured_hostile(world: World) -> list[str]:
    """What comes of hostile texts in all places of a group, its account, a member and a person; what is wrong."""
    storable = {name: text for name, text in HOSTILE.items() if not set(text) & {"\0", "\ud800"}}
    counts, wrong = Counter[str](), list[str]()
    async with speaking(good) as server:
        facts, model = held(FACTS), held_openai(server.url)
        await asked(await hostile_subjects(world, BENIGN), "en", model)
        harmless = sorted(server.bodies)
        for name, text in storable.items():
            server.bodies.clear()
            subjects = await hostile_subjects(world, text)
            for provider in (facts, model):
                for subject, answer in zip(subjects, await asked(subjects, "en", provider), strict=True):
                    counts["asked for"] += 1
                    faults = faults_of(subject, answer, text)
                    counts["safe"] += not faults
                    wrong += [f"{name}: {fault}" for fault in faults]
            counts["the same questions"] += sorted(server.bodies) == harmless
        await model.close()
    print(
        f"\n{len(HOSTILE)} hostile texts, of which a database takes {len(storable)}, each in all places of four subjects: "
        f"{counts['asked for']} summaries by `facts` and `openai`, {counts['safe']} of them safe; the questions to the model "
        f"were the same, byte for byte, as of a harmless text for {counts['the same questions']} of {len(storable)}. "
        f"Ways in which the bad model errs: {HOW_MANY_WAYS}."
    )
    return wrong if counts["the same questions"] == len(storable) else [*wrong, "a hostile text changed a question"]


async def hostile_subjects(world: World, text: str) -> list[Subject]:
    """A group, account, member and person with a text in all places."""
    ids = await hostile_group(world, text)
    async with world.database.reading(world.tenant) as db:
        return [(await gather(db, kind, [each], NOW))[each].subject for kind, each in ids.items()]


def faults_of(subject: Subject, answer: Any, text: str) -> list[str]:
    """What is unsafe about a summary: the text anywhere but as a name, and signs that nobody sees or that break a line."""
    if not isinstance(answer, Answered):
        return [f"no summary of {subject.kind}: {answer}"]
    said = [each.text for each in statements(answer.summary)]
    rests = [each.replace(plain(f"{text} 2"), "").replace(plain(text), "") for each in said]
    hidden = [
        sign for each in said for sign in each if unicodedata.category(sign)[0] == "C" and sign not in "\u200c\u200d"
    ]
    return [
        *(["a mark outside of names"] if any(MARK in each or "{" in each for each in rests) else []),
        *(["signs that nobody sees"] if hidden else []),
    ]


if __name__ == "__main__":
    sys.exit(main())
