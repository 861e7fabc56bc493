"""Hooks of plugins: what they register is there, and what is wrong with one plugin is told and hurts no other."""

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pluggy
import pytest

from bg_graph.hosting.hooks.registering import Loaded, PluginHooks, register_all
from bg_graph.hosting.storage import PassingStorage
from bg_graph.plugins.health import Health
from bg_graph.plugins.hooks import (
    CheckSpec,
    FieldOwner,
    FieldRequest,
    FieldReturns,
    FieldSpec,
    Register,
    RouteRequest,
    RouteResponse,
    RouteSpec,
    hookimpl,
)
from bg_graph.plugins.importing import FileHead, ImporterSpec, ImportKind, ImportPage, ImportRequest
from bg_graph.plugins.plugin import NoSettings, Plugin


async def ones(request: FieldRequest) -> list[int]:
    return [1] * len(request.subjects)


async def well() -> Health:
    return Health(healthy=True)


async def hello(request: RouteRequest) -> RouteResponse:
    return RouteResponse(body=b"hello")


async def nothing(request: ImportRequest) -> ImportPage:
    return ImportPage(records=())


FIELD = FieldSpec(type=FieldOwner.ACCOUNT, name="acmeOnes", returns=FieldReturns.INT, description="One.", compute=ones)
CHECK = CheckSpec(name="well", description="Always.", check=well)
ROUTE = RouteSpec(path="hello/{name}", handle=hello)
IMPORTER = ImporterSpec(name="visits", title="Visits", kind=ImportKind.ACTIVITY, read=nothing)


def hooks_that(**functions: Callable[..., Any]) -> SimpleNamespace:
    return SimpleNamespace(**{name: hookimpl(function) for name, function in functions.items()})


def adding(*specs: object) -> Callable[[Register[Any]], None]:
    def hook(register: Register[Any]) -> None:
        for spec in specs:
            register.add(spec)

    return hook


def loaded(hooks: object, name: str = "acme") -> Loaded:
    return Loaded(Plugin(name=name, version="1", title=name, hooks=hooks), NoSettings(), PassingStorage())


def registered(*plugins: Loaded, **options: Any) -> PluginHooks:
    return register_all(plugins, **options)


def fault_of(hooks: object, **options: Any) -> str:
    found = registered(loaded(hooks), loaded(hooks_that(register_checks=adding(CHECK)), "other"), **options)
    assert [each.name for each in found.registered] == ["other"], "the others go on"
    return found.faults["acme"]


def test_what_is_registered_is_there() -> None:
    hooks = hooks_that(
        register_fields=adding(FIELD),
        register_checks=adding(CHECK),
        register_routes=adding(ROUTE),
        register_importers=adding(IMPORTER),
    )
    [found] = registered(loaded(hooks)).registered
    assert (found.fields, found.checks, found.routes) == ((FIELD,), (CHECK,), (ROUTE,))
    assert found.importers == (IMPORTER,)
    assert set(found.implemented) == {"register_fields", "register_importers", "register_checks", "register_routes"}


def test_a_hook_sees_its_settings_and_its_own_name() -> None:
    seen: list[Any] = []
    registered(loaded(hooks_that(register_checks=lambda register: seen.append(register))))
    assert (type(seen[0].settings), seen[0].context.plugin) == (NoSettings, "acme")


def test_a_plugin_without_hooks_is_no_fault() -> None:
    assert registered(loaded(None)) == PluginHooks()


@pytest.mark.parametrize(
    ("hooks", "told"),
    [
        (hooks_that(register_field=adding(FIELD)), "unknown hook 'register_field'"),
        (hooks_that(register_fields=lambda registry: None), "registry"),
        (SimpleNamespace(register_fields=adding(FIELD)), "none of their functions is marked with hookimpl"),
        (hooks_that(register_fields=adding(CHECK)), "registers a CheckSpec, not a FieldSpec"),
        (hooks_that(register_fields=lambda register: 1 / 0), "failed (ZeroDivisionError)"),
        (hooks_that(register_fields=lambda register: exit(3)), "failed (SystemExit)"),
    ],
    ids=["unknown", "argument", "unmarked", "other-spec", "raises", "exits"],
)
def test_hooks_that_are_wrong_are_left_out_and_told(hooks: object, told: str) -> None:
    assert told in fault_of(hooks)


