"""docs/import.md has a row for each code and warning, in the order in which they are checked, and for each column."""

import ast
import re
from pathlib import Path

import pytest

from bg_graph.imports.intakes import (
    accounts,
    activities,
    contact_roles,
    contacts,
    journeys,
    leads,
    opportunities,
    signals,
)
from bg_graph.imports.kinds import KINDS, KindName

ROOT = Path(__file__).parents[2]
MODULES = {
    KindName.ACCOUNT: accounts,
    KindName.CONTACT: contacts,
    KindName.OPPORTUNITY: opportunities,
    KindName.CONTACT_ROLE: contact_roles,
    KindName.LEAD: leads,
    KindName.ACTIVITY: activities,
    KindName.JOURNEY: journeys,
    KindName.SIGNAL: signals,
}
PAGE = (ROOT / "docs" / "import.md").read_text(encoding="utf-8")
SECTIONS = {text.splitlines()[0].split(" (")[0]: text for text in re.split(r"^## ", PAGE, flags=re.MULTILINE)}


@pytest.mark.parametrize("kind", list(KindName))
def test_codes_and_warnings_of_a_kind_stand_in_its_table_in_their_order(kind):
    module, section = MODULES[kind], SECTIONS[kind.value]
    assert re.findall(r"^\| ([A-Z_]+) \|", section, re.MULTILINE) == [check.code for check in module.CHECKS]
    assert tuple(re.findall(r"^\| \*warning\* ([A-Z_]+) \|", section, re.MULTILINE)) == module.WARNINGS


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_column_that_is_read_is_named(kind):
    section = SECTIONS[kind.name.value]
    assert [column for column in kind.columns if f"`{column}`" not in section] == []


def faults_in_the_code() -> set[str]:
    """The first argument of every FileFault(...) of the room."""
    found = set()
    for path in (ROOT / "bg_graph" / "imports").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "FileFault":
                found.add(ast.literal_eval(node.args[0]))
    return found


def test_every_fault_of_a_file_or_a_source_stands_in_a_table():
    text = SECTIONS["Files that are refused whole"] + SECTIONS["Sources of plugins"]
    listed = re.findall(r"^\| ([A-Z_]+) \|", text, re.MULTILINE)
    assert set(listed) == faults_in_the_code()
    assert len(listed) >= 9


def test_every_warning_that_the_code_counts_is_declared():
    text = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "bg_graph" / "imports" / "intakes").glob("*.py")
    )
    for module in MODULES.values():
        for warning in module.WARNINGS:
            assert text.count(f'"{warning}"') >= 2, f"{warning} is declared and never counted"
