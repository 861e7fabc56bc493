"""Each rule on the page of rules names tests that are there; each code that a user can be told has a test."""

import ast
import re
from functools import cache

import pytest

from bg_graph.graph.user_errors import UserErrorCode
from scripts import house
from scripts.house import ROOT

TESTS = ROOT / "tests"
ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in (ROOT / "docs" / "rules.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| rule ")
]
NAMED = re.compile(r"`([\w/-]+\.py)::(\w+)`")


@cache
def names_in(path: str) -> frozenset[str]:
    """The names of the tests in a file below `tests/`, or in a plugin's package; none where there is no such file."""
    file = TESTS / path if (TESTS / path).is_file() else ROOT / path
    tree = ast.parse(file.read_text(encoding="utf-8")) if file.is_file() else ast.Module([], [])
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_rule_names_tests_that_are_there(row: tuple[str, ...]) -> None:
    assert len(row) == 2, "a row is a rule and its tests"
    rule, tests = row
    named = NAMED.findall(tests)
    assert rule
    assert named, f"name a test as `room/test_file.py::test_name`, not {tests!r}"
    assert NAMED.sub("", tests).strip(", ") == ""
    missing = [f"{path}::{name}" for path, name in named if name not in names_in(path)]
    assert missing == []


def test_the_page_is_read() -> None:
    assert len(ROWS) > 50
    assert len({rule for rule, *_ in ROWS}) == len(ROWS), "a rule stands once"


@pytest.mark.parametrize("code", list(UserErrorCode.__members__))
def test_every_code_of_a_user_error_has_a_test(code: str) -> None:
    texts = (path.read_text(encoding="utf-8") for path in house.test_files() if path.parent.name != "house")
    assert any(re.search(rf"\b{code}\b", text) for text in texts), f"no test reaches {code}"