def test_a_hook_that_does_not_end_holds_up_nobody() -> None:
    began = time.monotonic()
    assert "had not ended after 0.1 seconds" in fault_of(
        hooks_that(register_fields=lambda register: time.sleep(3)), seconds=0.1
    )
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": "ones"}, "begin with acme"),
        ({"name": "acme"}, "begin with acme"),
        ({"name": "acme_ones"}, "camel case"),
        ({"type": "Query"}, "BuyingGroup, Account, Person, Member"),
        ({"returns": "Person"}, "returns has to be one of String"),
        ({"description": " "}, "the description is empty"),
        ({"compute": lambda request: [1]}, "compute is no async function"),
    ],
)
def test_a_field_that_is_wrong_is_told(change: dict[str, Any], told: str) -> None:
    given = {name: getattr(FIELD, name) for name in ("type", "name", "returns", "description", "compute")}
    assert told in fault_of(hooks_that(register_fields=adding(FieldSpec(**{**given, **change}))))


@pytest.mark.parametrize(
    ("route", "told"),
    [
        (RouteSpec(path="/hello", handle=hello), "without a slash in front"),
        (RouteSpec(path="../hello", handle=hello), "without a slash in front"),
        (RouteSpec(path="events", handle=hello), "answered by bg-graph itself"),
        (RouteSpec(path="hello", handle=hello, deadline=60), "at most 30 seconds"),
        (RouteSpec(path="hello", handle=hello, max_body=10**9), "max_body"),
        (RouteSpec(path="hello", handle=hello, deadline="1"), "a wrong type"),  # type: ignore[arg-type]
    ],
)
def test_a_route_that_is_wrong_is_told(route: RouteSpec, told: str) -> None:
    assert told in fault_of(hooks_that(register_routes=adding(route)))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": "Web Visits"}, "small letters, digits and hyphens"),
        ({"name": 7}, "name is no text"),
        ({"title": ""}, "the title is empty"),
        ({"kind": "Visits"}, "kind has to be one of Account, Contact"),
        ({"suffixes": ".csv"}, "a tuple of texts such as '.acme'"),
        ({"suffixes": (".CSV",)}, "in small letters"),
        ({"deadline": 301}, "at most 300 seconds"),
        ({"read": lambda request: None}, "read is no async function"),
        ({"recognise": lambda head: True}, "recognise is no async function"),
    ],
)
def test_a_source_of_imports_that_is_wrong_is_told(change: dict[str, Any], told: str) -> None:
    async def each(head: FileHead) -> bool:
        return True

    given = {"name": "visits", "title": "Visits", "kind": ImportKind.ACTIVITY, "read": nothing, "recognise": each}
    assert told in fault_of(hooks_that(register_importers=adding(ImporterSpec(**{**given, **change}))))


def test_two_sources_of_one_name_are_told() -> None:
    assert "two have the name 'visits'" in fault_of(hooks_that(register_importers=adding(IMPORTER, IMPORTER)))


def test_a_check_that_is_wrong_is_told() -> None:
    check = CheckSpec(name="Not Well", description="", check=well)
    assert "small letters" in fault_of(hooks_that(register_checks=adding(check)))


class OlderSpecs:
    """A host in which a hook is about to be removed."""

    @pluggy.HookspecMarker("bg_graph")(warn_on_impl=DeprecationWarning("register_checks goes in 2.0: use a route"))
    def register_checks(self, register: Register[CheckSpec]) -> None:
        """To be removed."""


def test_a_hook_that_will_be_removed_works_and_is_told() -> None:
    [found] = registered(loaded(hooks_that(register_checks=adding(CHECK))), specs=OlderSpecs).registered
    assert found.checks == (CHECK,)
    assert found.deprecated == ("register_checks goes in 2.0: use a route",)
