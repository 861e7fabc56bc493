"""The language of a tenant's summaries, in its set-up file."""

from pathlib import Path
from uuid import UUID

import pytest

from bg_graph.setup.apply import apply_file
from bg_graph.setup.errors import SetupFileWrong
from bg_graph.setup.plan import Action, PlannedChange
from bg_graph.setup.rendering import render_plan
from bg_graph.store.changes import ChangeItemRow, ChangeRow
from bg_graph.store.engine import Database
from bg_graph.summaries.reads import chosen_language
from bg_graph.summaries.rules.languages import Language
from tests.conftest import NOW
from tests.world import World


async def applied(database: Database, tenant: UUID, folder: Path, text: str) -> PlannedChange:
    path = folder / "tenant.toml"
    path.write_text(text, encoding="utf-8")
    plan = await apply_file(database, tenant, path, clock=lambda: NOW)
    assert "language of summaries" in render_plan(plan)
    [entry] = plan.entries
    return entry


async def test_a_tenant_chooses_the_language_of_its_summaries(world: World, tmp_path: Path) -> None:
    database, tenant = world.database, world.tenant
    actions = [
        (await applied(database, tenant, tmp_path, f'language = "{each}"\n')).action for each in ("nl", "nl", "de")
    ]
    assert actions == [Action.ADDED, Action.UNCHANGED, Action.CHANGED]
    async with database.reading(tenant) as db:
        assert await chosen_language(db) is Language.DE
    assert [row.kind for row in await world.rows(ChangeRow)] == ["LANGUAGE_CHOSEN", "LANGUAGE_CHOSEN"]
    assert [(row.before, row.after) for row in await world.rows(ChangeItemRow)] == [
        (None, {"language": "nl"}),
        ({"language": "nl"}, {"language": "de"}),
    ]


async def test_the_plan_tells_which_language_follows_which(world: World, tmp_path: Path) -> None:
    await applied(world.database, world.tenant, tmp_path, 'language = "nl"\n')
    entry = await applied(world.database, world.tenant, tmp_path, 'language = "en"\n')
    assert entry.details == ("language: nl -> en",)
    assert entry.line == 1


async def test_a_language_that_there_is_not_is_refused_with_those_that_there_are(world: World, tmp_path: Path) -> None:
    with pytest.raises(SetupFileWrong) as wrong:
        await applied(world.database, world.tenant, tmp_path, '# ours\nlanguage = "fr"\n')
    told = str(wrong.value)
    assert "tenant.toml:2: language" in told
    for each in ("'fr'", "en", "nl", "de"):
        assert each in told
