"""The intent part of a set-up file: settings, and a taxonomy whose changes are approved versions."""

from pathlib import Path
from uuid import UUID

import pytest

from bg_graph.intent.rules import DEFAULT_SETTINGS, IntentSettings, IntentThresholds, TaxonomyCategory, TaxonomyProduct
from bg_graph.intent.settings import intent_settings
from bg_graph.intent.tables import IntentCategoryRow, IntentSignalRow
from bg_graph.intent.taxonomy import (
    CategoryStatus,
    StoredCategory,
    approve_category,
    categories_in,
    category_interests,
    draft_category,
)
from bg_graph.setup.apply import apply_file
from bg_graph.setup.plan import SetupPlan
from bg_graph.store.changes import ChangeRow
from tests.conftest import NOW
from tests.world import World

FILE = """
[[intent_categories]]
name = "Data"
solution_interests = ["Analytics"]
[[intent_categories.products]]
name = "Lake"
keywords = ["data  lake", "Cost", "cost"]
[[intent_categories.products]]
name = "Catalog"
keywords = ["lineage"]
"""
LAKE = TaxonomyProduct("Lake", ("data lake", "Cost"))
DATA = TaxonomyCategory("Data", (LAKE, TaxonomyProduct("Catalog", ("lineage",))))


@pytest.fixture
def apply(world: World, tmp_path: Path):
    """Applies a set-up file of this text."""

    async def apply_text(text: str) -> SetupPlan:
        path = tmp_path / "tenant.toml"
        path.write_text(text, encoding="utf-8")
        return await apply_file(world.database, world.tenant, path, clock=lambda: NOW, by="mona")

    return apply_text


async def in_use(world: World) -> list[StoredCategory]:
    async with world.database.reading(world.tenant) as db:
        return await categories_in(db, CategoryStatus.APPROVED)


def told(plan: SetupPlan) -> list[tuple[str, tuple[str, ...]]]:
    return [(str(entry.action), entry.details) for entry in plan.entries]


async def settings(world: World) -> IntentSettings:
    async with world.database.reading(world.tenant) as db:
        return await intent_settings(db)


async def test_the_taxonomy_of_a_file_is_approved_with_names_in_one_form(world: World, apply):
    interest = await world.interest("Analytics")
    await apply(FILE)
    (stored,) = await in_use(world)
    assert (stored.category, stored.version) == (DATA, 1)
    row = await world.one(IntentCategoryRow)
    assert (row.made_by, row.approved_by, row.made_at, row.approved_at) == ("mona", "mona", NOW, NOW)
    async with world.database.reading(world.tenant) as db:
        assert await category_interests(db) == {"data": {interest}}
    kinds = {row.kind for row in await world.rows(ChangeRow)}
    assert {"CATEGORY_DRAFTED", "CATEGORY_APPROVED"} <= kinds


async def test_a_changed_category_is_a_new_version_and_the_plan_tells_what_differs(world: World, apply):
    await world.interest("Analytics")
    await apply(FILE)
    assert told(await apply(FILE)) == [("unchanged", ())]
    plan = await apply(FILE.replace('"Cost", "cost"', '"price"').replace('"Catalog"', '"Index"'))
    expected = ("Lake: +price, -Cost", "Catalog: not in the file", "Index: new", "version: 1 -> 2")
    assert told(plan) == [("changed", expected)]
    assert [(each.version, each.category.products[0].keywords) for each in await in_use(world)] == [
        (2, ("data lake", "price"))
    ]
    assert [row.status for row in await world.rows(IntentCategoryRow)] == ["REPLACED", "APPROVED"]


async def test_another_solution_interest_makes_no_new_version(world: World, apply):
    await world.interest("Analytics")
    other = await world.interest("Storage")
    await apply(FILE)
    assert told(await apply(FILE.replace("Analytics", "storage"))) == [("changed", ("solution_interests differ",))]
    assert [each.version for each in await in_use(world)] == [1]
    async with world.database.reading(world.tenant) as db:
        assert await category_interests(db) == {"data": {other}}


async def test_a_draft_is_not_in_use_until_it_is_approved(world: World):
    async def draft(category: TaxonomyCategory) -> UUID:
        async with world.database.writing(world.tenant) as db:
            made = await draft_category(db, category, by="mona", now=NOW)
        assert isinstance(made, UUID)
        return made

    async def approve(category_id: UUID) -> list[str]:
        async with world.database.writing(world.tenant) as db:
            return [fault.code for fault in await approve_category(db, category_id, by="otto", now=NOW)]

    first = await draft(DATA)
    assert await in_use(world) == []
    second = await draft(TaxonomyCategory("DATA", (LAKE,)))
    assert await approve(first) == ["NOT_FOUND"], "a later draft takes the place of the one before"
    assert await approve(second) == []
    assert await approve(second) == ["NOT_A_DRAFT"]
    assert [each.category.name for each in await in_use(world)] == ["DATA"]


async def test_what_is_wrong_with_a_category_is_told_with_its_place(world: World):
    products = (
        TaxonomyProduct("P", ()),
        TaxonomyProduct("p ", tuple(map(str, range(151)))),
        TaxonomyProduct("", ("k",)),
    )
    async with world.database.writing(world.tenant) as db:
        faults = await draft_category(db, TaxonomyCategory(" ", products), by="mona", now=NOW)
    assert not isinstance(faults, UUID)
    assert {(fault.code, fault.path) for fault in faults} == {
        ("NAME_MISSING", ("name",)),
        ("EMPTY_PRODUCT", ("products", 0, "keywords")),
        ("DUPLICATE_PRODUCT", ("products", 1, "name")),
        ("TOO_MANY_KEYWORDS", ("products", 1, "keywords")),
        ("NAME_MISSING", ("products", 2, "name")),
    }


async def test_settings_that_a_file_leaves_out_are_the_defaults(world: World, apply):
    assert await settings(world) == DEFAULT_SETTINGS
    assert told(await apply("[intent]\n")) == [("added", ())]
    assert await settings(world) == DEFAULT_SETTINGS
    plan = await apply("[intent]\nwindow_days = 30\nwon_stages = ['Gewonnen']\n")
    assert told(plan) == [("changed", ("window_days: 90 -> 30", "won_stages differ"))]
    assert (await settings(world)).window_days == 30
    assert (await settings(world)).won("gewonnen ")
    assert not (await settings(world)).won("Closed Won")


async def test_new_thresholds_set_the_levels_of_signals_that_stand(world: World, apply):
    person = await world.person(await world.account())
    for name, probability in (("weak", 0.3), ("middle", 0.6), ("strong", 0.9)):
        await world.signal(person, name, probability)
    await apply("[intent]\nthresholds = { signal = 0.5, medium = 0.6, high = 0.95 }\n")
    assert (await settings(world)).thresholds == IntentThresholds(0.5, 0.6, 0.95)
    rows = await world.rows(IntentSignalRow)
    assert {row.name: (row.level, row.level_rank) for row in rows} == {"middle": ("MEDIUM", 2), "strong": ("MEDIUM", 2)}
