"""The tables of the README: all that is covered stands in them, and each test that they name is there."""

import json
import re
from pathlib import Path

from bg_email_marketo.codes import CODES

TESTS = Path(__file__).parent
README = (TESTS.parent / "README.md").read_text(encoding="utf-8")


def test_each_test_that_the_tables_name_is_there() -> None:
    there = {name for file in TESTS.glob("test_*.py") for name in re.findall(r"def (test_\w+)", file.read_text())}
    named = set(re.findall(r"`(test_\w+)`", README))
    assert len(named) > 20
    assert named <= there


def test_each_call_and_each_code_has_its_row() -> None:
    described = json.loads((TESTS / "forms" / "forms.json").read_text())["paths"]
    calls = {f"{method.upper()} {path}" for path, methods in described.items() for method in methods}
    assert set(re.findall(r"^\| `((?:GET|POST) [^`]+)` \|", README, re.M)) == calls
    rows = re.findall(r"^\| ([0-9, ]+) \|", README, re.M)
    assert sorted(code for row in rows for code in row.split(", ")) == sorted(CODES)
