"""The intent job: what a model says of people, groups and accounts becomes their signals, and nothing else does."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete

from bg_graph.accounts.tables import PersonRow
from bg_graph.intent.rules import IntentSettings
from bg_graph.intent.settings import set_intent
from bg_graph.intent.tables import IntentAccountRow, IntentRunRow, IntentSignalRow, SignalEvidenceRow
from bg_graph.jobs.runs import RunState
from bg_graph.plugins.intent import IntentRequest, IntentSubjectKind, Prediction, Predictions
from bg_graph.store.connection import table_of
from bg_graph.store.scope import of_tenant
from tests.conftest import NOW, statements
from tests.intent.predicting import DATA, MODEL, Counting, approve, model, predictions, run_intent, subjects
from tests.world import World

DAY = timedelta(days=1)
PERSON = table_of(PersonRow)


@pytest.fixture
async def lake(world: World) -> dict[str, UUID]:
    """An account with a group of one of its two people, who read twice about data lakes; the other once about cost."""
    await approve(world)
    group = await world.group()
    account = await world.account_of(group)
    ada = await world.member(group)
    bob = await world.person(account)
    await world.activity(ada, times=2, at=NOW - DAY, asset_name="A lake", topics=["data lake"])
    await world.activity(bob, at=NOW - DAY, topics=["cost", "other"])
    return {"group": group, "account": account, "ada": ada, "bob": bob}


async def signals(world: World, **equal: Any) -> dict[tuple[str, str], tuple[float, str]]:
    rows = await world.rows(IntentSignalRow, **equal)
    return {(row.subject_kind, row.name): (row.probability, row.level) for row in rows}


async def counts(world: World, provider: Any, **options: Any) -> dict[str, int]:
    outcome = await run_intent(world, model(provider), **options)
    assert outcome.state is RunState.DONE, outcome
    assert outcome.counts is not None
    return outcome.counts


async def test_what_a_model_says_becomes_signals_of_person_group_and_account(world: World, lake: dict[str, UUID]):
    told = await counts(world, Counting())
    assert (told["accounts"], told["activities"], told["added"]) == (1, 3, 13)
    strong, weak = (0.6, "MEDIUM"), (0.3, "LOW")
    assert await signals(world, subject_id=lake["ada"]) == {
        ("PERSON", name): strong for name in ("data lake", "Lake", "Data")
    }
    assert await signals(world, subject_id=lake["bob"]) == {("PERSON", name): weak for name in ("cost", "Lake", "Data")}
    assert await signals(world, subject_id=lake["group"]) == {
        ("GROUP", name): strong for name in ("data lake", "Lake", "Data")
    }
    account = {("ACCOUNT", name): strong for name in ("data lake", "Lake", "Data")}
    assert await signals(world, subject_id=lake["account"]) == {**account, ("ACCOUNT", "cost"): weak}


async def test_a_signal_tells_model_window_and_what_spoke_for_it(world: World, lake: dict[str, UUID]):
    await counts(world, Counting())
    row = await world.one(IntentSignalRow, subject_id=lake["ada"], kind="KEYWORD")
    assert (row.model_plugin, row.model_name, row.model_version) == ("counting", "counter", "7")
    assert (row.computed_at, row.window_start, row.window_end) == (NOW, NOW - 90 * DAY, NOW)
    assert (row.category, row.product, row.strength, row.confidence) == ("Data", "Lake", 60, 0.6)
    spoke = await world.rows(SignalEvidenceRow, signal_id=row.id)
    assert len(spoke) == 2
    part = await world.one(IntentSignalRow, subject_id=lake["ada"], kind="SOLUTION")
    assert len(await world.rows(SignalEvidenceRow, signal_id=part.id)) == 2, "raised to a part, for the same reasons"


async def test_a_second_run_writes_nothing_and_asks_nothing(world: World, lake: dict[str, UUID]):
    provider = Counting()
    await counts(world, provider)
    before = [await world.rows(table) for table in (IntentSignalRow, SignalEvidenceRow, IntentAccountRow)]
    told = await counts(world, provider, now=NOW + timedelta(hours=1))
    assert (told["accounts"], told["accounts_as_before"]) == (0, 1)
    assert len(provider.requests) == 1
    assert [await world.rows(table) for table in (IntentSignalRow, SignalEvidenceRow, IntentAccountRow)] == before


async def test_only_accounts_in_which_something_happened_are_computed_anew(world: World, lake: dict[str, UUID]):
    quiet = await world.person(await world.account())
    await world.activity(quiet, at=NOW - DAY)
    provider = Counting()
    await counts(world, provider)
    later = NOW + timedelta(hours=1)
    await world.activity(lake["bob"], at=NOW, topics=["data lake"])
    told = await counts(world, provider, now=later)
    assert (told["accounts"], told["accounts_as_before"]) == (1, 1)
    assert (await signals(world, subject_id=lake["account"]))["ACCOUNT", "data lake"] == (0.9, "HIGH")
    unchanged = await world.one(IntentSignalRow, subject_id=lake["ada"], kind="KEYWORD")
    assert unchanged.computed_at == NOW, "what is the same is not written again"


async def test_a_new_member_computes_the_account_anew(world: World, lake: dict[str, UUID]):
    provider = Counting()
    await counts(world, provider)
    await world.member(lake["group"], lake["bob"])
    assert (await counts(world, provider))["accounts"] == 1
    assert (await signals(world, subject_id=lake["group"]))["GROUP", "cost"] == (0.3, "LOW")


@pytest.mark.parametrize("change", ["taxonomy", "plugin version", "settings"])
async def test_another_taxonomy_model_or_setting_computes_all_anew(world: World, lake: dict[str, UUID], change: str):
    await counts(world, Counting())
    if change == "taxonomy":
        await approve(world, type(DATA)("Data", DATA.products[:1]))
    if change == "settings":
        async with world.database.writing(world.tenant) as db:
            await set_intent(db, IntentSettings(window_days=30), by="mona", now=NOW)
    version = "2" if change == "plugin version" else "1"
    outcome = await run_intent(world, model(Counting(), version=version))
    assert outcome.counts is not None
    assert outcome.counts["accounts"] == 1


async def test_signals_fade_though_nothing_happens(world: World, lake: dict[str, UUID]):
    provider = Counting()
    await counts(world, provider)
    assert (await counts(world, provider, now=NOW + 2 * DAY))["accounts"] == 0
    told = await counts(world, provider, now=NOW + 3 * DAY)
    assert (told["accounts"], told["unchanged"], told["changed"]) == (1, 13, 0)
    assert {row.computed_at for row in await world.rows(IntentSignalRow)} == {NOW + 3 * DAY}, "known to hold still"
    told = await counts(world, provider, now=NOW + 100 * DAY)
    assert (told["accounts"], told["activities"], told["gone"]) == (1, 0, 13)
    assert await world.rows(IntentSignalRow) == []
    assert await world.rows(SignalEvidenceRow) == []


async def test_what_others_told_stays_and_is_not_doubled(world: World, lake: dict[str, UUID]):
    kind = {"subject_kind": "ACCOUNT", "kind": "KEYWORD", "category": "Data", "product": "Lake"}
    bought = await world.signal(lake["account"], "data lake", 0.8, **kind)
    apart = await world.signal(lake["account"], "bought topic", 0.4, subject_kind="ACCOUNT")
    told = await counts(world, Counting())
    assert told["kept"] == 1
    rows = {row.id: row for row in await world.rows(IntentSignalRow, subject_id=lake["account"])}
    assert (rows[bought].probability, rows[bought].model_plugin) == (0.8, "test")
    told = await counts(world, Counting(), now=NOW + 100 * DAY)
    assert {row.id for row in await world.rows(IntentSignalRow)} == {bought, apart}


async def test_what_another_model_said_before_is_replaced(world: World, lake: dict[str, UUID]):
    await counts(world, Counting())
    none = Counting(answer=lambda _: Predictions(model=MODEL, predictions=()))
    outcome = await run_intent(world, model(none, "other"))
    assert outcome.counts is not None
    assert outcome.counts["gone"] == 13
    assert await world.rows(IntentSignalRow) == []


async def test_what_is_no_more_likely_goes(world: World, lake: dict[str, UUID]):
    await counts(world, Counting())
    weak = Counting(
        answer=lambda request: Predictions(
            model=MODEL,
            predictions=[
                Prediction(subject=0, term=0, probability=0.2),
                Prediction(subject=1, term=0, probability=0.25),
            ],
        )
    )
    await world.activity(lake["ada"], at=NOW)
    told = await counts(world, weak)
    assert (told["gone"], told["changed"] + told["added"] + told["unchanged"]) == (12, 1)
    assert [row.probability for row in await world.rows(IntentSignalRow)] == [0.25]


async def test_accounts_are_asked_for_whole_and_in_bounded_batches(world: World):
    await approve(world)
    for _ in range(5):
        await world.activities([(await world.person(await world.account()), "VISIT_PAGE", NOW)] * 4)
    giant = await world.account()
    for person in await world.people(giant, 2):
        await world.activities([(person, "VISIT_PAGE", NOW)] * 20)
    provider = Counting()
    told = await counts(world, provider, activities_at_once=10)
    assert (told["accounts"], told["activities"]) == (6, 60)
    assert sorted(len(request.activities) for request in provider.requests) == [4, 8, 8, 40]
    assert max(len(subjects(each, IntentSubjectKind.PERSON)) for each in provider.requests) == 2


async def test_a_batch_takes_the_same_number_of_statements_however_much_is_in_it(world: World):
    await approve(world)

    async def statements_of(accounts: int, people: int) -> int:
        for _ in range(accounts):
            for person in await world.people(await world.account(), people):
                await world.activities([(person, "VISIT_PAGE", NOW)] * 3, topics=["cost"])
        with statements(world.database) as seen:
            told = await counts(world, Counting())
        assert told["added"] == accounts * (people + 1) * 3
        return len(seen)

    assert await statements_of(1, 1) == await statements_of(5, 8)


async def test_a_run_is_on_record_with_where_its_answers_came_from(world: World, lake: dict[str, UUID]):
    await counts(world, Counting())
    row = await world.one(IntentRunRow)
    assert (row.as_of, row.window_start, row.finished_at) == (NOW, NOW - 90 * DAY, NOW)
    assert (row.plugin, row.plugin_version, row.model_name, row.model_version) == ("counting", "1", "counter", "7")
    assert (row.signals_changed, row.outcome["added"]) == (13, 13)
    state = await world.one(IntentAccountRow)
    assert (state.account_id, state.activities, state.signals, state.changed_at) == (lake["account"], 3, 13, NOW)


async def test_without_an_approved_taxonomy_or_a_model_nothing_is_done(world: World):
    provider = Counting()
    await world.activity(await world.person(await world.account()))
    assert await counts(world, provider) == {"accounts": 0}
    await approve(world)
    assert (await run_intent(world)).counts == {"accounts": 0}
    assert provider.requests == []
    assert await world.rows(IntentRunRow) == []


async def test_another_tenants_people_are_not_told(world: World, other_world: World, lake: dict[str, UUID]):
    stranger = await other_world.person(await other_world.account())
    await other_world.activity(stranger, asset_name="secret")
    provider = Counting()
    await counts(world, provider)
    (request,) = provider.requests
    assert "secret" not in {content.name for content in request.contents}
    assert len(request.person_accounts) == 2


async def test_a_batch_without_an_answer_stops_no_other_and_is_asked_for_again(world: World):
    await approve(world)
    people = [await world.person(await world.account()) for _ in range(3)]
    for person in people:
        await world.activities([(person, "VISIT_PAGE", NOW)] * 4, topics=["cost"])
    asked: list[IntentRequest] = []

    def failing_once(request: IntentRequest) -> Predictions | None:
        asked.append(request)
        return None if len(asked) == 2 else Predictions(model=MODEL, predictions=predictions(request))

    provider = Counting(answer=failing_once)
    outcome = await run_intent(world, model(provider), activities_at_once=4)
    assert outcome.state is RunState.FAILED
    assert outcome.error is not None
    assert (
        "1 batches of accounts without an answer: counting: the plugin counting answered with a NoneType"
        in outcome.error
    )
    assert len({row.subject_id for row in await world.rows(IntentSignalRow, subject_kind="PERSON")}) == 2
    again = await run_intent(world, model(provider), activities_at_once=4)
    assert (again.state, again.counts and again.counts["accounts"]) == (RunState.DONE, 1)
    assert len({row.subject_id for row in await world.rows(IntentSignalRow, subject_kind="PERSON")}) == 3
    unfinished, finished = await world.rows(IntentRunRow)
    assert (unfinished.finished_at, finished.finished_at) == (None, NOW)


async def test_after_three_batches_in_a_row_without_an_answer_the_model_is_left_alone(world: World):
    await approve(world)
    for _ in range(5):
        await world.activities([(await world.person(await world.account()), "VISIT_PAGE", NOW)] * 4)
    provider = Counting(answer=lambda _: None)
    assert (await run_intent(world, model(provider), activities_at_once=4)).state is RunState.FAILED
    assert len(provider.requests) == 3


async def test_somebody_who_is_deleted_while_the_model_thinks_leaves_no_signal(world: World, lake: dict[str, UUID]):
    held = Counting()

    class Slow:
        async def predict(self, request: IntentRequest) -> Any:
            answer = await held.predict(request)
            async with world.database.writing(world.tenant) as db:
                await db.execute(delete(PERSON).where(of_tenant(PERSON), PERSON.c.id == lake["bob"]))
            return answer

        async def train(self, request: Any) -> None:
            return None

    outcome = await run_intent(world, model(Slow()))
    assert outcome.state is RunState.DONE, outcome
    assert await world.rows(IntentSignalRow, subject_id=lake["bob"]) == []
    assert len(await world.rows(IntentSignalRow, subject_id=lake["ada"])) == 3


async def test_two_at_the_same_time_end_like_one(world: World, lake: dict[str, UUID]):
    outcomes = await asyncio.gather(*(run_intent(world, model(Counting())) for _ in range(3)))
    assert {outcome.state for outcome in outcomes} <= {RunState.DONE, RunState.BUSY}
    assert len(await world.rows(IntentSignalRow)) == 13
