"""What the product offers has a place in the docs and a test."""

import ast
import re
from functools import cache

import pytest

from bg_graph.plugins.plugin import Capability
from bg_graph.settings import SettingInfo, known_settings
from scripts import documents, house
from scripts.house import ROOT

TESTS = [path.read_text(encoding="utf-8") for path in house.test_files() if path.parent.name != "house"]


@pytest.mark.parametrize("name", list(documents.PAGES))
def test_pages_made_from_the_code_are_current(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == documents.PAGES[name](), "run scripts/pages"


@pytest.mark.parametrize(("code", "meaning"), list(documents.error_codes()))
def test_every_error_code_is_explained_and_tested(code: str, meaning: str) -> None:
    assert meaning
    assert any(re.search(rf"\b{code}\b", text) for text in TESTS), f"no test reaches {code}"


@cache
def attributes_read() -> set[tuple[str, str]]:
    """What the code reads of what: ("limits", "max_body") for `settings.limits.max_body` and for `limits.max_body`."""
    return {
        (ast.unparse(node.value).split(".")[-1], node.attr)
        for module in house.modules()
        if not module.name.startswith("bg_graph.settings")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute)
    }


@pytest.mark.parametrize("info", known_settings(), ids=lambda info: info.key)
def test_every_setting_has_an_effect(info: SettingInfo) -> None:
    read_as = {"summaries": {"settings", "_settings"}}.get(info.section, {info.section})
    by_capability = info.section == "providers" and info.name in tuple(Capability)
    assert by_capability or any((each, info.name) in attributes_read() for each in read_as)


def test_the_gate_knows_the_error_codes() -> None:
    codes = [code for code, _ in documents.error_codes()]
    assert "UNAUTHENTICATED" in codes
    assert "INTERNAL" in codes
