"""Many at once on one group: whatever the interleaving, a serial order explains what each was told and what is left."""

import os

import pytest

from tests.buying_groups.interleaving import Stage, try_interleaving
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
