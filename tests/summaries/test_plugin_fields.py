"""Fields that plugins add: computed in a batch from facts, in their schema alone, with an error of their own where they fail."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from bg_graph.app import Product
from bg_graph.hosting.hooks.registering import Loaded, Registered, register_all
from bg_graph.hosting.storage import PassingStorage
from bg_graph.plugins.errors import Unavailable
from bg_graph.plugins.hooks import FieldOwner, FieldRequest, FieldReturns, FieldSpec, Register, hookimpl
from bg_graph.plugins.plugin import NoSettings, Plugin
from bg_graph.schema import build_schema
from bg_graph.settings import Settings
from bg_graph.store.engine import Database
from bg_graph.summaries.plugin_fields import field_faults
from tests.conftest import NOW
from tests.screens.conftest import caller_of
from tests.world import World

Compute = Callable[[FieldRequest], Awaitable[Any]]


async def scores(request: FieldRequest) -> list[int | None]:
    return [subject.facts[0].number("engagement_score") for subject in request.subjects]


def spec(
    name: str,
    compute: Compute = scores,
    owner: FieldOwner = FieldOwner.ACCOUNT,
    returns: FieldReturns = FieldReturns.INT,
) -> FieldSpec:
    return FieldSpec(type=owner, name=name, returns=returns, description="A test.", compute=compute)


def plugin(*specs: FieldSpec, name: str = "acme") -> Registered:
    @hookimpl
    def register_fields(register: Register[FieldSpec]) -> None:
        for each in specs:
            register.add(each)

    made = Plugin(name=name, version="1", title=name, hooks=SimpleNamespace(register_fields=register_fields))
    found = register_all([Loaded(made, NoSettings(), PassingStorage())])
    assert not found.faults
    return found.registered[0]


async def asked(database: Database, tenant: UUID, query: str, *plugins: Registered) -> Any:
    product = Product(Settings(), database, lambda: NOW)
    try:
        async with product.context(caller_of(tenant)) as context:
            return await build_schema(plugins).execute(query, {}, context)
    finally:
        for each in plugins:
            await each.running.close()


GROUPS = "{ buyingGroups(orderBy: [{field: NAME, direction: ASC}]) { nodes { account { name acmeNames } } } }"
SCORE = "{ buyingGroups { nodes { account { name acmeScore } } } }"


async def test_a_field_is_computed_once_for_all_objects_of_a_level(database: Database, world: World) -> None:
    calls: list[int] = []

    async def names(request: FieldRequest) -> list[list[str]]:
        calls.append(len(request.subjects))
        assert request.tenant == "acme"
        return [[str(subject.facts[0].name)] for subject in request.subjects]

    for name in ("One", "Two", "Three"):
        await world.group(await world.account(name))
    brought = plugin(spec("acmeNames", names, returns=FieldReturns.STRINGS))
    answer = await asked(database, world.tenant, GROUPS, brought)
    assert answer.errors is None
    shown = [node["account"] for node in answer.data["buyingGroups"]["nodes"]]
    assert [each["acmeNames"] for each in shown] == [[each["name"]] for each in shown] == [["One"], ["Three"], ["Two"]]
    assert calls == [3]


async def failing(request: FieldRequest) -> list[int]:
    raise RuntimeError("secret")


async def away(request: FieldRequest) -> list[int]:
    raise Unavailable("the system is away")


async def short(request: FieldRequest) -> list[int]:
    return []


async def texts(request: FieldRequest) -> list[str]:
    return ["one"] * len(request.subjects)


async def not_numbers(request: FieldRequest) -> list[float]:
    return [float("nan")] * len(request.subjects)


async def never(request: FieldRequest) -> list[int]:
    await asyncio.sleep(60)
    return []


@pytest.mark.parametrize(
    ("compute", "code", "told"),
    [
        (failing, "PLUGIN_ERROR", "the plugin acme failed"),
        (away, "PROVIDER_UNAVAILABLE", "the system is away"),
        (short, "PLUGIN_ERROR", "no value for each of 1 subjects"),
        (texts, "PLUGIN_ERROR", "that is no Int"),
        (not_numbers, "PLUGIN_ERROR", "that is no Int"),
    ],
)
async def test_a_field_that_fails_is_null_with_its_code_and_the_rest_is_there(
    compute: Compute, code: str, told: str, database: Database, world: World
) -> None:
    await world.group(await world.account("One"))
    brought = plugin(spec("acmeScore", compute))
    answer = await asked(database, world.tenant, SCORE, brought)
    assert answer.data["buyingGroups"]["nodes"] == [{"account": {"name": "One", "acmeScore": None}}]
    [error] = answer.errors
    assert error.original_error.code == code
    assert told in error.message
    assert "secret" not in error.message


async def test_a_field_that_hangs_is_given_up(
    database: Database, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bg_graph.summaries.plugin_fields.DEADLINE", 0.1)
    await world.group(await world.account("One"))
    brought = plugin(spec("acmeScore", never))
    answer = await asked(database, world.tenant, SCORE, brought)
    assert "no answer within" in answer.errors[0].message


@pytest.mark.parametrize("owner", list(FieldOwner))
def test_each_type_can_be_given_a_field(owner: FieldOwner) -> None:
    brought = plugin(spec("acmeScore", scores, owner))
    [block] = re.findall(rf"^type {owner}\b.*?^}}", build_schema([brought]).as_str(), re.MULTILINE | re.DOTALL)
    assert "acmeScore: Int" in block


def test_nothing_of_a_plugin_stays_in_other_schemas() -> None:
    assert "acmeScore" in build_schema([plugin(spec("acmeScore"))]).as_str()
    assert "acmeScore" not in build_schema().as_str()


@pytest.mark.parametrize("returns", list(FieldReturns))
def test_each_kind_of_value_is_shown_as_it_is_called(returns: FieldReturns) -> None:
    text = build_schema([plugin(spec("acmeValue", returns=returns))]).as_str()
    assert f"acmeValue: {returns}\n" in text


def test_a_field_that_exists_is_not_replaced() -> None:
    taken = plugin(spec("industryCode"), name="industry")
    other = plugin(spec("industryCode", owner=FieldOwner.PERSON), name="industry")
    assert field_faults([taken, other]) == {}
    own = plugin(spec("aiSummary"), name="ai")
    told = field_faults([own])["ai"]
    assert "Account has a field aiSummary already, of the product" in told
    assert build_schema([own]).as_str() == build_schema().as_str()


def test_of_two_plugins_with_one_name_the_first_has_it() -> None:
    first, second = plugin(spec("acmeMailScore"), name="acme"), plugin(spec("acmeMailScore"), name="acme-mail")
    assert list(field_faults([first, second])) == ["acme-mail"]


def test_a_plugin_that_adds_a_field_twice_is_told() -> None:
    assert "of the plugin itself" in field_faults([plugin(spec("acmeScore"), spec("acmeScore"))])["acme"]
