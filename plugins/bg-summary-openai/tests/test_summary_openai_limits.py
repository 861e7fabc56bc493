"""Limits of tokens and money hold for a tenant and day, over restarts and for several processes."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from openai_server import Answer, honest, saying

from bg_graph.plugins.errors import Rejected, Unavailable
from bg_graph.plugins.summaries import Subject
from bg_graph.plugins.testing.lent import KeptTexts
from bg_summary_openai.budget import PREFIX, Budget, utc_now
from bg_summary_openai.settings import OpenAISettings

CHEAP = {"max_tokens": 100, "max_tokens_per_day": 5000}


async def spent(storage: KeptTexts, tenant: str = "acme") -> tuple[int, int]:
    day = utc_now().date().isoformat()
    kept = [text.split() for key, text in (await storage.list(tenant, f"{PREFIX}{day}/")).items() if text]
    return sum(int(each[0]) for each in kept), sum(int(each[1]) for each in kept)


async def test_tokens_are_counted_as_the_endpoint_counts_them_and_the_limit_holds(write: Any, group: Subject) -> None:
    async with write(saying(honest, usage=(2000, 50)), **CHEAP) as writing:
        await writing.of(group)
        assert await spent(writing.storage) == (2000, 50)
        await writing.of(group)
        with pytest.raises(Rejected) as caught:
            await writing.of(group)
        assert caught.value.code == "TOKEN_LIMIT"
        assert len(writing.server.questions) == 2
        assert await spent(writing.storage) == (4000, 100)


async def test_the_limit_holds_after_a_restart_and_for_another_process(write: Any, group: Subject) -> None:
    storage = KeptTexts()
    for _ in range(2):
        async with write(saying(honest, usage=(2000, 50)), storage, **CHEAP) as writing:
            await writing.of(group)
    async with write(saying(honest), storage, **CHEAP) as writing:
        with pytest.raises(Rejected):
            await writing.of(group)
        assert writing.server.questions == []


async def test_another_tenant_has_its_own(write: Any, group: Subject) -> None:
    async with write(saying(honest, usage=(4000, 50)), **CHEAP) as writing:
        await writing.of(group)
        with pytest.raises(Rejected):
            await writing.of(group)
        assert await writing.of(group, tenant="globex") != [None]
        assert not writing.storage.strangers


async def test_money_is_limited_by_the_prices(write: Any, group: Subject) -> None:
    prices = {"max_tokens": 100, "max_money_per_day": 0.0045, "price_in": 1.0, "price_out": 10.0}
    async with write(saying(honest, usage=(3000, 100)), **prices) as writing:
        await writing.of(group)
        with pytest.raises(Rejected) as caught:
            await writing.of(group)
    assert caught.value.code == "MONEY_LIMIT"


async def test_of_many_at_once_no_more_are_asked_than_the_limit_has_room_for(write: Any, group: Subject) -> None:
    async with write(saying(honest, usage=(2000, 50)), **CHEAP) as writing:
        answers = await writing.of(*[group] * 8)
    assert 1 <= sum(answer is not None for answer in answers) <= 2
    assert sum(await spent(writing.storage)) <= 5000


async def test_what_was_refused_costs_nothing_and_what_got_lost_is_counted(write: Any, group: Subject) -> None:
    async with write(lambda _: Answer(status=503), attempts=1, **CHEAP) as writing:
        with pytest.raises(Unavailable):
            await writing.of(group)
        assert await spent(writing.storage) == (0, 0)
    async with write(lambda _: Answer(cut="body"), **CHEAP) as writing:
        with pytest.raises(Unavailable):
            await writing.of(group)
        lost = await spent(writing.storage)
    assert lost[0] > 300
    assert lost[1] == 100


async def test_a_call_that_is_given_up_is_counted(write: Any, group: Subject) -> None:
    async with write(lambda _: Answer(wait=10), **CHEAP) as writing:
        task = asyncio.ensure_future(writing.of(group))
        while not writing.server.questions:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert (await spent(writing.storage))[1] == 100


async def test_an_endpoint_that_counts_nothing_is_counted_by_estimate(write: Any, group: Subject) -> None:
    async with write(saying(honest, usage=None), **CHEAP) as writing:
        await writing.of(group)
        assert (await spent(writing.storage))[1] == 100


async def test_a_new_day_begins_at_nothing_and_old_ones_are_forgotten() -> None:
    now = [datetime(2026, 11, 23, 23, 59, tzinfo=UTC)]
    storage = KeptTexts()
    settings = OpenAISettings.model_validate({"base_url": "http://127.0.0.1", "model": "m", "max_tokens_per_day": 100})
    budget = Budget(settings, storage, lambda: now[0])
    async with budget.spending("acme", 60, 40):
        pass
    with pytest.raises(Rejected):
        async with budget.spending("acme", 1, 0):
            pass
    now[0] += timedelta(minutes=2)
    async with budget.spending("acme", 60, 40):
        pass
    assert [key.split("/")[1] for key in await storage.list("acme", PREFIX)] == ["2026-11-24"]


async def test_without_limits_nothing_is_kept(write: Any, group: Subject) -> None:
    async with write() as writing:
        await writing.of(group)
        assert await writing.storage.list("acme", PREFIX) == {}
