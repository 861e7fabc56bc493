"""What the product offers has a place in the docs and a test."""

import re

import pytest

from scripts import documents
from scripts.house import ROOT

TESTS = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py") if path.parent.name != "house"]


@pytest.mark.parametrize("name", list(documents.PAGES))
def test_pages_made_from_the_code_are_current(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == documents.PAGES[name](), "run scripts/pages"


@pytest.mark.parametrize(("code", "meaning"), list(documents.error_codes()))
def test_every_error_code_is_explained_and_tested(code: str, meaning: str) -> None:
    assert meaning
    assert any(re.search(rf"\b{code}\b", text) for text in TESTS), f"no test reaches {code}"


def test_the_gate_knows_the_error_codes() -> None:
    codes = [code for code, _ in documents.error_codes()]
    assert "UNAUTHENTICATED" in codes
    assert "INTERNAL" in codes
