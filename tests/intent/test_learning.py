"""Models learn from what was sold: which outcomes they are told, with which activities, and what comes of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from bg_graph.intent.predicting.learning import learned
from bg_graph.intent.predicting.outcomes import QUIET, Episode, deal_episodes, quiet_episodes
from bg_graph.intent.predicting.sources import Deal
from bg_graph.intent.rules import DEFAULT_SETTINGS
from bg_graph.intent.tables import IntentTrainingRow
from bg_graph.plugins.errors import Unavailable
from bg_graph.plugins.intent import Outcome, Training, TrainingRequest
from tests.conftest import NOW, statements
from tests.intent.predicting import Counting, approve, model, run_intent, sell
from tests.world import World

DAY = timedelta(days=1)
ACME, BETA, DATA_ID, SECURITY_ID = uuid4(), uuid4(), uuid4(), uuid4()
CATEGORIES = {DATA_ID: frozenset({0}), SECURITY_ID: frozenset({5})}


def episodes(*deals: Deal) -> list[Episode]:
    return deal_episodes(deals, CATEGORIES, DEFAULT_SETTINGS, NOW)


def test_a_won_deal_was_bought_and_what_nobody_spoke_of_was_not():
    assert episodes(Deal(ACME, DATA_ID, "Closed Won", NOW - DAY)) == [Episode(ACME, NOW - DAY, {0: True, 5: False})]


def test_an_open_deal_tells_nothing_of_its_category():
    won, open_one = Deal(ACME, DATA_ID, "Closed Won", NOW - DAY), Deal(ACME, SECURITY_ID, "Negotiation", None)
    assert episodes(won, open_one) == [Episode(ACME, NOW - DAY, {0: True})]
    assert episodes(open_one) == []


def test_of_deals_that_closed_together_one_won_is_enough():
    lost, won = (Deal(ACME, DATA_ID, stage, NOW - DAY) for stage in ("Closed Lost", "closed won"))
    assert [each.bought[0] for each in (*episodes(lost), *episodes(lost, won), *episodes(won, lost))] == [
        False,
        True,
        True,
    ]


def test_a_deal_that_is_closed_ahead_of_its_date_counts_as_of_now():
    assert episodes(Deal(ACME, DATA_ID, "Won", NOW + DAY))[0].at == NOW


def test_accounts_without_a_deal_bought_nothing_two_months_ago():
    deals = [Deal(ACME, DATA_ID, "Open", None)]
    assert quiet_episodes([ACME, BETA], deals, CATEGORIES, NOW, 5) == [Episode(BETA, NOW - QUIET, {0: False, 5: False})]
    many = [UUID(int=number) for number in range(100)]
    chosen = [each.account_id.int for each in quiet_episodes(many, [], CATEGORIES, NOW, 4)]
    assert chosen == [0, 25, 50, 75]


@pytest.fixture
async def sold(world: World) -> UUID:
    return await sell(world)


def taught(request: TrainingRequest) -> Training:
    return Training(state=b"wiser", description="learned from one")


async def trainings(world: World) -> dict[str, Any]:
    async with world.database.reading(world.tenant) as db:
        return await learned(db)


async def test_a_model_is_told_what_went_before_an_outcome_as_if_it_were_today(world: World, sold: UUID):
    provider = Counting(teach=taught)
    await run_intent(world, model(provider))
    (request,) = provider.learned
    assert request.outcomes == (Outcome(account=0, term=0, won=True),)
    (content,) = request.request.contents
    assert content.topics == ("data lake",)
    (at,) = request.request.activities.times
    end_of_day = NOW.replace(hour=23, minute=59, second=59)
    assert at == int((NOW - DAY - (end_of_day - NOW)).timestamp())
    assert [list(each.persons) for each in request.request.subjects] == [[0]]


async def test_what_was_learned_is_kept_shown_and_handed_back(world: World, sold: UUID):
    provider = Counting(teach=taught)
    await run_intent(world, model(provider))
    assert [request.training for request in provider.requests] == [b"wiser"]
    kept = (await trainings(world))["counting"]
    assert (kept.description, kept.outcomes, kept.trained_at) == ("learned from one", 1, NOW)


async def test_a_model_learns_anew_once_a_week_where_there_is_something_new(world: World, sold: UUID):
    provider = Counting(teach=taught)
    times = []
    for days in (0, 1, 8):
        await run_intent(world, model(provider), now=NOW + days * DAY)
        times.append(len(provider.learned))
    assert times == [1, 1, 1], "nothing was sold meanwhile"
    closed = {"is_open": False, "stage": "Closed Lost", "close_date": "2026-11-24", "columns": {"product__c": "Data"}}
    await world.opportunity(sold, **closed)
    for days in (6, 9):
        await run_intent(world, model(provider), now=NOW + days * DAY)
        times.append(len(provider.learned))
    assert times[3:] == [1, 2]


async def test_another_version_of_a_model_learns_at_once(world: World, sold: UUID):
    provider = Counting(teach=taught)
    for version in ("1", "2", "2"):
        await run_intent(world, model(provider, version=version))
    assert len(provider.learned) == 2


async def test_a_model_that_does_not_learn_or_fails_at_it_predicts_all_the_same(world: World, sold: UUID):
    def failing(request: TrainingRequest) -> Training:
        raise Unavailable("the library is closed")

    for teach, told in ((None, "too few"), (failing, "the library is closed")):
        provider = Counting(teach=teach)
        outcome = await run_intent(world, model(provider, version=told))
        assert outcome.counts is not None
        assert [request.training for request in provider.requests] == [None]
        assert told in (await world.one(IntentTrainingRow)).description


async def test_without_deals_nobody_is_asked_to_learn(world: World):
    await approve(world)
    await world.activity(await world.person(await world.account()), topics=["cost"])
    provider = Counting(teach=taught)
    await run_intent(world, model(provider))
    assert (provider.learned, len(provider.requests)) == ([], 1)


async def test_what_is_read_to_learn_takes_the_same_number_of_statements_for_any_number_of_accounts(
    world: World, sold: UUID
):
    async def reads(provider: Counting, version: str) -> int:
        with statements(world.database) as seen:
            await run_intent(world, model(provider, version=version))
        return sum("FROM activity" in each for each in seen)

    await world.person(await world.account())
    few = await reads(Counting(), "1")
    won = {"is_open": False, "stage": "Closed Won", "close_date": f"{NOW - 20 * DAY:%Y-%m-%d}"}
    for _ in range(5):
        account = await world.account()
        await world.activity(await world.person(account), at=NOW - 30 * DAY, topics=["cost"])
        await world.opportunity(account, **won, columns={"product__c": "Data"})
        await world.person(await world.account())
    provider = Counting(teach=taught)
    assert await reads(provider, "2") == few
    (request,) = provider.learned
    assert len(request.outcomes) == 6, "who did nothing teaches nothing"
    assert [request.request.subjects[number].account for number in range(6)] == [
        outcome.account for outcome in request.outcomes
    ]
    told = request.request
    read = [
        (told.person_accounts[person], told.contents[content].topics)
        for person, content in zip(told.activities.persons, told.activities.contents, strict=True)
    ]
    assert sorted(topics for _, topics in read) == [("cost",)] * 5 + [("data lake",)]
    assert {account for account, _ in read} == {outcome.account for outcome in request.outcomes}
