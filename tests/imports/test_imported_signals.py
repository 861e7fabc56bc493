"""Signals that another system computed, beside those of our models, and by the thresholds that the tenant set."""

from datetime import timedelta
from uuid import UUID

import pytest

from bg_graph.accounts.tables import AccountRow, PersonRow
from bg_graph.intent.rules import IntentSettings, IntentThresholds
from bg_graph.intent.settings import set_intent
from bg_graph.intent.tables import IntentSignalRow, SignalEvidenceRow
from tests.conftest import NOW
from tests.imports.conftest import Desk, crm_id, full_id
from tests.intent.predicting import Counting, approve, model, run_intent
from tests.world import World

DAY = timedelta(days=1)
ACCOUNT, CONTACT = crm_id("account", 1), crm_id("contact", 1)
LAKE = {"kind": "KEYWORD", "name": "data lake"}


class Told:
    """A third party's file about one person, and the model's own predictions about her."""

    def __init__(self, desk: Desk, world: World, person: UUID, account: UUID) -> None:
        self.desk, self.world, self.person, self.account = desk, world, person, account

    async def imports(self, probability: float, at: str = "2026-11-20", **columns: str):
        given = {"Kind": "KEYWORD", "Product": "Lake", "Name": "data lake", **columns}
        row = f"PERSON,{CONTACT},{given['Kind']},Data,{given['Product']},{given['Name']},{probability},{at},topics,4"
        header = "SubjectType,SubjectId,Kind,Category,Product,Name,Probability,ComputedAt,Model,ModelVersion"
        return await self.desk.only(self.desk.table("signals.csv", header, row))

    async def predicts(self, days: int = 0) -> dict[str, int]:
        outcome = await run_intent(self.world, model(Counting()), now=self.desk.now + days * DAY)
        assert outcome.counts is not None, outcome
        return outcome.counts

    async def signal(self):
        return await self.desk.one(IntentSignalRow, subject_id=self.person, **LAKE)

    async def evidence(self) -> int:
        return len(await self.desk.rows(SignalEvidenceRow, signal_id=(await self.signal()).id))


@pytest.fixture
async def told(stocked: Desk) -> Told:
    """A person who read twice about data lakes: the model gives 0.6, MEDIUM."""
    world = World(stocked.database, stocked.tenant, NOW)
    await approve(world)
    person = (await stocked.one(PersonRow, external_id=full_id("contact", 1))).id
    account = (await stocked.one(AccountRow, external_id=full_id("account", 1))).id
    await world.activity(person, times=2, at=NOW - DAY, topics=["data lake"])
    return Told(stocked, world, person, account)


@pytest.mark.parametrize(
    ("probability", "level"), [(0.55, None), (0.6, "LOW"), (0.75, "LOW"), (0.8, "MEDIUM"), (0.9, "HIGH")]
)
async def test_an_import_goes_by_the_tenants_own_thresholds(told: Told, probability: float, level: str | None):
    async with told.desk.database.writing(told.desk.tenant) as db:
        await set_intent(db, IntentSettings(IntentThresholds(0.6, 0.8, 0.9)), by="mona", now=NOW)
    report = await told.imports(probability)
    assert [row.level for row in await told.desk.rows(IntentSignalRow)] == ([level] if level else [])
    assert report.warnings == ({} if level else {"BELOW_THRESHOLD": 1})


async def test_an_imported_signal_takes_the_place_of_a_models_with_all_that_spoke_for_that(told: Told):
    await told.predicts()
    assert ((await told.signal()).model_plugin, await told.evidence()) == ("counting", 2)
    report = await told.imports(0.8)
    signal = await told.signal()
    assert (report.changed, report.added) == (1, 0)
    assert (signal.probability, signal.level, signal.strength) == (0.8, "HIGH", 80)
    assert (signal.model_plugin, signal.model_name, signal.model_version) == ("import", "topics", "4")
    assert (signal.window_start, signal.window_end, await told.evidence()) == (None, None, 0)
    others = await told.desk.rows(SignalEvidenceRow)
    assert others, "what spoke for the model's other signals stays"


async def test_a_run_leaves_an_imported_signal_until_it_is_older_than_the_window(told: Told):
    await told.imports(0.8, at="2026-11-01")
    assert (await told.predicts())["kept"] == 1
    assert ((await told.signal()).model_plugin, await told.evidence()) == ("import", 0)
    await told.world.activity(told.person, times=2, at=NOW + 60 * DAY, topics=["data lake"])
    assert (await told.predicts(days=65))["kept"] == 1
    assert (await told.predicts(days=68))["kept"] == 0
    signal = await told.signal()
    assert (signal.model_plugin, signal.probability, await told.evidence()) == ("counting", 0.9, 4)


async def test_what_is_older_than_the_window_replaces_no_prediction_and_is_told(told: Told):
    await told.predicts()
    report = await told.imports(0.8, at="2026-08-01")
    assert (report.unchanged, report.warnings) == (1, {"OLDER_THAN_WINDOW": 1})
    assert ((await told.signal()).model_plugin, await told.evidence()) == ("counting", 2)


async def test_a_weak_import_takes_no_prediction_away(told: Told):
    await told.predicts()
    report = await told.imports(0.1)
    assert (report.unchanged, report.deleted) == (1, 0)
    assert ((await told.signal()).model_plugin, await told.evidence()) == ("counting", 2)


async def test_where_an_import_takes_its_own_signal_away_the_next_run_predicts_again(told: Told):
    await told.imports(0.8)
    await told.predicts()
    report = await told.imports(0.1)
    assert report.deleted == 1
    assert await told.desk.rows(IntentSignalRow, subject_id=told.person, **LAKE) == []
    assert (await told.predicts())["accounts"] == 1
    assert ((await told.signal()).model_plugin, await told.evidence()) == ("counting", 2)


async def test_an_imported_product_or_category_is_the_models_own_however_it_is_written(told: Told):
    await told.predicts()
    assert (await told.imports(0.8, Kind="PRODUCT", Product="", Name="Lake")).changed == 1
    assert (await told.imports(0.8, Kind="SOLUTION", Product="Lake", Name="Data")).changed == 1
    plugins = {row.kind: row.model_plugin for row in await told.desk.rows(IntentSignalRow, subject_id=told.person)}
    assert plugins == {"KEYWORD": "counting", "PRODUCT": "import", "SOLUTION": "import"}
