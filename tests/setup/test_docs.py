"""The page on the set-up file says what is so: its example applies, and its errors are the ones that are told."""

import re
from pathlib import Path
from uuid import UUID

import pytest

from bg_graph.buying_groups.rules.conditions import Attribute, Operator
from bg_graph.setup.apply import apply_file
from bg_graph.setup.document import SECTIONS
from bg_graph.setup.errors import SetupFileWrong
from bg_graph.setup.plan import Action
from bg_graph.store.engine import Database
from tests.conftest import NOW

PAGE = (Path(__file__).parents[2] / "docs" / "set-up.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


async def test_the_small_set_up_applies(database: Database, tenant: UUID, tmp_path: Path):
    path = tmp_path / "tenant.toml"
    path.write_text(block("toml"), encoding="utf-8")
    plan = await apply_file(database, tenant, path, clock=lambda: NOW)
    assert plan.applied
    assert {entry.action for entry in plan.entries} == {Action.ADDED}


async def test_the_errors_shown_are_the_ones_that_are_told(database: Database, tenant: UUID, tmp_path: Path):
    unknown_key, wrong_test = block("text").splitlines()
    head = '\n\n[[roles_templates]]\nname = "T"\nroles = [{ role = "Champion",'
    told, path = [], tmp_path / "tenant.toml"
    for place, line in (
        (6, ' weigthing = "VITAL"'),
        (7, ' conditions = { attribute = "job_title", greater_than = 3 }'),
    ):
        path.write_text(head.replace("\n", "\n" * (place - 4), 1) + line + " }]\n", encoding="utf-8")
        with pytest.raises(SetupFileWrong) as wrong:
            await apply_file(database, tenant, path, clock=lambda: NOW)
        told.append(str(wrong.value).removeprefix(f"{tmp_path}/"))
    assert told == [unknown_key, wrong_test]


def test_every_key_attribute_and_test_has_its_place_on_the_page():
    keys = {key for section in SECTIONS.values() for key in section.model_fields}
    for word in (*keys, *Attribute, *Operator):
        assert re.search(rf"\b{word}\b", PAGE), word
