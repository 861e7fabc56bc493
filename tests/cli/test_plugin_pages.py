"""The pages for authors and operators say what works: their code runs, their commands end well, their tables are complete."""

import asyncio
import re
import shlex
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from graphql import parse, validate

from bg_graph.cli.scaffold import Made, write_skeleton
from bg_graph.hosting.choosing import choose
from bg_graph.hosting.fences.options import FenceOptions
from bg_graph.hosting.hooks.listener import HOOK, factory_of
from bg_graph.hosting.hooks.registering import REGISTERING, Loaded, register_all
from bg_graph.hosting.hosted import Hosted
from bg_graph.hosting.standing import PluginState
from bg_graph.hosting.storage import PassingStorage
from bg_graph.plugins import errors
from bg_graph.plugins.email import EmailAbility
from bg_graph.plugins.errors import Misconfigured, OutcomeUnknown, ProviderError, Rejected, Unavailable
from bg_graph.plugins.plugin import API, Capability, NoSettings
from bg_graph.plugins.testing.checks import Outcome
from bg_graph.schema import build_schema
from bg_graph.settings import load_settings
from scripts import contract
from scripts.house import ROOT
from tests.cli.shell import PROGRAM, Shell
from tests.hosting.installed_plugins import Installation
from tests.hosting.listening import happen, telling
from tests.world import World

PAGES = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "plugins").glob("*.md")}
TESTED = [*(ROOT / "tests").rglob("test_*.py"), *(ROOT / "bg_graph" / "plugins" / "testing").rglob("*.py")]
TESTS = "".join(path.read_text(encoding="utf-8") for path in TESTED if path != Path(__file__))
"""The tests, and the exams: an ability is tested where each provider that declares it is."""


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGES[page], re.DOTALL)


def module_of(code: str, name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    (folder / f"{name}.py").write_text(code)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, name, raising=False)
    return import_module(name)


