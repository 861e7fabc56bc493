"""Nothing of one tenant reaches another: every field of Query, every node id, every filter that takes an id.

The questions are made from the schema, so that a new field or type is asked by itself.
"""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import strawberry

from bg_graph.store.engine import Database
from bg_graph.store.ids import new_id
from tests.conftest import NOW, add_tenant
from tests.screens.conftest import Ask
from tests.screens.full_world import Questions, fill, ids_of
from tests.world import World

ABOUT_THE_CALLER = {"Viewer", "Plugin"}
"""Types that tell of the caller or the installation; all others tell of the tenant's records."""

MALFORMED = (
    "",
    " ",
    "grp_",
    "grp_xyz",
    "grp_" + "0" * 32,
    "grp_" + "0" * 33,
    "grp-" + "0" * 32,
    "_" + "0" * 32,
    "nothing_" + "0" * 32,
    "é",
    "grp_" + "٣" * 32,
    "%",
    "*",
    "0",
    "null",
    "../grp",
    "' OR '1'='1",
    "x" * 10_000,
)


@pytest.fixture(scope="session")
def questions(schema: strawberry.Schema) -> Questions:
    return Questions(schema._schema)


@pytest.fixture
async def ids(world: World, questions: Questions) -> dict[str, str]:
    """An id of each type that can be fetched, in the first tenant, whose texts all hold the word SECRET."""
    await fill(world, "SECRET")
    return await ids_of(world, questions)


@pytest.fixture
async def stranger(database: Database) -> UUID:
    return await add_tenant(database, "stranger")


def objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from objects(each)
    elif isinstance(value, list):
        for each in value:
            yield from objects(each)


def is_nothing(value: Any) -> bool:
    """Null, false, none, a list of nothing, or an object that holds nothing but its type's name."""
    if isinstance(value, dict):
        return all(is_nothing(each) for name, each in value.items() if name != "__typename")
    if isinstance(value, list):
        return all(is_nothing(each) for each in value)
    return value in (None, False, 0)


def all_lists(questions: Questions) -> str:
    """Every field of Query that needs no id, and all that can be reached from it in three steps."""
    fields = {name: field for name, field in questions.query.fields.items() if not questions.takes_required_ids(field)}
    return "{ " + " ".join(f"{name} {questions.selection(field.type, 3)}" for name, field in fields.items()) + " }"


def all_fields(questions: Questions, ids: list[str]) -> str:
    """Every field of Query in every way that it takes each id, in one document."""
    asked: dict[str, None] = {}
    for name, field in questions.query.fields.items():
        for node_id in ids:
            for arguments in questions.arguments(field, node_id):
                asked[f"{name}{arguments} {questions.selection(field.type, 1)}"] = None
    return "{ " + " ".join(f"a{number}: {each}" for number, each in enumerate(asked)) + " }"


@pytest.mark.slow
async def test_the_owner_finds_each_type_by_its_own_ids_only(ids: dict[str, str], questions: Questions, ask: Ask):
    assert set(ids) == set(questions.nodes), "the world of the test needs an instance of each type"
    assert await fetched(ask, list(ids.values())) == list(ids.values())
    keys = [node_id.split("_") for node_id in ids.values()]
    swapped = [f"{prefix}_{key}" for prefix, own in keys for _, key in keys if key != own]
    assert set(await fetched(ask, swapped)) == {None}
    fresh = [f"{prefix}_{new_id().hex}" for prefix, _ in keys]
    assert set(await fetched(ask, fresh)) == {None}
    checked = 0
    for name, field in questions.query.fields.items():
        target = getattr(field.type, "name", "")
        if list(field.args) == ["id"] and target in questions.nodes:
            asked = [f'{kind}: {name}(id: "{node_id}") {{ id }}' for kind, node_id in ids.items()]
            answer = await ask("{ " + " ".join(asked) + " }")
            assert answer.data == {**dict.fromkeys(ids), target: {"id": ids[target]}}
            checked += 1
    assert checked >= 5


@pytest.mark.slow
async def test_a_stranger_gets_nothing_from_any_field_with_any_id(
    ids: dict[str, str], questions: Questions, ask: Ask, stranger: UUID, database: Database
):
    everything = all_fields(questions, list(ids.values()))
    answer = await ask(everything, as_tenant=stranger)
    assert len(answer.data) >= len(questions.query.fields)
    told = [each for value in answer.data.values() if not is_nothing(value) for each in objects(value)]
    assert {each["__typename"] for each in told} <= ABOUT_THE_CALLER, told
    assert "SECRET" not in json.dumps(answer.data)
    assert set(await fetched(ask, list(ids.values()), as_tenant=stranger)) == {None}
    await fill(World(database, stranger, NOW), "OWN")
    for asked in (everything, all_lists(questions)):
        text = json.dumps((await ask(asked, as_tenant=stranger)).data)
        assert "OWN" in text
        assert "SECRET" not in text
        assert [node_id for node_id in ids.values() if f'"{node_id}"' in text] == []


async def fetched(ask: Ask, ids: list[str], **options: Any) -> list[str | None]:
    """The ids of the nodes that are found by these ids."""
    answer = await ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids, **options)
    for node_id, found in zip(ids, answer.data["nodes"], strict=True):
        one = await ask("query($id: ID!) { node(id: $id) { id } }", id=node_id, **options) if len(ids) < 20 else None
        assert one is None or one.data["node"] == found
    return [found and found["id"] for found in answer.data["nodes"]]


async def test_malformed_ids_find_nothing_in_any_field_and_are_no_error(world: World, ask: Ask):
    await world.group()
    for wrong in MALFORMED:
        answer = await ask(
            """query($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } buyingGroup(id: $id) { id }
            account(id: $id) { id } person(id: $id) { id } rolesTemplate(id: $id) { id } solutionInterest(id: $id) { id }
            a: buyingGroups(filter: {accountIds: [$id]}) { totalCount nodes { id } }
            b: buyingGroups(filter: {missingRoleId: $id}) { totalCount nodes { id } } }""",
            id=wrong,
        )
        assert is_nothing(answer.data), (wrong, answer.data)
