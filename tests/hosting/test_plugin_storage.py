"""The texts of a plugin are kept by tenant and plugin, and by nobody else seen."""

from uuid import UUID

import pytest

from bg_graph.hosting.storage import PluginStorage
from bg_graph.plugins.context import LARGEST_VALUE, LONGEST_KEY
from tests.world import World


def storage(world: World, plugin: str = "marketo") -> PluginStorage:
    async def named(name: str) -> UUID | None:
        return {"acme": world.tenant}.get(name)

    return PluginStorage(world.database, plugin, named)


async def test_a_text_is_found_again_changed_and_taken_away(world: World) -> None:
    kept = storage(world)
    assert await kept.get("acme", "cursor") is None
    await kept.put("acme", "cursor", "1")
    await kept.put("acme", "cursor", "2")
    await kept.put("acme", "cursor_2", "x")
    assert await storage(world).get("acme", "cursor") == "2"
    assert await kept.list("acme", "cursor") == {"cursor": "2", "cursor_2": "x"}
    await kept.put("acme", "cursor", None)
    assert await kept.list("acme") == {"cursor_2": "x"}


async def test_no_other_plugin_sees_it(world: World) -> None:
    await storage(world).put("acme", "cursor", "1")
    assert await storage(world, "smtp").list("acme") == {}


async def test_signs_of_the_database_mean_themselves(world: World) -> None:
    kept = storage(world)
    await kept.put("acme", "a%b", "1")
    await kept.put("acme", "axb", "2")
    await kept.put("acme", "A%b", "3")
    assert await kept.list("acme", "a%") == {"a%b": "1"}
    assert await kept.get("acme", "a%b") == "1"


@pytest.mark.parametrize(
    ("tenant", "key", "value"),
    [("acme", "", "x"), ("acme", "k" * (LONGEST_KEY + 1), "x"), ("acme", "k", "x" * (LARGEST_VALUE + 1)), ("acme", "k", "\0"), ("nobody", "k", "x")],
)  # fmt: skip
async def test_what_can_not_be_kept_is_refused(world: World, tenant: str, key: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"key|value|tenant"):
        await storage(world).put(tenant, key, value)