@pytest.fixture
def installed(shell: Shell, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The plugin that the page makes, installed as `pip install -e` would."""
    site = tmp_path_factory.mktemp("site")
    folder = write_skeleton("acme-mail", Made.EMAIL, into=site, license_="MIT", author=None)  # type: ignore[arg-type]
    Installation(site, monkeypatch).install("acme-mail", "unused", "", acme_mail="acme_mail.plugin:PLUGIN")
    monkeypatch.syspath_prepend(str(folder))
    return shell


MARKS_AND_VARIABLES = {"hookspec", "hookimpl", "Item", "Spec"}
KNOWN_COMMANDS = ("python3 -m venv .venv", "pip install", "cd acme-mail", "pytest", "bg-graph ")


def test_the_commands_of_an_author_work_as_written(installed: Shell) -> None:
    [configuration] = blocks("write-a-plugin", "toml")
    (installed.folder / "bg-graph.toml").write_text(configuration)
    lines = [line for block in blocks("write-a-plugin", "sh") for line in block.splitlines()]
    assert [line for line in lines if not line.startswith(KNOWN_COMMANDS)] == []
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("bg-graph")]
    assert len(commands) == 4
    for command in commands:
        assert "acme-mail" in installed.out(*command)


def test_the_settings_of_an_author_are_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = module_of(blocks("write-a-plugin", "python")[0], "page_settings", tmp_path, monkeypatch)
    settings = made.Settings(url="https://mail.example.com/v1", api_key="s3cret")
    assert "s3cret" not in repr(settings)
    assert all(field.description for field in made.Settings.model_fields.values())


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, Misconfigured), (429, Unavailable), (503, Unavailable), (500, OutcomeUnknown), (422, Rejected)],
)
def test_the_answers_of_an_api_become_errors(
    status: int, kind: type[ProviderError], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = module_of(blocks("write-a-plugin", "python")[1], "page_errors", tmp_path, monkeypatch)
    fault = made.error_of(status, "wrong", "7")
    assert type(fault) is kind
    assert getattr(fault, "retry_after", None) == (7.0 if kind is Unavailable else None)


@pytest.mark.slow
def test_the_summary_provider_of_the_page_passes_the_exam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, provider, exam = blocks("write-a-plugin", "python")
    module_of(provider, "scores", tmp_path, monkeypatch)
    results = module_of(exam, "page_exam", tmp_path, monkeypatch).TestConformance.examined()
    assert [each for each in results if each.outcome in (Outcome.FAILED, Outcome.SKIPPED)] == []
    assert len(results) > 20


async def test_the_hooks_of_the_page_register_and_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [code] = blocks("hooks", "python")
    made = module_of(code, "page_hooks", tmp_path, monkeypatch)
    hooks = register_all([Loaded(made.PLUGIN, NoSettings(), PassingStorage())])
    assert hooks.faults == {}
    [acme] = hooks.registered
    assert set(acme.implemented) == {*REGISTERING, HOOK}, "the page has an example of each hook"
    assert await acme.running.check(acme.checks[0]) is None
    assert "acmeGroupCount: Int" in build_schema(hooks.registered).as_str()
    await hooks.close()


async def test_the_listener_of_the_page_is_told_what_happens(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [code] = blocks("hooks", "python")
    plugin = module_of(code, "page_hooks", tmp_path, monkeypatch).PLUGIN
    storage = PassingStorage()
    acme = Hosted(
        replace(plugin, provides={HOOK: factory_of(plugin)}), HOOK, NoSettings(), fence=FenceOptions(), storage=storage
    )
    async with telling(world.database, lambda _: [acme]), asyncio.timeout(10):
        await happen(world.database, world.tenant, "scores", kind="SCORED")
        await happen(world.database, world.tenant, "members")
        while not (kept := await storage.list("acme")):
            await asyncio.sleep(0.01)
    await acme.close()
    assert list(kept.values()) == ["MEMBERS_ASSIGNED by Ann"]
    assert next(iter(kept)).startswith("last grp_")


@pytest.mark.parametrize("page", ["fences", "operating"])
def test_the_settings_shown_to_operators_hold(page: str, shell: Shell) -> None:
    for block in blocks(page, "toml"):
        (shell.folder / "bg-graph.toml").write_text(block)
        settings = load_settings(environment={})
        assert choose(settings.providers, settings.own).faults == ()


def test_the_commands_of_operators_work(shell: Shell) -> None:
    [block] = blocks("operating", "sh")
    for line in block.splitlines():
        assert shell.out(*shlex.split(line)[1:])


def test_the_query_of_operators_fits_the_schema() -> None:
    [query] = blocks("operating", "graphql")
    assert validate(build_schema()._schema, parse(query)) == []


def test_no_block_is_left_out() -> None:
    run = {"python": 5, "sh": 4, "toml": 3, "graphql": 1, "text": 1}
    found: dict[str, int] = dict.fromkeys(run, 0)
    for page in PAGES.values():
        for language in re.findall(r"^```([a-z]+)\n", page, re.MULTILINE):
            found[language] += 1
    assert found == run
    assert PROGRAM.exists()


def kinds_of_errors() -> list[str]:
    return [name for name, each in vars(errors).items() if isinstance(each, type) and each is not ProviderError]


def named_in(page: str, names: Any) -> list[str]:
    return [str(name) for name in names if f"`{name}`" not in PAGES[page]]


def test_every_error_ability_hook_and_state_has_its_place_on_a_page() -> None:
    assert named_in("write-a-plugin", kinds_of_errors()) == []
    assert named_in("write-a-plugin", EmailAbility) == []
    assert named_in("write-a-plugin", Capability) == []
    assert named_in("hooks", [*REGISTERING, HOOK]) == []
    assert named_in("operating", PluginState) == []
    assert f"now {API[0]}.{API[1]}" in PAGES["versions"]


@pytest.mark.parametrize(
    "name", [*kinds_of_errors(), *(f"EmailAbility.{each}" for each in EmailAbility), *REGISTERING, HOOK]
)
def test_every_error_ability_and_hook_is_tested(name: str) -> None:
    assert re.search(rf"\b{re.escape(name)}\b", TESTS), name


@pytest.mark.parametrize("module", list(contract.MODULES))
def test_everything_of_the_contract_is_in_the_reference(module: str) -> None:
    names = [name for name in contract.names_of(module) if name not in MARKS_AND_VARIABLES]
    shown = set(re.findall(r"^### (\w+)$|^\*\*`(\w+)`\*\*", PAGES["reference"], re.MULTILINE))
    assert [name for name in names if not any(name in each for each in shown)] == []
    assert names


def test_links_between_the_pages_lead_somewhere() -> None:
    for page in PAGES.values():
        for target in re.findall(r"\]\(([a-z-]+\.md)", page):
            assert target.removesuffix(".md") in PAGES
