"""Many at once on one group: whatever the interleaving, a serial order explains what each was told and what is left."""

import asyncio
import os

import pytest

from bg_graph.buying_groups.commands.acts import Act
from bg_graph.buying_groups.commands.calls import CallOutcome, assign_call
from bg_graph.buying_groups.rules.default_roles import CHAMPION
from bg_graph.buying_groups.rules.membership import CallCode, MembershipSource, RoleAssignment, Terms
from tests.buying_groups.interleaving import CALLERS, Stage, try_interleaving
from tests.buying_groups.invariants import breaches, read_group
from tests.world import World

FIRST_SEED = int(os.environ.get("BG_TEST_SEED", "1"))
HOW_MANY = 5
"""In each run of the tests; `benchmarks/interleavings` tries thousands."""


@pytest.mark.slow
async def test_some_serial_order_explains_every_interleaving(world: World):
    stage = Stage(world)
    for seed in range(FIRST_SEED, FIRST_SEED + HOW_MANY):
        tried = await try_interleaving(stage, seed)
        assert not tried.violations, (f"seed {seed}", *tried.violations)


@pytest.mark.parametrize(("expected_version", "winners"), [(1, 1), (None, CALLERS)])
async def test_of_those_who_expect_one_version_one_wins_and_without_one_all_merge(
    world: World, expected_version: int | None, winners: int
):
    group = await world.group()
    people = await world.people(await world.account_of(group), CALLERS)

    async def assign(person) -> CallOutcome:
        act = Act("Ann", MembershipSource.MANUAL, world.now)
        async with world.database.writing(world.tenant) as db:
            items = [RoleAssignment(person, CHAMPION.id)]
            return await assign_call(db, group, items, act, Terms(expected_version))

    outcomes = await asyncio.gather(*map(assign, people))
    faults = [fault.code for outcome in outcomes for fault in outcome.faults]
    assert faults == [CallCode.VERSION_CONFLICT] * (CALLERS - winners)
    assert len(await world.people_in(group)) == winners
    assert breaches(await read_group(world.database, world.tenant, group)) == []
