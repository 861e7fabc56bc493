"""The page on summaries says what works: its queries run, its settings hold, its words are those of the schema."""

import re
from pathlib import Path
from typing import Any

import strawberry

from bg_graph.hosting.choosing import choose
from bg_graph.settings import load_settings
from bg_graph.summaries.graphql.types import SummaryStatus
from bg_summary_facts.plugin import PLUGIN as FACTS
from scripts.house import ROOT
from tests.screens.conftest import gid
from tests.summaries.facts_host import held
from tests.summaries.summary_desk import Desk
from tests.world import World

PAGE = (ROOT / "docs" / "summaries.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def operations() -> dict[str, str]:
    """The operations of the page by their names."""
    found = {re.findall(r"(?:query|mutation) (\w+)", block)[0]: block for block in blocks("graphql")}
    assert len(found) == len(blocks("graphql"))
    return found


async def test_the_operations_work_as_written(world: World, schema: strawberry.Schema) -> None:
    desk = Desk(world, schema, chain=(held(FACTS),))
    group = gid("grp", await world.group())
    left = operations()

    async def run(name: str, **variables: str) -> Any:
        data = await desk.ask(left.pop(name), id=group, **variables)
        (found,) = data.values()
        assert "userErrors" not in found or found["userErrors"] == []
        return found.get("aiSummary") or found["summary"]

    told = await run("Overview")
    assert (told["status"], len(told["highlights"])) == ("FRESH", 3)
    assert told["text"]
    assert told["disclaimer"]
    rests = await run("Provenance")
    assert (rests["provider"]["plugin"], rests["pluginVersion"], rests["triedBefore"]) == ("facts", FACTS.version, [])
    assert all(citation["facts"] for citation in rests["citations"])
    anew = await run("Refresh")
    assert anew["version"] != told["version"]
    rated = await run("Rate", version=anew["version"])
    assert (rated["feedback"]["verdict"], rated["feedback"]["down"]) == ("DOWN", 1)
    assert left == {}


def test_the_settings_hold(tmp_path: Path) -> None:
    [block] = blocks("toml")
    (tmp_path / "bg-graph.toml").write_text(block)
    settings = load_settings(environment={}, config=tmp_path / "bg-graph.toml")
    chosen = choose(settings.providers, settings.own)
    assert chosen.faults == ()
    assert list(settings.providers.summary) == ["openai", "facts"]


def test_every_status_stands_on_the_page_once_and_nothing_else_does() -> None:
    told = re.findall(r"^\| `([A-Z]+)` \|", PAGE, re.MULTILINE)
    assert sorted(told) == sorted(each.value for each in SummaryStatus)
